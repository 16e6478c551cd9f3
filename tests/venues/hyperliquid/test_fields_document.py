"""docs/hyperliquid-fields.md promises a test for each field; the tests it names must be there."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.support import DATA

TESTS = DATA.parent
DOCUMENT = (TESTS.parent / "docs" / "hyperliquid-fields.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", DOCUMENT)))
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| ((?!field|form|---)[^|]+) \| [^|]+ \| (.+) \|$", re.MULTILINE)
SECTIONS = {title: ROW.findall(text) for title, text in SECTION.findall(DOCUMENT)}
ENDPOINTS = ("order", "cancel", "cancelByCloid", "modify", "batchModify")


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Yield every key of an action, as ``orders[].t.limit.tif``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{above}{key}"
            yield from paths(inner, f"{above}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{above.removesuffix('.')}[].")


def known(endpoint: str) -> set[str]:
    """Return the fields of an endpoint in actions whose signatures are known."""
    text = (DATA / "hyperliquid_signing_vectors.json").read_text(encoding="utf-8")
    actions = [vector["action"] for vector in json.loads(text)["l1_vectors"]]
    return {path for action in actions if action["type"] == endpoint for path in paths(action)}


def documented(endpoint: str) -> set[str]:
    return {re.findall(r"`([^`]+)`", field)[0] for field, _ in SECTIONS[endpoint]}


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if f"def {name}(" not in (TESTS / path).read_text(encoding="utf-8")
    ]

    assert [] == missing


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_field_of_the_known_signatures_has_its_row(endpoint: str) -> None:
    assert set() == known(endpoint) - documented(endpoint)


@pytest.mark.parametrize("title", [*ENDPOINTS, "The envelope", "Replies"])
def test_every_row_names_a_test(title: str) -> None:
    assert SECTIONS[title]
    assert [] == [field for field, tests in SECTIONS[title] if "::test_" not in tests]
