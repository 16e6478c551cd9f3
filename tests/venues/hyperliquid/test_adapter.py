"""Sending: once, what was recorded, and never more than is known of it."""

import json
import traceback
from decimal import Decimal

import httpx
import pytest

from reconciler.errors import CredentialsProblem, InvalidInput, Refused
from reconciler.model.command import Batch, BatchKind, CancelOrder, PlaceOrder, Prepared
from reconciler.model.identity import WIDE
from reconciler.model.order import ClientOrderId, Side, Terms, VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.ports import Venue
from reconciler.venues.hyperliquid.signing import L1Action, Signature, recover
from tests.venues.support import (
    ACCOUNT,
    KEY,
    NOW_MS,
    SIGNER,
    FakeClock,
    Table,
    recorded,
    run,
    venue,
)

CLOID = ClientOrderId("0x1234567890abcdef1234567890abcdef")
TERMS = Terms(instrument="BTC", side=Side.BUY, price=Decimal(60000), quantity=Decimal("0.001"))
BATCH = Batch(kind=BatchKind.PLACE, commands=(PlaceOrder(client_order_id=CLOID, terms=TERMS),))
RESTING = {
    "status": "ok",
    "response": {"type": "order", "data": {"statuses": [{"resting": {"oid": 77}}]}},
}
DEFAULT = {"status": "ok", "response": {"type": "default"}}
MARKETS = {"meta": recorded("meta"), "userRateLimit": recorded("userRateLimit")}
EXPIRES = NOW_MS + 15_000


def ready(exchange=RESTING, **more):
    """Return an adapter that has read its markets, and what it talks to."""
    table = exchange if isinstance(exchange, Table) else Table({**MARKETS, "exchange": exchange})
    hyperliquid = venue(table, **more)
    run(hyperliquid.markets(frozenset({"BTC"})))
    table.requests.clear()
    table.asked.clear()
    return hyperliquid, table


def prepared(hyperliquid, batch=BATCH) -> Prepared:
    return hyperliquid.prepare(batch, nonce=NOW_MS, expires_at_ms=EXPIRES)


def submit(exchange=RESTING, batch=BATCH, **more):
    hyperliquid, table = ready(exchange, **more)
    return run(hyperliquid.submit(prepared(hyperliquid, batch))), table


def signer_of(wire, *, is_mainnet=False):
    signature = wire["signature"]
    return recover(
        L1Action(
            action=wire["action"],
            nonce=wire["nonce"],
            vault_address=wire["vaultAddress"],
            expires_at_ms=wire["expiresAfter"],
        ),
        Signature(r=int(signature["r"], 16), s=int(signature["s"], 16), v=signature["v"]),
        is_mainnet=is_mainnet,
    )


def test_the_adapter_is_a_venue():
    hyperliquid: Venue = venue({})

    assert WIDE == hyperliquid.capabilities.id_layout
    assert (True, 39, True, 2000) == (
        hyperliquid.capabilities.can_modify,
        hyperliquid.capabilities.batch_items_max,
        hyperliquid.capabilities.overfill_on_modify,
        hyperliquid.capabilities.close_window_ms,
    )
    assert [1, 1, 2] == [hyperliquid.capabilities.weight(items) for items in (1, 39, 40)]


def test_an_accepted_order_is_accepted():
    outcomes, table = submit()

    assert (Accepted(venue_order_id=VenueOrderId("77")),) == outcomes
    assert ["/exchange"] == [request.url.path for request in table.requests]


def test_what_is_sent_is_signed_by_the_key():
    _, table = submit()

    assert SIGNER == signer_of(table.asked[0])
    assert SIGNER != signer_of(table.asked[0], is_mainnet=True)


@pytest.mark.parametrize(
    ("network", "is_mainnet"), [("mainnet", True), ("testnet", False), ("local", False)]
)
def test_the_network_decides_what_is_signed_for(network, is_mainnet):
    _, table = submit(network=network, port=3001)

    assert SIGNER == signer_of(table.asked[0], is_mainnet=is_mainnet)


def test_what_is_sent_is_the_recorded_text_and_a_signature():
    hyperliquid, table = ready()
    ready_made = prepared(hyperliquid)
    run(hyperliquid.submit(ready_made))
    sent = json.loads(table.requests[0].content)
    del sent["signature"]

    assert ready_made.body == json.dumps(sent, separators=(",", ":"))
    assert "signature" not in ready_made.body


