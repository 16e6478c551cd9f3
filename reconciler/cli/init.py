"""`init`: a first project in this folder, and its state. Never overwrites."""

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
orders:
  dip: {side: buy, price: 88000, quantity: 0.001}
ladders:
  bids:
    side: buy
    from: 87000
    to: 80000
    levels: 4
    quantity: 0.004
    spacing: geometric
"""

IGNORE_TEXT = ".reconciler/\nplan.json\n"


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

    from reconciler.cli.session import open_session
    from reconciler.cli.state import init_state

    root = Path(options.folder)
    name = project or root.resolve().name
    made = write_project(root, project=name, network=network, port=port, account=account)
    asyncio.run(init_state(open_session(options)))
    for path in (*made, "reconciler.lock"):
        options.output.product(f"Wrote {path}")
    options.output.product("Next:\n  reconciler validate\n  reconciler plan")
    return 0


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
        ".gitignore": IGNORE_TEXT,
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
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    _copy_schemas(root)
    return tuple(files)


def _copy_schemas(root: Path) -> None:
    """Put the schemas beside the specs, so that an editor completes them."""
    from reconciler.schemas_path import schema_path

    folder = root / "schemas"
    folder.mkdir(exist_ok=True)
    for name in ("project.schema.json", "spec.schema.json"):
        if not (folder / name).exists():
            (folder / name).write_text(
                schema_path(name.removesuffix(".schema.json")).read_text("utf-8"), encoding="utf-8"
            )
