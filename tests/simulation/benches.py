"""Every venue that histories are told of, by name."""

from collections.abc import Callable, Mapping

from tests.simulation.bench import Bench
from tests.simulation.chance import Chance
from tests.simulation.htx.bench import HtxBench
from tests.simulation.hyperliquid import HyperliquidBench

__all__ = ["BENCHES"]

BENCHES: Mapping[str, Callable[[Chance], Bench]] = {
    "hyperliquid": HyperliquidBench,
    "htx": HtxBench,
}
