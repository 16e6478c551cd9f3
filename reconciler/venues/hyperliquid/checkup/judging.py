"""What is wrong with a venue entry: clock, account, funds, budget, key, markets and builders."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from reconciler.diagnostics import Severity
from reconciler.model.examination import Finding
from reconciler.model.numbers import format_decimal
from reconciler.venues.hyperliquid.authority import wrong_account
from reconciler.venues.hyperliquid.checkup.facts import BuilderFact, ClockFact, Facts
from reconciler.venues.hyperliquid.checkup.key import key_findings, refusal_findings
from reconciler.venues.hyperliquid.checkup.words import (
    is_known,
    problem_of,
    role_in_words,
    unread,
)

__all__ = ["judged"]

SKEW_MS_MAX: Final = 5_000
BUDGET_LOW: Final = 500
NAMES_SHOWN_MAX: Final = 8


def judged(facts: Facts) -> tuple[Finding, ...]:
    """Return what was found, in the order in which things depend on one another."""
    if isinstance(facts.clock, str):
        return (_unreachable(facts, facts.clock), *refusal_findings(facts))
    return (
        _clock(facts, facts.clock),
        _account(facts),
        *_funds(facts),
        *_budget(facts),
        *key_findings(facts),
        *_markets(facts),
        *(_builder(facts, builder) for builder in facts.builders),
        *refusal_findings(facts),
    )


def _unreachable(facts: Facts, cause: str) -> Finding:
    is_local = facts.settings.network == "local"
    problem = problem_of(
        facts,
        code="venue-unreachable",
        summary="The venue does not answer.",
        why=f"{cause}. Nothing else could be asked.",
        next_step=f"Start the simulated one:\nreconciler simulator --port {facts.settings.port}"
        if is_local
        else "Try again, or look whether this machine may reach it.",
    )
    return Finding(subject="venue", said="does not answer", problem=problem)


def _clock(facts: Facts, clock: ClockFact) -> Finding:
    way = "ahead of" if clock.ahead_ms >= 0 else "behind"
    said = f"the venue's is {abs(clock.ahead_ms):,} ms {way} ours, within {clock.round_trip_ms} ms"
    problem = None
    if abs(clock.ahead_ms) > SKEW_MS_MAX:
        problem = problem_of(
            facts,
            code="clock-skew",
            summary="This machine's clock is wrong.",
            why="Requests are timed by the venue's clock, so nothing fails by it; locks and the "
            "lifetime of plans are timed by ours.",
            next_step="Let the system synchronise its clock.",
            severity=Severity.WARNING,
        )
    return Finding(subject="clock", said=said, problem=problem)


def _account(facts: Facts) -> Finding:
    if isinstance(facts.role, str):
        return unread(facts, "account", facts.role)
    problem = wrong_account(facts.settings, facts.role)
    said = f"{facts.account} is {role_in_words(facts.role)}"
    if facts.role.name == "missing" and is_known(facts.role_elsewhere):
        problem = problem_of(
            facts,
            code="wrong-network",
            summary="The account is one of the other network.",
            why=f"It is known on {facts.elsewhere}, and not on {facts.settings.network}.",
            next_step=f"Write `network: {facts.elsewhere}`, or deposit on this one.",
        )
    return Finding(subject="account", said=said, problem=problem)


def _funds(facts: Facts) -> Iterator[Finding]:
    funds = facts.funds
    if funds is None:
        return
    if isinstance(funds, str):
        yield unread(facts, "funds", funds)
        return
    perps = [f"{_figure(value)} on {dex or 'the first dex'}" for dex, value in funds.by_dex.items()]
    spot = [f"{_figure(total)} {token}" for token, total in sorted(funds.tokens.items())]
    spot_said = ", ".join(spot[:NAMES_SHOWN_MAX]) or "nothing"
    said = f"perps: {', '.join(perps)}; spot: {spot_said}"
    problem = None
    if not any(funds.by_dex.values()) and not funds.tokens:
        problem = problem_of(
            facts,
            code="nothing-deposited",
            summary="The account has nothing to trade with.",
            why="Every order would be refused, and the venue may forget its agents.",
            next_step=f"Deposit to it on {facts.settings.network}, or check the address.",
        )
    elif not funds.tokens:
        empty = [dex for dex, value in funds.by_dex.items() if not value and dex]
        if empty:
            problem = problem_of(
                facts,
                code="nothing-on-dex",
                summary="The account has nothing on a builder dex that its specs name.",
                why=f"Each dex has its own margin; {', '.join(empty)} has none.",
                next_step="Move some there at the venue.",
                severity=Severity.WARNING,
            )
    yield Finding(subject="funds", said=said, problem=problem)


def _budget(facts: Facts) -> Iterator[Finding]:
    budget = facts.budget
    if budget is None:
        return
    if isinstance(budget, str):
        yield unread(facts, "requests", budget)
        return
    said = f"{budget.left:,} of {budget.cap:,} left; {budget.cancels_left:,} if all were cancels"
    if budget.open_max is not None:
        said += f"; {budget.open_max:,} orders may be open"
    problem = None
    if budget.left < BUDGET_LOW:
        problem = problem_of(
            facts,
            code="few-requests-left",
            summary="The account may send hardly any more orders.",
            why="An account may send 10,000 orders and cancels, and one more for each USDC traded.",
            next_step="Trade, or buy requests at the venue; cancels pass in any case.",
            severity=Severity.WARNING if budget.left else Severity.ERROR,
        )
    yield Finding(subject="requests", said=said, problem=problem)


def _markets(facts: Facts) -> Iterator[Finding]:
    markets = facts.markets
    if isinstance(markets, str):
        yield unread(facts, "markets", markets)
        return
    if not markets:
        return
    absent = sorted(name for name, each in markets.items() if each is None)
    closed = sorted(name for name, each in markets.items() if each and not each.is_open)
    alone = sorted(name for name, each in markets.items() if each and each.is_isolated_only)
    said = f"{len(markets) - len(absent)} of {len(markets)} instruments of the specs are listed"
    if alone:
        said += f"; only with isolated margin: {_names(alone)}"
    problem = None
    if absent or closed:
        parts = [f"Not listed: {_names(absent)}."] if absent else []
        parts += [f"Delisted: {_names(closed)}."] if closed else []
        problem = problem_of(
            facts,
            code="market-unavailable",
            summary="An instrument of the specs takes no orders.",
            why=" ".join(parts),
            next_step="Correct the name, or take its orders out of the specs.",
        )
    yield Finding(subject="markets", said=said, problem=problem)


def _builder(facts: Facts, builder: BuilderFact) -> Finding:
    approved = builder.approved_tenth_bps
    if isinstance(approved, str):
        return unread(facts, "builder", approved)
    wanted = builder.wanted_tenth_bps
    said = f"{builder.address}: {_bps(approved)} approved, the specs want {_bps(wanted)}"
    problem = None
    if approved < wanted:
        problem = problem_of(
            facts,
            code="builder-not-approved",
            summary="The account has not approved a builder's fee.",
            why="Orders that name it would be refused.",
            next_step="Approve it with the account's own wallet (an agent cannot), or lower the "
            "fee in the specs.",
        )
    return Finding(subject="builder", said=said, problem=problem)


def _figure(value: Decimal) -> str:
    return f"{value.normalize():,f}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else ""
    return ", ".join(names[:NAMES_SHOWN_MAX]) + more


def _bps(tenths: int) -> str:
    return f"{format_decimal(Decimal(tenths) / 10)} bp"