@pytest.mark.parametrize("kind", ["vault", "sub_account"])
def test_another_s_account_is_acted_for(kind):
    _, table = submit(account_kind=kind)

    assert ACCOUNT.lower() == table.asked[0]["vaultAddress"]
    assert SIGNER == signer_of(table.asked[0])


def test_one_s_own_account_is_not_named():
    _, table = submit()

    assert table.asked[0]["vaultAddress"] is None


@pytest.mark.parametrize(
    ("exchange", "outcome"),
    [
        (httpx.ReadTimeout("x"), Unknown(cause="timeout")),
        (httpx.RemoteProtocolError("x"), Unknown(cause="connection lost")),
        (httpx.Response(502, text="<html>"), Unknown(cause="http 502")),
        (httpx.Response(429, text="null"), Unknown(cause="http 429")),
        (httpx.Response(307, headers={"location": "/x"}), Unknown(cause="http 307")),
        (
            httpx.Response(200, text="{"),
            Unknown(cause="unreadable reply: it is not JSON"),
        ),
        (
            httpx.ConnectError("x"),
            Rejected(reason=RejectReason.NOT_SENT, text="not sent: no connection"),
        ),
    ],
)
def test_a_request_is_sent_once_whatever_comes_back(exchange, outcome):
    outcomes, table = submit(exchange)

    assert (outcome,) == outcomes
    assert 1 == len(table.requests)


def test_what_the_venue_repeats_is_recorded_without_signature_and_key():
    [outcome], _ = submit(
        lambda request: httpx.Response(422, text=f"{KEY} {json.dumps(request)}"),
    )

    assert isinstance(outcome, Rejected)
    assert outcome.text.startswith("*** ")
    assert '"signature": ***' in outcome.text


def test_what_has_expired_is_not_sent():
    clock = FakeClock()
    hyperliquid, table = ready(clock=clock)
    ready_made = prepared(hyperliquid)
    clock.time_ms = EXPIRES
    outcomes = run(hyperliquid.submit(ready_made))

    late = Rejected(reason=RejectReason.NOT_SENT, text="not sent: too late to send")
    assert (late,) == outcomes
    assert [] == table.requests


def test_a_group_has_an_outcome_for_each_order():
    from tests.venues.hyperliquid.test_wire import OTHER, place, places, stop, terms

    batch = places(place(terms(), CLOID, place(stop(), OTHER)))
    statuses = [{"resting": {"oid": 77}}, "waitingForFill"]
    reply = {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}
    outcomes, _ = submit(reply, batch)

    assert (Accepted(venue_order_id=VenueOrderId("77")), Accepted()) == outcomes


def test_what_was_prepared_is_read_back():
    hyperliquid, _ = ready()
    ready_made = prepared(hyperliquid)

    assert BATCH == ready_made.batch
    assert BATCH == hyperliquid.decode(ready_made)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": NOW_MS + 1},
        {"expires_at_ms": EXPIRES + 1},
    ],
)
def test_a_body_of_another_request_is_refused(change):
    hyperliquid, _ = ready()
    ready_made = prepared(hyperliquid)
    values = {
        "batch": ready_made.batch,
        "nonce": ready_made.nonce,
        "expires_at_ms": ready_made.expires_at_ms,
        "body": ready_made.body,
    }

    with pytest.raises(Refused) as raised:
        hyperliquid.decode(Prepared(**{**values, **change}))
    assert "request-differs" == raised.value.diagnostics[0].code


def test_a_body_for_another_account_is_refused():
    hyperliquid, _ = ready()
    vault, _ = ready(account_kind="vault")

    with pytest.raises(Refused):
        hyperliquid.decode(prepared(vault))


@pytest.mark.parametrize(("nonce", "expires"), [(0, 5), (5, 5), (6, 5)])
def test_a_request_lives_for_some_time(nonce, expires):
    hyperliquid, _ = ready()

    with pytest.raises(AssertionError):
        hyperliquid.prepare(BATCH, nonce=nonce, expires_at_ms=expires)


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (DEFAULT, "burned"),
        ({"status": "err", "response": f"Invalid nonce: duplicate nonce {NOW_MS}"}, "used"),
        (httpx.Response(502), "no-answer"),
        (httpx.ReadTimeout("x"), "no-answer"),
        (httpx.ConnectError("x"), "no-answer"),
    ],
)
def test_a_nonce_is_burned(exchange, expected):
    hyperliquid, table = ready(exchange)

    assert expected == run(hyperliquid.burn(NOW_MS))
    assert 1 == len(table.requests)


def test_without_a_key_no_nonce_is_burned():
    hyperliquid, table = ready(DEFAULT, key=None)

    assert "no-answer" == run(hyperliquid.burn(NOW_MS))
    assert [] == table.requests


