"""What the executor asks a venue to do, already decided down to the ids."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.order import ClientOrderId, Terms, VenueOrderId

__all__ = ["Batch", "BatchKind", "CancelOrder", "Command", "ModifyOrder", "PlaceOrder", "Prepared"]


class BatchKind(StrEnum):
    """One request carries commands of one kind."""

    CANCEL = "cancel"
    MODIFY = "modify"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place an order, with its attached take-profit and stop-loss as one group."""

    client_order_id: ClientOrderId
    terms: Terms
    children: tuple["PlaceOrder", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyOrder:
    """Turn one resting order into another in one action.

    Attributes:
        target: the order to change, as the venue knows it.
        client_order_id: what the new order carries: the same within one holder, the next one
        across.
    """

    target: VenueOrderId
    client_order_id: ClientOrderId
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel one order; by venue order id where known, else by ours."""

    instrument: str
    target: VenueOrderId | None
    client_order_id: ClientOrderId | None


Command = PlaceOrder | ModifyOrder | CancelOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Commands of one kind for one request, in the order in which outcomes come back."""

    kind: BatchKind
    commands: tuple[Command, ...]

    @property
    def items(self) -> tuple[Command, ...]:
        """Every command, each with its children right after it: one outcome comes back for each."""
        return tuple(item for command in self.commands for item in (command, *_children(command)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request ready to be signed and sent.

    Attributes:
        batch: what it does.
        nonce: number that makes it unique, and its time in ms.
        expires_at_ms: venue time after which it can no longer be executed.
        body: the whole unsigned action as canonical JSON; no signature, no secret.
    """

    batch: Batch
    nonce: int
    expires_at_ms: int
    body: str


def _children(command: Command) -> tuple[PlaceOrder, ...]:
    return command.children if isinstance(command, PlaceOrder) else ()
