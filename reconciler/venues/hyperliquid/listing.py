"""What can be traded: grids of the instruments that somebody named, best prices, and the budget."""

import asyncio
from collections.abc import Mapping

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO
from reconciler.model.order import Options
from reconciler.model.snapshot import Quote, RequestBudget, Wallet
from reconciler.ports import Markets
from reconciler.venues.asking import Problem, at_once
from reconciler.venues.hyperliquid.info import Info
from reconciler.venues.hyperliquid.replies.markets import PerpMeta, SpotMeta
from reconciler.venues.hyperliquid.rules import (
    BUILDER_ADDRESS,
    BUILDER_FEE,
    dex_of,
    is_spot,
    perp_instrument,
    spot_instrument,
)

__all__ = ["Listing"]

COLLATERAL = "USDC"  # token 0


class Listing:
    """Looks at markets; remembers what cannot change while a run lasts."""

    def __init__(self, info: Info) -> None:
        self._info = info
        self._spot: SpotMeta | None = None
        self._spot_read = asyncio.Lock()

    async def markets(self, instruments: frozenset[str], quotes_of: frozenset[str]) -> Markets:
        """Read grids, best prices and the budget: see `Venue.markets`; raises `VenueProblem`.

        A name the venue does not have is left out. The budget is read when instruments are named,
        balances when spot pairs are.
        """
        found, quotes, budget, wallets = await asyncio.gather(
            self._instruments(instruments),
            self._quotes(sorted(quotes_of)),
            self._budget(is_needed=bool(instruments)),
            self._wallets({name for name in instruments if is_spot(name)}),
        )
        if isinstance(found, Problem) or isinstance(quotes, Problem):
            answers = (found, quotes)
            raise self._info.unreadable([each for each in answers if isinstance(each, Problem)])
        return Markets(
            instruments=found,
            quotes=quotes,
            budget=None if isinstance(budget, Problem) else budget,
            wallets={} if isinstance(wallets, Problem) else wallets,
            problems=tuple(str(each) for each in (budget, wallets) if isinstance(each, Problem)),
        )

    async def instruments(self, names: frozenset[str]) -> dict[str, Instrument]:
        """Read grids alone; raises `VenueProblem`. A name the venue does not have is left out."""
        found = await self._instruments(names)
        if isinstance(found, Problem):
            raise self._info.unreadable([found])
        return found

    async def everywhere(self) -> frozenset[str]:
        """Return a name on every builder dex: see `Venue.everywhere`."""
        dexes = await self._info.perp_dexs()
        if isinstance(dexes, Problem):
            raise self._info.unreadable([dexes])
        return frozenset(f"{dex}:" for dex in dexes)

    async def refused_builders(
        self, options: frozenset[Options], approver: str
    ) -> tuple[tuple[Options, str], ...]:
        """Return the options whose builder a wallet has not approved for their fee, and why.

        Raises `VenueProblem`. Options without a sound builder are refused before, by a rule.
        """
        asked = sorted(
            each for each in options if {BUILDER_ADDRESS, BUILDER_FEE} <= dict(each).keys()
        )
        builders = sorted({dict(each)[BUILDER_ADDRESS] for each in asked})
        approved: dict[str, int] = {}
        for builder, answer in zip(
            builders,
            await at_once(builders, lambda builder: self._info.builder_fee_max(builder, approver)),
            strict=True,
        ):
            if isinstance(answer, Problem):
                raise self._info.unreadable([answer])
            approved[builder] = answer
        return tuple(
            (each, _not_approved(approver, dict(each), approved[dict(each)[BUILDER_ADDRESS]]))
            for each in asked
            if int(dict(each)[BUILDER_FEE]) > approved[dict(each)[BUILDER_ADDRESS]]
        )

    async def spot_meta(self) -> SpotMeta | Problem:
        """Return names and numbers of spot pairs and tokens, read once."""
        async with self._spot_read:
            if self._spot is None:
                meta = await self._info.spot_meta()
                if isinstance(meta, Problem):
                    return meta
                self._spot = meta
            return self._spot

    async def _instruments(self, names: frozenset[str]) -> dict[str, Instrument] | Problem:
        perps, pairs = await asyncio.gather(
            self._perps({name for name in names if not is_spot(name)}),
            self._pairs({name for name in names if is_spot(name)}),
        )
        if isinstance(perps, Problem):
            return perps
        return pairs if isinstance(pairs, Problem) else {**perps, **pairs}

    async def _perps(self, names: set[str]) -> dict[str, Instrument] | Problem:
        indexes = await self._dex_indexes(names)
        if isinstance(indexes, Problem):
            return indexes
        found: dict[str, Instrument] = {}
        dexes = sorted({dex_of(name) for name in names} & indexes.keys())
        metas = await at_once(dexes, self._info.perp_meta)
        for dex, meta in zip(dexes, metas, strict=True):
            if isinstance(meta, Problem):
                return meta
            quote = await self._token(meta)
            if isinstance(quote, Problem):
                return quote
            for name in names & meta.markets.keys():
                market = meta.markets[name]
                found[name] = perp_instrument(market, dex_index=indexes[dex], quote=quote)
        return found

    async def _dex_indexes(self, names: set[str]) -> dict[str, int] | Problem:
        if not any(dex_of(name) for name in names):
            return {"": 0}
        builders = await self._info.perp_dexs()
        return builders if isinstance(builders, Problem) else {"": 0, **builders}

    async def _token(self, meta: PerpMeta) -> str | Problem:
        if meta.collateral_token == 0:
            return COLLATERAL
        spot = await self.spot_meta()
        if isinstance(spot, Problem):
            return spot
        name = spot.tokens.get(meta.collateral_token)
        return name or Problem(what="meta", cause="the collateral token is not listed")

    async def _pairs(self, names: set[str]) -> dict[str, Instrument] | Problem:
        if not names:
            return {}
        meta = await self.spot_meta()
        if isinstance(meta, Problem):
            return meta
        pairs = {name: meta.pairs[name] for name in names & meta.pairs.keys()}
        # One that was named by its tokens comes with the name it has, to be told of it.
        alike = names - pairs.keys()
        pairs |= {pair.name: pair for pair in meta.pairs.values() if pair.title in alike}
        return {name: spot_instrument(pair) for name, pair in pairs.items()}

    async def _wallets(self, names: set[str]) -> dict[str, Wallet] | Problem:
        """Return what pays for each spot pair that the venue has."""
        if not names:
            return {}
        balances, meta = await asyncio.gather(self._info.spot_balances(), self.spot_meta())
        if isinstance(balances, Problem):
            return balances
        if isinstance(meta, Problem):
            return meta
        pairs = {name: meta.pairs[name] for name in names & meta.pairs.keys()}
        free = {token: balance.free for token, balance in balances.items()}
        return {
            name: Wallet(
                base=pair.base,
                quote=pair.quote,
                base_free=free.get(pair.base, ZERO),
                quote_free=free.get(pair.quote, ZERO),
            )
            for name, pair in pairs.items()
        }

    async def _quotes(self, names: list[str]) -> dict[str, Quote] | Problem:
        quotes: dict[str, Quote] = {}
        answers = await at_once(names, self._info.best_prices)
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Problem):
                return answer
            if answer is not None:
                quotes[name] = answer
        return quotes

    async def _budget(self, *, is_needed: bool) -> RequestBudget | Problem | None:
        return await self._info.budget() if is_needed else None


def _not_approved(approver: str, options: Mapping[str, str], approved: int) -> str:
    return (
        f"{approver} approved {approved} tenths of a basis point for the builder "
        f"{options[BUILDER_ADDRESS]}, and the order gives {options[BUILDER_FEE]}."
    )
