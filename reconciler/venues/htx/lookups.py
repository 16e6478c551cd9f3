"""Answers about single orders: by the venue's id where it is on record, else by ours.

Ours is found for eight hours only, and an order that has ended leaves `swap_order_info` within
hours: then the venue's database is asked. What neither knows is missing, which proves nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.model.order import VenueOrderId
from reconciler.model.snapshot import (
    Found,
    Missing,
    NoAnswer,
    OrderPhase,
    OrderQuery,
    OrderStatus,
)
from reconciler.venues.asking import Problem, at_once
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.replies.attached import Hanging, attached_id, parent_of
from reconciler.venues.htx.replies.errors import NOT_FOUND
from reconciler.venues.htx.replies.orders import BY_US, BY_VENUE, Seen, created_ms_of
from reconciler.venues.htx.rules import IDS_PER_LOOKUP

__all__ = ["Lookups"]

DAY_MS: Final = 24 * 60 * 60 * 1000

Answer = Seen | Problem | None
"""An order, no answer, or that it is not known."""
Group = tuple[str, str]
"""Contract and kind of id."""


@dataclass(slots=True)
class Lookups:
    """Asks about single orders; remembers what the venue calls attached ones.

    Attributes:
        own_ids: what attached orders are cancelled by, by what they are known as.
        cancelled: orders this process cancelled: what ends them soon is no refusal.
    """

    info: Info
    own_ids: dict[VenueOrderId, str] = field(default_factory=dict)
    cancelled: set[VenueOrderId] = field(default_factory=set)

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        """Ask for single orders: see `Venue.lookup`."""
        as_of_ms = await self._time()
        if isinstance(as_of_ms, Problem):
            return {query: NoAnswer(cause=str(as_of_ms)) for query in queries}
        plain = [query for query in queries if not _is_attached(query)]
        found = await self._plain(plain, as_of_ms)
        hanging = [query for query in queries if _is_attached(query)]
        answers = await at_once(hanging, lambda query: self._attached(query, as_of_ms))
        return found | dict(zip(hanging, answers, strict=True))

    async def orders(self, ids: Mapping[VenueOrderId, str]) -> dict[VenueOrderId, Answer]:
        """Ask for orders by the venue's ids; `ids` says the contract of each."""
        by_code: dict[Group, list[str]] = defaultdict(list)
        for venue_order_id, code in ids.items():
            by_code[(code, BY_VENUE)].append(venue_order_id)
        found = await self._ask(by_code)
        missing = [key for key, answer in found.items() if answer is None]
        details = await at_once(
            missing, lambda key: self._detail(ids[VenueOrderId(key)], VenueOrderId(key), 0)
        )
        found |= zip(missing, details, strict=True)
        return {VenueOrderId(key): answer for key, answer in found.items()}

    async def _time(self) -> int | Problem:
        """Return a time of the venue that is not after what it is asked next."""
        return self.info.clock.now_ms() if self.info.clock.is_set else await self.info.time()

    async def _plain(
        self, queries: Sequence[OrderQuery], as_of_ms: int
    ) -> dict[OrderQuery, OrderStatus]:
        keys = {query: _key(query) for query in queries}
        groups: dict[Group, list[str]] = defaultdict(list)
        for query, (kind, number) in keys.items():
            if query.instrument and number not in groups[(query.instrument, kind)]:
                groups[(query.instrument, kind)].append(number)
        answers: dict[tuple[Group, str], Answer] = {}
        for group, ids in groups.items():
            found = await self._ask({group: ids})
            answers |= {(group, number): answer for number, answer in found.items()}
        return {
            query: await self._status(query, answers, keys[query], as_of_ms) for query in queries
        }

    async def _status(
        self,
        query: OrderQuery,
        answers: Mapping[tuple[Group, str], Answer],
        key: tuple[str, str],
        as_of_ms: int,
    ) -> OrderStatus:
        kind, number = key
        if not query.instrument:
            return NoAnswer(cause="swap_order_info: nothing says which contract it is an order of")
        answer = answers[((query.instrument, kind), number)]
        if answer is None and kind == BY_VENUE:
            answer = await self._detail(query.instrument, VenueOrderId(number), query.placed_at_ms)
        if answer is None:
            return Missing(as_of_ms=as_of_ms)
        if isinstance(answer, Problem):
            return NoAnswer(cause=str(answer))
        return self._found(query, answer)

    def _found(self, query: OrderQuery, seen: Seen) -> OrderStatus:
        order, phase = seen.order, seen.phase
        said, asked = order.client_order_id, query.client_order_id
        if None not in (said, asked) and said != asked:
            return NoAnswer(cause="swap_order_info: the reply is about another order")
        if phase is OrderPhase.REJECTED and order.venue_order_id in self.cancelled:
            phase = OrderPhase.CANCELLED_BY_USER
        # Past some hours the venue may leave our id out; it was asked for by its own.
        shown = replace(order, client_order_id=said or asked)
        at_ms = seen.at_ms or self.info.clock.now_ms()
        return Found(order=shown, phase=phase, word=seen.word, at_ms=at_ms)

    async def _ask(self, groups: Mapping[Group, Sequence[str]]) -> dict[str, Answer]:
        parts = [
            (group, tuple(ids[start : start + IDS_PER_LOOKUP]))
            for group, ids in groups.items()
            for start in range(0, len(ids), IDS_PER_LOOKUP)
        ]
        found: dict[str, Answer] = {}
        for answers in await at_once(parts, lambda part: self._info_of(*part)):
            found |= answers
        return found

    async def _info_of(self, group: Group, ids: tuple[str, ...]) -> dict[str, Answer]:
        """Ask for some orders; one unknown id may make the venue refuse all of them."""
        code, kind = group
        answer = await self.info.order_info(code, kind, ids)
        if not isinstance(answer, Problem):
            return {number: answer.get(number) for number in ids}
        if answer.code not in NOT_FOUND:
            return dict.fromkeys(ids, answer)
        if len(ids) == 1:
            return {ids[0]: None}
        middle = len(ids) // 2
        return {
            **await self._info_of(group, ids[:middle]),
            **await self._info_of(group, ids[middle:]),
        }

    async def _detail(self, code: str, venue_order_id: VenueOrderId, placed_at_ms: int) -> Answer:
        created_ms = created_ms_of(venue_order_id)
        if placed_at_ms and abs(created_ms - placed_at_ms) > DAY_MS:
            created_ms = placed_at_ms
        found = await self.info.order_detail(code, venue_order_id, created_ms)
        return None if isinstance(found, Problem) and found.code in NOT_FOUND else found

    async def _attached(self, query: OrderQuery, as_of_ms: int) -> OrderStatus:
        known_as = await self._known_as(query)
        if isinstance(known_as, Problem):
            return NoAnswer(cause=str(known_as))
        parent = parent_of(known_as) if known_as is not None else None
        if known_as is None or parent is None:
            return Missing(as_of_ms=as_of_ms)
        found = await self.info.hanging(query.instrument, parent)
        if isinstance(found, Problem):
            is_unknown = found.code in NOT_FOUND
            return Missing(as_of_ms=as_of_ms) if is_unknown else NoAnswer(cause=str(found))
        hanging = found.get(known_as)
        if hanging is None:
            return Missing(as_of_ms=as_of_ms)
        self.own_ids[known_as] = hanging.own_id
        return await self._hanging(query, hanging)

    async def _known_as(self, query: OrderQuery) -> VenueOrderId | Problem | None:
        """Return what an attached order is known as; its parent is asked for where it is new."""
        recorded = query.venue_order_id or query.known_as
        if recorded is not None:
            return recorded
        assert query.attached is not None, "only what hangs on another comes here"
        if query.attached.known_as is not None:
            return attached_id(query.attached.known_as, query.attached.kind)
        parent = query.attached.parent
        found = (await self._ask({(query.instrument, BY_US): [parent]}))[parent]
        if found is None or isinstance(found, Problem):
            return found
        return attached_id(found.order.venue_order_id, query.attached.kind)

    async def _hanging(self, query: OrderQuery, hanging: Hanging) -> OrderStatus:
        order, phase, word = hanging.order, hanging.phase, hanging.word
        if hanging.fired_as is not None:
            fired = (await self.orders({hanging.fired_as: query.instrument}))[hanging.fired_as]
            if not isinstance(fired, Seen):
                return NoAnswer(cause=str(fired or "the order it fired as is not known"))
            # It reads back as the plain order it has become, under the name it is known by.
            order = replace(fired.order, venue_order_id=order.venue_order_id, reduce_only=True)
            phase, word = fired.phase, f"fired: {fired.word}"
        shown = replace(order, client_order_id=query.client_order_id)
        at_ms = hanging.at_ms or self.info.clock.now_ms()
        return Found(order=shown, phase=phase, word=word, at_ms=at_ms)


def _is_attached(query: OrderQuery) -> bool:
    recorded = query.venue_order_id or query.known_as
    return parent_of(recorded) is not None if recorded is not None else query.attached is not None


def _key(query: OrderQuery) -> tuple[str, str]:
    """Return the kind of id an order is asked for by, and the id."""
    recorded = query.venue_order_id or query.known_as
    if recorded is not None:
        return BY_VENUE, recorded
    assert query.client_order_id is not None, "an order is asked for by an id"
    return BY_US, query.client_order_id
