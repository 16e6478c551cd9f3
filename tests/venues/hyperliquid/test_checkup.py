"""What is wrong with a venue entry, judged from facts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.model.examination import Refusal
from reconciler.model.snapshot import RequestBudget
from reconciler.venues.hyperliquid.checkup.facts import (
    BuilderFact,
    ClockFact,
    Facts,
    Funds,
    KeyFact,
    RefusalFact,
)
from reconciler.venues.hyperliquid.checkup.judging import judged
from reconciler.venues.hyperliquid.replies.account import Agent, Role
from reconciler.venues.hyperliquid.stranger import named_address
from tests.support.build import instrument
from tests.venues.support import ACCOUNT, NOW_MS, SIGNER, settings

USER = ACCOUNT.lower()
OTHER = "0x" + "cd" * 20
STRANGER = "0x" + "11" * 20
MISSING = Role(name="missing")
AGENT = Role(name="agent", owner=USER)
KEY = KeyFact(address=SIGNER, role=AGENT)
BUILDER = BuilderFact(address=OTHER, wanted_tenth_bps=10, approved_tenth_bps=10)
SOUND = Facts(
    settings=settings(),
    account=USER,
    now_ms=NOW_MS,
    clock=ClockFact(ahead_ms=12, round_trip_ms=80),
    role=Role(name="user"),
    elsewhere="mainnet",
    funds=Funds(by_dex={"": Decimal(5), "xyz": Decimal(1)}),
    budget=RequestBudget(used=0, cap=10_000),
    key=KEY,
    markets={"BTC": instrument()},
    builders=(BUILDER,),
)


def problems(**changes):
    """Return what is wrong, as `severity code`."""
    found = [each.problem for each in judged(replace(SOUND, **changes)) if each.problem]
    return [f"{problem.severity} {problem.code}" for problem in found]


def said(subject, **changes):
    (found,) = [each for each in judged(replace(SOUND, **changes)) if each.subject == subject]
    return found.said


def test_a_sound_entry_has_nothing_wrong():
    assert [] == problems()


def test_everything_is_looked_at_in_the_order_it_depends_on():
    assert [
        *("clock", "account", "funds", "requests", "key", "approval", "signature"),
        *("markets", "builder"),
    ] == [each.subject for each in judged(SOUND)]


def test_without_a_key_nothing_is_said_of_one():
    subjects = [each.subject for each in judged(replace(SOUND, key=None))]

    assert not {"key", "approval", "signature"} & set(subjects)


def test_a_venue_that_does_not_answer_is_one_error():
    assert ["error venue-unreachable"] == problems(clock="clearinghouseState: timeout")


def test_a_simulator_that_does_not_run_is_told_how_to_start():
    (found,) = judged(
        replace(SOUND, clock="connection refused", settings=settings(network="local", port=3055))
    )

    assert found.problem is not None
    assert "reconciler simulator --port 3055" == found.problem.next_step.split("\n")[-1]


@pytest.mark.parametrize(
    ("ahead_ms", "expected"),
    [(5_000, []), (-5_000, []), (5_001, ["warning clock-skew"]), (-5_001, ["warning clock-skew"])],
)
def test_a_wrong_clock_is_told(ahead_ms, expected):
    assert expected == problems(clock=ClockFact(ahead_ms=ahead_ms, round_trip_ms=1))


def test_the_way_a_clock_is_wrong_is_told():
    assert "the venue's is 12 ms ahead of ours, within 80 ms" == said("clock")
    behind = ClockFact(ahead_ms=-9_000, round_trip_ms=80)
    assert "the venue's is 9,000 ms behind ours, within 80 ms" == said("clock", clock=behind)


# the account


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role(name="vault"), "account-kind-differs"),
        (Role(name="subAccount", owner=OTHER), "account-kind-differs"),
        (Role(name="agent", owner=OTHER), "account-is-agent"),
        (MISSING, "account-missing"),
        ("userRole: http 500", "not-read"),
    ],
)
def test_another_account_is_told(role, expected):
    assert f"error {expected}" in problems(role=role, key=None)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role(name="user"), "wrong-network"),
        (MISSING, "account-missing"),
        ("timeout", "account-missing"),
        (None, "account-missing"),
    ],
)
def test_an_account_of_the_other_network_is_told(role, expected):
    assert [f"error {expected}"] == problems(role=MISSING, role_elsewhere=role, key=None)


@pytest.mark.parametrize(
    ("funds", "expected"),
    [
        (Funds(by_dex={"": Decimal(0)}), ["error nothing-deposited"]),
        (Funds(by_dex={"": Decimal(0)}, tokens={"USDC": Decimal(1)}), []),
        (Funds(by_dex={"": Decimal(5), "xyz": Decimal(0)}), ["warning nothing-on-dex"]),
        (Funds(by_dex={"": Decimal(0), "xyz": Decimal(5)}), []),
        ("spotClearinghouseState: http 500", ["error not-read"]),
        (None, []),
    ],
)
def test_a_missing_deposit_is_told(funds, expected):
    assert expected == problems(funds=funds)


def test_funds_are_told_in_plain_figures():
    funds = Funds(by_dex={"": Decimal("10000000.50")}, tokens={"PURR": Decimal("1E+3")})

    assert "perps: 10,000,000.5 on the first dex; spot: 1,000 PURR" == said("funds", funds=funds)


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (9_500, []),
        (9_501, ["warning few-requests-left"]),
        (10_000, ["error few-requests-left"]),
        (20_000, ["error few-requests-left"]),
    ],
)
def test_a_short_budget_is_told(used, expected):
    assert expected == problems(budget=RequestBudget(used=used, cap=10_000))


def test_how_many_orders_may_be_open_is_told_where_it_is_known():
    told = [
        said("requests", budget=RequestBudget(used=0, cap=10_000, open_max=most))
        for most in (None, 1_001)
    ]

    assert [False, True] == ["1,001 orders may be open" in each for each in told]


# the key


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"role": MISSING}, ["error agent-not-approved"]),
        ({"role": MISSING, "role_elsewhere": AGENT}, ["error key-of-the-other-network"]),
        ({"role": MISSING, "role_elsewhere": MISSING}, ["error agent-not-approved"]),
        ({"role": Role(name="agent", owner=OTHER)}, ["error agent-of-another"]),
        ({"address": USER}, ["error master-key"]),
        ({"role": Role(name="user")}, ["error master-key"]),
        ({"role": "userRole: timeout"}, ["error not-read"]),
        ({"agents": "extraAgents: timeout"}, ["error not-read"]),
        ({"is_sound": False}, ["error signature-unsound"]),
    ],
)
def test_another_key_is_told(changes, expected):
    assert expected == problems(key=replace(KEY, **changes))


def test_the_account_s_own_key_may_be_allowed():
    key = replace(KEY, address=USER, role=Role(name="user"))

    assert [] == problems(key=key, settings=settings(allow_master=True))


def test_a_key_that_is_none_is_told():
    broken = Diagnostic(code="key-malformed", summary="It is no key.")

    assert ["error key-malformed"] == problems(key=broken)


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        ((), "of an agent without a name; the venue does not tell until when"),
        ((Agent(name="bot", address=SIGNER),), "of the agent `bot`, without an end"),
        (
            (Agent(name="bot", address=SIGNER, valid_until_ms=NOW_MS + 10**10),),
            "of the agent `bot`, until 2026-02-02 02:40:00 UTC",
        ),
    ],
)
def test_until_when_the_key_is_approved_is_shown(agents, expected):
    assert expected == said("approval", key=replace(KEY, agents=agents))


@pytest.mark.parametrize(
    ("until_ms", "expected"),
    [(NOW_MS, "error agent-expired"), (NOW_MS + 1, "warning agent-expires-soon")],
)
def test_an_approval_that_ends_is_told(until_ms, expected):
    agents = (Agent(name="bot", address=SIGNER, valid_until_ms=until_ms),)

    assert [expected] == problems(key=replace(KEY, agents=agents))


# markets and builders


@pytest.mark.parametrize(
    ("markets", "expected"),
    [
        ({"NOPE": None}, ["error market-unavailable"]),
        ({"BTC": replace(instrument(), is_open=False)}, ["error market-unavailable"]),
        ({"BTC": replace(instrument(), is_isolated_only=True)}, []),
        ({}, []),
        ("meta: timeout", ["error not-read"]),
    ],
)
def test_an_instrument_that_takes_no_orders_is_told(markets, expected):
    assert expected == problems(markets=markets)


def test_an_instrument_with_isolated_margin_only_is_shown():
    markets = {"BTC": instrument(), "ETH": replace(instrument("ETH"), is_isolated_only=True)}

    assert said("markets", markets=markets).endswith("only with isolated margin: ETH")


@pytest.mark.parametrize(
    ("approved", "expected"),
    [
        (9, ["error builder-not-approved"]),
        (10, []),
        (0, ["error builder-not-approved"]),
        ("maxBuilderFee: timeout", ["error not-read"]),
    ],
)
def test_a_builder_that_is_not_approved_is_told(approved, expected):
    builder = replace(BUILDER, approved_tenth_bps=approved)

    assert expected == problems(builders=(builder,))


# a refused signer


def refused(named, *, form=None, body="{}", signer=SIGNER, at_ms=0, **changes):
    text = f"User or API Wallet {named} does not exist."
    fact = RefusalFact(
        refusal=Refusal(text=text, body=body, signer=signer, at_ms=at_ms), named=named, form=form
    )
    found = judged(replace(SOUND, refusal=fact, **changes))
    return next(each for each in found if each.subject == "refusal")


def why(named, **more):
    problem = refused(named, **more).problem
    assert problem is not None
    return f"{problem.why} {problem.next_step}"


UNAPPROVED = replace(KEY, role=MISSING)


def test_the_key_s_own_address_was_not_approved():
    found = why(SIGNER, key=UNAPPROVED)

    assert "the signature was right, and the key was not approved" in found
    assert found.endswith("Approve the key as an agent of the account, or use the key of one.")


def test_a_recorded_refusal_of_a_key_that_is_approved_by_now_is_mended():
    found = refused(SIGNER, at_ms=NOW_MS)

    assert (None, True) == (found.problem, "It has been mended since." in found.said)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": UNAPPROVED},
        {"key": replace(KEY, role="timeout")},
        {"key": replace(KEY, role=Role(name="agent", owner=OTHER))},
        {"key": None},
        {"key": replace(KEY, address=OTHER)},
        {"role": "timeout"},
        {"at_ms": 0},
    ],
)
def test_otherwise_it_is_not(changes):
    assert refused(SIGNER, **{"at_ms": NOW_MS, **changes}).problem is not None


def test_the_address_of_a_former_key_is_known_from_the_record():
    assert "The key has been replaced since." in why(OTHER, signer=OTHER)


def test_without_a_key_the_record_says_who_signed():
    assert "the key was not approved" in why(SIGNER, key=None)


def test_the_account_s_address_was_never_funded():
    assert "never funded" in why(USER)
    assert "Deposit to the account" in why(USER)


def test_an_account_that_is_funded_by_now_is_mended():
    assert refused(USER, at_ms=NOW_MS).problem is None
    assert refused(USER, at_ms=NOW_MS, role=MISSING, key=None).problem is not None


def test_a_stranger_of_the_other_network_says_so():
    found = why(STRANGER, form="as one for the mainnet")

    assert "comes out when the request is read as one for the mainnet" in found
    assert "Check `network`" in found


def test_a_stranger_of_another_form_is_to_be_reported():
    assert "Please report" in why(STRANGER, form="without its expiry")


def test_a_stranger_that_no_form_gives_is_to_be_reported():
    assert "no known way of reading the request gives that address. Please report" in why(STRANGER)


@pytest.mark.parametrize("changes", [{"body": ""}, {"key": None}, {"signer": OTHER}])
def test_what_could_not_be_tried_is_told(changes):
    assert "Run this where the state and the key that signed are" in why(STRANGER, **changes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Vault not registered: {USER}", "neither leads this vault"),
        ("Vault may not perform this action.", "does not let a vault"),
        ("User has pending agent removal", "still removing a former agent"),
        ("Action disabled when unified account is active", "in a mode"),
        ("Builder fee has not been approved", "has not approved the fee"),
        ("Unable to recover signer.", "could not read the signature"),
    ],
)
def test_a_refusal_that_says_what_it_means_is_taken_at_its_word(text, expected):
    fact = RefusalFact(refusal=Refusal(text=text, at_ms=NOW_MS), named=named_address(text))
    found = judged(replace(SOUND, refusal=fact))[-1]

    assert found.problem is not None
    assert expected in found.problem.why


def test_a_refusal_without_an_address_says_so():
    assert "It names no address" in why(None)


def test_a_refusal_is_explained_though_the_venue_does_not_answer():
    fact = RefusalFact(refusal=Refusal(text="x"), named=None)

    assert ["error venue-unreachable", "error signer-refused"] == problems(
        clock="timeout", refusal=fact
    )
