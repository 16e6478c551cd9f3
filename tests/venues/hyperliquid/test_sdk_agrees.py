"""The official SDK and we sign the same bytes for random actions, on both networks."""

from decimal import Decimal

import hypothesis.strategies as st
from eth_account import Account
from hyperliquid.utils import signing as sdk
from hyperliquid.utils.types import Cloid
from hypothesis import given, settings

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.identity import WIDE
from reconciler.model.order import Side, Terms, TimeInForce, VenueOrderId
from reconciler.secret import Secret
from reconciler.venues.hyperliquid.signing import L1Action, Signer
from reconciler.venues.hyperliquid.wire.encode import action_of

KEY = "0x" + "17" * 32
ASSETS = {"BTC": 0, "ETH": 1, "@107": 10107, "xyz:TSLA": 110001}

prices = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-3))
quantities = st.integers(1, 10**8).map(lambda n: Decimal(n).scaleb(-5))
client_ids = st.integers(0, 2**32 - 1).map(lambda n: WIDE.encode(tag=7, digest=9, incarnation=n))
venue_ids = st.integers(1, 2**40).map(lambda n: VenueOrderId(str(n)))


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    post_only = draw(st.booleans())
    is_ioc = not post_only and draw(st.booleans())
    return Terms(
        instrument=draw(st.sampled_from(sorted(ASSETS))),
        side=draw(st.sampled_from(Side)),
        price=draw(prices),
        quantity=draw(quantities),
        time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTC,
        post_only=post_only,
        reduce_only=draw(st.booleans()),
    )


places = st.builds(PlaceOrder, client_order_id=client_ids, terms=terms())
modifies = st.builds(ModifyOrder, target=venue_ids, client_order_id=client_ids, terms=terms())
cancels = st.builds(
    CancelOrder,
    instrument=st.sampled_from(sorted(ASSETS)),
    target=venue_ids,
    client_order_id=client_ids,
)
batches = st.one_of(
    st.lists(places, min_size=1, max_size=39).map(
        lambda found: Batch(kind=BatchKind.PLACE, commands=tuple(found))
    ),
    st.lists(modifies, min_size=1, max_size=39).map(
        lambda found: Batch(kind=BatchKind.MODIFY, commands=tuple(found))
    ),
    st.lists(cancels, min_size=1, max_size=39).map(
        lambda found: Batch(kind=BatchKind.CANCEL, commands=tuple(found))
    ),
)


def sdk_order(command: PlaceOrder | ModifyOrder) -> dict[str, object]:
    """Say the same to the SDK in its own words."""
    order = command.terms
    tif = "Ioc" if order.time_in_force is TimeInForce.IOC else "Gtc"
    request = {
        "coin": order.instrument,
        "is_buy": order.side is Side.BUY,
        "sz": float(order.quantity),
        "limit_px": float(order.price),
        "order_type": {"limit": {"tif": "Alo" if order.post_only else tif}},
        "reduce_only": order.reduce_only,
        "cloid": Cloid.from_str(command.client_order_id),
    }
    return dict(sdk.order_request_to_order_wire(request, ASSETS[order.instrument]))


def sdk_action(batch: Batch) -> dict[str, object]:
    """Say a batch of one kind to the SDK."""
    orders = [sdk_order(c) for c in batch.commands if not isinstance(c, CancelOrder)]
    if batch.kind is BatchKind.PLACE:
        return dict(sdk.order_wires_to_order_action(orders))
    if batch.kind is BatchKind.MODIFY:
        targets = [int(c.target) for c in batch.commands if isinstance(c, ModifyOrder)]
        pairs = zip(targets, orders, strict=True)
        return {"type": "batchModify", "modifies": [{"oid": o, "order": w} for o, w in pairs]}
    cancelled = [
        {"a": ASSETS[c.instrument], "o": int(c.target or 0)}
        for c in batch.commands
        if isinstance(c, CancelOrder)
    ]
    return {"type": "cancel", "cancels": cancelled}


@settings(max_examples=200)
@given(
    batch=batches,
    nonce=st.integers(1, 2**42),
    vault=st.none() | st.just("0x1719884eb866cb12b2287399b15f7db5e7d775ea"),
    expires_at_ms=st.none() | st.integers(1, 2**42),
    is_mainnet=st.booleans(),
)
def test_our_signature_is_the_sdks(
    batch: Batch, nonce: int, vault: str | None, expires_at_ms: int | None, is_mainnet: bool
) -> None:
    ours = Signer(Secret(KEY)).sign(
        L1Action(
            action=action_of(batch, ASSETS),
            nonce=nonce,
            vault_address=vault,
            expires_at_ms=expires_at_ms,
        ),
        is_mainnet=is_mainnet,
    )

    theirs = sdk.sign_l1_action(
        Account.from_key(KEY), sdk_action(batch), vault, nonce, expires_at_ms, is_mainnet
    )
    assert (int(theirs["r"], 16), int(theirs["s"], 16), theirs["v"]) == (ours.r, ours.s, ours.v)
