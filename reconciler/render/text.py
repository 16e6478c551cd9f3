"""A plan as text for a terminal: what would be done to which orders, what it costs, what next.

The same plan gives the same text. Whatever comes from a spec or a venue is escaped.
"""

from dataclasses import dataclass

from reconciler.diagnostics import display
from reconciler.model.plan import Keep, Plan, VenuePlan
from reconciler.render.figures import amount, duration, moment, short_id
from reconciler.render.page import Line, paragraph, plain, shown
from reconciler.render.sections import ROWS_MAX, Market, by_instrument, counted, remarkable, section

__all__ = ["TextOptions", "render_plan", "summary_line"]

SECTIONS_MAX = 20
COMMAND_CHARACTERS_MAX = 2_000
# Venues whose quantities are contracts: price x quantity is not what an order is worth there.
CONTRACT_KINDS = frozenset({"htx-coin-swap"})
NO_CHANGES = "No changes. Your orders match the specification."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOptions:
    """How the text is wanted.

    Attributes:
        width: of the terminal in characters.
        is_verbose: every action is shown, kept ones too.
        next_command: what to type to carry the plan out, empty when nothing can.
        is_saved: whether the plan is in a file, which may be carried out for a while.
    """

    width: int = 100
    is_verbose: bool = False
    is_coloured: bool = False
    next_command: str = ""
    is_saved: bool = True


def render_plan(plan: Plan, options: TextOptions) -> str:
    """Return the text of a plan."""
    lines: list[Line] = []
    for venue in plan.venues:
        lines += _venue(venue, options)
    for venue in plan.venues:
        for warning in venue.warnings:
            text = f"Warning ({venue.venue}): {warning}"
            lines += paragraph(text, indent=0, width=options.width, style="warning")
            lines.append(plain())
    lines.append(plain(summary_line(plan), "heading"))
    lines += _ending(plan, options)
    return shown(lines, is_coloured=options.is_coloured)


def summary_line(plan: Plan) -> str:
    """Return the one line a plan comes down to."""
    if not plan.has_changes():
        return NO_CHANGES
    counts = plan.counts()
    rest = [
        f"{counts[kind]:,} {word}"
        for kind, word in (("hold", "held"), ("adopt", "to adopt"), ("forget", "to forget"))
        if counts[kind]
    ]
    sent = ", ".join(f"{counts[k]:,} to {k}" for k in ("place", "modify", "replace", "cancel"))
    if not any(counts[kind] for kind in ("place", "modify", "replace", "cancel")):
        return f"Nothing to send; {', '.join(rest)}."
    return " ".join([f"Plan: {sent}.", *(f"{said}." for said in rest)])


def _venue(venue: VenuePlan, options: TextOptions) -> list[Line]:
    lines = [_heading(venue, options.width), *_notes(venue, options.width), plain()]
    groups = by_instrument(venue.actions)
    changed = {
        name: actions
        for name, actions in groups.items()
        if options.is_verbose or any(not isinstance(action, Keep) for action in actions)
    }
    for index, (name, actions) in enumerate(changed.items()):
        if index < SECTIONS_MAX or options.is_verbose:
            market = Market(
                name=name,
                mid=venue.mids.get(name),
                contract_value=venue.contract_values.get(name),
                title=venue.titles.get(name, ""),
                has_notional=name in venue.contract_values or venue.kind not in CONTRACT_KINDS,
                rows_max=None if options.is_verbose else ROWS_MAX,
            )
            lines += [*section(actions, market, width=options.width), plain()]
        else:
            lines += [plain(f"  {display(name)}: {counted(actions)}")]
    kept = [a for name, actions in groups.items() if name not in changed for a in actions]
    if kept:
        text = f"  {counted(kept)} where nothing changes{remarkable(kept)}"
        lines += [plain(text, "keep"), plain()]
    if changed:
        lines += [*_costs(venue, options.width), plain()]
    return lines


def _heading(venue: VenuePlan, width: int) -> Line:
    name, kind, network, account = map(
        display, (venue.venue, venue.kind, venue.network, venue.account)
    )
    rest = f"   {kind}, {network}"
    if account:  # where it is not named, only its key says whose it is
        rest += ", account "
    is_room = len(name) + len(rest) + len(account) <= width
    return ((name, "heading"), (rest + (account if is_room else short_id(account)), ""))


def _notes(venue: VenuePlan, width: int) -> list[Line]:
    read = f"read {moment(venue.taken_at_ms)}" if venue.taken_at_ms else "venue not read"
    state = f"state {venue.serial:,}" if venue.serial >= 0 else "no state yet"
    foreign = ""
    if venue.foreign_count:
        noun = "order" if venue.foreign_count == 1 else "orders"
        foreign = f"; {venue.foreign_count:,} {noun} not ours, left alone"
    lines = [plain(f"{read}; {state}{foreign}", "dim")]
    intents = "  ".join(f"{display(b)} {display(i)}" for b, i in sorted(venue.intents.items()))
    if intents:
        lines += paragraph(f"intent {intents}", indent=0, width=width, style="dim")
    if venue.allowed:
        text = f"Rules set aside for this plan: {', '.join(venue.allowed)}"
        lines += paragraph(text, indent=0, width=width, style="warning")
    return lines


def _costs(venue: VenuePlan, width: int) -> list[Line]:
    money = venue.exposure
    worst = f"{amount(money.open_worst)} at worst, {amount(money.new_notional)} new"
    lines = paragraph(
        f"Open orders are worth {amount(money.open_before)} now, "
        f"{amount(money.open_after)} after, {worst}.",
        indent=2,
        width=width,
    )
    if venue.requests:
        lines += paragraph(_requests(venue), indent=2, width=width)
    return lines


def _requests(venue: VenuePlan) -> str:
    kinds = [request.kind.value for request in venue.requests]
    parts = []
    for kind in dict.fromkeys(kinds):
        items = sum(request.items for request in venue.requests if request.kind == kind)
        parts.append(f"{kinds.count(kind):,} {kind} of {items:,}")
    weight = sum(request.weight for request in venue.requests)
    left = ""
    if venue.budget_left is not None:
        after = max(0, venue.budget_left - sum(request.items for request in venue.requests))
        left = f"; the account may send {venue.budget_left:,} more now, {after:,} after"
    noun = "request" if len(kinds) == 1 else "requests"
    return f"{len(kinds):,} {noun} ({', '.join(parts)}), weight {weight:,}{left}."


def _ending(plan: Plan, options: TextOptions) -> list[Line]:
    counts = plan.counts()
    is_something = any(count for kind, count in counts.items() if kind not in ("hold", "keep"))
    if not is_something or not options.next_command:
        return []
    lines = [plain()]
    if options.is_saved:
        age = duration(plan.expires_at_ms - plan.created_at_ms)
        until = f"This plan may be applied until {moment(plan.expires_at_ms)} ({age})."
        lines += paragraph(until, indent=0, width=options.width)
    command = f"  {display(options.next_command, limit=COMMAND_CHARACTERS_MAX)}"
    return [*lines, plain("To carry it out:"), plain(), plain(command)]
