"""`init`: a first project in this folder, and its state. Never overwrites."""

import re
from pathlib import Path

import click

from reconciler.cli.output import Options
from reconciler.diagnostics import Diagnostic
from reconciler.errors import UsageProblem

__all__ = ["PROJECT_TEXT", "SPEC_TEXT", "command", "write_project"]

PROJECT_TEXT = """\
# yaml-language-server: $schema=schemas/project.schema.json
version: 1
project: {project}
state: {{backend: local, path: .reconciler}}
venues:
  hl:
    kind: hyperliquid
    network: {network}{port}
    account: "{account}"
    signer: {{env: HL_AGENT_KEY}}
    expires_after_s: 15
limits:
  max_order_notional: 1000
  max_open_notional: 5000
  max_new_notional_per_run: 5000
  max_new_notional_per_day: 10000
  price_band_pct: 20
"""

SPEC_TEXT = """\
# yaml-language-server: $schema=../schemas/spec.schema.json
version: 1
book: btc
venue: hl
instrument: BTC
# Set the prices for your market: `reconciler plan` says how far each is from the middle.
orders:
  dip: {side: buy, price: 60000, quantity: 0.001}
ladders:
  bids:
    side: buy
    from: 59000
    to: 56000
    levels: 4
    quantity: 0.004
    spacing: geometric
"""

IGNORED = (".reconciler/", "plan.json")
NAME_CHARACTERS_MAX = 48
_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,47}", re.ASCII)


@click.command("init")
@click.option("--account", required=True, help="Address whose orders these are: 0x and 40 digits.")
@click.option("--project", "project", default=None, help="Name; this folder's by default.")
@click.option(
    "--network",
    type=click.Choice(["testnet", "mainnet", "local"]),
    default="testnet",
    show_default=True,
)
@click.option("--port", type=click.IntRange(1, 65535), default=3001, help="With --network local.")
@click.pass_obj
def command(options: Options, account: str, project: str | None, network: str, port: int) -> int:
    """Write reconciler.yaml, specs/btc.yaml and .gitignore here, then create the state."""
    import asyncio

    from reconciler.cli.flags import typed
    from reconciler.cli.session import open_session
    from reconciler.cli.state import init_state
    from reconciler.statefile.lockfile import LOCK_FILE

    root = Path(options.folder)
    if not _ACCOUNT.fullmatch(account):
        raise click.UsageError("--account is an address: 0x and 40 hexadecimal digits.")
    name = project if project is not None else _name_of(root.resolve())
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            "--project is lower-case ASCII letters, digits, hyphens and underscores, a letter"
            f" first, at most {NAME_CHARACTERS_MAX} characters."
        )
    made = write_project(root, project=name, network=network, port=port, account=account)
    asyncio.run(init_state(open_session(options)))
    for path in (*made, LOCK_FILE):
        options.output.product(f"Wrote {path}")
    ignored = (root / ".gitignore").read_text(encoding="utf-8", errors="replace").split()
    if missing := [line for line in IGNORED if line not in ignored]:
        options.output.product(f"Add to .gitignore, which was there already: {' '.join(missing)}")
    validate, plan = typed(options, "validate"), typed(options, "plan")
    options.output.product(f"\nNext, with your prices in {made[1]}:\n\n  {validate}\n  {plan}")
    return 0


def _name_of(folder: Path) -> str:
    """Return a project name made of a folder's."""
    letters = re.sub(r"[^a-z0-9_-]+", "-", folder.name.lower(), flags=re.ASCII)
    return letters.lstrip("0123456789-_")[:NAME_CHARACTERS_MAX].rstrip("-_") or "orders"


def write_project(
    root: Path, *, project: str, network: str, port: int, account: str
) -> tuple[str, ...]:
    """Write the files of a first project; return their names. Raises `UsageProblem`."""
    port_text = f"\n    port: {port}" if network == "local" else ""
    files = {
        "reconciler.yaml": PROJECT_TEXT.format(
            project=project, network=network, port=port_text, account=account
        ),
        "specs/btc.yaml": SPEC_TEXT,
        ".gitignore": "".join(f"{line}\n" for line in IGNORED),
        **_schemas(),
    }
    existing = [name for name in ("reconciler.yaml", "specs/btc.yaml") if (root / name).exists()]
    if existing:
        raise UsageProblem(
            Diagnostic(
                code="project-exists",
                summary="There is a project in this folder already.",
                where=existing[0],
                next_step="Name another folder: reconciler -C FOLDER init …",
            )
        )
    made = []
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            made.append(name)
    return tuple(made)


def _schemas() -> dict[str, str]:
    """Return the schemas to put beside the specs, so that an editor completes them."""
    from reconciler.schemas_path import schema_path

    return {
        f"schemas/{name}.schema.json": schema_path(name).read_text("utf-8")
        for name in ("project", "spec")
    }
