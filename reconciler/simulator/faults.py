"""Faults: what goes wrong between a client and the venue, by plan or by seeded chance.

A rule says which requests it is about (venue, path, type, which occurrence) and what happens to
them. All chance of the simulator lives here and comes from one seed.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

FaultKind = Literal[
    "lost_request",
    "lost_reply",
    "late_execution",
    "duplicate",
    "error_before",
    "error_after",
    "rate_limited",
    "garbled",
    "truncated",
    "partial_batch",
    "wrong_length",
    "slow_reply",
    "read_lag",
    "clock_skew",
    "maintenance",
    "fill_during_cancel",
    "page_shift",
]
VenueName = Literal["hyperliquid", "htx"]
READ_LAG_MS_DEFAULT = 1000
READ_LAG_MS_MAX = 10_000
"""How far into the past reads can look."""

RULES_MAX = 1000
PERCENT_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule.

    Kinds, for whatever changes something and for reads alike:

    * `lost_request`: never arrives; the connection drops.
    * `lost_reply`: carried out; the connection drops.
    * `late_execution`: arrives `delay_ms` later and is carried out then; the connection drops at
      once.
    * `duplicate`: arrives twice; the client sees the first reply.
    * `error_before`: not carried out; `status` (500) and the body `null`; with `code` HTTP 200 and
      HTX's error of that code, as 1004.
    * `error_after`: carried out; `status` (502) and the body `null`; with `code` as above.
    * `rate_limited`: not carried out; 429 and the body `null`, of HTX error 1032 (HTTP 200 unless
      `status` is given).
    * `maintenance`: not carried out; HTX's `{"status":"maintain"}` (HTTP 200 unless `status` is
      given), of Hyperliquid 503 and the body `null`.
    * `garbled`, `truncated`: carried out; the body is not JSON, or ends in the middle.
    * `partial_batch`: only the first `count` items (half, by default) are carried out; the
      connection drops, or `status` is answered.
    * `wrong_length`: carried out; `statuses`, or HTX's lists of successes, have `count` entries
      (one less, by default).
    * `slow_reply`: carried out; a server answers `delay_ms` later.
    * `read_lag`: the read sees the world as of `lag_ms` ago (by default a seeded 0 to 1000).
    * `clock_skew`: as long as the rule stands the venue's clock is `skew_ms` ahead, or behind when
      negative; a clock never goes back, so a new negative skew stops it for a while.
    * `fill_during_cancel` (HTX): each order whose cancel is accepted is filled by `count` contracts
      (all, by default) before it ends.
    * `page_shift` (HTX): after a page of open orders was read, its newest `count` (1) orders fill,
      so that the pages behind it shift.

    Attributes:
        venue: whose requests; None for every venue's.
        path: as `/exchange`, `/info` or `/swap-api/v1/swap_order`; None for every path.
        type: type of the action or read, as `order` or `frontendOpenOrders`, of HTX the last part
            of the path; None for any.
        skip: how many matching requests pass first.
        times: how many are hit after these; None for all.
        percent: chance by which a matching request is hit at all, from the plan's seed.
        code: an error code of HTX.
    """

    kind: FaultKind
    venue: VenueName | None = None
    path: str | None = None
    type: str | None = None
    skip: int = 0
    times: int | None = 1
    percent: int = PERCENT_MAX
    delay_ms: int = 0
    status: int | None = None
    code: int | None = None
    count: int | None = None
    lag_ms: int | None = None
    skew_ms: int = 0

    def concerns(self, target: Target) -> bool:
        """Tell whether a request is one the rule is about."""
        if self.venue not in (None, target.venue):
            return False
        return self.path in (None, target.path) and self.type in (None, target.kind)


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule looks at of a request."""

    venue: VenueName
    path: str
    kind: str | None
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What happens to one request.

    Attributes:
        disruption: the first rule that hit it and is not a lag.
        lag_ms: how far in the past a read looks; 0 for the present.
    """

    disruption: Fault | None = None
    lag_ms: int = 0

    @property
    def kinds(self) -> list[str]:
        """Name the kinds, for the log."""
        found = [self.disruption.kind] if self.disruption else []
        return [*found, "read_lag"] if self.lag_ms else list(found)


