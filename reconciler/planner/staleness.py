"""Whether a saved plan still speaks of the world as it is recorded now. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.plan import Plan, VenuePlan

__all__ = ["Difference", "differences"]


# A plan may be made on one machine and carried out on another, a moment later.
CLOCKS_APART_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that a plan was made from and that is not so any more.

    Attributes:
        what: in people's words, such as ``state serial of hl``.
    """

    what: str
    planned: str
    now: str


def differences(saved: Plan, fresh: Plan, *, now_ms: int) -> tuple[Difference, ...]:
    """Return what differs; empty means the saved plan may be carried out.

    Orders that filled or markets that moved are no differences: the intersection deals with them.
    """
    found = list(_project_differences(saved, fresh, now_ms))
    by_name = {venue.venue: venue for venue in fresh.venues}
    for venue in saved.venues:
        now = by_name.get(venue.venue)
        if now is None:
            found.append(Difference(what=f"venue {venue.venue}", planned="present", now="absent"))
        else:
            found += _venue_differences(venue, now)
    return tuple(found)


def _project_differences(saved: Plan, fresh: Plan, now_ms: int) -> Iterator[Difference]:
    if saved.project != fresh.project:
        yield Difference(what="project", planned=saved.project, now=fresh.project)
    if saved.tool_version != fresh.tool_version:
        yield Difference(what="tool version", planned=saved.tool_version, now=fresh.tool_version)
    # A file may claim any lifetime; what counts is the one this program gives.
    lifetime_ms = fresh.expires_at_ms - fresh.created_at_ms
    is_bounded = saved.expires_at_ms - saved.created_at_ms <= lifetime_ms
    ahead_ms = saved.created_at_ms - now_ms
    if ahead_ms > CLOCKS_APART_MS:
        when = f"made {ahead_ms // 1000} s from now"
        yield Difference(what="time", planned=when, now="by the clock of this machine")
    if not is_bounded:
        claimed = f"{saved.created_at_ms} to {saved.expires_at_ms}"
        yield Difference(what="lifetime", planned=claimed, now=f"at most {lifetime_ms // 1000} s")
    if now_ms > saved.expires_at_ms:
        late_s = (now_ms - saved.expires_at_ms) // 1000
        yield Difference(what="time", planned="not expired", now=f"expired {late_s} s ago")


def _venue_differences(saved: VenuePlan, now: VenuePlan) -> Iterator[Difference]:
    facts = (
        ("kind", saved.kind, now.kind),
        ("network", saved.network, now.network),
        ("account", saved.account, now.account),
        ("state lineage", saved.lineage, now.lineage),
        ("state serial", str(saved.serial), str(now.serial)),
        ("state digest", saved.state_digest[:16], now.state_digest[:16]),
    )
    for what, planned, found in facts:
        if planned != found:
            yield Difference(what=f"{what} of {saved.venue}", planned=planned, now=found)
    for book in sorted(saved.intents.keys() | now.intents.keys()):
        planned, found = saved.intents.get(book, "absent"), now.intents.get(book, "absent")
        if planned != found:
            what = f"specification of book {book}"
            yield Difference(what=what, planned=planned[:16], now=found[:16])
    for name, venue_id in sorted(saved.instruments.items()):
        found = now.instruments.get(name, venue_id)
        if found != venue_id:
            what = f"identity of instrument {name} at {saved.venue}"
            yield Difference(what=what, planned=venue_id, now=found)
