"""Single orders: by either id, fifty at a time; what was let go is asked for elsewhere."""

import httpx
import pytest

from reconciler.model.order import TriggerKind, VenueOrderId
from reconciler.model.snapshot import Attached, Found, Missing, NoAnswer, OrderPhase, OrderQuery
from tests.venues.htx.test_adapter import LOST, body
from tests.venues.htx.test_wire import group
from tests.venues.htx.world import World, cancel, our
from tests.venues.support import NOW_MS, run

P = OrderPhase
HOUR_MS = 60 * 60 * 1000
EIGHT_HOURS_MS = 8 * HOUR_MS


def asked(world):
    return [name for name, _ in world.desk.asked if name != "timestamp"]


def test_an_order_is_found_by_our_id():
    world = World()
    order = world.desk.place(body(1))
    found = world.ask(client_order_id=our(1))

    assert isinstance(found, Found)
    assert (str(order.id), P.RESTING) == (found.order.venue_order_id, found.phase)
    assert ["swap_order_info"] == asked(world)


def test_an_order_on_record_is_asked_for_by_the_venues_id():
    world = World()
    order = world.desk.place(body(1))
    world.clock.time_ms += EIGHT_HOURS_MS + 1
    found = world.ask(client_order_id=our(1), known_as=VenueOrderId(str(order.id)))

    assert isinstance(found, Found)
    assert our(1) == found.order.client_order_id


def test_past_eight_hours_our_id_alone_leads_nowhere():
    world = World()
    world.desk.place(body(1))
    world.clock.time_ms += EIGHT_HOURS_MS + 1

    assert isinstance(world.ask(client_order_id=our(1)), Missing)


def test_our_id_is_filled_in_where_the_venue_leaves_it_out():
    world = World()
    order = world.desk.place({**body(1), "client_order_id": None})
    found = world.ask(client_order_id=our(1), known_as=VenueOrderId(str(order.id)))

    assert our(1) == found.order.client_order_id


def test_an_order_of_another_id_is_not_taken_for_ours():
    world = World()
    order = world.desk.place(body(2))

    assert isinstance(
        world.ask(client_order_id=our(1), known_as=VenueOrderId(str(order.id))), NoAnswer
    )


OTHERS = [
    {"order_id": 5, "order_id_str": "5"},
    {"order_id_str": "0"},
    {"order_id_str": "9" * 5000},
    {"contract_code": "ETH-USD"},
]


@pytest.mark.parametrize("said", OTHERS)
@pytest.mark.parametrize("age_ms", [0, EIGHT_HOURS_MS + 1])
def test_an_answer_about_another_order_says_nothing_of_ours(said, age_ms):
    """Past the hours of `order_info` the database is asked."""
    world = World()
    order = world.desk.place(body(1))
    world.desk.fill(order)
    world.clock.time_ms += age_ms
    world.desk.said[order.id] = said
    known_as = VenueOrderId(str(order.id))

    assert isinstance(world.ask(client_order_id=our(1), known_as=known_as), NoAnswer)
    assert isinstance(world.ask(venue_order_id=known_as), NoAnswer)


def test_an_order_that_is_no_more_is_not_another_one():
    """The other one rests; the venue shows it in answer to a question about ours."""
    world = World()
    ours, others = world.desk.place(body(1)), world.desk.place({**body(2), "client_order_id": None})
    world.desk.said[ours.id] = {"order_id": others.id, "order_id_str": str(others.id),
        "client_order_id": None}  # fmt: skip
    found = world.ask(client_order_id=our(1), known_as=VenueOrderId(str(ours.id)))

    assert isinstance(found, NoAnswer)


@pytest.mark.parametrize("said", [{"client_order_id": None}, {"client_order_id": int(our(2))}])
def test_a_question_by_our_id_is_answered_by_our_id_alone(said):
    world = World()
    order = world.desk.place(body(1))
    world.desk.said[order.id] = said

    assert isinstance(world.ask(client_order_id=our(1)), NoAnswer)


def test_one_order_that_is_shown_in_two_ways_is_in_neither():
    world = World()
    first, second = world.desk.place(body(1)), world.desk.place(body(2))
    world.desk.said[second.id] = {"client_order_id": first.client_id}
    queries = [OrderQuery(instrument="BTC-USD", client_order_id=our(n)) for n in (1, 2)]
    answers = run(world.venue.lookup(queries))

    assert [NoAnswer, NoAnswer] == [type(answers[query]) for query in queries]


