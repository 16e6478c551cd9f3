"""The facts of an examination, over a wire that is a table and against the simulator."""

from decimal import Decimal

import httpx
import pytest

from reconciler.model.examination import Examination, Refusal
from reconciler.ports import Examinable
from reconciler.simulator.accounts import AccountSeed
from tests.venues.hyperliquid.test_account_check import agent
from tests.venues.hyperliquid.world import NAMES, VAULT, batch_of, in_a_world
from tests.venues.support import ACCOUNT, NOW_MS, SIGNER, Table, recorded, run, venue

USER = ACCOUNT.lower()
BUILDER = "0x" + "cd" * 20
FEE = (("builder.address", BUILDER.upper().replace("X", "x")), ("builder.fee_tenth_bps", "10"))
BAD_GATEWAY = httpx.Response(502, text="<html>")
ALL = Examination(instruments=frozenset({"BTC", "@107"}), options=frozenset({FEE}))


def house(asked):
    value = {"": "25.5", "xyz": "-1.5"}[asked.get("dex", "")]
    return {"assetPositions": [], "time": NOW_MS + 7, "marginSummary": {"accountValue": value}}


def world(**changes):
    answers = {
        "clearinghouseState": house,
        "spotClearinghouseState": {"balances": [{"coin": "USDC", "total": "5.0"}]},
        "userRole": lambda asked: agent() if asked["user"] == SIGNER else {"role": "user"},
        "userRateLimit": recorded("userRateLimit"),
        "extraAgents": [],
        "maxBuilderFee": 10,
        "meta": recorded("meta"),
        "spotMeta": recorded("spotMeta"),
        "perpDexs": recorded("perpDexs"),
    }
    return Table({**answers, **changes})


def examined(table, wanted=ALL, **more):
    return run(venue(table, **more).examine(wanted))


def codes(found):
    return [each.problem.code for each in found if each.problem is not None]


def said(found, subject):
    return next(each.said for each in found if each.subject == subject)


def test_an_adapter_can_be_examined():
    assert isinstance(venue({}), Examinable)


def test_a_sound_entry_has_nothing_wrong():
    assert [] == codes(examined(world()))


def test_an_examination_only_reads():
    table = world()
    examined(table, refusal_wanted())

    assert {"/info"} == {request.url.path for request in table.requests}


def refusal_wanted():
    return Examination(refusal=Refusal(text=f"User or API Wallet {BUILDER} does not exist."))


def test_nothing_secret_is_in_what_is_found():
    found = examined(world(), refusal_wanted())

    assert "0123456789" * 3 not in repr(found)


def test_the_clock_is_the_venue_s():
    assert "7 ms ahead" in said(examined(world()), "clock")


def test_every_dex_of_the_specs_is_asked_for_funds():
    wanted = Examination(instruments=frozenset({"BTC"}) | {"xyz:TSLA"})
    found = examined(world(meta=lambda asked: recorded("meta")), wanted)

    assert "perps: 25.5 on the first dex, -1.5 on xyz; spot: 5 USDC" == said(found, "funds")


def test_a_builder_is_asked_about_once_at_its_highest_fee():
    lower = (("builder.address", BUILDER), ("builder.fee_tenth_bps", "3"))
    table = world(maxBuilderFee=5)
    found = examined(table, Examination(options=frozenset({FEE, lower})))

    assert [{"type": "maxBuilderFee", "user": USER, "builder": BUILDER}] == [
        asked for asked in table.asked if asked["type"] == "maxBuilderFee"
    ]
    assert ["builder-not-approved"] == codes(found)
    assert f"{BUILDER}: 0.5 bp approved, the specs want 1 bp" == said(found, "builder")


MASTER = "0x" + "ef" * 20
SUB = {"role": "subAccount", "data": {"master": MASTER}}


@pytest.mark.parametrize(
    ("kind", "role", "key", "asked_for"),
    [
        ("sub_account", SUB, {}, [MASTER]),
        ("sub_account", SUB, {"key": None}, [MASTER]),
        ("vault", {"role": "vault"}, {}, [MASTER]),
        ("vault", {"role": "vault"}, {"key": None}, []),
    ],
)
def test_the_main_wallet_is_asked_about_builders(kind, role, key, asked_for):
    roles = {SIGNER: agent(MASTER), USER: role}
    table = world(userRole=lambda asked: roles[asked["user"]])
    found = examined(table, Examination(options=frozenset({FEE})), account_kind=kind, **key)

    assert [] == codes(found)
    assert asked_for == [a["user"] for a in table.asked if a["type"] == "maxBuilderFee"]


def test_a_main_wallet_that_cannot_be_told_is_a_question_without_an_answer():
    table = world(userRole=BAD_GATEWAY)
    found = examined(table, Examination(options=frozenset({FEE})), account_kind="vault")

    assert "could not be read" == said(found, "builder")


@pytest.mark.parametrize("options", [{("leverage", "5")}, {("builder.address", BUILDER)}])
def test_other_options_name_no_builder(options):
    table = world()
    examined(table, Examination(options=frozenset({tuple(options)})))

    assert "maxBuilderFee" not in table.kinds()


