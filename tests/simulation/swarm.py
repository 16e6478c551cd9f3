"""Which faults a history has: each class is off in most, and has a rate of its own in others.

Drawn once a history, so that rare faults also meet alone (swarm testing).
"""

from dataclasses import dataclass, fields

from tests.simulation.chance import Chance

__all__ = ["Swarm", "drawn_swarm"]

# The most that a class may happen by occasion; occasions are many for some and few for others.
HIGHEST: dict[str, float] = {
    "lost_request": 0.25,
    "lost_reply": 0.25,
    "late": 0.25,
    "duplicate": 0.2,
    "error_before": 0.15,
    "error_after": 0.15,
    "rate_limited": 0.1,
    "garbled": 0.1,
    "truncated": 0.1,
    "partial_batch": 0.2,
    "wrong_length": 0.15,
    "not_connected": 0.1,
    "noop_lost": 0.9,
    "no_key": 0.5,
    "read_error": 0.12,
    "read_lag": 0.5,
    "crash": 0.03,
    "power_cut": 0.3,
    "pause": 0.03,
    "second_runner": 0.9,
    "no_lock": 0.8,
    "stop_signal": 0.2,
    "disk_error": 0.05,
    "disk_ambiguity": 0.05,
    "rollback": 0.3,
    "saved_plan": 0.6,
    "stale_plan": 0.5,
    "thinks": 0.5,
    "skew": 1.0,
    "fill": 0.8,
    "user_cancel": 0.3,
    "venue_cancel": 0.3,
    "foreign": 0.5,
    "move": 0.5,
    "new_word": 0.4,
    "long_gap": 0.4,
    "halt": 0.15,
    "unattended": 0.5,
    "edit": 1.0,
    "rename": 0.4,
    "rearm": 0.6,
    "relevel": 0.6,
    "tight_limits": 1.0,
    "few_at_once": 1.0,
    "stricter": 0.4,
}
IS_ON = 0.35
# What every history is about, as often as not.
USUAL = {"edit": 0.85, "fill": 0.6, "thinks": 0.5, "saved_plan": 0.4, "second_runner": 0.5}


@dataclass(frozen=True, slots=True)
class Swarm:
    """The probability of each class by occasion; zero is off."""

    lost_request: float = 0
    lost_reply: float = 0
    late: float = 0
    duplicate: float = 0
    error_before: float = 0
    error_after: float = 0
    rate_limited: float = 0
    garbled: float = 0
    truncated: float = 0
    partial_batch: float = 0
    wrong_length: float = 0
    not_connected: float = 0
    noop_lost: float = 0
    no_key: float = 0
    read_error: float = 0
    read_lag: float = 0
    crash: float = 0
    power_cut: float = 0
    pause: float = 0
    second_runner: float = 0
    no_lock: float = 0
    stop_signal: float = 0
    disk_error: float = 0
    disk_ambiguity: float = 0
    rollback: float = 0
    saved_plan: float = 0
    stale_plan: float = 0
    thinks: float = 0
    skew: float = 0
    fill: float = 0
    user_cancel: float = 0
    venue_cancel: float = 0
    foreign: float = 0
    move: float = 0
    new_word: float = 0
    long_gap: float = 0
    halt: float = 0
    unattended: float = 0
    edit: float = 0
    rename: float = 0
    rearm: float = 0
    relevel: float = 0
    fill_in_look: float = 0
    fill_in_flight: float = 0
    rally: float = 0
    fill_of_newest: float = 0
    torn_write: float = 0
    sent_and_dead: float = 0
    tight_limits: float = 0
    few_at_once: float = 0
    stricter: float = 0
    resize: float = 0
    drop: float = 0
    stop_taken: float = 0


NAMES = tuple(each.name for each in fields(Swarm) if each.name in HIGHEST)