PHASES = [
    (1, 0, P.RESTING), (2, 0, P.RESTING), (3, 0, P.RESTING), (4, 1, P.RESTING), (11, 0, P.RESTING),
    (5, 1, P.CANCELLED_BY_USER), (6, 3, P.FILLED), (7, 0, P.CANCELLED_BY_USER), (10, 0, P.REJECTED),
    (0, 0, P.UNKNOWN), (8, 0, P.UNKNOWN), (9, 0, P.UNKNOWN), (12, 0, P.UNKNOWN), (99, 0, P.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("status", "filled", "phase"), PHASES)
def test_each_status_number_has_its_meaning(status, filled, phase):
    world = World()
    order = world.desk.place(body(1, order_price_type="limit"))
    world.desk.said[order.id] = {"status": status, "trade_volume": filled}
    found = world.ask(client_order_id=our(1))

    assert phase is found.phase
    assert f"({status})" in found.word


@pytest.mark.parametrize("status", [5, 6, 7, 10])
def test_only_a_final_status_ends_an_order(status):
    world = World()
    order = world.desk.place(body(1))
    world.desk.said[order.id] = {"status": status, "trade_volume": 3 if status == 6 else 1}

    assert world.ask(client_order_id=our(1)).phase.is_terminal


@pytest.mark.parametrize("source", ["timeout-canceled-order", "prevent-self-dealing"])
def test_what_the_venue_cancelled_itself_is_told_apart(source):
    world = World()
    order = world.desk.place(body(1))
    world.desk.end(order, source=source)
    found = world.ask(client_order_id=our(1))

    assert P.CANCELLED_BY_VENUE is found.phase
    assert source in found.word


def test_an_unmatched_one_shot_was_ended_by_the_venue():
    world = World()
    world.desk.place(body(1, order_price_type="ioc"))

    assert P.CANCELLED_BY_VENUE is world.ask(client_order_id=our(1)).phase


@pytest.mark.parametrize(
    ("lived_ms", "phase"), [(0, P.REJECTED), (1_000, P.REJECTED), (1_001, P.CANCELLED_BY_USER)]
)
def test_a_post_only_order_that_ends_at_once_would_have_crossed(lived_ms, phase):
    world = World()
    order = world.desk.place(body(1))
    world.clock.time_ms += lived_ms
    world.desk.end(order)

    assert phase is world.ask(client_order_id=our(1)).phase


def test_our_own_quick_cancel_is_no_refusal():
    world = World()
    order = world.desk.place(body(1))
    world.send(cancel(str(order.id), 1))
    world.clock.time_ms += 100
    found = world.ask(client_order_id=our(1), known_as=VenueOrderId(str(order.id)))

    assert P.CANCELLED_BY_USER is found.phase


def test_fifty_ids_are_asked_for_at_once():
    world = World()
    for number in range(1, 121):
        world.desk.place(body(number))
    queries = [
        OrderQuery(instrument="BTC-USD", client_order_id=our(number)) for number in range(1, 121)
    ]
    answers = run(world.venue.lookup(queries))

    assert 120 == sum(isinstance(answer, Found) for answer in answers.values())
    assert ["swap_order_info"] * 3 == asked(world)


def test_one_unknown_id_among_others_does_not_hide_them():
    world = World()
    for number in (1, 2, 4, 5):
        world.desk.place(body(number))
    queries = {n: OrderQuery(instrument="BTC-USD", client_order_id=our(n)) for n in range(1, 6)}
    answers = run(world.venue.lookup(list(queries.values())))

    assert [Found, Found, Missing, Found, Found] == [
        type(answers[query]) for query in queries.values()
    ]


def test_an_unknown_id_that_is_left_out_is_missing():
    world = World()
    reply = {"status": "ok", "data": [], "ts": NOW_MS}
    world.desk.faults["swap_order_info"] = [httpx.Response(200, json=reply)]
    found = world.ask(client_order_id=our(1))

    assert Missing(as_of_ms=NOW_MS) == found


def test_what_order_info_has_let_go_is_asked_of_the_database():
    world = World()
    order = world.desk.place(body(1))
    world.desk.fill(order)
    world.clock.time_ms += EIGHT_HOURS_MS
    found = world.ask(
        client_order_id=our(1), known_as=VenueOrderId(str(order.id)), placed_at_ms=NOW_MS
    )

    assert P.FILLED is found.phase
    assert [{
        "contract_code": "BTC-USD",
        "order_id": order.id,
        "created_at": order.created_ms,
        "order_type": 1,
    }] == world.desk.sent("swap_order_detail")  # fmt: skip


def test_an_id_that_is_no_date_is_asked_for_by_when_it_was_sent():
    world = World()
    world.ask(venue_order_id=VenueOrderId("7"), placed_at_ms=NOW_MS)

    assert NOW_MS == world.desk.sent("swap_order_detail")[0]["created_at"]


def test_what_neither_knows_is_missing():
    world = World()

    assert isinstance(world.ask(venue_order_id=VenueOrderId("7"), placed_at_ms=NOW_MS), Missing)


def test_a_time_of_the_venue_before_the_question_stands_with_what_is_missing():
    world = World()
    world.snapshot()
    before_ms = world.clock.now_ms()
    world.desk.now_ms = lambda: before_ms + 10_000

    assert Missing(as_of_ms=before_ms) == world.ask(client_order_id=our(1))


@pytest.mark.parametrize(
    "fault",
    [
        LOST,
        httpx.Response(502, text="x"),
        httpx.Response(200, text="{"),
        httpx.Response(200, text='{"status":"ok","data":[],"x":1e9999999999999999999999}'),
        httpx.Response(200, text='{"status":"error","err_code":"' + "9" * 5000 + '"}'),
        httpx.Response(200, text='{"status":"ok","data":' + "[" * 100_000),
        httpx.Response(200, json={"status": "error", "err_code": 1004, "err_msg": "busy"}),
        httpx.Response(200, json={"status": "maintain"}),
        httpx.Response(200, json={"status": "error", "err_code": 403, "err_msg": "no"}),
    ],
)
def test_a_question_without_an_answer_says_nothing(fault):
    world = World()
    world.desk.place(body(1))
    world.desk.faults["swap_order_info"] = [fault] * 3

    assert isinstance(world.ask(client_order_id=our(1)), NoAnswer)


def test_a_question_about_no_contract_is_not_asked():
    world = World()

    assert isinstance(world.ask(instrument="", venue_order_id=VenueOrderId("7")), NoAnswer)
    assert [] == asked(world)


def with_group(world):
    """Place an order with a take-profit and a stop-loss; return what each is known as."""
    world.send(group())
    parent = VenueOrderId(str(world.desk.orders()[-1].id))
    return parent, VenueOrderId(f"{parent}/tp"), VenueOrderId(f"{parent}/sl")


def test_attached_orders_are_found_by_what_they_are_known_as():
    world = World()
    _, profit, loss = with_group(world)
    found = world.ask(client_order_id=our(51), known_as=loss)

    assert (P.RESTING, loss, our(51), TriggerKind.STOP_LOSS) == (
        found.phase,
        found.order.venue_order_id,
        found.order.client_order_id,
        found.order.trigger.kind,
    )
    assert P.RESTING is world.ask(client_order_id=our(50), known_as=profit).phase


def test_an_attached_order_of_unknown_fate_is_found_by_its_parent():
    world = World()
    _, _, loss = with_group(world)
    attached = Attached(parent=our(1), kind=TriggerKind.STOP_LOSS)
    found = world.ask(client_order_id=our(51), attached=attached)

    assert loss == found.order.venue_order_id


def test_an_attached_order_is_found_when_our_id_of_its_parent_is_forgotten():
    world = World()
    parent, _, loss = with_group(world)
    world.clock.time_ms += EIGHT_HOURS_MS + 1
    attached = Attached(parent=our(1), kind=TriggerKind.STOP_LOSS, known_as=parent)
    found = world.ask(client_order_id=our(51), attached=attached)

    assert loss == found.order.venue_order_id


def test_an_attached_order_is_missing_with_its_parent():
    attached = Attached(parent=our(1), kind=TriggerKind.STOP_LOSS)

    assert isinstance(World().ask(client_order_id=our(51), attached=attached), Missing)


def test_an_attached_order_that_fired_reads_back_as_the_order_it_became():
    world = World()
    _, _, loss = with_group(world)
    world.desk.fill(world.desk.orders()[-1])
    world.desk.control("set_mid", instrument="BTC-USD", mid="68000")
    world.desk.fill(world.desk.live()[-1])
    found = world.ask(client_order_id=our(51), known_as=loss)

    assert (P.FILLED, loss, None) == (
        found.phase,
        found.order.venue_order_id,
        found.order.trigger,
    )


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (1, P.RESTING),
        (2, P.RESTING),
        (3, P.RESTING),
        (9, P.RESTING),
        (5, P.REJECTED),
        (6, P.CANCELLED_BY_USER),
        (10, P.REJECTED),
        (11, P.CANCELLED_BY_VENUE),
        (12, P.CANCELLED_BY_USER),
        (8, P.UNKNOWN),
        (77, P.UNKNOWN),
    ],
)
def test_each_status_of_an_attached_order_has_its_meaning(status, phase):
    world = World()
    parent, _, loss = with_group(world)
    world.desk.said[world.desk.stops(parent)[1]] = {"status": status}

    assert phase is world.ask(client_order_id=our(51), known_as=loss).phase


