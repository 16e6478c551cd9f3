"""`simulator`: both venues' HTTP APIs on loopback, from one deterministic engine."""

import re
from typing import TYPE_CHECKING

import click

from reconciler.cli.output import Options

if TYPE_CHECKING:
    from reconciler.simulator import HtxAccountSeed

__all__ = ["command"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_KEY = re.compile(r"(?P<access>[^\s:=]+):(?P<secret>[^\s:=]+)(?:=(?P<account>[^\s:=]+))?", re.ASCII)
_HTX_ACCOUNT = "htx"


@click.command("simulator")
@click.option("--port", type=click.IntRange(0, 65535), default=3001, show_default=True)
@click.option(
    "--account", "accounts", multiple=True, help="Fund this Hyperliquid address; may be repeated."
)
@click.option("--agent", "agents", multiple=True, help="ADDRESS=ACCOUNT: an approved agent.")
@click.option(
    "--htx-key",
    "keys",
    multiple=True,
    help="ACCESS:SECRET[=ACCOUNT]: a pair of keys of a funded HTX account. Invent it.",
)
@click.option(
    "--htx-read-key", "read_keys", multiple=True, help="The same for a pair which only reads."
)
@click.pass_obj
def command(
    options: Options,
    port: int,
    accounts: tuple[str, ...],
    agents: tuple[str, ...],
    keys: tuple[str, ...],
    read_keys: tuple[str, ...],
) -> int:
    """Serve the simulated venues on 127.0.0.1 until interrupted; they check signatures.

    \b
      reconciler simulator --account 0x… --agent 0x…=0x…
      reconciler simulator --htx-key my-access:my-secret

    Keys on a command line are seen by other programs: never give real ones.
    """  # noqa: D301 - the backspace is click's mark for text that is not wrapped
    from reconciler.simulator import AccountSeed, HtxSetup
    from reconciler.simulator.server import main

    htx_seeds = _htx_seeds(keys, read_keys)

    signers: dict[str, list[str]] = {_address(account): [] for account in accounts}
    for pair in agents:
        agent, _, account = pair.partition("=")
        signers.setdefault(_address(account), []).append(_address(agent))
    seeds = [AccountSeed(address=a, agents=tuple(found)) for a, found in signers.items()]

    def report(line: str) -> None:
        options.output.product(line.rstrip("\n"))
        options.output.flush()

    for seed in seeds:
        report(f"Funded account {seed.address}, {_agents(seed.agents)}.")
    for each in htx_seeds:
        names = ", ".join(key.access for key in each.keys)
        report(f"Funded HTX account {each.uid}, access keys {names}.")
    if not seeds and not htx_seeds:
        report(
            "No account is funded: name one with --account, and its signer with --agent, "
            "or an HTX pair of keys with --htx-key."
        )
    main(port, accounts=seeds, report=report, htx=HtxSetup(accounts=htx_seeds))
    return 0


def _htx_seeds(keys: tuple[str, ...], read_keys: tuple[str, ...]) -> list["HtxAccountSeed"]:
    """Return the accounts which pairs of keys act for."""
    from reconciler.simulator import HtxAccountSeed, Key

    found: dict[str, list[Key]] = {}
    pairs = [(text, True) for text in keys] + [(text, False) for text in read_keys]
    for text, may_trade in pairs:
        match = _KEY.fullmatch(text)
        if match is None:
            raise click.UsageError("A pair of HTX keys is written ACCESS:SECRET or …=ACCOUNT.")
        key = Key(access=match["access"], secret=match["secret"], may_trade=may_trade)
        found.setdefault(match["account"] or _HTX_ACCOUNT, []).append(key)
    accesses = [key.access for each in found.values() for key in each]
    if len(set(accesses)) < len(accesses):
        raise click.UsageError("Two pairs of HTX keys have the same access key.")
    return [HtxAccountSeed(uid=uid, keys=tuple(each)) for uid, each in found.items()]


def _agents(agents: tuple[str, ...]) -> str:
    return f"agents {', '.join(agents)}" if agents else "without an agent: nothing can be signed"


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise click.UsageError("An account or agent is an address: 0x and 40 hex digits.")
    return text.lower()
