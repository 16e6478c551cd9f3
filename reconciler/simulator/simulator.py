"""The simulator: both venues, their time, faults and log, joined behind `handle`.

A function of requests and times: the same sequence gives the same replies, in process or over
sockets. Not safe for threads: one caller at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.simulator.accounts import SPOT_DEFAULT, Account, AccountSeed, Agent
from reconciler.simulator.arguments import Arguments
from reconciler.simulator.control import PREFIX, carry_out, handle_control
from reconciler.simulator.faults import FaultPlan
from reconciler.simulator.gateway import Gateway
from reconciler.simulator.hl_envelope import Recover, recover_signer
from reconciler.simulator.hl_exchange import Gate
from reconciler.simulator.hl_signing import Network
from reconciler.simulator.http import Request, Response
from reconciler.simulator.htx.endpoints import claims
from reconciler.simulator.htx.setup import HtxSetup
from reconciler.simulator.htx.venue import Htx
from reconciler.simulator.hyperliquid import Hyperliquid
from reconciler.simulator.log import Log
from reconciler.simulator.markets import Markets, load_markets
from reconciler.simulator.switches import Switches
from reconciler.simulator.world import World


class Simulator:
    """Hyperliquid and HTX, side by side.

    Attributes:
        offset_ms: what `advance` has added to the caller's time.
        faults: the fault plan.
        log: every delivery of what may change something.
        world: the state of Hyperliquid; tests may look at it, and change it through `control` only.
        hyperliquid: the venue in front of that world.
        htx: the other venue, with a world of its own.
    """

    __slots__ = (
        "_gateway",
        "_htx_gateway",
        "faults",
        "htx",
        "hyperliquid",
        "log",
        "offset_ms",
        "world",
    )

    def __init__(
        self,
        markets: Markets | None = None,
        switches: Switches | None = None,
        seed: int = 0,
        *,
        network: Network = "local",
        recover: Recover = recover_signer,
        accounts: Iterable[AccountSeed] = (),
        htx: HtxSetup | None = None,
    ) -> None:
        self.world = World(markets or load_markets(), switches or Switches())
        self.faults = FaultPlan(seed)
        self.log = Log()
        self.offset_ms = 0
        self.hyperliquid = Hyperliquid(
            world=self.world, gate=Gate(recover=recover, network=network)
        )
        self._gateway = Gateway(self.hyperliquid, self.faults, self.log)
        self.htx = Htx(htx or HtxSetup())
        self._htx_gateway = Gateway(self.htx, self.faults, self.log)
        for account in accounts:
            self.add_account(account)

    def handle(self, request: Request, at_ms: int) -> Response:
        """Answer a request to a venue or to `/control/` at a time of the caller's clock."""
        if request.path.startswith(PREFIX):
            return handle_control(self, request, at_ms)
        self.wake(at_ms)
        gateway = self._htx_gateway if claims(request.path) else self._gateway
        return gateway.handle(request)

    def control(self, verb: str, arguments: Arguments, at_ms: int) -> Any:
        """Carry out a verb of the control API and return its result.

        Raises:
            ControlError: the verb or an argument is wrong; nothing was done.
        """
        return carry_out(self, verb, arguments, at_ms)

    def wake(self, at_ms: int) -> None:
        """Move both venues' time forward and do what became due on the way, in order of time."""
        for gateway in (self._gateway, self._htx_gateway):
            venue = gateway.venue
            ahead_ms = self.offset_ms + self.faults.skew_ms(venue.name)
            gateway.run_until(max(at_ms + ahead_ms, venue.now_ms))

    def advance(self, by_ms: int) -> None:
        """Move both venues' time forward, for good, against the caller's clock."""
        assert by_ms >= 0, "time does not go back"
        self.offset_ms += by_ms
        for gateway in (self._gateway, self._htx_gateway):
            gateway.run_until(gateway.venue.now_ms + by_ms)

    def add_account(self, seed: AccountSeed) -> Account:
        """Register an account with its agents, without any signature.

        Raises:
            ValueError: an address is taken or a token unknown.
        """
        address = seed.address.lower()
        if address in self.world.accounts or address in self.world.agents:
            raise ValueError(f"address {address} is taken")
        for token in seed.spot or ():
            if token not in self.world.markets.tokens:
                raise ValueError(f"token {token!r} does not exist")
        account = Account(
            address=address,
            role=seed.role,
            master=seed.master.lower() if seed.master else None,
            cash=dict.fromkeys(self.world.markets.dexes, seed.deposit),
            tokens=dict(SPOT_DEFAULT if seed.spot is None else seed.spot),
        )
        self.world.accounts[address] = account
        for index, agent in enumerate(seed.agents):
            self.approve_agent(address, agent, name=f"agent{index + 1}" if index else "")
        return account

    def approve_agent(
        self, account: str, agent: str, *, name: str = "", valid_until_ms: int | None = None
    ) -> None:
        """Let an agent sign for an account, without any signature; its name's former agent ends.

        Raises:
            ValueError: the account does not exist or the agent's address is taken.
        """
        agents = self.world.agents
        master, address = account.lower(), agent.lower()
        if master not in self.world.accounts:
            raise ValueError(f"account {master} does not exist")
        if address in self.world.accounts or address in agents:
            raise ValueError(f"address {address} is taken")
        for former in [a for a in agents.values() if a.master == master and a.name == name]:
            del agents[former.address]
        agents[address] = Agent(
            address=address, master=master, name=name, valid_until_ms=valid_until_ms
        )
