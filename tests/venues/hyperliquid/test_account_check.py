"""The account and the key against what the project file says."""

import httpx
import pytest

from reconciler.diagnostics import Severity
from tests.venues.support import ACCOUNT, NOW_MS, SIGNER, run, venue

USER = ACCOUNT.lower()
MASTER = "0x" + "cd" * 20


def check(role, signer=None, agents=(), **settings):
    roles = {SIGNER: signer, settings.get("account", ACCOUNT).lower(): role}
    hyperliquid = venue(
        {"userRole": lambda asked: roles[asked["user"]], "extraAgents": agents},
        **({"key": None} if signer is None else {}),
        **settings,
    )
    return [diagnostic.code for diagnostic in run(hyperliquid.check_account())]


def agent(owner=USER):
    return {"role": "agent", "data": {"user": owner}}


def sub(master=MASTER):
    return {"role": "subAccount", "data": {"master": master}}


BUSY = httpx.Response(429, text="null")
USER_ROLE = {"role": "user"}
VAULT = {"role": "vault"}
MISSING = {"role": "missing"}


@pytest.mark.parametrize(
    ("kind", "role"), [("user", USER_ROLE), ("vault", VAULT), ("sub_account", sub())]
)
def test_an_account_of_the_kind_that_was_written_is_right(kind, role):
    assert [] == check(role, account_kind=kind)


@pytest.mark.parametrize(
    ("kind", "role", "code"),
    [
        ("user", agent(MASTER), "account-is-agent"),
        ("vault", agent(MASTER), "account-is-agent"),
        ("user", MISSING, "account-missing"),
        ("user", VAULT, "account-kind-differs"),
        ("user", sub(), "account-kind-differs"),
        ("vault", USER_ROLE, "account-kind-differs"),
        ("sub_account", USER_ROLE, "account-kind-differs"),
        ("user", {"role": "next year's"}, "account-kind-differs"),
        ("user", BUSY, "account-unchecked"),
        ("user", {}, "account-unchecked"),
    ],
)
def test_another_account_is_found(kind, role, code):
    assert [code] == check(role, account_kind=kind)


@pytest.mark.parametrize(
    ("kind", "role", "signer"),
    [
        ("user", USER_ROLE, agent()),
        ("sub_account", sub(), agent(MASTER)),
        ("vault", VAULT, agent(MASTER)),
    ],
)
def test_an_agent_of_the_account_is_right(kind, role, signer):
    assert [] == check(role, signer, account_kind=kind)


@pytest.mark.parametrize(
    ("kind", "role", "signer", "code"),
    [
        ("user", USER_ROLE, agent(MASTER), "agent-of-another"),
        ("sub_account", sub(), agent(USER), "agent-of-another"),
        ("user", USER_ROLE, MISSING, "agent-not-approved"),
        ("vault", VAULT, MISSING, "agent-not-approved"),
        ("user", USER_ROLE, USER_ROLE, "master-key"),
        ("vault", VAULT, USER_ROLE, "master-key"),
        ("sub_account", sub(SIGNER), USER_ROLE, "master-key"),
        ("user", USER_ROLE, BUSY, "account-unchecked"),
    ],
)
def test_another_signer_is_found(kind, role, signer, code):
    assert [code] == check(role, signer, account_kind=kind)


@pytest.mark.parametrize(
    ("kind", "role", "account"),
    [("user", USER_ROLE, SIGNER), ("sub_account", sub(SIGNER), ACCOUNT), ("vault", VAULT, ACCOUNT)],
)
def test_a_master_key_may_be_allowed(kind, role, account):
    signer = role if account == SIGNER else USER_ROLE

    assert [] == check(role, signer, account_kind=kind, account=account, allow_master=True)


def test_the_account_s_own_key_is_found_without_asking():
    assert ["master-key"] == check(USER_ROLE, USER_ROLE, account=SIGNER)


def test_what_is_wrong_stands_where_it_was_written():
    hyperliquid = venue({"userRole": MISSING}, key=None)
    [diagnostic] = run(hyperliquid.check_account())

    assert "reconciler.yaml:5:3" == str(diagnostic.span)
    assert diagnostic.next_step


# until when an agent may sign


DAY_MS = 86_400_000


def approved(until_ms, name="bot", address=SIGNER):
    return {"name": name, "address": address, "validUntil": until_ms}


@pytest.mark.parametrize(
    ("agents", "codes"),
    [
        ([], []),
        ([approved(None)], []),
        ([approved(NOW_MS + 7 * DAY_MS + 1)], []),
        ([approved(NOW_MS + 7 * DAY_MS)], ["agent-expires-soon"]),
        ([approved(NOW_MS + 1)], ["agent-expires-soon"]),
        ([approved(NOW_MS)], ["agent-expired"]),
        ([approved(NOW_MS, address="0x" + "11" * 20)], []),
        ([approved(NOW_MS, address=SIGNER.upper().replace("X", "x"))], ["agent-expired"]),
        (BUSY, []),
        ([{"name": "bot"}], []),
    ],
)
def test_the_end_of_an_approval_is_told_in_time(agents, codes):
    assert codes == check(USER_ROLE, agent(), agents)


def test_an_approval_that_ends_soon_stops_nothing():
    table = {
        "userRole": lambda asked: agent() if asked["user"] == SIGNER else USER_ROLE,
        "extraAgents": [approved(NOW_MS + 1)],
    }
    [diagnostic] = run(venue(table).check_account())

    assert Severity.WARNING is diagnostic.severity
    assert "`bot` was approved until 2025-10-09 08:53:20 UTC" in diagnostic.why


def test_agents_are_those_of_the_account_that_the_key_acts_for():
    asked_for = []

    def agents(asked):
        asked_for.append(asked["user"])
        return []

    check(sub(), agent(MASTER), agents, account_kind="sub_account")
    assert [MASTER] == asked_for


@pytest.mark.parametrize(
    ("kind", "role", "owner", "weight"),
    [
        # A named agent of a user, of a sub-account's master, and of a vault's leader.
        ("user", USER_ROLE, USER, 60 + 20),
        ("sub_account", sub(), MASTER, 60 + 20),
        ("vault", VAULT, MASTER, 60 + 60 + 20),
    ],
)
def test_no_role_is_asked_for_that_follows_from_another(kind, role, owner, weight):
    weights = []

    def asked(reply, costs):
        def answer(question):
            weights.append(costs)
            return reply(question) if callable(reply) else reply

        return answer

    roles = {SIGNER: agent(owner), USER: role}
    hyperliquid = venue(
        {
            "userRole": asked(lambda question: roles[question["user"]], 60),
            "extraAgents": asked([approved(None)], 20),
        },
        account_kind=kind,
    )

    assert () == run(hyperliquid.check_account())
    assert weight == sum(weights)
