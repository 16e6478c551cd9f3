"""A plan as a file: canonical JSON under a published schema, and back.

Saving, loading and saving again gives the same bytes. `plan_id` is the digest of everything else in
the file, and what is loaded must save to exactly what was read: one changed byte is seen. A file is
never trusted: whatever is wrong with it is a diagnostic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from hashlib import sha256
from typing import Any

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import InvalidInput
from reconciler.model.command import BatchKind
from reconciler.model.late import LATE
from reconciler.model.order import OrderAddress
from reconciler.model.plan import (
    Action,
    Exposure,
    Forget,
    Plan,
    PlannedRequest,
    VenuePlan,
    action_kind,
)
from reconciler.records import RecordProblem, canonical_json, decode, decode_as, encode, parse_json

__all__ = ["PLAN_BYTES_MAX", "PLAN_FORMAT", "load_plan", "plan_document", "plan_id", "save_plan"]

PLAN_FORMAT = 1
PLAN_BYTES_MAX = 1 << 28


def save_plan(plan: Plan) -> bytes:
    """Return the file of a plan."""
    texts = _texts(_body(plan))
    texts["plan_id"] = canonical_json(_digest(texts))
    return f"{_joined(texts)}\n".encode()


def plan_id(plan: Plan) -> str:
    """Return the digest by which a plan is named."""
    return _digest(_texts(_body(plan)))


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the JSON value of a plan, as the published schema describes it."""
    body = _body(plan)
    return {**body, "plan_id": _digest(_texts(body))}


def load_plan(data: bytes, *, path: str) -> Plan:
    """Return the plan of a file. Raises `InvalidInput`; `path` is only for its message."""
    try:
        plan = _plan(_checked(data))
        if save_plan(plan) == data:
            return plan
    except RecordProblem as problem:
        why = f"{display(str(problem))}."
        raise _refusal("plan-unreadable", "The file is not a plan", why, path) from None
    except _Changed as problem:
        raise _refusal("plan-changed", "The plan was changed", str(problem), path) from None
    why = "What it says, saved again, is other bytes: it was edited, or formatted anew."
    raise _refusal("plan-changed", "The plan was changed", why, path)


class _Changed(Exception):
    pass


# -- the form of the file, but for the actions: each is its record with a few words more --


