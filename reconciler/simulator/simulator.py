"""The simulator: markets, accounts, protocol, faults and log, joined behind `handle`.

A function of requests and times: the same sequence gives the same replies, in process or over
sockets. Not safe for threads: one caller at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.accounts import SPOT_DEFAULT, Account, AccountSeed, Agent
from reconciler.simulator.arguments import Arguments
from reconciler.simulator.control import PREFIX, carry_out, handle_control
from reconciler.simulator.disruption import disrupted, item_limit, refused_before
from reconciler.simulator.faults import Effects, Fault, FaultPlan
from reconciler.simulator.hl_accounts import run_scheduled_cancels
from reconciler.simulator.hl_envelope import Recover, recover_signer
from reconciler.simulator.hl_exchange import Gate
from reconciler.simulator.hl_signing import Network
from reconciler.simulator.http import Request, Response
from reconciler.simulator.hyperliquid import EXCHANGE, INFO, Answer, Decoded, Venue, decode
from reconciler.simulator.log import Log
from reconciler.simulator.markets import Markets, load_markets
from reconciler.simulator.switches import Switches
from reconciler.simulator.world import READ_LAG_MS_MAX, World

PENDING_MAX = 10_000
"""Late requests waiting for their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    due_ms: int
    decoded: Decoded
    effects: Effects


class Simulator:
    """One simulated venue.

    Attributes:
        offset_ms: what `advance` has added to the caller's time.
        faults: the fault plan.
        log: every delivery to `/exchange`.
        world: the state; tests may look at it, and change it through `controls` only.
    """

    __slots__ = ("_late", "_venue", "faults", "log", "offset_ms", "world")

    def __init__(
        self,
        markets: Markets | None = None,
        switches: Switches | None = None,
        seed: int = 0,
        *,
        network: Network = "local",
        recover: Recover = recover_signer,
        accounts: Iterable[AccountSeed] = (),
    ) -> None:
        self.world = World(markets or load_markets(), switches or Switches())
        self.faults = FaultPlan(seed)
        self.log = Log()
        self.offset_ms = 0
        self._late: list[_Late] = []
        self._venue = Venue(world=self.world, gate=Gate(recover=recover, network=network))
        for account in accounts:
            self.add_account(account)

    def handle(self, request: Request, at_ms: int) -> Response:
        """Answer `/exchange`, `/info` and `/control/` at a time of the caller's clock."""
        if request.path.startswith(PREFIX):
            return handle_control(self, request, at_ms)
        self.wake(at_ms)
        decoded = decode(request)
        if isinstance(decoded, Response):
            return self._below_protocol(request, decoded)
        effects = self._effects(decoded)
        fault = effects.disruption
        if fault is None:
            return self._deliver(decoded, effects).response
        return self._deliver_badly(decoded, effects, fault)

    def control(self, verb: str, arguments: Arguments, at_ms: int) -> Any:
        """Carry out a verb of the control API and return its result.

        Raises:
            ControlError: the verb or an argument is wrong; nothing was done.
        """
        return carry_out(self, verb, arguments, at_ms)

    def wake(self, at_ms: int) -> None:
        """Move the venue's time forward and do what became due on the way, in order of time."""
        self._run_until(max(at_ms + self.offset_ms + self.faults.skew_ms, self.world.now_ms))

    def advance(self, by_ms: int) -> None:
        """Move the venue's time forward, for good, against the caller's clock."""
        assert by_ms >= 0, "time does not go back"
        self.offset_ms += by_ms
        self._run_until(self.world.now_ms + by_ms)

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

    def _run_until(self, until_ms: int) -> None:
        for each in self._take_due(until_ms) if self._late else ():
            run_scheduled_cancels(self.world, each.due_ms)
            self.world.advance(each.due_ms)
            self._deliver(each.decoded, each.effects)
        run_scheduled_cancels(self.world, until_ms)
        self.world.advance(until_ms)

    def _take_due(self, until_ms: int) -> list[_Late]:
        due = sorted((e for e in self._late if e.due_ms <= until_ms), key=lambda e: e.due_ms)
        self._late = [e for e in self._late if e.due_ms > until_ms]
        return due

    def _effects(self, decoded: Decoded) -> Effects:
        most = self.world.switches.read_lag_ms_max if decoded.path == INFO else 0
        return self.faults.effects(decoded.path, decoded.kind, lag_ms_max=most)

    def _deliver(self, decoded: Decoded, effects: Effects) -> Answer:
        """Let a request arrive at the venue."""
        as_of_ms = None
        if effects.lag_ms:
            as_of_ms = self.world.now_ms - min(effects.lag_ms, READ_LAG_MS_MAX)
        limit = item_limit(effects.disruption, decoded)
        answer = self._venue.answer(decoded, as_of_ms=as_of_ms, batch_limit=limit)
        self._record(decoded, answer, effects)
        return answer

    def _deliver_badly(self, decoded: Decoded, effects: Effects, fault: Fault) -> Response:
        refused = refused_before(fault)
        if refused is not None:
            self._record(decoded, None, effects)
            return refused
        if fault.kind == "late_execution":
            assert len(self._late) < PENDING_MAX, "late requests are few"
            due_ms = self.world.now_ms + fault.delay_ms
            self._late.append(_Late(due_ms=due_ms, decoded=decoded, effects=effects))
            return Response(is_dropped=True)
        answer = self._deliver(decoded, effects)
        if fault.kind == "duplicate":
            self._deliver(decoded, effects)
        return disrupted(fault, answer.response)

    def _record(self, decoded: Decoded, answer: Answer | None, effects: Effects) -> None:
        if decoded.path == EXCHANGE:
            self.log.record(decoded, answer, at_ms=self.world.now_ms, faults=effects.kinds)

    def _below_protocol(self, request: Request, response: Response) -> Response:
        """Answer what is no request of the venue; faults may hit it all the same."""
        fault = self.faults.effects(request.path, None).disruption
        if fault is None:
            return response
        return refused_before(fault) or disrupted(fault, response)
