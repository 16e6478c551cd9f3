"""What happens to the venue by itself: the market trades and moves, people and the venue cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.simulation.bench import MID

if TYPE_CHECKING:
    from tests.simulation.history import History

__all__ = ["Outside"]

# Beyond what take-profits wait for.
HIGH = "69500"


class Outside:
    """Acts on the venue of one history."""

    def __init__(self, world: History) -> None:
        self.world = world
        self.chance = world.chance

    def disturb(self) -> None:
        """Draw when the market and people do something in this round."""
        world, chance, swarm = self.world, self.chance, self.world.swarm
        if chance.happens(swarm.rally):
            world.set_mid(HIGH)
        occasions = (
            (swarm.fill, self.fill),
            (swarm.fill, self.fill),
            (swarm.fill, self.fill),
            (swarm.user_cancel, self.user_cancel),
            (swarm.venue_cancel, self.venue_cancel),
            (swarm.foreign, self.foreign),
            (swarm.move, self.move),
            (swarm.move, self.move),
            (swarm.new_word, self.new_word),
            (swarm.halt, world.halt),
            *world.bench.disturbances(world),
        )
        for probability, what in occasions:
            if chance.happens(probability):
                world.loop.after_ms(chance.between(0, chance.among((12_000, 3_000, 1_500))), what)

    def fill(self, newest: float = 0) -> None:
        """Fill some order of ours, in part or whole; the newest as often as said."""
        ours = self.world.ours()
        if ours:
            is_newest = self.chance.happens(newest)
            self._trade(ours[-1] if is_newest else self.chance.among(ours))

    def fill_one_of(self, content: bytes) -> None:
        """Fill an order that a request names."""
        named = [order for order in self.world.ours() if str(order.oid).encode() in content]
        if named:
            self._trade(self.chance.among(named))

    def _trade(self, hit: Any) -> None:
        part = self.world.market.lot * self.chance.between(1, 6)
        quantity = self.chance.among((hit.remaining, min(part, hit.remaining)))
        self.world.control("trade", oid=hit.oid, quantity=str(quantity))

    def look_at_fills(self) -> None:
        """Be the moment at which a run asks for fills: there may just have been one."""
        if self.chance.happens(self.world.network.swarm.fill_in_look):
            self.fill(self.world.network.swarm.fill_of_newest)

    def user_cancel(self) -> None:
        ours = self.world.ours()
        if ours:
            hit = self.chance.among(ours)
            self.world.control("cancel_as_user", oid=hit.oid)
            self.world.oracle.wishes.somebody_ended(hit, is_by_venue=False)

    def venue_cancel(self) -> None:
        ours = self.world.ours()
        if ours:
            hit = self.chance.among(ours)
            word = self.chance.among(self.world.market.cancel_words)
            self.world.control("cancel_as_venue", oid=hit.oid, status=word)
            self.world.oracle.wishes.somebody_ended(hit, is_by_venue=True)

    def foreign(self) -> None:
        self.world.oracle.spending.others_did()
        own_id = self.world.bench.own_id
        theirs = [o for o in self.world.account.live.values() if own_id(o) is None]
        if theirs and self.chance.happens(0.4):
            self.world.control("cancel_as_user", oid=self.chance.among(theirs).oid)
            return
        price = 50_000 + 10 * self.chance.between(0, 1_400)
        digests = sorted(self.world.specs.by_digest)
        named: Mapping[str, str] = {}
        if digests and price % 30 == 0:  # of another project that has the same names
            digest = digests[price // 30 % len(digests)]
            named = self.world.bench.foreign_id(digest, self.world.oracle.spending.foreign_changes)
        self.world.control(
            "place_as_human",
            account=self.world.bench.entry.account,
            instrument=self.world.market.instrument,
            side="buy",
            price=str(price),
            quantity=str(self.world.market.lot * self.chance.between(5, 20)),
            **named,
        )

    def move(self) -> None:
        """Move the market; it stays there for a while."""
        mid = self.chance.among((self.chance.between(62_500, 66_000), HIGH, MID))
        self.world.set_mid(str(mid))

    def new_word(self) -> None:
        """Let reads say a word of some order that nobody knows yet."""
        history = [order for order in self.world.account.history if order.terms.cloid]
        if history:
            oid = self.chance.among(history[-6:]).oid
            is_listed = not self.chance.happens(0.5)
            word = self.chance.among(("marginWait", "queuedForReview"))
            self.world.control("say_status", oid=oid, status=word, is_listed=is_listed)
