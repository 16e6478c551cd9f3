"""The faults of HTX beside those of any venue, and how often a history meets each."""

from dataclasses import dataclass, fields

from reconciler.simulator.htx import HtxSwitches
from tests.simulation.chance import Chance
from tests.simulation.swarm import HIGHEST, IS_ON, USUAL, Swarm

__all__ = ["HtxSwarm", "drawn_htx_swarm", "drawn_switches"]


@dataclass(frozen=True, slots=True)
class HtxSwarm(Swarm):
    """The probability of each class by occasion; zero is off.

    Attributes:
        busy, busy_done: 1004, before or after it was carried out.
        answered_twice: delivered twice at once, and the second answer is the one that comes back.
        maintenance: closed for everybody, for one request.
        too_fast: 1032.
        fill_in_cancel: orders fill between an accepted cancel and its effect.
        robot: another program places and cancels with a key of the same account.
        closed: the whole venue is closed for some seconds.
        barred: placing is barred for some seconds.
        crowded: others have so many orders that a list has several pages.
        holding: there is a position to close.
    """

    busy: float = 0
    busy_done: float = 0
    answered_twice: float = 0
    maintenance: float = 0
    too_fast: float = 0
    fill_in_cancel: float = 0
    robot: float = 0
    closed: float = 0
    barred: float = 0
    crowded: float = 0
    holding: float = 0


MOST = {
    **HIGHEST,
    # A run asks more often than at Hyperliquid, and would not live through as many of these.
    "crash": 0.01,
    "pause": 0.015,
    "disk_error": 0.03,
    "disk_ambiguity": 0.03,
    "read_error": 0.08,
    "unattended": 0.3,
    "busy": 0.2,
    "busy_done": 0.2,
    "answered_twice": 0.2,
    "maintenance": 0.1,
    "too_fast": 0.15,
    "fill_in_cancel": 0.4,
    "robot": 0.5,
    "closed": 0.3,
    "barred": 0.3,
    "crowded": 0.15,
    "holding": 1.0,
}
# There are no nonces to burn, no word of a status can be new, and one contract is the least.
NEVER = ("noop_lost", "no_key", "new_word", "stricter")
NAMES = tuple(
    each.name for each in fields(HtxSwarm) if each.name in MOST and each.name not in NEVER
)
OFTEN = {**USUAL, "fill_in_cancel": 0.5}

# Some defects need several things at once: a third of the histories is about one such meeting.
MEETINGS: dict[str, dict[str, float]] = {
    # A request that is executed as late as it may be, and is looked for meanwhile.
    "late": {"late": 0.7, "skew": 1.0, "edit": 0.9},
    "lagging": {"late": 0.8, "read_lag": 0.4, "edit": 0.9},
    # Ids are forgotten while something is open.
    "forgetful": {"lost_reply": 0.8, "crash": 0.02, "long_gap": 1.0, "fill": 0.9, "edit": 0.5},
    "nameless": {"lost_reply": 0.7, "crash": 0.025, "long_gap": 0.9, "edit": 0.9, "closed": 0.3},
    # What a dead run sent ends by a person's hand, and is shown for a while only.
    "forsaken": {"sent_and_dead": 0.6, "user_cancel": 1.0, "long_gap": 0.6, "edit": 0.9},
    "old": {"long_gap": 1.0, "fill": 0.9, "edit": 0.6},
    "twice": {"answered_twice": 0.6, "busy_done": 0.4, "edit": 0.9, "fill": 0.4},
    "short": {"partial_batch": 0.5, "wrong_length": 0.3, "edit": 0.9},
    "paged": {"crowded": 1.0, "read_error": 0.4, "edit": 0.9, "fill": 0.3},
    # Orders fill while they are being replaced.
    "cancelling": {"fill_in_cancel": 0.9, "fill": 0.8, "edit": 1.0},
}
MEETS = 0.35


def drawn_htx_swarm(chance: Chance) -> HtxSwarm:
    """Draw the classes of one history and their rates."""
    if chance.happens(MEETS):
        return HtxSwarm(**MEETINGS[chance.among(sorted(MEETINGS))])
    rates = {}
    for name in NAMES:
        if chance.happens(OFTEN.get(name, IS_ON)):
            rates[name] = MOST[name] * (1 - chance.draw() * 0.8)
    return HtxSwarm(**rates)


def drawn_switches(chance: Chance) -> HtxSwitches:
    """Draw what the documents leave open; a draw near one is the usual."""
    return HtxSwitches(
        cancel_delay_ms=chance.among((12_000, 3_000, 400, 0, 40)),
        query_delay_ms=chance.among((3_000, 400, 50, 0)),
        clock_tolerance_ms=chance.among((60_000, 300_000, 300_000)),
        stale_stamp_is_12001=chance.happens(0.5),
        is_limited_by_429=chance.happens(0.5),
        batch_answers_are_reversed=chance.happens(0.5),
        settlement_window_ms=chance.among((120_000, 0, 0)),
        # The first is soon after a history begins.
        purge_hour=chance.among((7, 0, 4)),
        reserve_client_ids_for_ever=not chance.happens(0.4),
        shows_old_client_ids=not chance.happens(0.4),
        order_info_is_all_or_nothing=chance.happens(0.5),
        empty_list_has_one_page=chance.happens(0.5),
        cancel_errors_echo_client_id=chance.happens(0.5),
        repeated_cancel_is_in_both=chance.happens(0.5),
        numbers_are_long=chance.happens(0.3),
    )
