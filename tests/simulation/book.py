"""The specs of a history: what is declared now, how people edit it, and what it ever allowed."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256

from reconciler.model.order import DesiredBook, OrderAddress, Side
from tests.simulation.allowed import Allowed, Ended, Slot
from tests.simulation.bench import Market
from tests.simulation.chance import Chance
from tests.simulation.declared import BOOK, SOURCE, STEP, Declared, children_of, holder_of
from tests.simulation.swarm import Swarm

__all__ = ["LOT", "Specs", "digest_of"]

LOT = Decimal("0.001")
BUYS = (50_000, 64_900)
SELLS = (68_500, 80_000)
DECLARED_MAX = 5
LEVELS_MAX = 8
ZERO = Decimal(0)


@dataclass
class Specs:
    """The declared orders of one book.

    Attributes:
        by_digest: whose budget the digest in a client order id speaks of; renamed ones too.
        removed: what was taken out, and may come back.
        slots: what the newest book declares.
        ended: what somebody else ended, as long as it is declared.
        called_before: whose budget something was, before it was renamed without a word.
    """

    market: Market
    venue: str = "hl"
    declared: dict[str, Declared] = field(default_factory=dict)
    by_digest: dict[str, Allowed] = field(default_factory=dict)
    budgets: dict[tuple[str, int], Allowed] = field(default_factory=dict)
    removed: list[Declared] = field(default_factory=list)
    moved: dict[OrderAddress, OrderAddress] = field(default_factory=dict)
    slots: set[Slot] = field(default_factory=set)
    ended: dict[Slot, Ended] = field(default_factory=dict)
    called_before: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    made: int = 0

    def fill(self, chance: Chance) -> None:
        """Declare what a history begins with."""
        for _ in range(chance.between(1, 3)):
            self.add(chance)
        if chance.happens(0.6):
            self.add_ladder(chance)
        if chance.happens(0.3):
            self.add_group(chance)

    def book(self) -> DesiredBook:
        """Return the book as the program gets it, and remember what it allows."""
        for each in self.declared.values():
            self._allow(each)
        found = [holder_of(each, self.market) for each in self.declared.values()]
        self.slots = {
            self.slot(self.budgets[each.key], Decimal(price))
            for each in self.declared.values()
            for price in each.prices
        }
        self.ended = {slot: ended for slot, ended in self.ended.items() if slot in self.slots}
        return DesiredBook(
            name=BOOK,
            venue=self.venue,
            path=SOURCE.path,
            holders=tuple(sorted(found, key=lambda holder: holder.address)),
            moved=dict(self.moved),
        )

    def edit(self, chance: Chance, swarm: Swarm) -> None:
        """Change something, as a person would between two runs."""
        if swarm.rename and self.declared and chance.happens(swarm.rename):
            self.rename(chance)
        if swarm.rearm and self.declared and chance.happens(swarm.rearm):
            self.rearm(chance)
        if swarm.relevel and chance.happens(swarm.relevel):
            self.relevel(chance)
        if chance.happens(swarm.resize):
            self.resize(chance)
        if chance.happens(swarm.drop):
            self.drop(chance)
        for _ in range(chance.between(1, 3)):
            chance.among(
                (
                    self.remove,
                    self.add_group,
                    self.add_ladder,
                    self.bring_back,
                    self.rearm,
                    self.resize,
                    self.add,
                    self.shift,
                    self.relevel,
                    self.reprice,
                )
            )(chance)

    def add(self, chance: Chance) -> None:
        if len(self.declared) >= DECLARED_MAX:
            return
        self.made += 1
        side = chance.among((Side.SELL, Side.BUY, Side.BUY))
        self._put(
            Declared(
                root=f"s{self.made}",
                name=f"s{self.made}",
                side=side,
                price=_price(chance, side),
                quantity=self.market.lot * chance.between(5, 20),
                may_modify=not chance.happens(0.4),
                is_closing=self.market.takes_closing and side is Side.SELL and chance.happens(0.5),
            )
        )

    def add_ladder(self, chance: Chance) -> None:
        if any(each.levels for each in self.declared.values()):
            return
        self.made += 1
        levels = chance.between(3, 6)
        self._put(
            Declared(
                root=f"l{self.made}",
                name=f"l{self.made}",
                side=Side.BUY,
                price=64_000 + STEP * chance.between(0, 8),
                quantity=self.market.lot * levels * chance.between(2, 5),
                levels=levels,
            )
        )

    def add_group(self, chance: Chance) -> None:
        if any(each.is_group for each in self.declared.values()):
            return
        self.made += 1
        self._put(
            Declared(
                root=f"g{self.made}",
                name=f"g{self.made}",
                side=Side.BUY,
                price=63_500 + 10 * chance.between(0, 140),
                quantity=self.market.lot * chance.between(5, 12),
                is_group=True,
            )
        )

    def remove(self, chance: Chance) -> None:
        if self.declared:
            gone = self.declared.pop(chance.among(sorted(self.declared)))
            self.removed.append(gone)

    def drop(self, chance: Chance) -> None:
        """Remove all but one."""
        while len(self.declared) > 1:
            self.remove(chance)

    def bring_back(self, chance: Chance) -> None:
        back = [each for each in self.removed if each.name not in self.declared]
        has_ladder = any(each.levels for each in self.declared.values())
        back = [each for each in back if not (each.levels and has_ladder)]
        if back:
            self._put(chance.among(back))

    def reprice(self, chance: Chance) -> None:
        self._change(chance, lambda each: replace(each, price=_price(chance, each.side)), levels=0)

    def resize(self, chance: Chance) -> None:
        def changed(each: Declared) -> Declared:
            unit = self.market.lot * max(1, each.levels)
            by = unit * chance.among((-3, -1, 2, 5))
            return replace(each, quantity=max(unit, each.quantity + by))

        self._change(chance, changed)

    def shift(self, chance: Chance) -> None:
        rungs = chance.among((-3, -2, 2, -1, 1))
        self._change(chance, lambda each: replace(each, price=each.price + rungs * STEP), levels=1)

    def relevel(self, chance: Chance) -> None:
        """Give a ladder more rungs or fewer, of about the same quantity in all."""

        def changed(each: Declared) -> Declared:
            levels = min(max(2, each.levels + by), LEVELS_MAX)
            rung = max(1, int(each.quantity / self.market.lot) // levels)
            return replace(each, levels=levels, quantity=self.market.lot * levels * rung)

        by = chance.among((-2, -1, 2, 1))
        self._change(chance, changed, levels=1)

    def rearm(self, chance: Chance) -> None:
        def changed(each: Declared) -> Declared:
            newest = max(key[1] for key in self.budgets if key[0] == each.root)
            return replace(each, generation=newest + 1)

        self._change(chance, changed)

    def rename(self, chance: Chance) -> None:
        """Give something another name, and say so; now and then forget to say so."""
        each = self.declared.pop(chance.among(sorted(self.declared)))
        self.made += 1
        new = replace(each, name=f"r{self.made}")
        if chance.happens(0.2):
            new = replace(new, root=new.name)  # to the program it is another order
            self.called_before[new.key] = each.key
            self.removed.append(each)
        else:
            self.moved = {
                origin: new.address if target == each.address else target
                for origin, target in self.moved.items()
            }
            self.moved[each.address] = new.address
            self.removed = [gone for gone in self.removed if gone.root != each.root]
            for key, allowed in self.budgets.items():
                root, dot, leg = key[0].partition(".")
                if root == each.root:
                    self.by_digest[digest_of(new.address + dot + leg, key[1])] = allowed
        self._put(new)

    def _put(self, each: Declared) -> None:
        self.declared[each.name] = each
        self._allow(each)

    def _change(self, chance: Chance, change: object, *, levels: int | None = None) -> None:
        fitting = [
            name
            for name, each in sorted(self.declared.items())
            if levels is None or bool(each.levels) == bool(levels)
        ]
        if fitting:
            name = chance.among(fitting)
            self._put(change(self.declared[name]))  # type: ignore[operator]

    def slot(self, allowed: Allowed, price: Decimal) -> Slot:
        """Return what an order of a budget at a price is the only one of."""
        return (*allowed.key, price if allowed.is_ladder else ZERO)

    def is_declared(self, root: str) -> bool:
        return any(each.root == root for each in self.declared.values())

    def _allow(self, each: Declared) -> None:
        allowed = self._allow_one(each, "")
        allowed.forms |= {
            (Decimal(price), each.side is Side.BUY, each.is_closing, None) for price in each.prices
        }
        for price in each.prices if each.levels else ():
            most = allowed.rungs.get(Decimal(price), ZERO)
            allowed.rungs[Decimal(price)] = max(most, each.quantity / each.levels)
        for child in children_of(each, self.market) if each.is_group else ():
            trigger, terms = child.terms.trigger, child.terms
            assert trigger is not None, "what is attached waits for a price"
            leg = self._allow_one(each, f".{trigger.kind}")
            leg.forms.add((terms.price, terms.side is Side.BUY, True, trigger.price))

    def _allow_one(self, each: Declared, leg: str) -> Allowed:
        key = (each.root + leg, each.generation)
        allowed = self.budgets.setdefault(
            key,
            Allowed(
                key=key,
                most=each.quantity,
                is_ladder=bool(each.levels),
                is_group=each.is_group and not leg,
                is_leg=bool(leg),
            ),
        )
        allowed.most = max(allowed.most, each.quantity)
        self.by_digest[digest_of(each.address + leg, each.generation)] = allowed
        return allowed

    def standing(self) -> Iterator[Declared]:
        yield from self.declared.values()


def digest_of(address: str, generation: int) -> str:
    """Return what a client order id says of its holder: 14 hex digits."""
    return sha256(f"{address}\n{generation}".encode()).hexdigest()[:14]


def _price(chance: Chance, side: Side) -> int:
    low, high = BUYS if side is Side.BUY else SELLS
    return low + 10 * chance.between(0, (high - low) // 10)
