"""What a spec comes to mean: defaults, triggers, budgets, addresses, renames."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.diagnostics import Span
from reconciler.model.config import Limits
from reconciler.model.intent_id import intent_id_of
from reconciler.model.order import (
    DesiredBook,
    Execution,
    FillPolicy,
    GoneByUser,
    GoneByVenue,
    Holder,
    Replenish,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from reconciler.spec.compile import compile_book
from reconciler.spec.source import parse
from reconciler.spec.times import parse_time_ms
from tests.spec.documents import SPEC, damaged
from tests.spec.grids import HEAD, book_of, codes_of


def order_of(line: str, head: str = HEAD) -> Holder:
    """Return the holder of one order written as a flow mapping."""
    (holder,) = book_of(f"{head}orders:\n  dip: {{{line}}}\n").holders
    return holder


def ladder_of(line: str, head: str = HEAD) -> Holder:
    """Return the holder of one ladder written as a flow mapping."""
    (holder,) = book_of(f"{head}ladders:\n  bids: {{{line}}}\n").holders
    return holder


def intent(book: DesiredBook) -> str:
    """Return the intent id of a book."""
    return intent_id_of(book, limits=Limits(), network="mainnet", account="0x0")


PLAIN = "side: buy, price: 88000, quantity: 0.050"


def test_an_order_has_the_documented_defaults() -> None:
    holder = order_of(PLAIN)
    (order,) = holder.orders

    assert "btc.dip" == holder.address == order.address
    assert (Decimal(88000), Decimal("0.05")) == (order.terms.price, order.terms.quantity)
    assert (TimeInForce.GTC, True, False) == (
        order.terms.time_in_force, order.terms.post_only, order.terms.reduce_only
    )  # fmt: skip
    assert (0, FillPolicy.DONE, None) == (holder.generation, holder.on_fill, holder.replenish)
    assert (GoneByUser.HOLD, GoneByVenue.HOLD) == (holder.on_user_cancel, holder.on_venue_cancel)
    assert (None, True, False, "") == (
        holder.expires_at_ms, holder.may_modify, holder.prevent_cancel, holder.note
    )  # fmt: skip


def test_an_order_may_say_everything() -> None:
    holder = order_of(
        f"{PLAIN}, instrument: ETH, post_only: false, reduce_only: true, on_fill: replenish,"
        " replenish: {max_total: 1, refill_below: 0.01, cooldown: 60}, on_user_cancel: place_again,"
        " on_venue_cancel: place_again, generation: 3, expires_at: 2030-01-01T00:00:00Z,"
        " change: replace, prevent_cancel: true, note: 'why not',"
        " options: {leverage: 5, builder: {fee_tenth_bps: 10,"
        " address: '0x14791697260E4c9a71f18484c9f997b308e59325'}}"
    )
    (order,) = holder.orders

    assert ("ETH", "ETH") == (holder.instrument, order.terms.instrument)
    assert (False, True) == (order.terms.post_only, order.terms.reduce_only)
    assert Replenish(
        refill_below=Decimal("0.01"), total_max=Decimal(1), cooldown_s=60
    ) == holder.replenish  # fmt: skip
    assert (3, 1_893_456_000_000) == (holder.generation, holder.expires_at_ms)
    assert (False, True, "why not") == (holder.may_modify, holder.prevent_cancel, holder.note)
    assert (
        ("builder.address", "0x14791697260e4c9a71f18484c9f997b308e59325"),
        ("builder.fee_tenth_bps", "10"),
        ("leverage", "5"),
    ) == order.terms.options


def test_defaults_count_where_an_order_says_nothing() -> None:
    head = f"{HEAD}defaults: {{post_only: false, generation: 2, change: replace}}\n"
    holder = order_of(f"{PLAIN}, generation: 5", head)

    assert (False, 5, False) == (
        holder.orders[0].terms.post_only, holder.generation, holder.may_modify
    )  # fmt: skip


def test_defaults_of_replenish_give_way_to_done() -> None:
    head = f"{HEAD}defaults: {{on_fill: replenish, replenish: {{max_total: 1}}}}\n"

    assert order_of(f"{PLAIN}, on_fill: done", head).replenish is None
    assert order_of(PLAIN, head).replenish is not None


@pytest.mark.parametrize(
    ("defaults", "line", "post_only"),
    [
        ("{}", "time_in_force: ioc", False),
        ("{}", "time_in_force: ioc, post_only: false", False),
        ("{post_only: true}", "time_in_force: ioc", False),
        ("{time_in_force: ioc}", "time_in_force: gtc", True),
        ("{time_in_force: ioc}", "note: x", False),
    ],
)
def test_ioc_is_never_post_only(defaults: str, line: str, post_only: bool) -> None:
    holder = order_of(f"{PLAIN}, {line}", f"{HEAD}defaults: {defaults}\n")

    assert post_only == holder.orders[0].terms.post_only


@pytest.mark.parametrize(
    ("defaults", "line"),
    [
        ("{}", "time_in_force: ioc, post_only: true"),
        ("{time_in_force: ioc}", "post_only: true"),
        ("{time_in_force: ioc, post_only: true}", "note: x"),
    ],
)
def test_ioc_and_post_only_contradict_each_other(defaults: str, line: str) -> None:
    text = f"{HEAD}defaults: {defaults}\norders:\n  dip: {{{PLAIN}, {line}}}\n"

    assert ["post-only-with-ioc"] == codes_of(text)


def test_attached_orders_close_what_the_order_opens() -> None:
    holder = order_of(
        f"{PLAIN}, options: {{leverage: 5}}, take_profit: {{trigger: 99000, execution: limit,"
        " price: 98900}, stop_loss: {trigger: 84000, execution: market, worst_price: 80000}"
    )
    profit, loss = holder.orders[0].children

    assert ("btc.dip.take_profit", "btc.dip.stop_loss") == (profit.address, loss.address)
    assert Trigger(
        kind=TriggerKind.TAKE_PROFIT, price=Decimal(99000), execution=Execution.LIMIT
    ) == profit.terms.trigger  # fmt: skip
    assert (Decimal(98900), Decimal(80000)) == (profit.terms.price, loss.terms.price)
    for child in (profit, loss):
        assert (Side.SELL, Decimal("0.05"), True, False) == (
            child.terms.side, child.terms.quantity, child.terms.reduce_only, child.terms.post_only
        )  # fmt: skip
        assert (("leverage", "5"),) == child.terms.options


@pytest.mark.parametrize(("side", "worst"), [("buy", "110"), ("sell", "90")])
def test_a_market_trigger_may_go_ten_percent_beyond(side: str, worst: str) -> None:
    line = f"side: {side}, quantity: 1, stop_loss: {{trigger: 100, execution: market}}"

    assert Decimal(worst) == order_of(line).orders[0].terms.price


def test_a_trigger_alone_is_the_order_itself() -> None:
    head = f"{HEAD}defaults: {{post_only: true, time_in_force: ioc}}\n"
    holder = order_of(
        "side: sell, quantity: 1, take_profit: {trigger: 99000, execution: limit, price: 98900}",
        head,
    )
    (order,) = holder.orders

    assert ("btc.dip", ()) == (order.address, order.children)
    assert (True, False, TimeInForce.GTC) == (
        order.terms.reduce_only, order.terms.post_only, order.terms.time_in_force
    )  # fmt: skip
    assert order.terms.trigger is not None


@pytest.mark.parametrize(
    ("head", "said", "is_reduce_only"),
    [
        (HEAD, "", True),
        (HEAD, ", reduce_only: true", True),
        (HEAD, ", reduce_only: false", False),
        (f"{HEAD}defaults: {{reduce_only: false}}\n", "", True),
    ],
)
def test_a_trigger_alone_enters_a_position_only_where_it_says_so(
    head: str, said: str, is_reduce_only: bool
) -> None:
    line = f"side: buy, quantity: 1, stop_loss: {{trigger: 70, execution: market}}{said}"
    (order,) = order_of(line, head).orders

    assert is_reduce_only == order.terms.reduce_only


def test_position_protection_is_for_the_whole_position() -> None:
    book = book_of(
        f"{HEAD}position_protection:\n  side: sell\n"
        "  take_profit: {trigger: 99000, execution: market}\n"
        "  stop_loss: {trigger: 84000, execution: limit, price: 83000}\n"
    )
    profit, loss = book.position_protection

    assert "btc.position_protection.take_profit" == profit.address
    assert [Decimal(0), Decimal(0)] == [profit.terms.quantity, loss.terms.quantity]
    assert (Decimal(89100), Decimal(83000)) == (profit.terms.price, loss.terms.price)


def test_protection_of_a_short_position_has_its_profit_below() -> None:
    def spec(profit: int, loss: int) -> str:
        return (
            f"{HEAD}position_protection:\n  side: buy\n"
            f"  take_profit: {{trigger: {profit}, execution: market}}\n"
            f"  stop_loss: {{trigger: {loss}, execution: market}}\n"
        )

    assert [] == codes_of(spec(84000, 99000))
    assert ["trigger-on-wrong-side"] == codes_of(spec(99000, 84000))


LADDER = "side: buy, from: 87000, to: 80000, levels: 4, quantity: 0.8"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("equal", "1 1 1 1"),
        ("{linear: 4}", "3 6 9 12"),
        ("{linear: 0.25}", "3 2.25 1.5 0.75"),
        ("{geometric: 1.5}", "1 1.5 2.25 3.375"),
        ("[4, 3, 2, 1.5]", "4 3 2 1.5"),
    ],
)
def test_weights_are_exact(weights: str, expected: str) -> None:
    ladder = ladder_of(f"{LADDER}, weights: {weights}").ladder
    assert ladder is not None

    assert tuple(Decimal(weight) for weight in expected.split()) == ladder.weights


def test_a_ladder_of_one_level_has_one_price() -> None:
    line = "side: buy, from: 87000, to: 87000, levels: 1, quantity: 0.8, weights: {linear: 3}"
    ladder = ladder_of(line).ladder
    assert ladder is not None

    assert (Decimal(1),) == ladder.weights


def test_a_ladder_of_ten_thousand_levels_compiles() -> None:
    line = (
        "side: buy, from: 87000, to: 80000, levels: 10000, quantity: 8, weights: {geometric: 1.001}"
    )
    ladder = ladder_of(line).ladder
    assert ladder is not None

    assert 10_000 == len(ladder.weights)


def test_a_ladder_is_post_only_like_an_order() -> None:
    holder = ladder_of(f"{LADDER}, reduce_only: true, post_only: false, note: x")
    assert holder.ladder is not None

    assert (False, True) == (holder.ladder.template.post_only, holder.ladder.template.reduce_only)
    assert ((), Decimal("0.8"), "x") == (holder.orders, holder.quantity, holder.note)


def test_holders_are_sorted_by_address() -> None:
    text = f"{HEAD}orders:\n  z: {{{PLAIN}}}\n  a: {{{PLAIN}}}\nladders:\n  m: {{{LADDER}}}\n"

    assert ["btc.a", "btc.m", "btc.z"] == [holder.address for holder in book_of(text).holders]


def test_a_holder_knows_its_place() -> None:
    expected = Span(path="specs/btc.yaml", line=6, column=3, length=3)

    assert expected == order_of(PLAIN).source


def test_a_book_may_be_empty() -> None:
    assert () == book_of(HEAD).holders


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ("{from: btc.a, to: btc.dip}", {"btc.a": "btc.dip"}),
        ("{from: old.a, to: btc.dip}", {"old.a": "btc.dip"}),
        ("{from: btc.a, to: btc.b}, {from: btc.b, to: btc.dip}",
         {"btc.a": "btc.dip", "btc.b": "btc.dip"}),
    ],
)  # fmt: skip
def test_renames_lead_to_where_it_stands_now(moved: str, expected: dict[str, str]) -> None:
    text = f"{HEAD}orders:\n  dip: {{{PLAIN}}}\nmoved: [{moved}]\n"

    assert expected == book_of(text).moved


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2030-01-01t00:00:00.5z", 1_893_456_000_500),
        ("2030-01-01T02:00:00+02:00", 1_893_456_000_000),
        ("2030-01-01T24:00:00Z", None),
        ("2030-13-01T00:00:00Z", None),
        ("2030-01-01T23:59:60Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_times_are_milliseconds_since_1970(text: str, milliseconds: int | None) -> None:
    assert milliseconds == parse_time_ms(text)


def dumped(data: Any) -> bytes:
    """Write data as YAML whose scalars are plain."""
    node = _node(data)
    return yaml.serialize(node, Dumper=yaml.SafeDumper, allow_unicode=True).encode()


def _node(data: Any) -> yaml.Node:
    if isinstance(data, dict):
        pairs = [(_node(key), _node(value)) for key, value in data.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs)
    if isinstance(data, list):
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(item) for item in data])
    if "\n" in data:
        return yaml.ScalarNode("tag:yaml.org,2002:str", data, style='"')
    plain = yaml.SafeLoader("").resolve(yaml.ScalarNode, data, (True, False))
    return yaml.ScalarNode(plain, data)


def shuffled(data: Any, seed: Any) -> Any:
    """Return data with the keys of every mapping in another order."""
    if isinstance(data, dict):
        keys = list(data)
        seed.shuffle(keys)
        return {key: shuffled(data[key], seed) for key in keys}
    return data


@given(SPEC, st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(data: Any, seed: Any) -> None:
    book, _ = compile_book(parse(dumped(data), "a.yaml"))
    assume(book is not None)
    other, _ = compile_book(parse(dumped(shuffled(data, seed)), "b.yaml"))

    assert book is not None
    assert other is not None
    assert intent(book) == intent(other)


@given(damaged(SPEC))
def test_whatever_a_spec_says_it_is_a_book_or_told(data: Any) -> None:
    book, problems = compile_book(parse(dumped(data), "a.yaml"))

    assert (book is None) == bool(problems)
    assert all(problem.span is not None for problem in problems)


def test_defaults_written_out_mean_the_same() -> None:
    written = order_of(
        f"{PLAIN}, post_only: true, time_in_force: gtc, generation: 0, on_fill: done"
    )
    left_out = order_of(PLAIN)

    assert left_out == written
