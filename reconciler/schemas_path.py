"""Where the JSON Schemas are: packed into the installed package, or at the top of a checkout.

They are the single source for what files look like; nothing else in the package knows their place.
"""

import json
from pathlib import Path
from typing import Any

__all__ = ["SCHEMA_NAMES", "read_schema", "schema_path", "schemas_folder"]

SCHEMA_NAMES = ("events", "plan", "project", "spec", "state")


def schemas_folder() -> Path:
    """Return the folder of the schemas."""
    package = Path(__file__).resolve().parent
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def schema_path(name: str) -> Path:
    """Return the path of one schema by its short name, such as ``spec``."""
    assert name in SCHEMA_NAMES, f"{name} is no schema of ours"
    return schemas_folder() / f"{name}.schema.json"


def read_schema(name: str) -> dict[str, Any]:
    """Return one schema as data."""
    schema: dict[str, Any] = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return schema
