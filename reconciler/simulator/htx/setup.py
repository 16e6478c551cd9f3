"""What a simulated HTX begins with, and how accounts and keys come to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.simulator.htx.accounts import (
    VALUE_DEFAULT,
    Account,
    HtxAccountSeed,
    Key,
    Wallet,
)
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.ledger import rounded
from reconciler.simulator.htx.past import Versioned
from reconciler.simulator.htx.signing import Verify, hmac_signature
from reconciler.simulator.htx.switches import HtxSwitches
from reconciler.simulator.htx.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class HtxSetup:
    """What a simulator's HTX begins with.

    Attributes:
        contracts: None for the recorded ones.
        verify: how signatures are checked; `signature_believed` saves the HMAC.
    """

    contracts: Mapping[str, Contract] | None = None
    switches: HtxSwitches = field(default_factory=HtxSwitches)
    accounts: Iterable[HtxAccountSeed] = ()
    verify: Verify = hmac_signature


def add_account(world: World, seed: HtxAccountSeed) -> Account:
    """Register an account with its keys, and coins in every contract.

    Raises:
        ValueError: a name or an access key is taken.
    """
    if seed.uid in world.accounts:
        raise ValueError(f"account {seed.uid} is taken")
    account = Account(uid=seed.uid)
    for key in seed.keys:
        add_key(world, account, key)
    world.accounts[seed.uid] = account
    for contract in world.contracts.values():
        deposit = seed.deposit
        if deposit is None:
            deposit = rounded(VALUE_DEFAULT / contract.mid)
        account.wallets[contract.code] = Versioned(Wallet(static=deposit))
    return account


def add_key(world: World, account: Account, key: Key) -> None:
    """Let a pair of keys act for an account.

    Raises:
        ValueError: the access key is taken.
    """
    if key.access in world.keys:
        raise ValueError("the access key is taken")
    world.keys[key.access] = (account, key)
