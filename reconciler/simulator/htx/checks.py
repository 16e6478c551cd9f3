"""Why the venue refuses an order on entry, check by check.

The order of checks is (invented); a client must not rely on which of several faults is named.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import Refusal, refusal
from reconciler.simulator.htx.ledger import frozen_volume, live_in, margin
from reconciler.simulator.htx.orders import PRICED, Attached, Order, Terms
from reconciler.simulator.htx.world import HOUR_MS, World
from reconciler.simulator.numbers import canonical

POST_ONLY_VOLUME_MAX = 500_000
FREE_LEVERAGE_MAX = 20
CLIENT_ID_MS = 8 * HOUR_MS
CODES_BY_STATUS = {0: 1014, 2: 1220, 3: 1058, 4: 1058, 5: 1056, 6: 1059, 7: 1056, 8: 1014}
"""What an order is answered while a contract is not simply trading."""


def entry_refusal(world: World, account: Account, terms: Terms) -> Refusal | None:
    """Return why an order which is sound in shape is refused; None when it may work."""
    for check in _CHECKS:
        found = check(world, account, terms)
        if found is not None:
            return found
    return None


def trading_refusal(world: World, contract: Contract) -> Refusal | None:
    """Return why a contract takes neither orders nor cancels now; None when it does."""
    status = world.state(contract).status
    return None if status == 1 else refusal(CODES_BY_STATUS.get(status, 1058))


def leverage_refusal(world: World, contract: Contract, leverage: int) -> Refusal | None:
    """Return why a leverage cannot be chosen; None when it can."""
    if leverage not in contract.leverages:
        return refusal(1037)
    if leverage > FREE_LEVERAGE_MAX and not world.switches.has_leverage_agreement:
        return refusal(1233)
    return None


def _check_contract(world: World, account: Account, terms: Terms) -> Refusal | None:
    found = trading_refusal(world, terms.contract)
    if found is not None:
        return found
    state = world.state(terms.contract)
    if terms.is_open and not state.open:
        return refusal(1086)
    if not terms.is_open and not state.close:
        return refusal(1087)
    return None


def _check_ban(world: World, account: Account, terms: Terms) -> Refusal | None:
    is_banned = world.now_ms < account.banned_until_ms and terms.price_type in PRICED
    return refusal(1084, f"until {account.banned_until_ms}") if is_banned else None


def _check_client_id(world: World, account: Account, terms: Terms) -> Refusal | None:
    if terms.client_id is None:
        return None
    earlier = account.by_client_id.get(terms.client_id, [])
    if not world.switches.reserve_client_ids_for_ever:
        earlier = [o for o in earlier if world.now_ms - o.placed_at_ms < CLIENT_ID_MS]
    return refusal(1050) if earlier else None


def _check_price(world: World, account: Account, terms: Terms) -> Refusal | None:
    contract = terms.contract
    if not contract.is_on_tick(terms.price):
        return refusal(1038, f"price_tick {canonical(contract.tick)}")
    high, low = world.book(contract).limits(world.switches.price_band_percent)
    if terms.price > high if terms.is_buy else terms.price < low:
        return refusal(1039, f"highest buy {canonical(high)}, lowest sell {canonical(low)}")
    return None


def _check_volume(world: World, account: Account, terms: Terms) -> Refusal | None:
    most = terms.contract.open_limit if terms.is_open else terms.contract.close_limit
    if terms.price_type == "post_only":
        most = POST_ONLY_VOLUME_MAX
    return refusal(1041, f"at most {most}") if terms.volume > most else None


def _check_leverage(world: World, account: Account, terms: Terms) -> Refusal | None:
    found = leverage_refusal(world, terms.contract, terms.leverage)
    if found is not None:
        return found
    wallet = world.wallet(account, terms.contract).value
    if terms.leverage == wallet.leverage:
        return None
    if wallet.long or wallet.short:
        return refusal(1349)
    if live_in(account, terms.contract):
        return refusal(1037 if world.switches.leverage_conflict_is_1037 else 1349)
    return None


def _check_attached(world: World, account: Account, terms: Terms) -> Refusal | None:
    for each in terms.attached:
        if not terms.is_open:
            return refusal(1404)
        prices = [each.trigger_price, each.price or each.trigger_price]
        if not all(terms.contract.is_on_tick(price) for price in prices):
            return refusal(1412)
        if not _is_on_its_side(terms, each):
            return refusal(1405 if each.kind == "tp" else 1406)
    return None


def _is_on_its_side(terms: Terms, attached: Attached) -> bool:
    """Tell whether a long's take-profit is above its price, its stop below; a short's reversed."""
    is_above = (attached.kind == "tp") == terms.is_buy
    trigger = attached.trigger_price
    return trigger > terms.price if is_above else trigger < terms.price


def _check_count(world: World, account: Account, terms: Terms) -> Refusal | None:
    orders = (order for order, _ in live_in(account, terms.contract))
    count = sum(order.terms.is_open == terms.is_open for order in orders)
    switches = world.switches
    most = switches.opening_orders_max if terms.is_open else switches.closing_orders_max
    return refusal(1234 if terms.is_open else 1235, f"at most {most}") if count >= most else None


def _check_position_limit(world: World, account: Account, terms: Terms) -> Refusal | None:
    if not terms.is_open:
        return None
    wallet = world.wallet(account, terms.contract).value
    resting = sum(
        remaining
        for order, remaining in live_in(account, terms.contract)
        if order.terms.is_open and order.terms.is_long == terms.is_long
    )
    total = wallet.volume(is_long=terms.is_long) + resting + terms.volume
    if total <= terms.contract.position_limit:
        return None
    codes = (1042, 1043) if world.switches.position_limit_is_1042 else (1461, 1462)
    return refusal(codes[0 if terms.is_long else 1], f"at most {terms.contract.position_limit}")


def _check_closable(world: World, account: Account, terms: Terms) -> Refusal | None:
    if terms.is_open:
        return None
    wallet = world.wallet(account, terms.contract).value
    held = wallet.volume(is_long=terms.is_long)
    free = held - frozen_volume(account, terms.contract, is_long=terms.is_long)
    return refusal(1048, f"closable {max(free, 0)}") if terms.volume > free else None


def _check_margin(world: World, account: Account, terms: Terms) -> Refusal | None:
    if not terms.is_open or not world.switches.check_margin:
        return None
    contract = terms.contract
    wallet = world.wallet(account, contract).value
    required = contract.coins(terms.volume, terms.price) / terms.leverage
    free = margin(world, contract, wallet, live_in(account, contract)).available
    return refusal(1047) if required > free else None


def cancel_refusal(world: World, order: Order) -> Refusal | None:
    """Return why an order cannot be cancelled now; None when it can."""
    contract = order.terms.contract
    found = trading_refusal(world, contract)
    if found is None and not world.state(contract).cancel:
        found = refusal(1088)
    return found


_CHECKS: tuple[Callable[[World, Account, Terms], Refusal | None], ...] = (
    _check_contract,
    _check_ban,
    _check_client_id,
    _check_price,
    _check_volume,
    _check_leverage,
    _check_attached,
    _check_count,
    _check_position_limit,
    _check_closable,
    _check_margin,
)