def test_without_a_key_what_needs_none_is_examined():
    table = world()
    found = examined(table, key=None)

    assert "key" not in [each.subject for each in found]
    assert [USER] == [each["user"] for each in table.asked if each["type"] == "userRole"]


def test_a_malformed_key_is_found():
    assert ["key-malformed"] == codes(examined(world(), key="0x12"))


def known_elsewhere(*addresses):
    """Return a venue that knows some addresses on its mainnet alone."""

    class Networks(Table):
        async def handle_async_request(self, request):
            self.host = request.url.host
            return await super().handle_async_request(request)

    table = Networks(world().answers)

    def role(asked):
        is_mainnet = table.host == "api.hyperliquid.xyz"
        known = agent() if asked["user"] == SIGNER else {"role": "user"}
        return known if is_mainnet or asked["user"] not in addresses else {"role": "missing"}

    table.answers["userRole"] = role
    return table


@pytest.mark.parametrize(
    ("address", "code"), [(USER, "wrong-network"), (SIGNER, "key-of-the-other-network")]
)
def test_what_the_network_does_not_know_is_asked_for_on_the_other(address, code):
    assert [code] == codes(examined(known_elsewhere(address)))


def test_a_local_network_has_no_other():
    table = world(userRole={"role": "missing"})
    found = examined(table, network="local", port=3001)

    assert ["account-missing", "agent-not-approved"] == codes(found)
    assert {"127.0.0.1"} == {request.url.host for request in table.requests}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("userRole", ["not-read", "not-read"]),
        ("spotClearinghouseState", ["not-read"]),
        ("userRateLimit", ["not-read"]),
        ("extraAgents", ["not-read"]),
        ("maxBuilderFee", ["not-read"]),
        ("meta", ["not-read"]),
        ("spotMeta", ["not-read"]),
        ("clearinghouseState", ["venue-unreachable"]),
    ],
)
def test_a_question_without_an_answer_is_a_finding(kind, expected):
    assert expected == codes(examined(world(**{kind: BAD_GATEWAY})))


@pytest.mark.parametrize("reply", [None, True, -1, "10", {"fee": 1}])
def test_a_malformed_fee_is_no_fee(reply):
    assert ["not-read"] == codes(examined(world(maxBuilderFee=reply)))


def test_a_venue_that_does_not_answer_is_asked_no_further():
    table = world(clearinghouseState=BAD_GATEWAY)
    examined(table)

    assert {"clearinghouseState"} == set(table.kinds())


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"action": 1}', "null"])
def test_whatever_is_on_record_of_a_refusal_nothing_is_raised(body):
    refusal = Refusal(text=f"User or API Wallet {BUILDER} does not exist.", body=body)

    assert ["signer-refused"] == codes(examined(world(), Examination(refusal=refusal)))


# against the simulator


def test_a_sound_account_of_the_simulator_has_nothing_wrong():
    async def story(world):
        assert [] == codes(await world.venue.examine(Examination(instruments=NAMES)))

    in_a_world(story)


def test_an_examination_leaves_no_trace_at_the_venue():
    async def story(world):
        await world.venue.examine(Examination(instruments=NAMES))

        assert [] == world.control("log")

    in_a_world(story)


def test_a_request_read_on_the_other_network_is_explained():
    async def story(world):
        venue = world.simulator._gateway.venue
        venue.gate = type(venue.gate)(recover=venue.gate.recover, network="mainnet")
        prepared = world.prepare(batch_of(world.buy(1)))
        [outcome] = await world.venue.submit(prepared)
        refusal = Refusal(text=outcome.text, body=prepared.body, signer=SIGNER)
        found = await world.venue.examine(Examination(refusal=refusal))

        assert ["signer-refused"] == codes(found)
        assert "read as one for the mainnet" in found[-1].problem.why

    in_a_world(story)


@pytest.mark.parametrize(("kind", "role"), [("vault", "vault"), ("sub_account", "subAccount")])
def test_an_account_acted_for_is_examined(kind, role):
    async def story(world):
        assert [] == codes(await world.venue.examine(Examination(instruments=NAMES)))

    master = AccountSeed(address=ACCOUNT, agents=(SIGNER,))
    other = AccountSeed(address=VAULT, role=role, master=ACCOUNT)
    in_a_world(story, master, other, account=VAULT, account_kind=kind)


def test_an_empty_account_is_found():
    async def story(world):
        found = await world.venue.examine(Examination(instruments=NAMES))

        assert ["nothing-deposited"] == codes(found)

    in_a_world(story, AccountSeed(address=ACCOUNT, agents=(SIGNER,), deposit=Decimal(0), spot={}))


def test_a_builder_of_the_simulator_is_asked_about():
    async def story(world):
        found = await world.venue.examine(Examination(options=frozenset({FEE})))
        assert ["builder-not-approved"] == codes(found)
        world.simulator.world.accounts[USER].builder_fees[BUILDER] = 10
        assert [] == codes(await world.venue.examine(Examination(options=frozenset({FEE}))))

    in_a_world(story)
