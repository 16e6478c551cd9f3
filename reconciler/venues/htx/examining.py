"""What is right and wrong with a venue entry: time, key, contracts, leverage. It only reads.

Whether a key may trade only an order shows: HTX has no question for it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.config import VenueSettings
from reconciler.model.examination import Examination, Finding
from reconciler.ports import Clock
from reconciler.venues.asking import Problem
from reconciler.venues.htx.closed import failure
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.rules import LEVERAGE, LISTED

__all__ = ["Patient", "examine"]

SKEW_MS_MAX: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A venue entry to be examined.

    Attributes:
        check: says what is wrong with the keys: `Venue.check_account`.
        signer: public name of the key, empty without one.
    """

    settings: VenueSettings
    info: Info
    clock: Clock
    where: str
    check: Callable[[], Awaitable[Sequence[Diagnostic]]]
    signer: str


async def examine(patient: Patient, wanted: Examination) -> tuple[Finding, ...]:
    """Return what was found, in the order in which things depend on one another."""
    told = await patient.info.time()
    if isinstance(told, Problem):
        (problem,) = (await failure(patient.info, patient.where, [told])).diagnostics
        return (Finding(subject="venue", said="does not answer", problem=problem),)
    ahead_ms = told - patient.clock.now_ms()
    wrong = await patient.check() if patient.signer else ()
    found = [_clock(patient, ahead_ms), _key(patient, wrong)]
    codes = frozenset(name.upper() for name in wanted.instruments)
    if codes:
        found += await _contracts(patient, codes)
    if codes and patient.signer and not wrong:
        found += [each async for each in _positions(patient, sorted(codes), wanted)]
    return tuple(found)


def _clock(patient: Patient, ahead_ms: int) -> Finding:
    way = "ahead of" if ahead_ms >= 0 else "behind"
    said = f"the venue's is {abs(ahead_ms):,} ms {way} ours"
    problem = None
    if abs(ahead_ms) > SKEW_MS_MAX:
        problem = _problem(
            patient,
            code="clock-skew",
            summary="This machine's clock is wrong.",
            why="Requests are signed with the venue's time, so nothing fails by it; locks and the "
            "lifetime of plans are timed by ours.",
            next_step="Let the system synchronise its clock.",
        )
    return Finding(subject="clock", said=said, problem=problem)


def _key(patient: Patient, wrong: Sequence[Diagnostic]) -> Finding:
    if not patient.signer:
        said = "none at hand, and HTX shows orders only to who has one"
        return Finding(subject="key", said=said, is_skipped=True)
    if wrong:
        return Finding(subject="key", said=patient.signer, problem=wrong[0])
    return Finding(
        subject="key", said=f"{patient.signer} reads its account; whether it may trade shows later"
    )


async def _contracts(patient: Patient, codes: frozenset[str]) -> list[Finding]:
    listed, states = await patient.info.contracts(codes), await patient.info.api_state(codes)
    if isinstance(listed, Problem) or isinstance(states, Problem):
        problems = [each for each in (listed, states) if isinstance(each, Problem)]
        (problem,) = (await failure(patient.info, patient.where, problems)).diagnostics
        return [Finding(subject="contracts", said="could not be read", problem=problem)]
    unknown = sorted(codes - listed.keys())
    known = sorted(codes & listed.keys())
    closed = [c for c in known if listed[c].status != LISTED or not states.get(c, False)]
    told = None
    if unknown or closed:
        parts = [f"{', '.join(unknown)} not listed"] if unknown else []
        parts += [f"{', '.join(closed)} closed to orders"] if closed else []
        told = _problem(
            patient,
            code="contract-closed",
            summary="A contract of the specs takes no orders.",
            why=f"HTX says: {'; '.join(parts)}.",
            next_step="Correct the name, or wait until it trades.",
        )
    said = f"{len(known) - len(closed)} of {len(codes)} in the specs take orders"
    return [Finding(subject="contracts", said=said, problem=told)]


async def _positions(
    patient: Patient, codes: Sequence[str], wanted: Examination
) -> AsyncIterator[Finding]:
    """Yield positions, with a problem where no order of the specs has their leverage."""
    declared = {dict(options).get(LEVERAGE) for options in wanted.options}
    for code in codes:
        position = await patient.info.position(code)
        if isinstance(position, Problem):
            yield Finding(subject=code, said=str(position), is_skipped=True)
        elif position.leverage:
            said = (
                f"{position.sides.long:f} long, {position.sides.short:f} short at leverage "
                f"{position.leverage}"
            )
            problem = None
            if str(position.leverage) not in declared:
                problem = _problem(
                    patient,
                    code="option-conflict",
                    summary="The position has another leverage than the orders of the specs.",
                    why=f"HTX takes one leverage a contract: orders in {code} are held.",
                    next_step=f"Write `leverage: {position.leverage}`, or close the position.",
                )
            yield Finding(subject=code, said=said, problem=problem)


def _problem(patient: Patient, *, code: str, summary: str, why: str, next_step: str) -> Diagnostic:
    return Diagnostic(
        code=code,
        summary=summary,
        severity=Severity.WARNING,
        where=patient.where,
        why=why,
        next_step=next_step,
        span=patient.settings.source,
    )
