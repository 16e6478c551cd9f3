"""Sending to HTX: once, what was recorded, signed at the last moment, and never shown."""

import json
import traceback
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from reconciler.errors import CredentialsProblem, InvalidInput, Refused
from reconciler.model.command import Prepared
from reconciler.model.identity import NARROW
from reconciler.model.order import VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.ports import Venue
from reconciler.venues.http import PAUSE_MAX_MS
from tests.venues.htx.desk import After
from tests.venues.htx.hand import ACCESS, SECRET
from tests.venues.htx.world import World, cancel, our, place, settings, terms
from tests.venues.support import NOW_MS, run

LOST = httpx.ReadTimeout("https://api.hbdm.com/x?Signature=leak")


def test_the_adapter_is_a_venue():
    venue: Venue = World().venue
    can = venue.capabilities

    assert (NARROW, False, 10, 360_000) == (
        can.id_layout,
        can.can_modify,
        can.batch_items_max,
        can.request_life_ms,
    )


def test_how_long_a_lost_request_lives_is_the_projects_word():
    assert 600_000 == World(signature_window_s=600).venue.capabilities.request_life_ms


@pytest.mark.parametrize("network", ["mainnet", "mainnet-aws"])
def test_a_lost_request_is_not_given_up_while_the_venue_may_take_it(network):
    with pytest.raises(InvalidInput) as raised:
        World(network=network, signature_window_s=299)

    assert "signature-window" == raised.value.diagnostics[0].code
    assert (
        300_000 == World(network=network, signature_window_s=300).venue.capabilities.request_life_ms
    )


def test_a_venue_on_this_machine_may_be_quicker():
    assert (
        60_000
        == World(
            network="local", port=3001, signature_window_s=60
        ).venue.capabilities.request_life_ms
    )


def test_one_order_is_one_plain_request():
    world = World()
    (outcome,) = world.send(place(1))

    assert Accepted(venue_order_id=VenueOrderId(str(world.desk.orders()[-1].id))) == outcome
    assert ["swap_order"] == world.desk.trades()


def test_ids_volume_and_leverage_are_integers_and_the_price_a_number():
    world = World()
    world.desk.hold(buy=3)
    world.send(place(1, terms("91000.1", 3, side="sell", reduce_only=True)))
    (body,) = world.desk.sent("swap_order")

    assert body == {
        "contract_code": "BTC-USD",
        "client_order_id": int(our(1)),
        "price": 91000.1,
        "volume": 3,
        "direction": "sell",
        "offset": "close",
        "lever_rate": 5,
        "order_price_type": "post_only",
    }
    assert isinstance(body["client_order_id"], int)


def test_twenty_five_places_are_three_requests():
    world = World()
    parts = [range(1, 11), range(11, 21), range(21, 26)]
    for part in parts:
        world.send(*(place(n, terms(70_000 + n)) for n in part))

    assert ["swap_batchorder"] * 3 == world.desk.trades()
    assert 25 == len(world.desk.live())


def test_several_orders_have_an_outcome_each():
    world = World()
    outcomes = world.send(place(1), place(2, terms("80000.05")), place(3))

    assert [Accepted, Rejected, Accepted] == [type(outcome) for outcome in outcomes]
    assert RejectReason.SHAPE is outcomes[1].reason


def test_thirty_three_cancels_are_four_requests():
    world = World()
    orders = [world.desk.place(body(n)) for n in range(33)]
    for start in range(0, 33, 10):
        world.send(*(cancel(str(order.id)) for order in orders[start : start + 10]))

    assert ["swap_cancel"] * 4 == world.desk.trades()
    assert [10, 10, 10, 3] == [
        len(sent["order_id"].split(",")) for sent in world.desk.sent("swap_cancel")
    ]


def body(number, *, price="80000", volume=3, direction="buy", **more):
    return {
        "contract_code": "BTC-USD",
        "client_order_id": int(our(number)),
        "price": price,
        "volume": volume,
        "direction": direction,
        "offset": "open",
        "lever_rate": 5,
        "order_price_type": "post_only",
        **more,
    }


def test_a_cancel_may_go_by_our_id():
    world = World()
    world.desk.place(body(1))

    assert (Accepted(),) == world.send(cancel(None, 1))
    assert [{"contract_code": "BTC-USD", "client_order_id": our(1)}] == world.desk.sent(
        "swap_cancel"
    )


def test_each_cancel_has_its_own_answer():
    world = World()
    live, filled, gone = (world.desk.place(body(n)) for n in (1, 2, 3))
    world.desk.fill(filled)
    world.desk.end(gone)
    world.clock.time_ms += 1_000
    outcomes = world.send(*(cancel(str(o.id)) for o in (live, filled, gone)), cancel("77"))

    assert Accepted() == outcomes[0]
    assert [RejectReason.ORDER_GONE] * 3 == [outcome.reason for outcome in outcomes[1:]]


