"""All open orders of a contract, page by page, read again rather than believed while they shift.

Pages are computed when they are asked for: an order placed or gone in between moves the rest, and
one may be shown twice or not at all. Source: page swap_openorders 5d51a6ad, checked 2025-11-26.
"""

from collections.abc import Sequence
from typing import Final

from reconciler.ports import Clock
from reconciler.venues.asking import Problem
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.replies.orders import OrderPage, Seen
from reconciler.venues.htx.rules import PAGE_SIZE

__all__ = ["open_orders", "whole_list"]

READINGS_MAX: Final = 5
PAGES_MAX: Final = 200
PAUSE_MS: Final = 300


async def open_orders(info: Info, code: str, clock: Clock) -> tuple[Seen, ...] | Problem:
    """Read every open order of one contract, newest first."""
    for reading in range(READINGS_MAX):
        if reading:
            await clock.sleep_ms(PAUSE_MS)
        pages = await _pages(info, code)
        if isinstance(pages, Problem):
            return pages
        found = whole_list(pages)
        if found is not None:
            return found
    return Problem(what="swap_openorders", cause="the list kept shifting while it was read")


def whole_list(pages: Sequence[OrderPage]) -> tuple[Seen, ...] | None:
    """Return the orders of all pages, or None when they cannot be one list."""
    found = tuple(seen for page in pages for seen in page.orders)
    ids = {seen.order.venue_order_id for seen in found}
    is_one = (
        len({page.total for page in pages}) == 1
        and len(found) == len(ids) == pages[0].total
        and all(len(page.orders) == PAGE_SIZE for page in pages[:-1])
    )
    return found if is_one else None


async def _pages(info: Info, code: str) -> list[OrderPage] | Problem:
    pages: list[OrderPage] = []
    for number in range(1, PAGES_MAX + 1):
        page = await info.open_page(code, number)
        if isinstance(page, Problem):
            return page
        pages.append(page)
        # An empty list has no page or one, and a page past the end is empty.
        if number >= page.pages or not page.orders:
            return pages
    return Problem(what="swap_openorders", cause="there are too many open orders")
