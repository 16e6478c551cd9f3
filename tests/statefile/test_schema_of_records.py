"""The schemas say what the records say: a field added in one place alone is found."""

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import Any, NewType, get_args, get_type_hints

import pytest

from reconciler.diagnostics import Span
from reconciler.model.event import Event
from reconciler.model.plan import Action, Exposure
from reconciler.model.state import State
from reconciler.records import tag_of
from reconciler.records.hints import is_late
from tests.statefile.schemas import schema_of

PUBLIC: dict[tuple[Any, str], str] = {(Span, "path"): "file"}


def reached(hint: Any, found: set[type]) -> set[type]:
    """Return the records and word lists a type hint leads to."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, StrEnum)):
        if hint in found:
            return found
        found.add(hint)
        hints = get_type_hints(hint) if is_dataclass(hint) else {}
        for inner in (hints[field.name] for field in fields(hint)) if is_dataclass(hint) else ():
            reached(inner, found)
    for inner in get_args(hint):
        reached(inner, found)
    return found


OF_SCHEMA = {"state": State, "events": Event, "plan": Action | Exposure}
ROWS = [
    (name, cls)
    for name, hint in OF_SCHEMA.items()
    for cls in sorted(reached(hint, set()), key=lambda cls: cls.__name__)
]


@pytest.mark.parametrize(
    ("name", "cls"),
    ROWS,
    ids=lambda v: tag_of(v) if isinstance(v, type) else v,
)
def test_a_record_and_its_schema_have_the_same_fields(name: str, cls: Any) -> None:
    schema = schema_of(name)["$defs"][tag_of(cls)]
    if issubclass(cls, StrEnum):
        assert [member.value for member in cls] == schema["enum"]
        return
    added = {"type", "action", "venue", "instrument"} - {f.name for f in fields(cls)}
    is_plan = name == "plan"
    names = {(PUBLIC.get((cls, f.name), f.name) if is_plan else f.name) for f in fields(cls)}
    needed = {
        (PUBLIC.get((cls, f.name), f.name) if is_plan else f.name)
        for f in fields(cls)
        if (is_plan and not is_late(f)) or is_needed(f)
    }

    assert names == schema["properties"].keys() - added
    assert needed == set(schema["required"]) - added


def is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
