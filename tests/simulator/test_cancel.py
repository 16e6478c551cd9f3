"""Cancel by venue or client order id, and the dead man's switch."""

from tests.simulator.venue import (
    BOB,
    BTC,
    CLOID,
    ETH,
    GONE,
    NOW,
    desk,
    limit,
    trigger,
)

DAY_MS = 86_400_000
NEEDS_VOLUME = (
    "Cannot set scheduled cancel time until enough volume traded. "
    "Required: $1000000. Traded: $600.01."
)


def test_a_cancelled_order_is_gone() -> None:
    venue = desk()
    oid = venue.rest("50000")

    assert ["success"] == venue.cancel(oid)
    assert ("canceled", []) == (venue.status(oid), venue.open_oids())


def test_a_cancelled_order_keeps_what_was_left() -> None:
    venue = desk()
    oid = venue.rest("50000", "0.03")
    venue.control("trade", oid=oid, quantity="0.01")
    venue.cancel(oid)

    assert "0.02" == venue.info("orderStatus", oid=oid)["order"]["order"]["sz"]


def test_an_order_is_cancelled_by_its_client_order_id() -> None:
    venue = desk()
    venue.rest("50000", c=CLOID)
    action = {"type": "cancelByCloid", "cancels": [{"asset": BTC, "cloid": CLOID}]}
    reply = venue.act(action)

    assert "cancel" == reply["response"]["type"]
    assert ["success"] == reply["response"]["data"]["statuses"]
    assert [{"error": GONE}] == venue.statuses(action)


def test_one_text_says_never_placed_cancelled_and_filled() -> None:
    venue = desk()
    cancelled, filled = venue.rest("50000"), venue.rest("50000")
    venue.cancel(cancelled)
    venue.control("trade", oid=filled)

    assert [{"error": GONE}] * 3 == venue.cancel(cancelled, filled, 77)


def test_the_asset_must_be_the_orders() -> None:
    venue = desk()
    oid = venue.rest("50000")

    assert [{"error": GONE.replace("=0", "=1")}] == venue.cancel(oid, asset=ETH)
    assert [oid] == venue.open_oids()


def test_another_accounts_order_is_not_found() -> None:
    venue = desk()

    assert [{"error": GONE}] == venue.cancel(venue.rest("50000", signer=BOB))


def test_cancels_of_a_batch_are_independent() -> None:
    venue = desk()
    first, second = venue.rest("50000"), venue.rest("50001")

    assert ["success", {"error": GONE}, "success"] == venue.cancel(first, 5, second)


def test_a_fast_cancel_is_for_limit_orders_only() -> None:
    venue = desk()
    venue.buy_position("0.1")
    stop = venue.order(trigger("50000", "sl"))[0]["resting"]["oid"]
    oid = venue.rest("50000")
    cancels = [{"a": BTC, "o": each} for each in (stop, oid)]
    statuses = venue.statuses({"type": "cancel", "cancels": cancels, "f": True})

    assert ("success", [stop]) == (statuses[1], venue.open_oids())


def test_a_noop_changes_nothing_but_its_nonce() -> None:
    venue = desk()
    reply = venue.act({"type": "noop"}, nonce=NOW)

    assert {"status": "ok", "response": {"type": "default"}} == reply
    assert "Invalid nonce: duplicate nonce" in venue.act({"type": "noop"}, nonce=NOW)["response"]


def test_a_scheduled_cancel_needs_traded_volume() -> None:
    venue = desk()
    venue.buy_position("0.01")
    reply = venue.act({"type": "scheduleCancel", "time": NOW + 60_000})

    assert {"status": "err", "response": NEEDS_VOLUME} == reply


def test_a_scheduled_cancel_ends_all_orders_at_its_time() -> None:
    venue = desk(schedule_cancel_volume_min=0)
    oids = [venue.rest("50000"), venue.rest("40", "1", a=10_107)]
    venue.act({"type": "scheduleCancel", "time": NOW + 60_000})
    venue.at_ms = NOW + 59_999
    before = [venue.status(oid) for oid in oids]
    venue.at_ms = NOW + 70_000
    record = venue.info("orderStatus", oid=oids[0])["order"]

    assert ["open", "open"] == before
    assert ("scheduledCancel", NOW + 60_000) == (record["status"], record["statusTimestamp"])
    assert [] == venue.open_oids()


def test_a_scheduled_cancel_without_a_time_unsets() -> None:
    venue = desk(schedule_cancel_volume_min=0)
    oid = venue.rest("50000")
    venue.act({"type": "scheduleCancel", "time": NOW + 60_000})
    venue.act({"type": "scheduleCancel"})
    venue.at_ms = NOW + 70_000

    assert "open" == venue.status(oid)


def test_a_scheduled_cancel_is_five_seconds_ahead_at_least() -> None:
    venue = desk(schedule_cancel_volume_min=0)

    assert "err" == venue.act({"type": "scheduleCancel", "time": NOW + 4_999})["status"]
    assert "ok" == venue.act({"type": "scheduleCancel", "time": NOW + 5_000})["status"]


def test_only_ten_scheduled_cancels_fire_a_day() -> None:
    venue = desk(schedule_cancel_volume_min=0)
    venue.at_ms = NOW - NOW % DAY_MS + DAY_MS
    oid = 0
    for _ in range(11):
        oid = venue.rest("50000")
        venue.act({"type": "scheduleCancel", "time": venue.at_ms + 5_000})
        venue.at_ms += 5_000

    assert "open" == venue.status(oid)
    venue.at_ms += DAY_MS
    venue.act({"type": "scheduleCancel", "time": venue.at_ms + 5_000})
    venue.at_ms += 5_000
    assert "scheduledCancel" == venue.status(oid)


def test_a_parent_cancelled_by_schedule_takes_its_children_along() -> None:
    venue = desk(schedule_cancel_volume_min=0)
    venue.order(limit("50000"), trigger("55000", "tp"), grouping="normalTpsl")
    venue.act({"type": "scheduleCancel", "time": NOW + 60_000})
    venue.at_ms = NOW + 60_000

    assert [] == venue.open_oids()
