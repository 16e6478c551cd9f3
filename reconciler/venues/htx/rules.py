"""What HTX coin-margined swaps are: networks, limits, capabilities, status numbers.

Pure. Pages are those of the HTX open platform (www.htx.com/en-us/opend/newApiPages), checked
2025-11-26 unless a line says otherwise. The network is a named value; nothing is ever guessed from
a URL.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.model.capabilities import AbsenceProof, Capabilities, TriggerSupport
from reconciler.model.config import VenueSettings
from reconciler.model.identity import NARROW
from reconciler.model.instrument import Instrument, InstrumentKind, TickSize
from reconciler.model.numbers import ZERO

__all__ = [
    "ATTACHED_PER_SECOND",
    "CAPABILITIES",
    "DELISTED",
    "ENDED_SHOWN_MS",
    "IDS_ANSWER_MS",
    "IDS_PER_LOOKUP",
    "LEVERAGE",
    "LISTED",
    "NOT_OURS",
    "PAGE_SIZE",
    "PUBLIC_REQUESTS",
    "READ_REQUESTS",
    "TRADE_REQUESTS",
    "UNLISTED",
    "WINDOW_MS",
    "Contract",
    "Network",
    "network_of",
    "swap_instrument",
]

LEVERAGE: Final = "leverage"
LISTED: Final = 1  # contract_status: anything else is not tradable
DELISTED: Final = 0
UNLISTED: Final = frozenset({DELISTED, 2})  # 2: not listed yet
# Sources of orders that no API sent (swap_order_info); any other word, or none, may mean ours.
NOT_OURS: Final = frozenset(
    [
        "web",
        "m",
        "ios",
        "android",
        "windows",
        "mac",
        "system",
        "risk",
        "settlement",
        "trigger",
        "tpsl",
        "ADL",
    ]
)
BATCH_ITEMS: Final = 10  # swap_batchorder: 10 or 25, the pages differ; swap_cancel: 10
IDS_PER_LOOKUP: Final = 50  # swap_order_info
PAGE_SIZE: Final = 50  # swap_openorders
POST_ONLY_QUANTITY_MAX: Final = Decimal(500_000)  # swap_order
# Rates: 36 trading and 36 reading requests in 3 s for a user, a little kept back for people.
TRADE_REQUESTS: Final = 30
READ_REQUESTS: Final = 30
PUBLIC_REQUESTS: Final = 100
WINDOW_MS: Final = 3_000
ATTACHED_PER_SECOND: Final = 4  # trigger and TP/SL pages: 5 a second
HOUR_MS: Final = 60 * 60 * 1000
# The pages say 5 minutes, or less than one.
TOLERANCE_S: Final = 300
# Announcement 104873471163462 of 2021-04-23 and the swap_cancel page.
IDS_ANSWER_MS: Final = 8 * HOUR_MS
# Orders that ended without a fill are shown for two hours (swap_order_info, swap_hisorders); a
# little less, as our time and theirs differ.
ENDED_SHOWN_MS: Final = 2 * HOUR_MS - 10 * 60 * 1000

CAPABILITIES: Final = Capabilities(
    id_layout=NARROW,
    # None among the 77 endpoints amends an order.
    can_modify=False,
    batch_items_max=BATCH_ITEMS,
    weight_divisor=0,
    overfill_on_modify=False,
    # The signed time is cut to the second.
    close_window_ms=1_000,
    request_life_ms=360_000,
    # Tens of milliseconds as a rule, seconds in a fast market (FAQ 10, 12 and 19).
    settle_ms=10_000,
    places_mix=True,
    cancels_one_instrument=True,
    cancels_by_listing=False,
    counts_contracts=True,
    lists_by_instrument=True,
    account_is_key=True,
    absence=AbsenceProof(
        rounds=3,
        over_ms=10_000,
        reads_lists=True,
        ids_answer_ms=IDS_ANSWER_MS,
        unfilled_shown_ms=ENDED_SHOWN_MS,
        missing_ends_cancel=False,
    ),
    triggers=TriggerSupport(
        alone="HTX gives a trigger order no client order id: after a lost answer nobody could say "
        "whose it is.",
        market="HTX has no worst price for a trigger that executes at market.",
        have_ids=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network.

    Attributes:
        host: as signed: with its port where the Host header has one.
    """

    name: str
    base_url: str
    host: str


MAINNET: Final = Network(name="mainnet", base_url="https://api.hbdm.com", host="api.hbdm.com")
MAINNET_AWS: Final = Network(name="mainnet-aws", base_url="https://api.hbdm.vn", host="api.hbdm.vn")
_REMOTE: Final = {network.name: network for network in (MAINNET, MAINNET_AWS)}


def network_of(settings: VenueSettings) -> Network:
    """Return the network a venue entry names; raises `InvalidInput` for any other name.

    Also for a signature window shorter than the venue may take a signature for: what was lost could
    still be placed after it was given up.
    """
    if settings.network in _REMOTE and settings.signature_window_s < TOLERANCE_S:
        raise InvalidInput(
            Diagnostic(
                code="signature-window",
                summary="The signature window of a venue entry is too short.",
                why=f"HTX may take a request for {TOLERANCE_S} s after it was signed, and this "
                f"would give it up after {settings.signature_window_s} s.",
                next_step="Leave `signature_window_s` out: its default is 360.",
                span=settings.source,
            )
        )
    if settings.network in _REMOTE:
        return _REMOTE[settings.network]
    port = settings.port
    if settings.network == "local" and port is not None and 0 < port < 65_536:
        host = f"127.0.0.1:{port}"
        return Network(name="local", base_url=f"http://{host}", host=host)
    raise InvalidInput(
        Diagnostic(
            code="unknown-network",
            summary="The network of a venue entry is not known.",
            why="HTX has `mainnet`, `mainnet-aws`, and `local` with a `port` on this machine.",
            span=settings.source,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One contract as `swap_contract_info` shows it.

    Attributes:
        size: what one contract is worth in USD.
        status: 1 when it trades; anything else does not.
    """

    code: str
    size: Decimal
    tick: Decimal
    status: int


def swap_instrument(
    contract: Contract, *, is_open: bool, quantity_max: Decimal | None
) -> Instrument:
    """Return the instrument of a contract: quantities are whole contracts of a fixed worth."""
    return Instrument(
        name=contract.code,
        venue_id=contract.code,
        kind=InstrumentKind.INVERSE_SWAP,
        price_rule=TickSize(step=contract.tick),
        lot_size=Decimal(1),
        minimum_notional=ZERO,
        quote="USD",
        contract_value=contract.size,
        is_open=is_open and contract.status == LISTED,
        quantity_max=quantity_max,
        post_only_quantity_max=POST_ONLY_QUANTITY_MAX,
    )