def test_of_two_stops_on_one_order_none_is_known_to_be_ours():
    """One of them may be a person's."""
    world = World()
    parent, _, loss = with_group(world)
    world.desk.said[world.desk.stops(parent)[0]] = {"tpsl_order_type": "sl"}

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)
    assert {} == world.venue._lookups.own_ids


@pytest.mark.parametrize("said", [{"order_id_str": "5"}, {"contract_code": "ETH-USD"}])
def test_what_hangs_on_another_order_says_nothing_of_ours(said):
    world = World()
    parent, _, loss = with_group(world)
    world.desk.said[int(parent)] = said

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)


def test_a_sibling_that_fired_is_why_an_attached_order_ended():
    world = World()
    parent, _, loss = with_group(world)
    first, second = world.desk.stops(parent)
    world.desk.said = {first: {"status": 4}, second: {"status": 6}}

    assert P.SIBLING_FILLED is world.ask(client_order_id=our(51), known_as=loss).phase


def test_an_attached_order_is_cancelled_by_the_venues_name_for_it():
    world = World()
    parent, _, loss = with_group(world)
    world.ask(client_order_id=our(51), known_as=loss)
    world.send(cancel(loss))

    assert [str(world.desk.stops(parent)[1])] == [
        sent["order_id"] for sent in world.desk.sent("swap_tpsl_cancel")
    ]


