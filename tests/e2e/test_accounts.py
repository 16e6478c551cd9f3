"""Accounts of every kind from outside, alone and side by side, with keys of their own or one."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from eth_account import Account

from reconciler.simulator import AccountSeed, Simulator
from reconciler.simulator.server import run_in_thread
from tests.e2e.project import ACCOUNT, AGENT, Project, order
from tests.e2e.project import AGENT_KEY as KEY

VAULT, SUB, SECOND = ("0x" + f"{digit}" * 40 for digit in "789")
SECOND_KEY = "0x" + "43" * 32
SECOND_AGENT = Account.from_key(SECOND_KEY).address.lower()
NO_CHANGES = "No changes. Your orders match the specification."
KINDS = {
    "hl": (ACCOUNT, "user"),
    "vault": (VAULT, "vault"),
    "sub": (SUB, "sub_account"),
    "second": (SECOND, "user"),
}
SEEDS = (
    AccountSeed(address=ACCOUNT, agents=(AGENT,)),
    AccountSeed(address=VAULT, role="vault", master=ACCOUNT),
    AccountSeed(address=SUB, role="subAccount", master=ACCOUNT),
    AccountSeed(address=SECOND, agents=(SECOND_AGENT,)),
)


class Accounts(Project):
    """A project with a venue entry for each of some accounts, and one order at each."""

    def use(self, *names: str) -> None:
        path = self.root / "reconciler.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        entry = document["venues"]["hl"]
        document["venues"] = {}
        for name in names:
            account, kind = KINDS[name]
            key = "SECOND_KEY" if name == "second" else "HL_AGENT_KEY"
            mine = {"account": account, "account_kind": kind, "signer": {"env": key}}
            document["venues"][name] = {**copy.deepcopy(entry), **mine}
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        for name in names:
            self.declare(name)
        made = self.run("state", "init")
        assert 0 == made.code, made.err

    def declare(self, name: str, price: str = "60000") -> None:
        orders = {"dip": order("buy", price, "0.01")}
        self.write_book(f"of_{name}", venue=name, instrument="BTC", orders=orders)

    def apply(self) -> str:
        ran = self.run("apply", "--auto-approve")
        assert 0 == ran.code, ran.out + ran.err
        return ran.out

    def resting(self, name: str) -> list[str]:
        """Return the prices of the live orders of an account."""
        (account,) = self.venue.control("state", account=KINDS[name][0])["accounts"]
        return [each["price"] for each in account["orders"] if each["is_live"]]

    def is_idle(self) -> bool:
        before = len(self.sent())
        planned = self.run("plan", "--detailed-exitcode")
        assert (0, True) == (planned.code, NO_CHANGES in planned.out), planned.out
        self.apply()
        return len(self.sent()) == before


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    before = dict(os.environ)
    os.environ.update(HL_AGENT_KEY=KEY, SECOND_KEY=SECOND_KEY)
    try:
        with run_in_thread(Simulator(accounts=SEEDS)) as venue:
            yield Accounts(tmp_path, venue)
    finally:
        for name in ("HL_AGENT_KEY", "SECOND_KEY"):
            os.environ.pop(name, None)
        os.environ.update(before)


@pytest.mark.parametrize("name", KINDS)
def test_the_orders_of_an_account_go_round(accounts: Accounts, name: str) -> None:
    accounts.use(name)
    accounts.apply()
    assert (["60000"], True) == (accounts.resting(name), accounts.is_idle())
    accounts.declare(name, "61000")
    accounts.apply()
    assert (["61000"], True) == (accounts.resting(name), accounts.is_idle())
    accounts.write_book(f"of_{name}", venue=name, instrument="BTC", orders={})
    assert 0 == accounts.run("apply", "--auto-approve", "--allow", "empty").code
    assert ([], True) == (accounts.resting(name), accounts.is_idle())
    assert {KINDS[name][0]} == {each["account"] for each in accounts.sent()}


def test_accounts_side_by_side_each_have_their_orders(accounts: Accounts) -> None:
    accounts.use(*KINDS)
    accounts.apply()

    assert [["60000"]] * 4 == [accounts.resting(name) for name in KINDS]
    assert accounts.is_idle()


def test_accounts_side_by_side_have_records_of_their_own(accounts: Accounts) -> None:
    accounts.use("hl", "second")
    accounts.apply()
    (order_of_second,) = [
        each
        for each in accounts.venue.control("state", account=SECOND)["accounts"][0]["orders"]
        if each["is_live"]
    ]
    accounts.venue.control("trade", oid=order_of_second["oid"])
    planned = accounts.run("plan")

    assert NO_CHANGES in planned.out
    assert 1 == planned.out.count("(1 filled)")


def test_one_key_for_several_entries_never_uses_a_nonce_twice(accounts: Accounts) -> None:
    names = ["hl", "sub", "vault"]
    accounts.use(*names)
    accounts.apply()
    for price in ("61000", "62000"):
        for name in names:
            accounts.declare(name, price)
        accounts.apply()
    nonces = {name: [] for name in names}  # type: dict[str, list[int]]
    for sent in accounts.sent():
        (name,) = [each for each in names if KINDS[each][0] == sent["account"]]
        nonces[name].append(sent["nonce"])

    assert {name: {index} for index, name in enumerate(sorted(names))} == {
        name: {nonce % 3 for nonce in found} for name, found in nonces.items()
    }
    assert {AGENT} == {each["signer"] for each in accounts.sent()}


def test_doctor_tells_that_one_key_signs_for_several(accounts: Accounts) -> None:
    accounts.use(*KINDS)

    ran = accounts.run("doctor")

    assert (0, 1) == (ran.code, ran.out.count("[shared-key]")), ran.out
    assert f"{AGENT} signs for hl, sub, vault." in " ".join(ran.out.split())


def test_a_fault_at_one_account_does_not_stop_another(accounts: Accounts) -> None:
    accounts.use("hl", "second")
    os.environ["SECOND_KEY"] = KEY

    ran = accounts.run("apply", "--auto-approve")

    assert (1, ["60000"], []) == (ran.code, accounts.resting("hl"), accounts.resting("second"))
    assert "agent-of-another" in ran.err


@pytest.mark.parametrize("name", ["vault", "sub"])
def test_a_lost_request_for_another_account_is_proven_by_its_nonce(
    accounts: Accounts, name: str
) -> None:
    accounts.use(name)
    lost = {"kind": "lost_request", "path": "/exchange", "type": "order", "times": 1}
    accounts.venue.control("faults", add=lost)
    accounts.run("apply", "--auto-approve")
    noop = accounts.sent()[-1]

    assert ("noop", "ok") == (noop["action"]["type"], noop["reply"]["status"])
    accounts.apply()
    assert (["60000"], True) == (accounts.resting(name), accounts.is_idle())


def test_panic_clears_every_account(accounts: Accounts) -> None:
    accounts.use(*KINDS)
    accounts.apply()

    ran = accounts.run("panic")

    assert (0, [[]] * 4) == (ran.code, [accounts.resting(name) for name in KINDS]), ran.out


def test_a_key_of_an_account_that_does_not_lead_the_vault_is_refused(accounts: Accounts) -> None:
    accounts.use("vault")
    os.environ["HL_AGENT_KEY"] = SECOND_KEY

    ran = accounts.run("apply", "--auto-approve")
    told = accounts.run("doctor")

    assert (13, [], 1) == (ran.code, accounts.resting("vault"), told.code), ran.out
    assert "The key's account neither leads this vault nor owns" in " ".join(told.out.split())


def test_a_key_of_an_account_that_does_not_own_the_sub_account_is_refused(
    accounts: Accounts,
) -> None:
    accounts.use("sub")
    os.environ["HL_AGENT_KEY"] = SECOND_KEY

    ran = accounts.run("apply", "--auto-approve")

    assert (1, [], []) == (ran.code, accounts.resting("sub"), accounts.sent())
    assert "agent-of-another" in ran.err


@pytest.mark.parametrize(("name", "kind"), [("vault", "user"), ("sub", "vault"), ("hl", "vault")])
def test_an_account_of_another_kind_is_refused(accounts: Accounts, name: str, kind: str) -> None:
    accounts.use(name)
    path = accounts.root / "reconciler.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["venues"][name]["account_kind"] = kind
    path.write_text(yaml.safe_dump(document), encoding="utf-8")

    ran = accounts.run("apply", "--auto-approve")

    assert (1, []) == (ran.code, accounts.sent())
    assert "account-kind-differs" in ran.err


@pytest.mark.parametrize("name", ["vault", "sub"])
def test_a_builder_is_approved_by_the_main_wallet(accounts: Accounts, name: str) -> None:
    builder = "0x" + "b1" * 20
    accounts.use(name)
    named = {"builder": {"address": builder, "fee_tenth_bps": 10}}
    orders = {"dip": order("buy", "60000", "0.01", options=named)}
    accounts.write_book(f"of_{name}", venue=name, instrument="BTC", orders=orders)
    held = accounts.run("apply", "--auto-approve")
    assert ([], True) == (accounts.sent(), f"{ACCOUNT} approved 0 tenths" in held.out)
    accounts.venue.control("approve_builder", account=ACCOUNT, builder=builder, fee=10)
    accounts.apply()

    assert (["60000"], True) == (accounts.resting(name), accounts.is_idle())
