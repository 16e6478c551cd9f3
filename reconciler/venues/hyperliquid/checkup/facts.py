"""What was asked about a venue entry; a fact that could not be had is the text of why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.model.config import VenueSettings
from reconciler.model.examination import Refusal
from reconciler.model.instrument import Instrument
from reconciler.model.snapshot import RequestBudget
from reconciler.venues.hyperliquid.replies.account import Agent, Role

__all__ = ["BuilderFact", "ClockFact", "Facts", "Funds", "KeyFact", "RefusalFact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact:
    """The venue's clock beside ours.

    Attributes:
        ahead_ms: of ours, give or take half of the round trip.
    """

    ahead_ms: int
    round_trip_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What an account has to trade with.

    Attributes:
        by_dex: account value of each dex that was asked about, the first one under ``""``.
        tokens: spot balances that are not empty.
    """

    by_dex: Mapping[str, Decimal]
    tokens: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFact:
    """The key that signs.

    Attributes:
        role: what the venue says of its address.
        agents: named ones of the account that it acts for.
        is_sound: a signature made with it leads back to it.
    """

    address: str
    role: Role | str
    role_elsewhere: Role | str | None = None
    agents: Sequence[Agent] | str = ()
    is_sound: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderFact:
    """A builder that specs name, with the fee they want for it and the one that is approved."""

    address: str
    wanted_tenth_bps: int
    approved_tenth_bps: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFact:
    """A refused signer.

    Attributes:
        named: the address the venue named, or None.
        form: in which form the venue must have read the request to name it, or None.
    """

    refusal: Refusal
    named: str | None
    form: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that was asked; what was not is None.

    Attributes:
        account: address in lower case.
        now_ms: the venue's time, or ours where it could not be read.
        elsewhere: name of the other network, empty where there is none to ask.
        key: None without one, or why it cannot sign.
    """

    settings: VenueSettings
    account: str
    now_ms: int
    clock: ClockFact | str
    role: Role | str
    elsewhere: str = ""
    role_elsewhere: Role | str | None = None
    funds: Funds | str | None = None
    budget: RequestBudget | str | None = None
    key: KeyFact | Diagnostic | None = None
    markets: Mapping[str, Instrument | None] | str = field(default_factory=dict)
    builders: Sequence[BuilderFact] = ()
    refusal: RefusalFact | None = None