@pytest.mark.parametrize("fault", [LOST, httpx.Response(502)])
def test_an_attached_order_without_an_answer_says_nothing(fault):
    world = World()
    _, _, loss = with_group(world)
    world.desk.faults["swap_relation_tpsl_order"] = [fault] * 3

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)


def test_a_parent_without_an_answer_says_nothing_of_what_hangs_on_it():
    world = World()
    with_group(world)
    world.desk.faults["swap_order_info"] = [LOST] * 3
    attached = Attached(parent=our(1), kind=TriggerKind.STOP_LOSS)

    assert isinstance(world.ask(client_order_id=our(51), attached=attached), NoAnswer)


def test_a_kind_of_attached_order_nobody_knows_says_nothing():
    world = World()
    parent, _, loss = with_group(world)
    world.desk.said[world.desk.stops(parent)[0]] = {"tpsl_order_type": "trailing"}

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)


def test_an_attached_order_whose_parent_has_no_such_is_missing():
    world = World()
    parent, _, loss = with_group(world)
    world.desk.said[world.desk.stops(parent)[1]] = None

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), Missing)


def test_an_attached_order_that_fired_as_something_without_a_number_says_nothing():
    world = World()
    parent, _, loss = with_group(world)
    stop = world.desk.stops(parent)[1]
    world.desk.said[stop] = {"status": 4, "relation_order_id": "as a whole"}

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)


def test_an_attached_order_that_fired_as_an_order_nobody_knows_says_nothing():
    world = World()
    parent, _, loss = with_group(world)
    stop = world.desk.stops(parent)[1]
    world.desk.said[stop] = {"status": 4, "relation_order_id": "12345"}

    assert isinstance(world.ask(client_order_id=our(51), known_as=loss), NoAnswer)
