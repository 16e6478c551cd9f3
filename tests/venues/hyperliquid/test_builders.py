"""Whether an account has approved the builder of an order, before anything is sent."""

import pytest

from reconciler.errors import VenueProblem
from tests.venues.hyperliquid.test_reads import BAD_GATEWAY, NONE, USER, world
from tests.venues.support import SIGNER, run, venue

BUILDER = "0x" + "ab" * 20
MASTER = "0x" + "cd" * 20


def options(fee, builder=BUILDER):
    return (("builder.address", builder), ("builder.fee_tenth_bps", str(fee)))


def refused(table, *asked, **changes):
    found = run(venue(table, **changes).markets(NONE, options=frozenset(asked)))
    return [dict(each)["builder.fee_tenth_bps"] for each, _ in found.refused_options]


def test_a_builder_is_asked_about_once_whatever_its_fees():
    table = world(maxBuilderFee=10)

    assert ["11"] == refused(table, options(10), options(11))
    assert ["maxBuilderFee"] == table.kinds()


def test_a_builder_that_was_never_approved_may_have_nothing():
    assert ["1"] == refused(world(maxBuilderFee=0), options(1))


def test_a_builder_that_is_not_approved_is_told_with_both_figures():
    asked = frozenset({options(11)})
    found = run(venue(world(maxBuilderFee=10)).markets(NONE, options=asked))

    ((_, why),) = found.refused_options
    assert (
        f"{USER} approved 10 tenths of a basis point for the builder {BUILDER}, and the "
        "order gives 11."
    ) == why


def test_half_a_builder_is_not_asked_about():
    table = world()

    assert [] == refused(table, options(11)[:1])
    assert [] == table.kinds()


@pytest.mark.parametrize(
    ("kind", "roles", "approver"),
    [
        ("user", {}, USER),
        ("sub_account", {USER: {"role": "subAccount", "data": {"master": MASTER}}}, MASTER),
        ("vault", {SIGNER: {"role": "agent", "data": {"user": MASTER}}}, MASTER),
        ("vault", {SIGNER: {"role": "user"}}, SIGNER),
    ],
)
def test_it_is_the_main_wallet_that_approves(kind, roles, approver):
    asked = []

    def fee(question):
        asked.append(question["user"])
        return 10

    table = world(maxBuilderFee=fee, userRole=lambda question: roles[question["user"]])

    assert (["11"], [approver]) == (refused(table, options(11), account_kind=kind), asked)


def test_without_a_key_nobody_tells_who_leads_a_vault():
    table = world()

    assert [] == refused(table, options(11), account_kind="vault", key=None)
    assert [] == table.kinds()


def test_a_main_wallet_that_cannot_be_read_is_no_approval():
    table = world(userRole=BAD_GATEWAY, maxBuilderFee=10)

    with pytest.raises(VenueProblem, match="venue could not be read"):
        refused(table, options(1), account_kind="vault")


def test_a_fee_that_cannot_be_read_is_no_approval():
    with pytest.raises(VenueProblem, match="venue could not be read"):
        refused(world(maxBuilderFee="10"), options(1))
