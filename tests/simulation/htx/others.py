"""What the venue and other programs do at HTX while runs go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.simulator import Request
from tests.simulation.htx.asked import stamp_of

if TYPE_CHECKING:
    from tests.simulation.history import History

__all__ = ["Others"]

CLOSED_MS = (500, 20_000)


class Others:
    """Acts on one history.

    `access` is the key of another program that trades on the same account.
    """

    def __init__(self, world: History, *, access: str, code: str) -> None:
        self._world = world
        self._access = access
        self._code = code

    def close(self) -> None:
        """Be closed for everybody for some seconds."""
        control = self._world.control
        control("switches", is_maintained=True)
        for_ms = self._world.chance.between(*CLOSED_MS)
        self._world.loop.after_ms(for_ms, lambda: control("switches", is_maintained=False))

    def bar(self) -> None:
        """Take no orders for some seconds."""
        for_ms = self._world.chance.between(*CLOSED_MS)
        self._world.control("ban", account=self._world.bench.entry.account, for_ms=for_ms)

    def trade(self) -> None:
        """Place or cancel as another program does."""
        world, chance = self._world, self._world.chance
        world.oracle.spending.others_did()
        theirs = [o for o in world.account.live.values() if world.bench.own_id(o) is None]
        if theirs and chance.happens(0.4):
            oid = chance.among(theirs).oid
            self._send("swap_cancel", f'{{"contract_code":"{self._code}","order_id":"{oid}"}}')
            return
        price = 50_000 + 10 * chance.between(0, 1_700)
        own = chance.among(("", f'"client_order_id":{world.oracle.spending.foreign_changes},'))
        self._send(
            "swap_order",
            f'{{"contract_code":"{self._code}",{own}"price":{price},'
            f'"volume":{chance.between(2, 12)},"direction":"buy","offset":"open","lever_rate":5,'
            '"order_price_type":"limit"}',
        )

    def cancel_stop(self, oid: int) -> None:
        """Cancel what is attached to an order, as a person does by hand."""
        self._send("swap_tpsl_cancel", f'{{"contract_code":"{self._code}","order_id":"{oid}"}}')

    def _send(self, name: str, body: str) -> None:
        world = self._world
        query = (
            f"AccessKeyId={self._access}&SignatureMethod=HmacSHA256&SignatureVersion=2"
            f"&Timestamp={stamp_of(world.loop.now_ms)}&Signature=x"
        )
        request = Request(path=f"/swap-api/v1/{name}", query=query, body=body.encode())
        world.simulator.handle(request, world.loop.now_ms)
        world.note(f"robot {name} {body}")
        world.oracle.look()