NO_EFFECTS = Effects()


@dataclass(slots=True)
class _Armed:
    rule_id: int
    fault: Fault
    seen: int = 0
    hit: int = 0

    def strikes(self, chance: random.Random) -> bool:
        """Count a matching request and tell whether it is hit."""
        if self.fault.percent < PERCENT_MAX and chance.randrange(PERCENT_MAX) >= self.fault.percent:
            return False
        self.seen += 1
        is_over = self.fault.times is not None and self.hit >= self.fault.times
        if self.seen <= self.fault.skip or is_over:
            return False
        self.hit += 1
        return True


class FaultPlan:
    """The rules in force, oldest first, and the chance they share."""

    __slots__ = ("_chance", "_next_id", "_rules")

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._rules: list[_Armed] = []
        self._next_id = 1

    def add(self, fault: Fault) -> int:
        """Add a rule; returns its id.

        Raises:
            ValueError: there are too many rules.
        """
        if len(self._rules) >= RULES_MAX:
            raise ValueError(f"more than {RULES_MAX} fault rules; clear them first")
        self._rules.append(_Armed(self._next_id, fault))
        self._next_id += 1
        return self._next_id - 1

    def clear(self) -> None:
        """Remove every rule."""
        self._rules.clear()

    def list(self) -> list[dict[str, Any]]:
        """Return the rules with their ids and how often each was met and hit."""
        return [
            {"id": rule.rule_id, "seen": rule.seen, "hit": rule.hit, **asdict(rule.fault)}
            for rule in self._rules
        ]

    def skew_ms(self, venue: VenueName) -> int:
        """How far a venue's clock is ahead."""
        if not self._rules:
            return 0
        skews = (rule.fault for rule in self._rules if rule.fault.kind == "clock_skew")
        return sum(fault.skew_ms for fault in skews if fault.venue in (None, venue))

    def effects(self, target: Target, *, lag_ms_max: int = 0) -> Effects:
        """Decide what happens to a request, and count it.

        Args:
            lag_ms_max: the lag every read has by switch, as the most of a random one.
        """
        if not self._rules and not lag_ms_max:
            return NO_EFFECTS
        disruption: Fault | None = None
        lag_ms = 0
        for rule in self._rules:
            fault = rule.fault
            if fault.kind == "clock_skew" or not fault.concerns(target):
                continue
            is_lag = fault.kind == "read_lag"
            if (not is_lag and disruption is not None) or not rule.strikes(self._chance):
                continue
            if is_lag:
                lag_ms = max(lag_ms, self._lag(fault.lag_ms))
            else:
                disruption = fault
        if lag_ms_max:
            lag_ms = max(lag_ms, self._chance.randint(0, lag_ms_max))
        return Effects(disruption=disruption, lag_ms=lag_ms if target.is_read else 0)

    def _lag(self, lag_ms: int | None) -> int:
        return self._chance.randint(0, READ_LAG_MS_DEFAULT) if lag_ms is None else lag_ms


def fault_from(record: Any) -> Fault:
    """Build a rule from JSON.

    Raises:
        ValueError: a field is unknown or has the wrong type.
    """
    if not isinstance(record, dict):
        raise ValueError("a fault is an object")
    known = {each.name for each in fields(Fault)}
    unknown = sorted(record.keys() - known)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if record.get("kind") not in get_args(FaultKind):
        raise ValueError(f"kind is one of {', '.join(get_args(FaultKind))}")
    if record.get("venue") not in (None, *get_args(VenueName)):
        raise ValueError(f"venue is one of {', '.join(get_args(VenueName))}")
    for name, value in record.items():
        is_text = name in ("kind", "venue", "path", "type")
        is_right = isinstance(value, str) if is_text else type(value) is int
        if not is_right and not (value is None and name in _OPTIONAL):
            raise ValueError(f"{name} takes {'a text' if is_text else 'an integer'}")
    return Fault(**record)


_OPTIONAL = ("venue", "path", "type", "times", "status", "code", "count", "lag_ms")
