"""A local HTX, coin-margined swaps only: HMAC checks, asynchronous cancels, faults on request.

Part of `reconciler.simulator`, whose engine it cannot share: positions have two sides, margin and
profit are in the coin, and a cancel is a promise. Shared are the ladder of a book, the gateway with
its faults and log, the sockets and the time.

**Where to read.** Pure matching: `engine`, over `world` (state), `matching`, `checks` (refusals),
`stops` (take-profit and stop-loss), `ledger` (money), `retention` (who can still be found).
Protocol: `venue` (HTTP level), `setup` (accounts and keys), `signing`, `limits`, `endpoints` (the
table of paths) over `trading`, `reading`, `history`, `balances`, `public`; `fields` reads requests,
`records` writes orders, `replies` wraps results, `errors` has the texts. `control` is what tests do
behind its back, `truth` what they are shown.

**Not simulated**: spot, delivery, USDT-M, WebSocket, funding, liquidation, Ed25519 keys, lightning
close, trigger and trailing orders (their lists are empty), counting of the cancel ratio (`ban` of
the control API stands for it). Texts are the author's own words; codes and shapes are the venue's,
and what is marked (invented) has no source at all.
"""

from reconciler.simulator.htx.accounts import HtxAccountSeed, Key
from reconciler.simulator.htx.contracts import load_contracts
from reconciler.simulator.htx.setup import HtxSetup
from reconciler.simulator.htx.signing import hmac_signature, signature_believed
from reconciler.simulator.htx.switches import HtxSwitches

__all__ = [
    "HtxAccountSeed",
    "HtxSetup",
    "HtxSwitches",
    "Key",
    "hmac_signature",
    "load_contracts",
    "signature_believed",
]