def test_a_cancel_under_way_is_taken_again():
    world = World()
    order = world.desk.place(body(1))
    world.send(cancel(str(order.id)))

    assert (Accepted(),) == world.send(cancel(str(order.id)))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (LOST, Unknown(cause="timeout")),
        (After(LOST), Unknown(cause="timeout")),
        (httpx.RemoteProtocolError("x"), Unknown(cause="connection lost")),
        (httpx.Response(502, text="<html>"), Unknown(cause="http 502")),
        (httpx.Response(429, text="slow"), Unknown(cause="http 429")),
        (httpx.Response(403, text="edge"), Unknown(cause="http 403")),
        (httpx.Response(307, headers={"location": "/x"}), Unknown(cause="http 307")),
        (httpx.Response(200, text="{"), Unknown(cause="unreadable reply: it is not JSON")),
        (
            httpx.Response(500, json={"status": "error", "err_code": 1038, "err_msg": "x"}),
            Unknown(cause="http 500"),
        ),
        (
            httpx.ConnectError("x"),
            Rejected(reason=RejectReason.NOT_SENT, text="not sent: no connection"),
        ),
    ],
)
def test_a_request_is_sent_once_whatever_comes_back(fault, outcome):
    world = World()
    world.desk.faults["swap_order"] = [fault]

    assert (outcome,) == world.send(place(1))
    assert ["swap_order"] == world.desk.trades()


def test_what_waited_too_long_is_not_sent():
    world = World()
    prepared = world.prepare(place(1))
    world.clock.time_ms += 20_000

    late = Rejected(reason=RejectReason.NOT_SENT, text="not sent: too late to send")
    assert (late,) == run(world.venue.submit(prepared))
    assert [] == world.desk.asked


def test_what_is_sent_is_the_recorded_text():
    world = World()
    prepared = world.prepare(place(1), place(2))
    run(world.venue.submit(prepared))
    recorded = json.loads(prepared.body)

    assert "/swap-api/v1/swap_batchorder" == recorded["path"]
    assert recorded["body"] == world.desk.sent("swap_batchorder")[0]


@pytest.mark.parametrize(
    ("network", "host", "port"),
    [
        ("mainnet", "api.hbdm.com", None),
        ("mainnet-aws", "api.hbdm.vn", None),
        ("local", "127.0.0.1:3002", 3002),
    ],
)
def test_each_network_has_its_host_and_signs_for_it(network, host, port):
    world = World(network=network, port=port)

    assert [Accepted] == [type(outcome) for outcome in world.send(place(1))]
    assert {host} == world.desk.hosts


def test_another_network_is_refused():
    with pytest.raises(InvalidInput) as raised:
        World(network="testnet")

    assert "unknown-network" == raised.value.diagnostics[0].code


