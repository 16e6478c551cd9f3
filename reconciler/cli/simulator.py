"""`simulator`: a venue's HTTP API on loopback, from one deterministic engine."""

import re

import click

from reconciler.cli.output import Options

__all__ = ["command"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


@click.command("simulator")
@click.option("--port", type=click.IntRange(0, 65535), default=3001, show_default=True)
@click.option("--account", "accounts", multiple=True, help="Fund this address; may be repeated.")
@click.option("--agent", "agents", multiple=True, help="ADDRESS=ACCOUNT: an approved agent.")
@click.pass_obj
def command(options: Options, port: int, accounts: tuple[str, ...], agents: tuple[str, ...]) -> int:
    """Serve the venue simulator on 127.0.0.1 until interrupted; it checks signatures.

    \b
      reconciler simulator --account 0x… --agent 0x…=0x…
    """  # noqa: D301 - the backspace is click's mark for text that is not wrapped
    from reconciler.simulator import AccountSeed
    from reconciler.simulator.server import main

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
    if not seeds:
        report("No account is funded: name one with --account, and its signer with --agent.")
    main(port, accounts=seeds, report=report)
    return 0


def _agents(agents: tuple[str, ...]) -> str:
    return f"agents {', '.join(agents)}" if agents else "without an agent: nothing can be signed"


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise click.UsageError("An account or agent is an address: 0x and 40 hex digits.")
    return text.lower()