# Some defects need several things at once: two fifths of the histories are about such a meeting.
MEETINGS: dict[str, dict[str, float]] = {
    # A request that is executed as late as it may be, while nothing but time can close it.
    "late": {"late": 0.6, "noop_lost": 0.9, "no_key": 0.7, "skew": 1.0, "edit": 0.9},
    "lagging": {"late": 0.9, "no_key": 1.0, "read_lag": 0.6, "edit": 0.9},
    "used": {"lost_reply": 0.4, "read_lag": 0.6, "edit": 0.9, "fill": 0.5},
    "busy": {"fill": 0.9, "edit": 0.9, "thinks": 0.3},
    "short": {"partial_batch": 0.5, "edit": 0.9},
    # The market moves while orders are on their way, and crosses some of them.
    "crossing": {"move": 1.0, "edit": 1.0, "fill": 0.2},
    # Rungs wait for others to go, and fill meanwhile.
    "releveled": {"edit": 1.0, "relevel": 1.0, "fill": 1.0},
    # Half of what a run concludes is on record, and orders go on filling.
    "torn": {"torn_write": 0.5, "fill_in_look": 0.9, "crash": 0.02, "lost_reply": 0.3, "edit": 1.0},
    # What a dead run sent fills in pieces while the next one looks, and half of it is kept.
    "orphaned": {
        "sent_and_dead": 0.5,
        "fill_in_look": 0.7,
        "fill_of_newest": 1.0,
        "torn_write": 0.5,
        "edit": 1.0,
        "no_key": 0.5,
    },
    # For a while the venue takes no small orders, or none far away: parts of a plan are refused.
    "strict": {"stricter": 1.0, "edit": 1.0, "relevel": 1.0},
    # An order fills in pieces between the reads of one look.
    "pieces": {"fill_in_look": 0.9, "fill_of_newest": 0.9, "fill": 0.3, "edit": 1.0},
    # Generations come and go while orders change hands.
    "rearmed": {"edit": 1.0, "rearm": 0.9, "partial_batch": 0.4, "long_gap": 0.1},
}
MEETS = 0.25
# Those that came later have a share of the same draw, so that tapes stay what they were.
LATER: dict[str, dict[str, float]] = {
    # Nobody attends, and a person cancels by hand.
    "alone": {"unattended": 0.6, "user_cancel": 0.7, "fill": 0.2},
    # Orders grow while little may be open.
    "grown": {"edit": 1.0, "resize": 1.0, "tight_limits": 1.0},
    # Most of what was declared is gone at once.
    "dropped": {"edit": 0.8, "drop": 0.7, "few_at_once": 1.0},
    # Groups are changed while they fill, and while the market is where their targets fire.
    "outrun": {
        "edit": 1.0,
        "fill_in_flight": 0.8,
        "rally": 0.8,
        "resize": 1.0,
        "stop_taken": 0.5,
    },
    # What filled gets another name, and now and then nobody says so.
    "renamed": {"edit": 1.0, "rename": 0.9, "fill": 0.9},
    # People cancel what is attached to orders that fill.
    "bare": {"edit": 0.6, "fill": 1.0, "stop_taken": 0.7},
    # A run dies over orders that have ended, and the next one has to find out what became of them.
    "overtaken": {
        "edit": 0.9,
        "fill": 0.9,
        "read_lag": 0.6,
        "second_runner": 0.9,
        "sent_and_dead": 0.5,
    },
    "strangers": {"edit": 0.8, "foreign": 0.9},
}
MEETS_LATER = 0.16


def drawn_swarm(chance: Chance) -> Swarm:
    """Draw the classes of one history and their rates."""
    met = chance.draw()
    if met < MEETS + MEETS_LATER:
        meetings = MEETINGS if met < MEETS else LATER
        return Swarm(**meetings[chance.among(sorted(meetings))])
    rates = {}
    for name in NAMES:
        if chance.happens(USUAL.get(name, IS_ON)):
            rates[name] = HIGHEST[name] * (1 - chance.draw() * 0.8)
    return Swarm(**rates)