def test_a_request_is_signed_with_the_time_of_its_nonce():
    seen = []

    class Recording(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            seen.append(request)
            return httpx.Response(502)

    world = World(transport=Recording())
    prepared = world.prepare(place(1))
    world.clock.time_ms += 5_000
    run(world.venue.submit(prepared))
    query = parse_qs(urlsplit(str(seen[0].url)).query)

    assert ["2025-10-09T08:53:20"] == query["Timestamp"]
    assert '"timestamp":"2025-10-09T08:53:20"' in prepared.body
    assert [ACCESS] == query["AccessKeyId"]


def test_the_expiry_covers_the_whole_signature_window():
    world = World()
    prepared = world.venue.prepare(
        world.prepare(place(1)).batch, nonce=NOW_MS + 9_000, expires_at_ms=NOW_MS + 1
    )

    assert NOW_MS + 9_000 + 360_000 == prepared.expires_at_ms


def test_a_body_that_was_changed_is_not_read_back():
    world = World()
    prepared = world.prepare(place(1))
    changed = Prepared(
        batch=prepared.batch,
        nonce=prepared.nonce,
        expires_at_ms=prepared.expires_at_ms,
        body=prepared.body.replace('"volume":3', '"volume":"3"'),
    )

    with pytest.raises(Refused):
        world.venue.decode(changed)


def test_without_keys_nothing_is_sent_or_read():
    world = World(keys=False)

    with pytest.raises(CredentialsProblem):
        world.send(place(1))
    with pytest.raises(CredentialsProblem) as raised:
        world.snapshot()

    assert "no-key" == raised.value.diagnostics[0].code
    assert [] == world.desk.asked


def test_grids_are_read_without_keys():
    world = World(keys=False)
    found = run(world.venue.markets(frozenset({"BTC-USD"})))

    assert ["BTC-USD"] == list(found.instruments)


def test_a_wrong_key_is_told_before_anything_is_sent():
    world = World()
    world.desk.host = "another.host"
    (diagnostic,) = run(world.venue.check_account())

    assert "account-unchecked" == diagnostic.code
    assert "[verification failure] (403)" in diagnostic.why


def test_a_good_key_has_nothing_to_say_about():
    world = World()

    assert () == run(world.venue.check_account())
    assert world.venue.signer_address().startswith("key-")


def test_a_limit_that_is_used_up_is_waited_for():
    world = World()
    world.snapshot()
    reset_ms = world.clock.now_ms() + 2_000
    world.desk.headers = {"ratelimit-remaining": "0", "ratelimit-reset": str(reset_ms)}
    world.send(place(1))
    world.desk.headers = {}
    world.send(place(2))

    assert 2_000 in world.clock.slept


def test_the_venues_clock_counts_for_its_limits():
    world = World()
    world.desk.now_ms = lambda: world.clock.now_ms() + 50_000
    world.snapshot()
    reset_ms = world.desk.now_ms() + 1_500
    world.desk.headers = {"Ratelimit-Remaining": "0", "Ratelimit-Reset": str(reset_ms)}
    world.send(place(1))
    world.desk.headers = {}
    world.send(place(2))

    assert 1_500 in world.clock.slept
    assert PAUSE_MAX_MS > 1_500


def test_a_ban_is_told_with_its_end():
    world = World()
    refusal = {"status": "error", "err_code": 1084, "err_msg": "barred", "ts": 1}
    headers = {"recovery-time": "1760000300000"}
    world.desk.faults["swap_order"] = [httpx.Response(200, json=refusal, headers=headers)]
    (outcome,) = world.send(place(1))

    assert outcome == Rejected(
        reason=RejectReason.NOT_NOW, text="barred (1084), until 2025-10-09 08:58:20 UTC"
    )


@pytest.mark.parametrize("recovery", ["999999999999999", "0", "-1", "soon"])
def test_an_end_that_no_calendar_holds_is_left_out(recovery):
    world = World()
    refusal = {"status": "error", "err_code": 1084, "err_msg": "barred", "ts": 1}
    reply = httpx.Response(200, json=refusal, headers={"recovery-time": recovery})
    world.desk.faults["swap_order"] = [reply]
    (outcome,) = world.send(place(1))

    assert Rejected(reason=RejectReason.NOT_NOW, text="barred (1084)") == outcome


def secret_forms():
    return (SECRET, ACCESS, "Signature=", "leak")


def test_no_message_shows_a_signed_address():
    world = World()
    world.desk.faults["swap_order"] = [LOST]
    world.desk.faults["swap_openorders"] = [LOST, LOST, LOST]
    shown = [repr(world.send(place(1))), repr(world.prepare(place(2)))]
    shown += [repr(world.snapshot()), repr(vars(world.venue))]
    world.desk.faults["timestamp"] = [LOST] * 3
    shown.append(repr(run(world.venue.venue_time_ms())))

    assert [] == [form for form in secret_forms() for text in shown if form in text]


def test_keys_the_venue_repeats_are_not_recorded():
    world = World()
    world.snapshot()
    words = f"wrong key {ACCESS} {SECRET} in /x?Signature=leak"
    reply = {"status": "error", "err_code": 403, "err_msg": words, "ts": 1}
    for name in ("swap_order", "swap_openorders", "swap_order_info", "swap_order_limit"):
        world.desk.faults[name] = [httpx.Response(200, json=reply)]
    (refused,) = world.send(place(1))
    shown = [refused.text, *world.snapshot().problems, repr(world.ask(client_order_id=our(1)))]
    shown += [each.why for each in run(world.venue.check_account())]

    assert [] == [form for form in secret_forms() for text in shown if form in text.replace(
        "Signature=***", "")]  # fmt: skip
    assert 4 == sum("wrong key" in text for text in shown)


def test_no_traceback_shows_a_signed_address():
    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            raise RuntimeError("not the network's")

    world = World(transport=Broken())
    prepared = world.prepare(place(1))
    with pytest.raises(RuntimeError) as raised:
        run(world.venue.submit(prepared))
    text = "".join(traceback.format_exception(raised.value))

    assert [] == [form for form in secret_forms() if form in text]


def test_nothing_is_logged_that_could_sign(caplog):
    caplog.set_level("DEBUG")
    world = World()
    world.send(place(1))
    world.snapshot()

    assert [] == [form for form in secret_forms() if form in caplog.text]


def test_there_is_no_nonce_to_burn():
    assert "unsupported" == run(World().venue.burn(1))


def test_the_settings_of_an_entry_need_no_account():
    assert "" == settings().account
