"""Whether an account has approved the builder of an order, before anything is sent."""

import pytest

from reconciler.errors import VenueProblem
from tests.venues.hyperliquid.test_reads import NONE, world
from tests.venues.support import run, venue

BUILDER = "0x" + "ab" * 20


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
        f"The account approved 10 tenths of a basis point for the builder {BUILDER}, and the "
        "order gives 11."
    ) == why


def test_half_a_builder_is_not_asked_about():
    table = world()

    assert [] == refused(table, options(11)[:1])
    assert [] == table.kinds()


def test_what_the_main_wallet_of_a_vault_approved_cannot_be_seen():
    table = world()

    assert [] == refused(table, options(11), account_kind="vault")
    assert [] == table.kinds()


def test_a_fee_that_cannot_be_read_is_no_approval():
    with pytest.raises(VenueProblem, match="venue could not be read"):
        refused(world(maxBuilderFee="10"), options(1))
