"""Gathers the facts that `checkup` judges. It reads, signs one request to nobody, and sends none.

A question without an answer is a fact too: nothing here raises for what the venue does.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.errors import CredentialsProblem, VenueProblem
from reconciler.model.config import VenueSettings
from reconciler.model.examination import Examination, Finding
from reconciler.model.instrument import Instrument
from reconciler.ports import Clock
from reconciler.secret import Secret
from reconciler.venues.asking import Problem, at_once
from reconciler.venues.hyperliquid.account_check import approver_of
from reconciler.venues.hyperliquid.checkup.facts import (
    BuilderFact,
    ClockFact,
    Facts,
    Funds,
    KeyFact,
    RefusalFact,
)
from reconciler.venues.hyperliquid.checkup.judging import judged
from reconciler.venues.hyperliquid.info import Info
from reconciler.venues.hyperliquid.listing import Listing
from reconciler.venues.hyperliquid.replies.account import Agent, Role
from reconciler.venues.hyperliquid.rules import BUILDER_ADDRESS, BUILDER_FEE, Network, dex_of
from reconciler.venues.hyperliquid.signing import L1Action, Signer, recover
from reconciler.venues.hyperliquid.stranger import named_address, reproduced

__all__ = ["Patient", "examine"]

# What a signature is tried on; it is never sent.
_TRIAL: Final = {"type": "noop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A venue entry to be examined.

    Attributes:
        elsewhere: asks the other network about addresses, None where there is no other.
        elsewhere_name: of that network.
        key: None for an examination without one.
    """

    settings: VenueSettings
    network: Network
    info: Info
    listing: Listing
    clock: Clock
    elsewhere: Info | None = None
    elsewhere_name: str = ""
    key: Secret | None = None


async def examine(patient: Patient, wanted: Examination) -> tuple[Finding, ...]:
    """Return what was found, in the order in which things depend on one another."""
    info = patient.info
    clock, now_ms = await _clock(patient)
    refusal = _refusal(patient, wanted)
    if isinstance(clock, str):
        return judged(
            Facts(
                settings=patient.settings,
                account=info.account,
                now_ms=now_ms,
                clock=clock,
                role=clock,
                refusal=refusal,
            )
        )
    role, funds, budget, key, markets, builders = await asyncio.gather(
        info.role(info.account),
        _funds(patient, wanted),
        info.budget(),
        _key(patient),
        _markets(patient, wanted),
        _builders(patient, wanted),
    )
    said_role = _said(role)
    facts = Facts(
        settings=patient.settings,
        account=info.account,
        now_ms=now_ms,
        clock=clock,
        role=said_role,
        elsewhere=patient.elsewhere_name,
        role_elsewhere=await _elsewhere(patient, info.account, said_role),
        funds=funds,
        budget=str(budget) if isinstance(budget, Problem) else budget,
        key=key,
        markets=markets,
        builders=builders,
        refusal=refusal,
    )
    return judged(facts)


async def _clock(patient: Patient) -> tuple[ClockFact | str, int]:
    """Compare the clocks twice: the first answer also takes the time of making a connection."""
    facts: list[ClockFact] = []
    now_ms = 0
    for _ in range(2):
        started_ms = patient.clock.now_ms()
        house = await patient.info.clearinghouse()
        ended_ms = patient.clock.now_ms()
        if isinstance(house, Problem):
            return str(house), ended_ms
        now_ms = house.at_ms
        ahead_ms = now_ms - (started_ms + ended_ms) // 2
        facts.append(ClockFact(ahead_ms=ahead_ms, round_trip_ms=ended_ms - started_ms))
    return min(facts, key=lambda fact: fact.round_trip_ms), now_ms


