"""Projects of any size, on disk, for a venue on loopback."""

from pathlib import Path

ACCOUNT = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
KEY = "0x" + "42" * 32

PROJECT = """\
version: 1
project: bench
state: {{backend: local, path: .reconciler}}
venues:
  hl:
    kind: hyperliquid
    network: local
    port: {port}
    account: "{account}"
    signer: {{env: HL_AGENT_KEY}}
limits:
  max_order_notional: 1000000
  max_open_notional: 1000000000000
  max_new_notional_per_run: 1000000000000
  max_new_notional_per_day: 1000000000000
  price_band_pct: 95
  max_actions: 100000
"""

ORDER = """\
  o{index}:
    side: buy
    price: {price}
    quantity: {quantity}
    time_in_force: gtc
    post_only: true
    reduce_only: false
    on_fill: done
    note: order {index}
"""


def write_project(root: Path, *, orders: int, port: int) -> None:
    """Write a project with one book of written-out orders, eight keys each."""
    (root / "specs").mkdir(parents=True, exist_ok=True)
    text = PROJECT.format(port=port, account=ACCOUNT)
    (root / "reconciler.yaml").write_text(text, encoding="utf-8")
    write_book(root, orders=orders)


def write_book(root: Path, *, orders: int, changed_each: int = 0) -> Path:
    """Write the book; with `changed_each`, every so manieth order has another quantity."""
    path = root / "specs" / "btc.yaml"
    with path.open("w", encoding="utf-8") as file:
        file.write("version: 1\nbook: btc\nvenue: hl\ninstrument: BTC\norders:\n")
        for index in range(orders):
            is_changed = changed_each and index % changed_each == 0
            quantity = "0.002" if is_changed else "0.001"
            file.write(ORDER.format(index=index, price=65_000 - index % 50_000, quantity=quantity))
    return path
