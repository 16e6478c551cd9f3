"""Hyperliquid and HTX on this machine: real signature checks, matching engines, faults on request.

A tool that moves money must be tried without money. This package is an independent program inside
`reconciler`: it imports nothing of the rest, so that it checks the rest instead of repeating its
mistakes. Unmodified third-party clients work against it: Hyperliquid's Python SDK, ccxt.

**In process**, deterministic, the time handed in:

    simulator = Simulator(seed=7, accounts=[AccountSeed(address=ACCOUNT, agents=(AGENT,))])
    response = simulator.handle(Request(path="/info", body=b'{"type":"allMids"}'), at_ms)

A `Simulator` costs microseconds; the recorded markets are loaded once a process. With
`recover=signer_in_field` a signature is `{"signer": "0x..."}`, which saves the elliptic curves.
HTX stands beside it, on the same time, log and plan of faults:

    key = Key(access="invented", secret="invented too")
    htx = HtxSetup(accounts=[HtxAccountSeed(uid="me", keys=(key,))], verify=signature_believed)
    simulator = Simulator(seed=7, htx=htx)

Paths tell the venues apart: `/exchange` and `/info` are Hyperliquid's, `htx.endpoints` lists the
other's. Without `verify` the HMAC is checked over the Host header and the query as received.

**Over sockets**, on 127.0.0.1 only:

    with server.run_in_thread(simulator) as running:      # tests
        client = Info(running.url, skip_ws=True)
        running.control("set_mid", instrument="BTC", mid="60000")
        running.control("set_mid", venue="htx", instrument="BTC-USD", mid="60000")
    server.main(3001, accounts=[AccountSeed(address=ACCOUNT)])  # until SIGINT or SIGTERM

A Hyperliquid client's signatures are checked as for the testnet, because the SDK signs so for every
URL which is not mainnet's; `network="mainnet"` changes that.

**The market.** Instruments, decimals and prices of Hyperliquid are recorded mainnet metadata
(`data/SOURCES.md`): all perps, all spot pairs and the builder dex `xyz`. HTX's contracts, sizes and
ticks are recorded too. Each instrument has synthetic quotes one tick around its mid price, deep
enough for an ordinary order and standing anew for each. `set_mid` moves the market: resting orders
it passes are filled at their own price, triggers fire.

**Control and faults.** `control` documents every verb (`POST /control/<verb>`); `faults.Fault`
documents what can go wrong; `switches.Switches` and `htx.HtxSwitches` document each choice where
the real venue's behaviour is unknown.

**Where to read.** Around the venues: `simulator` (joins), `gateway` (what every request passes:
faults, late requests, log), `delivery` (what a venue is), `faults`, `control`, `server` (sockets).
Hyperliquid's engine: `engine`, over `world` (state), `matching`, `checks` (refusals), `settlement`
(what follows from a fill), `ledger` (money). Its protocol: `hyperliquid` (HTTP level),
`hl_exchange` and `hl_info`, with `hl_wire`, `hl_actions`, `hl_signing`, `hl_replies` below them.
HTX is the subpackage `htx`, which says where to read.

**Not simulated** of Hyperliquid: WebSocket, funding, liquidation, isolated margin (counted like
cross margin), TWAP, outcome markets, transfers off the venue, multi-sig, block boundaries (all
happens at once), congestion limits. `l2Book` and `allMids` never lag. Texts marked (invented) in
the sources have no recorded original.
"""

from reconciler.simulator.accounts import AccountSeed
from reconciler.simulator.arguments import ControlError
from reconciler.simulator.faults import Fault
from reconciler.simulator.hl_envelope import signer_in_field
from reconciler.simulator.http import Request, Response
from reconciler.simulator.htx import (
    HtxAccountSeed,
    HtxSetup,
    HtxSwitches,
    Key,
    signature_believed,
)
from reconciler.simulator.markets import load_markets
from reconciler.simulator.simulator import Simulator
from reconciler.simulator.switches import Switches

__all__ = [
    "AccountSeed",
    "ControlError",
    "Fault",
    "HtxAccountSeed",
    "HtxSetup",
    "HtxSwitches",
    "Key",
    "Request",
    "Response",
    "Simulator",
    "Switches",
    "load_markets",
    "signature_believed",
    "signer_in_field",
]
