"""What Hyperliquid is: its networks, asset ids and grids.

Pure. Pages are those of hyperliquid.gitbook.io/hyperliquid-docs, checked 2026-08-22 unless a line
says otherwise. The network is a named value; nothing is ever guessed from a URL.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.model.config import VenueSettings
from reconciler.model.instrument import Instrument, InstrumentKind, SignificantFigures

__all__ = [
    "ADDRESS",
    "BATCH_ITEMS_MAX",
    "BUILDER_ADDRESS",
    "BUILDER_FEE",
    "DECIMALS_MAX",
    "IP_WEIGHT_PER_MINUTE",
    "IP_WEIGHT_RESERVE",
    "Network",
    "PerpMarket",
    "SpotPair",
    "account_of",
    "dex_of",
    "is_spot",
    "network_of",
    "other_network",
    "perp_instrument",
    "spot_instrument",
]

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
BUILDER_ADDRESS = "builder.address"
BUILDER_FEE = "builder.fee_tenth_bps"
# A request of n items weighs 1 + n // 40 (rate-limits-and-user-limits): 39 still weigh 1.
BATCH_ITEMS_MAX = 39
DECIMALS_MAX = 8  # for-developers/api/signing
SIGNIFICANT_FIGURES = 5  # for-developers/api/tick-and-lot-size
PERP_DECIMALS_MAX = 6  # for-developers/api/tick-and-lot-size
SPOT_DECIMALS_MAX = 8  # for-developers/api/tick-and-lot-size
MINIMUM_NOTIONAL = Decimal(10)  # for-developers/api/error-responses, MinTradeNtl
SPOT_ASSETS_FROM = 10_000  # for-developers/api/asset-ids
DEX_ASSETS_FROM = 100_000  # for-developers/api/asset-ids
DEX_ASSETS_STRIDE = 10_000  # for-developers/api/asset-ids
IP_WEIGHT_PER_MINUTE = 1200  # for-developers/api/rate-limits-and-user-limits
# Kept for cancels: 200 * 39 orders, more than an account can have.
IP_WEIGHT_RESERVE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network.

    Attributes:
        is_mainnet: what signatures are bound to; a loopback server is signed for as the testnet.
    """

    name: str
    base_url: str
    is_mainnet: bool


MAINNET = Network(name="mainnet", base_url="https://api.hyperliquid.xyz", is_mainnet=True)
TESTNET = Network(name="testnet", base_url="https://api.hyperliquid-testnet.xyz", is_mainnet=False)
_REMOTE = {network.name: network for network in (MAINNET, TESTNET)}


def network_of(settings: VenueSettings) -> Network:
    """Return the network a venue entry names; raises `InvalidInput` for any other name."""
    if settings.network in _REMOTE:
        return _REMOTE[settings.network]
    port = settings.port
    if settings.network == "local" and port is not None and 0 < port < 65_536:
        return Network(name="local", base_url=f"http://127.0.0.1:{port}", is_mainnet=False)
    raise _invalid(
        settings,
        code="unknown-network",
        summary="The network of a venue entry is not known.",
        why="Hyperliquid has `mainnet`, `testnet`, and `local` with a `port` on this machine.",
    )


def other_network(network: Network) -> Network | None:
    """Return the network that an address may be one of by mistake; a local one has none."""
    return {MAINNET.name: TESTNET, TESTNET.name: MAINNET}.get(network.name)


def account_of(settings: VenueSettings) -> str:
    """Return the account's address in lower case; raises `InvalidInput` when it is none."""
    if ADDRESS.fullmatch(settings.account):
        return settings.account.lower()
    raise _invalid(
        settings,
        code="account-not-an-address",
        summary="The account of a venue entry is not an address.",
        why="A Hyperliquid account is `0x` and 40 hex digits.",
    )


def _invalid(settings: VenueSettings, *, code: str, summary: str, why: str) -> InvalidInput:
    return InvalidInput(Diagnostic(code=code, summary=summary, why=why, span=settings.source))


def is_spot(name: str) -> bool:
    """Say whether a name is a spot pair's: ``PURR/USDC`` or ``@107``."""
    return name.startswith("@") or "/" in name


def dex_of(name: str) -> str:
    """Return the builder dex a name belongs to: ``xyz`` of ``xyz:TSLA``, else the first, ``""``."""
    return name.partition(":")[0] if ":" in name else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpMarket:
    """One perp as `meta` shows it.

    Attributes:
        index: its place in the universe; delisted ones keep theirs.
    """

    name: str
    index: int
    size_decimals: int
    leverage_max: int
    is_delisted: bool
    is_isolated_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPair:
    """One spot pair as `spotMeta` shows it.

    Attributes:
        index: the pair's own number, not its place in the list.
        base, quote: names of the tokens.
        size_decimals: of the base token.
    """

    name: str
    index: int
    base: str
    quote: str
    size_decimals: int

    @property
    def title(self) -> str:
        """Its tokens; several pairs may have the same, so that no spec can name one by it."""
        return f"{self.base}/{self.quote}"


def perp_instrument(market: PerpMarket, *, dex_index: int, quote: str) -> Instrument:
    """Return the instrument of a perp; `dex_index` is 0 for the first dex."""
    first = DEX_ASSETS_FROM + dex_index * DEX_ASSETS_STRIDE if dex_index else 0
    return Instrument(
        name=market.name,
        venue_id=str(first + market.index),
        kind=InstrumentKind.PERP,
        price_rule=_price_rule(PERP_DECIMALS_MAX, market.size_decimals),
        lot_size=Decimal(1).scaleb(-market.size_decimals),
        minimum_notional=MINIMUM_NOTIONAL,
        quote=quote,
        is_open=not market.is_delisted,
        is_isolated_only=market.is_isolated_only,
        leverage_max=market.leverage_max,
    )


def spot_instrument(pair: SpotPair) -> Instrument:
    """Return the instrument of a spot pair."""
    return Instrument(
        name=pair.name,
        venue_id=str(SPOT_ASSETS_FROM + pair.index),
        kind=InstrumentKind.SPOT,
        price_rule=_price_rule(SPOT_DECIMALS_MAX, pair.size_decimals),
        lot_size=Decimal(1).scaleb(-pair.size_decimals),
        minimum_notional=MINIMUM_NOTIONAL,
        quote=pair.quote,
        title="" if pair.title == pair.name else pair.title,
    )


def _price_rule(decimals_max: int, size_decimals: int) -> SignificantFigures:
    decimals = max(0, decimals_max - size_decimals)
    return SignificantFigures(figures=SIGNIFICANT_FIGURES, decimals=decimals)
