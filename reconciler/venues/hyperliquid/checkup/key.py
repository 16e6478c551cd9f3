"""The key that signs: for whom, until when, whether it can, and why the venue refused it."""

from collections.abc import Iterator
from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.model.examination import Finding
from reconciler.venues.hyperliquid.authority import (
    agent_of,
    ending_agent,
    master_key_refused,
    master_of,
    moment,
    wrong_signer,
)
from reconciler.venues.hyperliquid.checkup.facts import Facts, KeyFact, RefusalFact
from reconciler.venues.hyperliquid.checkup.words import (
    is_known,
    problem_of,
    role_in_words,
    unread,
)
from reconciler.venues.hyperliquid.replies.account import Role

__all__ = ["key_findings", "refusal_findings"]

REPORT: Final = "Please report this with the request from the journal; no key is in it."

# Refusals that say by themselves what is wrong, by their beginning: why, and what to do.
_PLAIN: Final = (
    (
        "Vault not registered",
        "The key's account neither leads this vault nor owns this sub-account.",
        "Use the key of an agent of the account that does, or correct `account`.",
    ),
    (
        "Vault may not perform this action",
        "The venue does not let a vault do this.",
        "Take it out of the specs.",
    ),
    (
        "User has pending agent removal",
        "The venue is still removing a former agent of the account.",
        "Try again in a while, with the key of an agent that was approved since.",
    ),
    (
        "Action disabled when unified account is active",
        "The account is in a mode in which the venue does not take this action.",
        "Change the mode at the venue, or take the action out of the specs.",
    ),
    (
        "Builder fee has not been approved",
        "The account has not approved the fee of a builder that the orders name.",
        "Approve it with the account's own wallet; an agent cannot.",
    ),
    ("Unable to recover signer", "The venue could not read the signature at all.", REPORT),
)


def key_findings(facts: Facts) -> Iterator[Finding]:
    """Yield what was found of the key, nothing without one."""
    key = facts.key
    if isinstance(key, Diagnostic):
        yield Finding(subject="key", said="cannot sign", problem=key)
    elif isinstance(key, KeyFact):
        yield _authority(facts, key)
        yield from _approval(facts, key)
        yield _signature(facts, key)


def _authority(facts: Facts, key: KeyFact) -> Finding:
    said = f"{key.address} is {role_in_words(key.role)}"
    if isinstance(facts.role, str) or isinstance(key.role, str):
        return unread(facts, "key", f"{key.role if isinstance(key.role, str) else facts.role}")
    master = master_of(facts.account, facts.role)
    if key.address == master:
        is_allowed = facts.settings.allow_master
        problem = None if is_allowed else master_key_refused(facts.settings)
        return Finding(subject="key", said=f"{key.address} is the account's own", problem=problem)
    problem = wrong_signer(facts.settings, key.role, master)
    if key.role.name == "missing" and is_known(key.role_elsewhere):
        problem = problem_of(
            facts,
            code="key-of-the-other-network",
            summary="The signing key is one of the other network.",
            why=f"Its address is known on {facts.elsewhere}, and not on {facts.settings.network}.",
            next_step=f"Approve an agent on {facts.settings.network} and use its key.",
        )
    return Finding(subject="key", said=said, problem=problem)


def _approval(facts: Facts, key: KeyFact) -> Iterator[Finding]:
    if isinstance(key.role, str) or key.role.name != "agent":
        return
    if isinstance(key.agents, str):
        yield unread(facts, "approval", key.agents)
        return
    agent = agent_of(key.agents, key.address)
    said = "of an agent without a name; the venue does not tell until when"
    if agent is not None:
        until_ms = agent.valid_until_ms
        end = "without an end" if until_ms is None else f"until {moment(until_ms)}"
        said = f"of the agent `{agent.name}`, {end}"
    problem = ending_agent(facts.settings, agent, facts.now_ms)
    yield Finding(subject="approval", said=said, problem=problem)


def _signature(facts: Facts, key: KeyFact) -> Finding:
    network = "mainnet" if facts.settings.network == "mainnet" else "testnet"
    said = f"made for the {network}, it leads back to the key"
    if key.is_sound:
        return Finding(subject="signature", said=said)
    problem = problem_of(
        facts,
        code="signature-unsound",
        summary="A signature made with the key does not lead back to it.",
        why="The libraries that sign are broken or do not fit together.",
        next_step="Install the program anew, from its lock.",
    )
    return Finding(subject="signature", said="does not lead back to the key", problem=problem)


def refusal_findings(facts: Facts) -> Iterator[Finding]:
    """Yield why the venue refused a signer, if it did."""
    if facts.refusal is None:
        return
    fact = facts.refusal
    said = f"the venue said: {fact.refusal.text}"
    if fact.refusal.at_ms:
        said = f"at {moment(fact.refusal.at_ms)} {said}"
    if fact.refusal.at_ms and _is_mended(facts, fact):
        yield Finding(subject="refusal", said=f"{said} It has been mended since.")
        return
    why, next_step = _explained(facts, fact)
    problem = problem_of(
        facts,
        code="signer-refused",
        summary="The venue refused the signer of a request.",
        why=why,
        next_step=next_step,
    )
    yield Finding(subject="refusal", said=said, problem=problem)


def _is_mended(facts: Facts, fact: RefusalFact) -> bool:
    """Say whether what a recorded refusal named is known to the venue by now."""
    if any(start in fact.refusal.text for start, _, _ in _PLAIN):
        return False
    key = facts.key if isinstance(facts.key, KeyFact) else None
    if fact.named == facts.account:
        return is_known(facts.role if isinstance(facts.role, Role) else None)
    if key is None or isinstance(key.role, str) or isinstance(facts.role, str):
        return False
    master = master_of(facts.account, facts.role)
    is_right = wrong_signer(facts.settings, key.role, master) is None
    return is_right and fact.named == fact.refusal.signer == key.address


def _explained(facts: Facts, fact: RefusalFact) -> tuple[str, str]:
    """Say whose address the venue named, and what to do: each is another fault."""
    for start, why, next_step in _PLAIN:
        if start in fact.refusal.text:
            return why, next_step
    key = facts.key if isinstance(facts.key, KeyFact) else None
    signer = fact.refusal.signer or (key.address if key is not None else "")
    if fact.named is None:
        return "It names no address, so nothing follows from it.", "Look at what else is wrong."
    if fact.named == facts.account:
        return (
            "It names the account itself, which was never funded on this network.",
            "Deposit to the account, or check `account` and `network`.",
        )
    if fact.named == signer:
        also = " The key has been replaced since." if key and key.address != signer else ""
        return (
            (
                "It names the key's own address: the signature was right, and the key was not "
                f"approved for the account on {facts.settings.network}, or no longer.{also}"
            ),
            "Approve the key as an agent of the account, or use the key of one.",
        )
    if fact.form is not None:
        is_network = fact.form.startswith("as one for")
        return (
            (
                "It names a stranger. That address comes out when the request is read "
                f"{fact.form}: the venue hashed something else than was signed."
            ),
            "Check `network`: the server is of another one than the entry says."
            if is_network
            else REPORT,
        )
    if not fact.refusal.body or key is None or key.address != signer:
        return (
            (
                "It names a stranger: the venue hashed something else than was signed, such as the "
                "form of another network, or another program signed it."
            ),
            "Run this where the state and the key that signed are: then it can tell which form.",
        )
    return (
        "It names a stranger, and no known way of reading the request gives that address.",
        REPORT,
    )
