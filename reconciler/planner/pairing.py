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

    Ties keep the earlier element of the longer list. Above `TABLE_CELLS_MAX` cells, elements of the
    longer list are taken evenly from its start; that is still a largest pairing, not always the
    nearest.
    """
    if len(left) > len(right):
        return tuple((i, j) for j, i in pair_by_price(right, left))
    count = len(left)
    if count == len(right) or count * len(right) > TABLE_CELLS_MAX:
        return tuple((index, index) for index in range(count))
    return _least_distance(left, right)


def _least_distance(
    short: Sequence[Decimal], long: Sequence[Decimal]
) -> tuple[tuple[int, int], ...]:
    """Find the cheapest pairing by prefixes: row i, column j pairs i of short within j of long."""
    slack = len(long) - len(short)
    infinite = Decimal("Infinity")
    previous = [Decimal(0)] * (len(long) + 1)
    taken: list[list[bool]] = []
    for i, price in enumerate(short, start=1):
        row = [infinite] * (len(long) + 1)
        took = [False] * (len(long) + 1)
        for j in range(i, i + slack + 1):
            use = previous[j - 1] + abs(price - long[j - 1])
            if use < row[j - 1]:
                row[j], took[j] = use, True
            else:
                row[j] = row[j - 1]
        previous = row
        taken.append(took)
    return _walk_back(taken, len(long))


def _walk_back(taken: list[list[bool]], end: int) -> tuple[tuple[int, int], ...]:
    pairs = []
    j = end
    for i in range(len(taken), 0, -1):
        while not taken[i - 1][j]:
            j -= 1
        pairs.append((i - 1, j - 1))
        j -= 1
    return tuple(reversed(pairs))