def test_burning_sends_a_noop_with_the_same_nonce():
    hyperliquid, table = ready(DEFAULT, account_kind="vault")
    run(hyperliquid.burn(NOW_MS))
    wire = table.asked[0]

    assert ({"type": "noop"}, NOW_MS) == (wire["action"], wire["nonce"])
    assert (None, None) == (wire["expiresAfter"], wire["vaultAddress"])
    assert SIGNER == signer_of(wire)


def test_burning_may_come_long_after_the_request_expired():
    hyperliquid, table = ready(DEFAULT, clock=FakeClock(EXPIRES + 10_000))

    assert "burned" == run(hyperliquid.burn(NOW_MS))
    assert 1 == len(table.requests)


# Keys.


def test_without_a_key_nothing_is_sent():
    hyperliquid, table = ready(key=None)

    with pytest.raises(CredentialsProblem) as raised:
        run(hyperliquid.submit(prepared(hyperliquid)))
    assert "no-key" == raised.value.diagnostics[0].code
    assert [] == table.requests


def test_without_a_key_there_is_nothing_to_warm_up():
    hyperliquid, _ = ready(key=None)

    assert run(hyperliquid.warm_up()) is None


def test_a_key_is_loaded_once_and_ahead():
    hyperliquid, _ = ready()
    run(hyperliquid.warm_up())

    assert SIGNER == hyperliquid.signer_address()
    assert hyperliquid._signer() is hyperliquid._signer()


def test_the_account_s_own_key_is_refused():
    hyperliquid, table = ready(account=SIGNER)

    with pytest.raises(CredentialsProblem) as raised:
        run(hyperliquid.submit(prepared(hyperliquid)))
    assert "master-key" == raised.value.diagnostics[0].code
    assert [] == table.requests


def test_the_account_s_own_key_may_be_allowed():
    outcomes, _ = submit(account=SIGNER, allow_master=True)

    assert isinstance(outcomes[0], Accepted)


def test_no_error_shows_a_key_or_a_signature():
    answers = [
        httpx.ReadTimeout(f"{KEY} https://api.test"),
        httpx.ConnectError(KEY),
        httpx.Response(200, text="{"),
        {"status": "err", "response": "Unable to recover signer."},
    ]
    shown = []
    for answer in answers:
        outcomes, table = submit(answer)
        shown += [repr(outcomes), repr(table.asked[0]["signature"])[:20]]
    for key in (KEY[:-1], KEY + "zz"):
        try:
            submit(key=key)
        except CredentialsProblem as problem:
            shown += [problem.render(), "".join(traceback.format_exception(problem))]

    assert not any(KEY[2:60] in text for text in shown)


def test_an_adapter_does_not_show_its_key():
    hyperliquid, _ = ready()
    run(hyperliquid.warm_up())

    assert KEY[2:] not in repr(vars(hyperliquid))


# Settings.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"network": "mainet"}, "unknown-network"),
        ({"network": "https://evil.test"}, "unknown-network"),
        ({"network": "local"}, "unknown-network"),
        ({"network": "local", "port": 0}, "unknown-network"),
        ({"network": "local", "port": 70_000}, "unknown-network"),
        ({"account": ""}, "account-not-an-address"),
        ({"account": ACCOUNT[:-1]}, "account-not-an-address"),
        ({"account": ACCOUNT + "\n"}, "account-not-an-address"),
    ],
)
def test_settings_that_cannot_be_are_an_error_of_the_project_file(changes, code):
    with pytest.raises(InvalidInput) as raised:
        venue({}, **changes)

    [diagnostic] = raised.value.diagnostics
    assert code == diagnostic.code
    assert "reconciler.yaml:5:3" == str(diagnostic.span)


def test_an_adapter_closes():
    hyperliquid, _ = ready()

    async def use():
        await hyperliquid.venue_time_ms()
        await hyperliquid.close()

    hyperliquid, table = ready(Table({**MARKETS, "clearinghouseState": httpx.Response(404)}))
    run(use())
    assert 1 == len(table.requests)


def test_an_instrument_without_a_number_is_refused_and_nothing_is_sent():
    cancel = CancelOrder(instrument="GONE", target=VenueOrderId("7"), client_order_id=None)
    batch = Batch(kind=BatchKind.CANCEL, commands=(cancel,))

    with pytest.raises(Refused, match="does not list"):
        venue({}).prepare(batch, nonce=NOW_MS, expires_at_ms=NOW_MS + 1000)
