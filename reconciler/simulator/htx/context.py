"""What an endpoint is handed: the venue, the caller, the request, and how it arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.delivery import Delivery
from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.fields import Fields
from reconciler.simulator.htx.orders import Order
from reconciler.simulator.htx.retention import Eyes
from reconciler.simulator.htx.world import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One request on its way.

    Attributes:
        record: the body, or the query of a public request.
    """

    world: World
    record: Mapping[str, Any]
    delivery: Delivery
    account: Account

    @property
    def fields(self) -> Fields:
        """The request's own fields."""
        return Fields(self.world, self.record)

    @property
    def eyes(self) -> Eyes:
        """What a read may see of the account."""
        return Eyes(self.world, self.account, self.delivery.as_of_ms)

    def fields_of(self, record: Any) -> Fields:
        """Return the fields of an object inside the request."""
        return Fields(self.world, record if isinstance(record, dict) else {})


def find(eyes: Eyes, contract: Contract, digits: str, *, is_client_id: bool) -> Order | None:
    """Find an order of a contract by one of its ids."""
    order = eyes.by_client_id(int(digits)) if is_client_id else eyes.by_oid(int(digits))
    return order if order is not None and order.terms.contract is contract else None


def wanted_ids(fields: Fields, most: int) -> tuple[list[str], bool]:
    """Return the ids a request names, and whether they are client order ids.

    Raises:
        Refused: it names none, or too many.
    """
    if fields.has("order_id"):
        return fields.ids("order_id", most), False
    if fields.has("client_order_id"):
        return fields.ids("client_order_id", most), True
    raise refused(1066, "order_id")