async def _funds(patient: Patient, wanted: Examination) -> Funds | str:
    dexes = sorted({"", *(dex_of(name) for name in wanted.instruments)})
    spot, values = await asyncio.gather(
        patient.info.spot_balances(), at_once(dexes, patient.info.account_value)
    )
    unread = next((each for each in (spot, *values) if isinstance(each, Problem)), None)
    if unread is not None or isinstance(spot, Problem):
        return str(unread)
    by_dex = {
        dex: value
        for dex, value in zip(dexes, values, strict=True)
        if not isinstance(value, Problem)
    }
    return Funds(by_dex=by_dex, tokens={token: held.total for token, held in spot.items()})


async def _key(patient: Patient) -> KeyFact | Diagnostic | None:
    if patient.key is None:
        return None
    try:
        signer = Signer(patient.key)
    except CredentialsProblem as problem:
        return problem.diagnostics[0]
    role = await patient.info.role(signer.address)
    agents: tuple[Agent, ...] | Problem = ()
    if isinstance(role, Role) and role.name == "agent":
        agents = await patient.info.agents(role.owner)
    return KeyFact(
        address=signer.address,
        role=_said(role),
        role_elsewhere=await _elsewhere(patient, signer.address, _said(role)),
        agents=str(agents) if isinstance(agents, Problem) else agents,
        is_sound=_is_sound(signer, is_mainnet=patient.network.is_mainnet),
    )


def _is_sound(signer: Signer, *, is_mainnet: bool) -> bool:
    payload = L1Action(action=_TRIAL, nonce=1)
    return recover(payload, signer.sign(payload, is_mainnet=is_mainnet), is_mainnet=is_mainnet) == (
        signer.address
    )


async def _elsewhere(patient: Patient, address: str, role: Role | str) -> Role | str | None:
    """Ask the other network about an address that this one does not know."""
    if patient.elsewhere is None or not isinstance(role, Role) or role.name != "missing":
        return None
    return _said(await patient.elsewhere.role(address))


async def _markets(patient: Patient, wanted: Examination) -> dict[str, Instrument | None] | str:
    if not wanted.instruments:
        return {}
    try:
        found = await patient.listing.instruments(wanted.instruments)
    except VenueProblem as problem:
        return problem.diagnostics[0].why.rstrip(".")
    return {name: found.get(name) for name in sorted(wanted.instruments)}


async def _builders(patient: Patient, wanted: Examination) -> list[BuilderFact]:
    fees: dict[str, int] = {}
    for options in wanted.options:
        named = dict(options)
        if named.get(BUILDER_ADDRESS) and named.get(BUILDER_FEE, "").isdigit():
            address = named[BUILDER_ADDRESS].lower()
            fees[address] = max(fees.get(address, 0), int(named[BUILDER_FEE]))
    builders = sorted(fees)
    if not builders:
        return []
    signer = _signer(patient)
    approver = await approver_of(
        patient.info, patient.settings, signer.address if signer is not None else None
    )
    if approver is None:
        return []  # the leader of a vault is known by its agent alone

    async def asked(builder: str) -> int | Problem:
        if isinstance(approver, Problem):
            return approver
        return await patient.info.builder_fee_max(builder, approver)

    approved = await at_once(builders, asked)
    return [
        BuilderFact(
            address=address,
            wanted_tenth_bps=fees[address],
            approved_tenth_bps=str(fee) if isinstance(fee, Problem) else fee,
        )
        for address, fee in zip(builders, approved, strict=True)
    ]


def _refusal(patient: Patient, wanted: Examination) -> RefusalFact | None:
    refusal = wanted.refusal
    if refusal is None:
        return None
    named = named_address(refusal.text)
    form = None
    signer = _signer(patient)
    is_own = signer is not None and refusal.signer in ("", signer.address)
    if named and signer is not None and is_own and named != signer.address:
        is_mainnet = patient.network.is_mainnet
        account = patient.info.account
        form = reproduced(named, refusal.body, signer, is_mainnet=is_mainnet, account=account)
    return RefusalFact(refusal=refusal, named=named, form=form)


def _signer(patient: Patient) -> Signer | None:
    try:
        return None if patient.key is None else Signer(patient.key)
    except CredentialsProblem:
        return None


def _said(role: Role | Problem) -> Role | str:
    return str(role) if isinstance(role, Problem) else role
