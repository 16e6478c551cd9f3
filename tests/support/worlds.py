"""Random desires, states and venues, small enough to be read when one of them fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from reconciler.model.capabilities import Capabilities
from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredBook, FillPolicy, Holder, OrderAddress
from reconciler.model.snapshot import OrderPhase
from reconciler.model.state import State
from tests.support.build import IN_PLACE, REPLACING, book, holder, ladder, resting, terms
from tests.support.ideal import IdealVenue

PRICES = st.integers(60, 99).map(str)
QUANTITIES = st.integers(1, 40).map(lambda n: str(Decimal(n) / 10))
NAMES = ("a", "b", "c", "d")


@st.composite
def singles(draw: st.DrawFn, name: str) -> Holder:
    wanted = terms(
        draw(PRICES), draw(QUANTITIES), name=draw(st.sampled_from(("BTC", "BTC", "ETH")))
    )
    return holder(
        f"btc.{name}",
        wanted,
        generation=draw(st.integers(1, 2)),
        may_modify=draw(st.sampled_from((True, True, False))),
    )


@st.composite
def ladders(draw: st.DrawFn, name: str) -> Holder:
    start, levels = draw(st.integers(70, 99)), draw(st.integers(1, 6))
    prices = [str(start - n * draw(st.sampled_from((1, 1, 2)))) for n in range(levels)]
    prices = sorted(set(prices), key=int, reverse=True)
    return ladder(prices, address=f"btc.{name}", each=draw(QUANTITIES))


@st.composite
def desires(draw: st.DrawFn) -> DesiredBook:
    """Return a book of a few holders; each address is always an order, or always a ladder."""
    holders = [draw(singles(name)) for name in NAMES if draw(st.booleans())]
    holders += [draw(ladders(name)) for name in ("x", "y") if draw(st.booleans())]
    return book(*holders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the market or a person does to one open order.

    Attributes:
        pick: which order, modulo how many there are.
        tenths: how much of what is left fills; above 10 the order is cancelled instead.
    """

    pick: int
    tenths: int


HAPPENINGS = st.lists(
    st.builds(Happening, pick=st.integers(0, 30), tenths=st.integers(1, 12)), max_size=4
)
STEPS = st.lists(st.tuples(desires(), HAPPENINGS), min_size=1, max_size=4)
VENUES = st.sampled_from((IN_PLACE, REPLACING))


def venue(can: Capabilities) -> IdealVenue:
    """Return an ideal venue with a few foreign orders."""
    made = IdealVenue(can=can)
    for oid, wanted in (("1", terms("55")), ("2", terms("120", side="sell")), ("3", terms("61.3"))):
        made.orders[oid] = resting(wanted, oid=oid)  # type: ignore[index]
    return made


def happen(market: IdealVenue, happenings: list[Happening]) -> None:
    """Deal fills and cancels to our orders."""
    for happening in happenings:
        ours = [oid for oid, order in market.orders.items() if order.client_order_id is not None]
        if not ours:
            return
        oid = ours[happening.pick % len(ours)]
        left = market.orders[oid].remaining
        if happening.tenths > 10:
            market.end(oid, OrderPhase.CANCELLED_BY_USER)
        else:
            quantity = (left * happening.tenths / 10).quantize(Decimal("0.1"))
            market.fill(oid, max(min(quantity, left), min(left, Decimal("0.1"))))


def budgets(books: DesiredBook) -> Mapping[tuple[OrderAddress, int], Decimal]:
    return {
        (h.address, h.generation): h.quantity for h in books.holders if h.on_fill is FillPolicy.DONE
    }


def spent(state: State, market: IdealVenue) -> dict[tuple[OrderAddress, int], Decimal]:
    """Return fills and what is live, by (holder, generation), from what the venue knows."""
    totals: dict[tuple[OrderAddress, int], Decimal] = {}
    for key, record in state.records.items():
        totals[key] = record.filled
    for placement in state.placements.values():
        live = sum(
            (
                order.remaining
                for order in market.orders.values()
                if order.client_order_id == placement.client_order_id
            ),
            ZERO,
        )
        totals[placement.key] = totals.get(placement.key, ZERO) + placement.filled + live
    return totals
