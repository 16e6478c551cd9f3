"""What an account has: positions, balances, its role and its budget of requests.

Pure. Source: for-developers/api/info-endpoint with its perpetuals and spot pages, 2026-08-22.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.snapshot import RequestBudget
from reconciler.venues.shape import (
    Malformed,
    Record,
    each,
    integer,
    moment_ms,
    number,
    record,
    signed_number,
    text,
)

__all__ = [
    "Agent",
    "Balance",
    "Clearinghouse",
    "Role",
    "account_value",
    "builder_fee_max",
    "clearinghouse",
    "extra_agents",
    "request_budget",
    "spot_balances",
    "user_role",
]

# Cancels of an account have min(cap + this, 2 * cap): for-developers/api/rate-limits-and-user-
# limits, checked 2026-08-22.
CANCELS_MORE = 100_000
# Open orders: 1000, and one more for each 5 million traded, at most 5000; reduce-only and trigger
# orders are refused with 1000 others open (the same page).
OPEN_ORDERS = 1_000
OPEN_ORDERS_MAX = 5_000
VOLUME_PER_OPEN_ORDER = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearinghouse:
    """Perp positions on one dex.

    Attributes:
        at_ms: the venue's time of it.
        positions: signed quantity by instrument; flat ones are absent.
        leverages: by instrument of a position.
        free: what new orders may use, None where the venue does not say.
    """

    at_ms: int
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    leverages: Mapping[str, int] = field(default_factory=dict)
    free: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has of a token.

    Attributes:
        free: what no order holds.
    """

    total: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an address is.

    Attributes:
        name: ``user``, ``agent``, ``vault``, ``subAccount``, ``missing``, or a word yet to come.
        owner: the account an agent or a sub-account belongs to, in lower case, else empty.
    """

    name: str
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A named agent of an account; the unnamed one is never listed.

    Attributes:
        address: in lower case.
        valid_until_ms: None where its approval has no end.
    """

    name: str
    address: str
    valid_until_ms: int | None = None


def clearinghouse(reply: object) -> Clearinghouse:
    """Read `clearinghouseState`."""
    whole = record(reply, "clearinghouseState")
    positions: dict[str, Decimal] = {}
    leverages: dict[str, int] = {}
    for coin, quantity, leverage in each(whole.get("assetPositions"), "assetPositions", _position):
        if coin in positions:
            raise Malformed("assetPositions has an instrument twice")
        positions[coin] = quantity
        if leverage is not None and quantity:
            leverages[coin] = leverage
    held = {coin: quantity for coin, quantity in positions.items() if quantity}
    free = signed_number(whole, "withdrawable") if "withdrawable" in whole else None
    return Clearinghouse(
        at_ms=moment_ms(whole, "time"), positions=held, leverages=leverages, free=free
    )


def account_value(reply: object) -> Decimal:
    """Read of `clearinghouseState` what everything is worth."""
    whole = record(reply, "clearinghouseState")
    return signed_number(record(whole.get("marginSummary"), "marginSummary"), "accountValue")


def spot_balances(reply: object) -> dict[str, Balance]:
    """Read `spotClearinghouseState` by token, empty balances left out."""
    whole = record(reply, "spotClearinghouseState")
    balances: dict[str, Balance] = {}
    for token, balance in each(whole.get("balances"), "balances", _balance):
        if token in balances:
            raise Malformed("balances has a token twice")
        balances[token] = balance
    return {token: balance for token, balance in balances.items() if balance.total}


def user_role(reply: object) -> Role:
    """Read `userRole`."""
    whole = record(reply, "userRole")
    name = text(whole, "role")
    if name == "agent":
        return Role(name=name, owner=text(_data(whole), "user").lower())
    if name == "subAccount":
        return Role(name=name, owner=text(_data(whole), "master").lower())
    return Role(name=name)


def extra_agents(reply: object) -> tuple[Agent, ...]:
    """Read `extraAgents`."""
    return tuple(each(reply, "extraAgents", _agent))


def request_budget(reply: object) -> RequestBudget:
    """Read `userRateLimit`; what was bought and not used yet adds to the caps."""
    whole = record(reply, "userRateLimit")
    # Old recordings lack the surplus.
    surplus = integer(whole, "nRequestsSurplus") if "nRequestsSurplus" in whole else 0
    cap = integer(whole, "nRequestsCap")
    volume = number(whole, "cumVlm") if "cumVlm" in whole else Decimal(0)
    more_open = int(volume // VOLUME_PER_OPEN_ORDER)
    return RequestBudget(
        used=integer(whole, "nRequestsUsed"),
        cap=cap + surplus,
        cancel_cap=min(cap + CANCELS_MORE, 2 * cap) + surplus,
        open_max=min(OPEN_ORDERS + more_open, OPEN_ORDERS_MAX),
        protective_open_max=OPEN_ORDERS,
    )


def builder_fee_max(reply: object) -> int:
    """Read `maxBuilderFee`: a bare number."""
    return integer({"maxBuilderFee": reply}, "maxBuilderFee")


def _position(source: Record) -> tuple[str, Decimal, int | None]:
    if text(source, "type") != "oneWay":
        raise Malformed("type is not oneWay")
    position = record(source.get("position"), "position")
    leverage = None
    if "leverage" in position:
        leverage = integer(record(position["leverage"], "leverage"), "value")
    return text(position, "coin"), signed_number(position, "szi"), leverage


def _balance(source: Record) -> tuple[str, Balance]:
    total = number(source, "total")
    held = number(source, "hold") if "hold" in source else Decimal(0)
    return text(source, "coin"), Balance(total=total, free=max(Decimal(0), total - held))


def _agent(source: Record) -> Agent:
    has_end = source.get("validUntil") is not None
    return Agent(
        name=text(source, "name"),
        address=text(source, "address").lower(),
        valid_until_ms=integer(source, "validUntil") if has_end else None,
    )


def _data(whole: Record) -> Record:
    return record(whole.get("data"), "data")
