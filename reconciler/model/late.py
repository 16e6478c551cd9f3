"""Marks fields that a record got after its form was published.

A saved plan must load and save to the same bytes. Such a field is left out of the file where it
says nothing, so that a file from before it still does.
"""

from types import MappingProxyType
from typing import Final

__all__ = ["LATE"]

LATE: Final = MappingProxyType({"is_late": True})
"""For `dataclasses.field(default=..., metadata=LATE)`."""
