"""The published schemas, for tests that check what they write against them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).resolve().parents[2] / "schemas"


@cache
def schema_of(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def violations(name: str, value: Any) -> list[str]:
    """Return what a value has against a schema, in words."""
    errors = _validator(name).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]
