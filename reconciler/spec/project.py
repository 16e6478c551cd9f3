"""The checked project file as values: venues, where keys come from, state, limits."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.model.config import Limits, Project, SecretSource, StateSettings, VenueSettings
from reconciler.spec.context import amount
from reconciler.spec.near import did_you_mean
from reconciler.spec.places import Path, Places
from reconciler.spec.schema import schema_problems
from reconciler.spec.secrecy import SECRET_SECTIONS, is_secret_looking
from reconciler.spec.source import SourceFile

__all__ = ["BUILT_IN_KINDS", "compile_project"]

BUILT_IN_KINDS = frozenset(("hyperliquid", "htx-coin-swap"))
_SAME_ACCOUNTS = {"mainnet-aws": "mainnet"}
_STATE_DEFAULTS = {
    "git": {"branch": "reconciler-state", "remote": "origin"},
    "postgres": {"dsn_env": "RECONCILER_POSTGRES_DSN", "table": "reconciler_state"},
}


def compile_project(
    source: SourceFile, *, kinds: frozenset[str] = BUILT_IN_KINDS
) -> tuple[Project | None, list[Diagnostic]]:
    """Return the project one file describes, or None, and everything that is wrong with it.

    `kinds` are the kinds of venue that have an adapter.
    """
    places = Places(source)
    literal = list(_literal_secrets(places))
    at = {problem.span for problem in literal}
    problems = [p for p in schema_problems(places, "project") if p.span not in at]
    problems += literal
    if problems:
        return None, problems
    problems = [*_venue_problems(places, kinds), *_accounts_named_twice(places)]
    return (None if problems else _project(places)), problems


def _project(places: Places) -> Project:
    data = places.data
    return Project(
        name=str(data["project"]),
        path=places.path,
        venues={name: _venue(name, entry, places) for name, entry in data["venues"].items()},
        state=_state(data.get("state", {"backend": "local"})),
        limits=_limits(data.get("limits", {})),
    )


def _venue(name: str, entry: Mapping[str, Any], places: Places) -> VenueSettings:
    standard = VenueSettings(name="", kind="", network="", source=places.key(("venues", name)))
    return VenueSettings(
        name=name,
        kind=str(entry["kind"]),
        network=str(entry["network"]),
        source=standard.source,
        port=int(entry["port"]) if "port" in entry else None,
        account=str(entry.get("account", standard.account)),
        account_kind=str(entry.get("account_kind", standard.account_kind)),
        secrets={role: _secret(entry[role]) for role in sorted(SECRET_SECTIONS & entry.keys())},
        allow_master=entry.get("signer", {}).get("allow_master") == "true",
        expires_after_s=int(entry.get("expires_after_s", standard.expires_after_s)),
        signature_window_s=int(entry.get("signature_window_s", standard.signature_window_s)),
    )


def _secret(written: Mapping[str, Any]) -> SecretSource:
    if "keystore" in written:
        keystore = written["keystore"]
        return SecretSource(
            kind="keystore", name=str(keystore["path"]), password=_secret(keystore["password"])
        )
    kind = "env" if "env" in written else "keyring"
    return SecretSource(kind=kind, name=str(written[kind]))


def _state(written: Mapping[str, str]) -> StateSettings:
    backend = str(written["backend"])
    given = {n: str(value) for n, value in written.items() if n not in ("backend", "path")}
    return StateSettings(
        backend=backend,
        path=str(written.get("path", StateSettings().path)),
        options={**_STATE_DEFAULTS.get(backend, {}), **given},
    )


def _limits(written: Mapping[str, Any]) -> Limits:
    standard = Limits()

    def money(name: str, default: Decimal) -> Decimal:
        return amount(written[name]) if name in written else default

    exceptions = written.get("price_band_exceptions", {})
    return Limits(
        max_order_notional=money("max_order_notional", standard.max_order_notional),
        max_open_notional=money("max_open_notional", standard.max_open_notional),
        max_new_notional_per_run=money(
            "max_new_notional_per_run", standard.max_new_notional_per_run
        ),
        max_new_notional_per_day=money(
            "max_new_notional_per_day", standard.max_new_notional_per_day
        ),
        price_band_pct=money("price_band_pct", standard.price_band_pct),
        max_cancel_fraction=money("max_cancel_fraction", standard.max_cancel_fraction),
        price_band_exceptions={key: amount(exceptions[key]) for key in sorted(exceptions)},
        max_actions=int(written.get("max_actions", standard.max_actions)),
    )


def _venue_problems(places: Places, kinds: frozenset[str]) -> Iterator[Diagnostic]:
    for name, entry in places.data["venues"].items():
        path: Path = ("venues", name)
        if entry["kind"] not in kinds:
            yield _unknown_kind(places, path, entry["kind"], kinds)
        is_local = entry["network"] == "local"
        if is_local and "port" not in entry:
            yield Diagnostic(
                code="local-without-port",
                summary="A local network has no port.",
                span=places.value((*path, "network")),
                label="`port` is missing",
                why="local is a server on this machine; its address is 127.0.0.1 and this port.",
                next_step="Add `port`, such as `port: 3001`.",
            )
        elif "port" in entry and not is_local:
            yield Diagnostic(
                code="port-without-local",
                summary="Only a local network has a port.",
                span=places.value((*path, "port")),
                why="The addresses of the other networks are constants of the program.",
                next_step="Remove `port`, or write `network: local`.",
            )


def _unknown_kind(places: Places, path: Path, kind: str, kinds: frozenset[str]) -> Diagnostic:
    return Diagnostic(
        code="unknown-venue-kind",
        summary="There is no adapter for this kind of venue.",
        span=places.value((*path, "kind")),
        label=did_you_mean(kind, kinds),
        why=f"There are adapters for {', '.join(sorted(kinds))}.",
        next_step="Correct the kind, or install the package that brings it.",
    )


def _accounts_named_twice(places: Places) -> Iterator[Diagnostic]:
    first: dict[tuple[str, ...], str] = {}
    for name, entry in places.data["venues"].items():
        account = _account_of(entry)
        if account is None:
            continue
        other = first.setdefault(account, name)
        if other != name:
            yield Diagnostic(
                code="duplicate-account",
                summary="Two venue entries are of the same account.",
                span=places.key(("venues", name)),
                why=f"`{other}` at {places.key(('venues', other))} is of it too. Each would take"
                " the orders of the other for foreign ones, and every limit would count twice.",
                next_step="Remove one of the entries, and let its books name the other.",
            )


def _account_of(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what is one account at one venue, None where nothing written says whose it is."""
    # A second host leads to the same accounts; another port on this machine to another server.
    network = _SAME_ACCOUNTS.get(entry["network"], entry["network"])
    place = (str(entry["kind"]), network, str(entry.get("port", "")))
    if "account" in entry:
        account = str(entry["account"])
        return (*place, account.lower() if account.startswith("0x") else account)
    if "access_key" in entry:
        key = _secret(entry["access_key"])
        return (*place, key.kind, key.name)
    return None


def _literal_secrets(places: Places) -> Iterator[Diagnostic]:
    """Yield a problem for every value that looks like a key; the value is never repeated."""
    pending: list[tuple[Path, Any]] = [((), places.data)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            pending += [((*path, index), value) for index, value in enumerate(node)]
        elif is_secret_looking(node):
            yield Diagnostic(
                code="literal-secret",
                summary="A key stands in the file.",
                span=places.value(path),
                label="not shown",
                why="The project file says where keys come from; who reads a key could sign.",
                next_step="Put the key into an environment variable and write its name here."
                " Treat this key as known to others and replace it at the venue.",
            )
