"""What `apply` did, as text: failures first, then what was taken, left, and what comes next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.diagnostics import display
from reconciler.model.numbers import ZERO
from reconciler.model.order import OrderAddress
from reconciler.model.outcome import Accepted, Outcome, Rejected, Unknown
from reconciler.render.figures import grouped
from reconciler.render.page import Cell, Column, Line, columns, paragraph, plain, shown
from reconciler.render.rows import SIGNS

__all__ = ["Done", "LeftOver", "RunText", "VenueOutcome", "outcome_summary", "render_outcome"]

ROWS_MAX = 40
WORDS = ("done", "settled", "rejected", "unknown")
_LAYOUT = (Column(), Column(), Column(), Column())
_RANK = {Unknown: 0, Rejected: 1, Accepted: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one order: ``place``, ``modify`` or ``cancel``."""

    address: OrderAddress
    kind: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """What was planned and not sent.

    Attributes:
        why: one sentence.
    """

    address: OrderAddress
    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOutcome:
    """What a run did at one venue entry.

    Attributes:
        done: in sending order.
        unknown: addresses whose outcome is still unknown at the end.
        stopped: why later requests were not sent, or empty.
    """

    venue: str
    done: tuple[Done, ...] = ()
    left: tuple[LeftOver, ...] = ()
    unknown: tuple[OrderAddress, ...] = ()
    stopped: str = ""
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunText:
    """A whole run, and how its text is wanted.

    Attributes:
        next_command: what to type next, empty when nothing is left to do.
        is_broken_off: a run at some venue entry ended in an error; what it did is not in `venues`.
    """

    venues: tuple[VenueOutcome, ...]
    next_command: str = ""
    width: int = 100
    is_verbose: bool = False
    is_coloured: bool = field(default=False)
    is_broken_off: bool = False


def render_outcome(run: RunText) -> str:
    """Return the text of a run."""
    lines: list[Line] = []
    for venue in run.venues:
        if venue.done or venue.left or venue.unknown or venue.stopped:
            lines += [*_venue(venue, run), plain()]
    summary = outcome_summary(run.venues, is_broken_off=run.is_broken_off)
    lines.append(plain(summary, "heading"))
    if run.next_command:
        lines += [plain(), plain("Next:"), plain(), plain(f"  {run.next_command}")]
    return shown(lines, is_coloured=run.is_coloured)


def outcome_summary(venues: Sequence[VenueOutcome], *, is_broken_off: bool = False) -> str:
    """Return the one line a run comes down to."""
    counts = Counter(_word(venue, done) for venue in venues for done in venue.done)
    left = sum(len(venue.left) for venue in venues)
    rest = f"; {left:,} left for the next plan" if left else ""
    if not counts and is_broken_off:
        return f"It broke off; whatever was sent until then is on record{rest}."
    if not counts:
        return f"Nothing was sent{rest}."
    said = ", ".join(f"{counts[word]:,} {word}" for word in WORDS if counts[word])
    requests = sum(venue.requests for venue in venues)
    noun = "request" if requests == 1 else "requests"
    return f"Apply: {said} in {requests:,} {noun}{rest}."


def _venue(venue: VenueOutcome, run: RunText) -> list[Line]:
    lines = [plain(display(venue.venue), "heading"), plain()]
    ranked = sorted(venue.done, key=lambda done: _RANK[type(done.outcome)])
    failed = sum(1 for done in ranked if not isinstance(done.outcome, Accepted))
    most = len(ranked) if run.is_verbose else max(ROWS_MAX, failed)
    lines += columns([_cells(venue, d) for d in ranked[:most]], _LAYOUT, indent=2, width=run.width)
    if len(ranked) > most:
        lines.append(plain(f"  … and {len(ranked) - most:,} more, all accepted", "dim"))
    if venue.left:
        lines += [plain(), plain("  Left for the next plan:")]
        rows = [_left_cells(left) for left in venue.left[: None if run.is_verbose else ROWS_MAX]]
        lines += columns(rows, _LAYOUT[:3], indent=2, width=run.width)
        if len(venue.left) > len(rows):
            lines.append(plain(f"  … and {len(venue.left) - len(rows):,} more", "dim"))
    lines += _closing(venue, run.width)
    return lines


def _closing(venue: VenueOutcome, width: int) -> list[Line]:
    lines: list[Line] = []
    if venue.stopped:
        lines += [plain(), *paragraph(f"Stopped: {venue.stopped}", indent=2, width=width)]
    if venue.unknown:
        names = ", ".join(venue.unknown)
        text = f"Still unknown: {names}. Nothing new is sent there until it is settled."
        lines += [plain(), *paragraph(text, indent=2, width=width, style="warning")]
    return lines


def _word(venue: VenueOutcome, done: Done) -> str:
    if isinstance(done.outcome, Accepted):
        return "done"
    if isinstance(done.outcome, Rejected):
        return "rejected"
    return "unknown" if done.address in venue.unknown else "settled"


def _cells(venue: VenueOutcome, done: Done) -> tuple[Cell, ...]:
    word, text, style = _told(venue, done)
    sign = (f"{SIGNS.get(done.kind, ' ')} {display(done.kind)}", done.kind)
    return (sign, (display(done.address), ""), (word, style), (text, ""))


def _told(venue: VenueOutcome, done: Done) -> tuple[str, str, str]:
    outcome = done.outcome
    if isinstance(outcome, Accepted):
        named = f"venue order {display(outcome.venue_order_id)}" if outcome.venue_order_id else ""
        filled = f"{grouped(outcome.filled)} filled at once" if outcome.filled > ZERO else ""
        return "accepted", "; ".join(part for part in (named, filled) if part), "good"
    if isinstance(outcome, Rejected):
        return "rejected", f"{outcome.reason.value}: {display(outcome.text)}", "bad"
    if done.address in venue.unknown:
        return "unknown", f"{display(outcome.cause)}; it may be at the venue", "bad"
    return "settled", f"{display(outcome.cause)}; reading back settled it", "good"


def _left_cells(left: LeftOver) -> tuple[Cell, ...]:
    sign = (f"{SIGNS.get(left.kind, ' ')} {display(left.kind)}", left.kind)
    return (sign, (display(left.address), ""), (display(left.why, limit=400), "dim"))
