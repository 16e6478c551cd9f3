"""Whole plans as files: spec, state and snapshot in, plan as JSON and as text out.

A case is a folder; a new case is a new folder. What a case does not bring, `reconciler.yaml` above
all, stands beside the folders. `run.json` says how the run was called.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.intent_id import intent_id_of
from reconciler.model.plan import Plan
from reconciler.model.state import State
from reconciler.model.transitions import preview
from reconciler.observe import observe
from reconciler.planfile import load_plan, plan_document, save_plan
from reconciler.planner.context import PlanPolicy
from reconciler.planner.planner import plan_venue
from reconciler.records import canonical_json, decode, encode, parse_json
from reconciler.render.text import TextOptions, render_plan
from reconciler.spec.expand import expand_book
from reconciler.spec.load import load_project
from tests.statefile.schemas import violations
from tests.support.build import IN_PLACE, REPLACING
from tests.support.snapshot_files import from_text

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "plans"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
CAPABILITIES = {"hyperliquid": IN_PLACE, "htx-coin-swap": REPLACING}
VALID_MS = 15 * 60 * 1000


def read_state(case: Path) -> State:
    return decode(State, parse_json((case / "state.json").read_text(encoding="utf-8")))


def project_of(case: Path, folder: Path):
    """Return the loaded project of a case, laid out in a folder as a user would."""
    own = case / "reconciler.yaml"
    shutil.copy(own if own.exists() else FOLDER / "reconciler.yaml", folder / "reconciler.yaml")
    (folder / "specs").mkdir()
    shutil.copy(case / "spec.yaml", folder / "specs" / "spec.yaml")
    return load_project(folder)


def policy_of(case: Path, limits) -> PlanPolicy:
    run = json.loads(path.read_text()) if (path := case / "run.json").exists() else {}
    return PlanPolicy(
        limits=limits,
        allow=frozenset(run.get("allow", ())),
        targets=tuple(run.get("target", ())),
        excludes=tuple(run.get("exclude", ())),
        is_unattended=run.get("unattended", False),
    )


def plan_of(case: Path, folder: Path) -> Plan:
    loaded = project_of(case, folder)
    known = read_state(case)
    seen = from_text((case / "snapshot.json").read_text(encoding="utf-8"))
    books = []
    for book in loaded.books:
        expanded, problems = expand_book(book, seen.instruments)
        assert () == tuple(problems)
        books.append(expanded)
    settled = preview(known, observe(known, seen), at_ms=seen.taken_at_ms)
    limits = loaded.project.limits
    planned = plan_venue(
        books, settled, seen, CAPABILITIES[known.kind], policy_of(case, limits)
    ).plan
    intents = {
        book.name: intent_id_of(book, limits=limits, network=known.network, account=known.account)
        for book in loaded.books
    }
    return Plan(
        project=loaded.project.name,
        tool_version="0.0.0",
        commit="",
        created_at_ms=seen.taken_at_ms,
        expires_at_ms=seen.taken_at_ms + VALID_MS,
        venues=(replace(planned, intents=intents),),
    )


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_the_reviewed_one(name, golden, tmp_path):
    plan = plan_of(FOLDER / name, tmp_path)
    document = json.dumps(plan_document(plan), indent=2, ensure_ascii=False)

    golden(FOLDER / name / "plan.json", f"{document}\n")
    golden(FOLDER / name / "plan.txt", render_plan(plan, TextOptions(is_verbose=True)))


@pytest.mark.parametrize("name", CASES)
def test_the_plan_keeps_its_schema(name, tmp_path):
    assert [] == violations("plan", plan_document(plan_of(FOLDER / name, tmp_path)))


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_saved_without_loss(name, tmp_path):
    plan = plan_of(FOLDER / name, tmp_path)

    assert plan == load_plan(save_plan(plan), path="plan.json")


@pytest.mark.parametrize("name", CASES)
def test_the_state_is_written_as_it_was_read(name):
    known = read_state(FOLDER / name)

    assert canonical_json(encode(known)) == canonical_json(
        parse_json((FOLDER / name / "state.json").read_text(encoding="utf-8"))
    )


def test_there_is_a_case_for_every_kind_of_action():
    kinds = {
        action["action"]
        for name in CASES
        for action in json.loads((FOLDER / name / "plan.json").read_text())["actions"]
    }

    assert {"place", "modify", "replace", "cancel", "keep", "adopt", "forget", "hold"} == kinds
