"""Which resting order becomes which wanted one, at least cost.

A pair saves one signed item, so the number of pairs is as large as it can be; among those the total
distance in price is least; ties go to the smaller address. Distances on a line pair off without
crossing, so sorted lists and a small table suffice.
"""

from collections.abc import Sequence
from decimal import Decimal

__all__ = ["TABLE_CELLS_MAX", "pair_by_price"]

TABLE_CELLS_MAX = 250_000


def pair_by_price(left: Sequence[Decimal], right: Sequence[Decimal]) -> tuple[tuple[int, int], ...]:
    """Pair indices of two ascending price lists: as many as can be, at least distance.

    Ties keep the earlier element of the longer list. Above `TABLE_CELLS_MAX` cells (elements of the
    shorter list times one more than the difference in length) the longer list is paired from its
    start; that is still a largest pairing, not always the nearest.
    """
    if len(left) > len(right):
        return tuple((i, j) for j, i in pair_by_price(right, left))
    count, slack = len(left), len(right) - len(left)
    if slack == 0 or count * (slack + 1) > TABLE_CELLS_MAX:
        return tuple((index, index) for index in range(count))
    return _least_distance(left, right, slack)


def _least_distance(
    short: Sequence[Decimal], long: Sequence[Decimal], slack: int
) -> tuple[tuple[int, int], ...]:
    """Find the cheapest pairing by prefixes: row i, column k pairs i of short within i + k of long.

    At most `slack` elements of the longer list are skipped, so a row has no more columns than that.
    """
    previous = [Decimal(0)] * (slack + 1)
    taken: list[list[bool]] = []
    for i, price in enumerate(short):
        row: list[Decimal] = []
        took: list[bool] = []
        for skipped in range(slack + 1):
            use = previous[skipped] + abs(price - long[i + skipped])
            is_better = not row or use < row[-1]
            row.append(use if is_better else row[-1])
            took.append(is_better)
        previous = row
        taken.append(took)
    return _walk_back(taken, slack)


def _walk_back(taken: list[list[bool]], slack: int) -> tuple[tuple[int, int], ...]:
    pairs = []
    skipped = slack
    for i in range(len(taken) - 1, -1, -1):
        while not taken[i][skipped]:
            skipped -= 1
        pairs.append((i, i + skipped))
    return tuple(reversed(pairs))