@dataclass(frozen=True, slots=True, kw_only=True)
class _Venue:
    venue: str
    kind: str
    network: str
    account: str
    lineage: str
    serial: int
    state_digest: str
    taken_at_ms: int
    books: tuple[str, ...]
    foreign_count: int
    budget_left: int | None
    mids: Mapping[str, Decimal]
    instruments: Mapping[str, str]
    allowed: tuple[str, ...]
    contract_values: Mapping[str, Decimal] = field(default_factory=dict, metadata=LATE)
    titles: Mapping[str, str] = field(default_factory=dict, metadata=LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    venue: str
    kind: BatchKind
    items: int
    weight: int
    addresses: tuple[OrderAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warning:
    venue: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    format_version: int
    project: str
    tool_version: str
    commit: str
    created_at_ms: int
    expires_at_ms: int
    intents: Mapping[str, str]
    summary: Mapping[str, int]
    venues: tuple[_Venue, ...]
    requests: tuple[_Request, ...]
    exposure: Mapping[str, Exposure]
    warnings: tuple[_Warning, ...]


_OF_VENUE = tuple(each.name for each in fields(_Venue) if each.name != "books")


# -- from a plan --


def _body(plan: Plan) -> dict[str, Any]:
    document = _Document(
        format_version=PLAN_FORMAT,
        project=plan.project,
        tool_version=plan.tool_version,
        commit=plan.commit,
        created_at_ms=plan.created_at_ms,
        expires_at_ms=plan.expires_at_ms,
        intents={book: own for venue in plan.venues for book, own in venue.intents.items()},
        summary=plan.counts(),
        venues=tuple(_venue(venue) for venue in plan.venues),
        requests=tuple(_request(v.venue, r) for v in plan.venues for r in v.requests),
        exposure={venue.venue: venue.exposure for venue in plan.venues},
        warnings=tuple(_Warning(venue=v.venue, text=t) for v in plan.venues for t in v.warnings),
    )
    actions = [_action(venue.venue, action) for venue in plan.venues for action in venue.actions]
    return {**encode(document, is_full=True), "actions": actions}


def _venue(venue: VenuePlan) -> _Venue:
    same = {name: getattr(venue, name) for name in _OF_VENUE}
    return _Venue(**same, books=tuple(sorted(venue.intents)))


def _request(venue: str, request: PlannedRequest) -> _Request:
    return _Request(
        venue=venue,
        kind=request.kind,
        items=request.items,
        weight=request.weight,
        addresses=request.addresses,
    )


def _action(venue: str, action: Action) -> dict[str, Any]:
    value = encode(action, is_full=True)
    _rename_source(value, "path", "file")
    return {
        **value,
        "action": action_kind(action),
        "venue": venue,
        "instrument": _instrument(action),
    }


def _instrument(action: Action) -> str | None:
    if isinstance(action, Forget):
        return None
    order = getattr(action, "after", None) or getattr(action, "before", None)
    return order.instrument if order else None


def _rename_source(value: Any, old: str, new: str) -> None:
    """Call the path of a place in a spec by its public name, in the children's places too."""
    source = value.get("source") if isinstance(value, dict) else None
    if isinstance(source, dict) and old in source:
        source[new] = source.pop(old)
    if isinstance(value, dict) and isinstance(value.get("children"), list):
        for child in value["children"]:
            _rename_source(child, old, new)


def _texts(body: dict[str, Any]) -> dict[str, str]:
    """Return the canonical text by key, so that a large plan is written out once, not twice."""
    return {key: canonical_json(value) for key, value in body.items()}


def _joined(texts: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{canonical_json(key)}:{texts[key]}" for key in sorted(texts)) + "}"


def _digest(texts: Mapping[str, str]) -> str:
    return sha256(_joined(texts).encode()).hexdigest()


# -- to a plan --


def _checked(data: bytes) -> dict[str, Any]:
    if len(data) > PLAN_BYTES_MAX:
        raise RecordProblem("", f"its length of {len(data)} bytes is beyond any plan")
    try:
        body = parse_json(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise RecordProblem("", "it is not text") from None
    if not isinstance(body, dict):
        raise RecordProblem("", "expected an object")
    version = body.get("format_version")
    if version != PLAN_FORMAT:
        raise RecordProblem("format_version", f"only {PLAN_FORMAT} is understood")
    if body.pop("plan_id", None) != _digest(_texts(body)):
        raise _Changed("Its plan id is not the digest of what it says.")
    return body


def _plan(body: dict[str, Any]) -> Plan:
    actions = _actions_by_venue(body.pop("actions", None))
    document = decode(_Document, body)
    return Plan(
        project=document.project,
        tool_version=document.tool_version,
        commit=document.commit,
        created_at_ms=document.created_at_ms,
        expires_at_ms=document.expires_at_ms,
        venues=tuple(_venue_plan(v, document, actions.get(v.venue, ())) for v in document.venues),
    )


def _actions_by_venue(values: object) -> dict[str, list[Action]]:
    if not isinstance(values, list):
        raise RecordProblem("actions", "expected a list")
    found: dict[str, list[Action]] = {}
    for index, value in enumerate(values):
        try:
            venue, action = _action_of(value)
        except RecordProblem as problem:
            raise problem.under(f"actions[{index}]") from None
        found.setdefault(venue, []).append(action)
    return found


def _action_of(value: object) -> tuple[str, Action]:
    if not isinstance(value, dict):
        raise RecordProblem("", "expected an object")
    rest = {key: item for key, item in value.items() if key not in _ADDED}
    rest["type"] = value.get("action")
    _rename_source(rest, "file", "path")
    return str(value.get("venue")), decode_as(Action, rest)


_ADDED = frozenset({"action", "instrument", "type", "venue"})


def _venue_plan(venue: _Venue, document: _Document, actions: Sequence[Action]) -> VenuePlan:
    same = {name: getattr(venue, name) for name in _OF_VENUE}
    exposure = document.exposure.get(venue.venue)
    if exposure is None or not set(venue.books) <= document.intents.keys():
        raise RecordProblem("venues", "without exposure or intents of theirs")
    return VenuePlan(
        **same,
        intents={book: document.intents[book] for book in venue.books},
        actions=tuple(actions),
        requests=tuple(
            PlannedRequest(kind=r.kind, addresses=r.addresses, weight=r.weight)
            for r in document.requests
            if r.venue == venue.venue
        ),
        exposure=exposure,
        warnings=tuple(w.text for w in document.warnings if w.venue == venue.venue),
    )


def _refusal(code: str, summary: str, why: str, path: str) -> InvalidInput:
    return InvalidInput(
        Diagnostic(
            code=code,
            summary=summary,
            where=path,
            why=why,
            next_step="Make a new plan:\nreconciler plan --out plan.json",
        )
    )
