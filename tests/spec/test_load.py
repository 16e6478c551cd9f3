"""A whole project from its folder: all or nothing, and "nothing" is an error."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from reconciler.diagnostics import render_all
from reconciler.errors import InvalidInput
from reconciler.model.config import SecretSource
from reconciler.model.intent_id import intent_id_of
from reconciler.spec import load
from reconciler.spec.expand import expand_book
from reconciler.spec.files import read_file
from reconciler.spec.load import LoadedProject, load_project, load_settings
from reconciler.spec.secrecy import is_secret_looking, mask_secrets, shown_value
from tests.spec.grids import INSTRUMENTS, PROJECT, write_project

ORDER = "orders:\n  dip: {side: buy, price: 88000, quantity: 0.05}\n"
ACCOUNT = "0x14791697260e4c9a71f18484c9f997b308e59325"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


def book(name: str, venue: str = "hl") -> str:
    """Return a small spec."""
    return f"version: 1\nbook: {name}\nvenue: {venue}\ninstrument: BTC\n{ORDER}"


def refused(root: Path) -> list[str]:
    """Return the codes with which a project is refused."""
    with pytest.raises(InvalidInput) as caught:
        load_project(root)
    return [problem.code for problem in caught.value.diagnostics]


def intents(loaded: LoadedProject) -> dict[str, str]:
    """Return the intent ids by book."""
    return {
        declared.name: intent_id_of(
            declared, limits=loaded.project.limits, network="mainnet", account=ACCOUNT
        )
        for declared in loaded.books
    }


def test_books_are_sorted_by_name(tmp_path: Path) -> None:
    loaded = load_project(
        write_project(tmp_path, {"1.yaml": book("z"), "sub/2.yml": book("a"), "3.yaml": book("m")})
    )

    assert ["a", "m", "z"] == [declared.name for declared in loaded.books]
    assert "specs/sub/2.yml" == loaded.books[0].path


def test_names_of_files_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    first = load_project(write_project(tmp_path / "x", {"1.yaml": book("a"), "2.yaml": book("b")}))
    second = load_project(
        write_project(tmp_path / "y", {"b/9.yaml": book("a"), "0.yaml": book("b")})
    )

    assert intents(first) == intents(second)


def test_no_folder_of_specs_is_refused(tmp_path: Path) -> None:
    assert ["no-specs"] == refused(write_project(tmp_path, {}))


def test_only_hidden_or_other_files_are_refused(tmp_path: Path) -> None:
    assert ["no-specs"] == refused(
        write_project(tmp_path, {".a.yaml": book("a"), "README.md": "# Specs"})
    )


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    assert ["no-project"] == refused(tmp_path)


def test_one_bad_file_refuses_all(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"a.yaml": book("a"), "b.yaml": "a: [", "c.yaml": "a: 1\na: 2"})

    assert ["not-yaml", "duplicate-key"] == refused(root)


def test_a_link_among_specs_refuses_all(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"a.yaml": book("a")})
    (root / "specs" / "b.yaml").symlink_to("a.yaml")

    assert ["not-a-plain-file"] == refused(root)


def test_a_linked_project_file_is_refused(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"a.yaml": book("a")})
    (root / "reconciler.yaml").rename(root / "elsewhere.yaml")
    (root / "reconciler.yaml").symlink_to("elsewhere.yaml")

    assert ["not-a-plain-file"] == refused(root)


def test_a_spec_that_vanishes_meanwhile_refuses_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_project(tmp_path, {"a.yaml": book("a"), "b.yaml": book("b")})
    monkeypatch.setattr(
        load, "read_file", lambda root, path: None if "b.yaml" in path else read_file(root, path)
    )

    assert ["unreadable-file"] == refused(root)


def test_settings_load_while_a_spec_is_broken(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"a.yaml": "a: ["})

    assert "golden" == load_settings(root).name


def test_settings_are_refused_like_the_rest(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"a.yaml": book("a")}, "version: 1\n")

    with pytest.raises(InvalidInput):
        load_settings(root)


def test_a_kind_of_venue_may_come_from_elsewhere(tmp_path: Path) -> None:
    project = (
        "version: 1\nproject: p\nvenues:\n  hl: {kind: other, network: x, account: me,"
        " access_key: {env: A_KEY}, expires_after_s: 20}\n"
    )
    options = book("a").replace("0.05}", "0.05, options: {leverage: 5}}")
    root = write_project(tmp_path, {"a.yaml": options}, project)
    loaded = load_project(root, kinds=frozenset(("other",)))

    assert ("other", "me", 20) == (
        loaded.project.venues["hl"].kind,
        loaded.project.venues["hl"].account,
        loaded.project.venues["hl"].expires_after_s,
    )


def test_every_form_of_a_secret_source_is_read(tmp_path: Path) -> None:
    keystore = "{path: keys/a.json, password: {keyring: reconciler/a}}"
    project = PROJECT.replace(
        '59325"\n', f'59325"\n    signer: {{keystore: {keystore}, allow_master: true}}\n'
    ).replace("kind: htx-coin-swap\n", (
        "kind: htx-coin-swap\n    access_key: {env: A_KEY}\n    secret_key: {keyring: htx/b}\n"
    ))  # fmt: skip
    venues = load_settings(write_project(tmp_path, {}, project)).venues

    assert venues["hl"].allow_master
    assert {
        "signer": SecretSource(
            kind="keystore",
            name="keys/a.json",
            password=SecretSource(kind="keyring", name="reconciler/a"),
        )
    } == venues["hl"].secrets
    assert ["env", "keyring"] == [
        source.kind for _, source in sorted(venues["htx"].secrets.items())
    ]


@pytest.mark.parametrize(
    ("written", "path", "options"),
    [
        ("{backend: local}", ".reconciler", {}),
        ("{backend: local, path: var/state}", "var/state", {}),
        ("{backend: git}", ".reconciler", {"branch": "reconciler-state", "remote": "origin"}),
        ("{backend: postgres, table: t}", ".reconciler",
         {"dsn_env": "RECONCILER_POSTGRES_DSN", "table": "t"}),
        ("{backend: s3, bucket: b, prefix: p/q}", ".reconciler", {"bucket": "b", "prefix": "p/q"}),
    ],
)  # fmt: skip
def test_every_backend_is_read(
    tmp_path: Path, written: str, path: str, options: dict[str, str]
) -> None:
    state = load_settings(write_project(tmp_path, {}, f"{PROJECT}state: {written}\n")).state

    assert (path, options) == (state.path, state.options)


@pytest.mark.parametrize("path", ["..", "../x", "a/../b", "/etc", "a//b", "./a", ".", "a/"])
def test_a_path_out_of_the_project_is_refused(tmp_path: Path, path: str) -> None:
    root = write_project(
        tmp_path, {"a.yaml": book("a")}, f"{PROJECT}state: {{backend: local, path: {path}}}\n"
    )

    assert ["malformed"] == refused(root)


def test_limits_that_are_written_count(tmp_path: Path) -> None:
    text = (
        f"{PROJECT}limits:\n  max_order_notional: 1.5\n  max_cancel_fraction: 0\n  max_actions: 7\n"
        "  price_band_exceptions: {a.dip: 40}\n"
    )
    limits = load_settings(write_project(tmp_path, {}, text)).limits

    assert (Decimal("1.5"), Decimal(0), 7, Decimal(250_000)) == (
        limits.max_order_notional,
        limits.max_cancel_fraction,
        limits.max_actions,
        limits.max_open_notional,
    )
    assert {"a.dip": Decimal(40)} == limits.price_band_exceptions


@pytest.mark.parametrize(
    "address",
    ["a.dip", "a.swing.stop_loss", "a.bids", "a.bids[3]", "a.position_protection.stop_loss"],
)
def test_an_exception_for_a_declared_address_has_an_effect(tmp_path: Path, address: str) -> None:
    trigger = "stop_loss: {trigger: 84000, execution: market}"
    spec = (
        f"{book('a')}  swing: {{side: buy, price: 90000, quantity: 0.05, {trigger}}}\n"
        "ladders:\n  bids: {side: buy, from: 87000, to: 80000, levels: 4, quantity: 1}\n"
        f"position_protection: {{side: sell, {trigger}}}\n"
    )
    project = f'{PROJECT}limits: {{price_band_exceptions: {{"{address}": 40}}}}\n'

    assert () == load_project(write_project(tmp_path, {"a.yaml": spec}, project)).diagnostics


def test_an_option_is_blamed_where_it_is_written(tmp_path: Path) -> None:
    spec = book("a", "htx").replace(
        "0.05}",
        f'0.05, options: {{builder: {{address: "{ACCOUNT}", fee_tenth_bps: 1}}, leverage: 5}}}}',
    )
    with pytest.raises(InvalidInput) as caught:
        load_project(write_project(tmp_path, {"a.yaml": spec}))

    assert ["specs/a.yaml:6:60"] == [str(problem.span) for problem in caught.value.diagnostics]


def test_an_option_of_the_venue_is_fine(tmp_path: Path) -> None:
    spec = book("a", "htx").replace("0.05}", "0.05, options: {leverage: 5}}")

    assert () == load_project(write_project(tmp_path, {"a.yaml": spec})).diagnostics


def test_a_contract_of_a_venue_that_takes_any_letter_case_has_one_name(tmp_path: Path) -> None:
    spec = book("a", "htx").replace("0.05}", "0.05, options: {leverage: 5}}")
    (loaded,) = load_project(
        write_project(tmp_path, {"a.yaml": spec.replace("BTC", "btc-usd")})
    ).books

    (holder,) = loaded.holders
    assert ("BTC-USD", "BTC-USD") == (holder.instrument, holder.orders[0].terms.instrument)


def test_other_venues_tell_upper_from_lower_case(tmp_path: Path) -> None:
    (loaded,) = load_project(
        write_project(tmp_path, {"a.yaml": book("a").replace("BTC", "kPEPE")})
    ).books

    assert "kPEPE" == loaded.holders[0].instrument


def test_two_books_may_not_move_one_address(tmp_path: Path) -> None:
    moved = "moved: [{{from: old.x, to: {}.dip}}]\n"
    root = write_project(
        tmp_path, {"a.yaml": book("a") + moved.format("a"), "b.yaml": book("b") + moved.format("b")}
    )

    assert ["moved-twice"] == refused(root)


def test_sources_can_be_shown(tmp_path: Path) -> None:
    spec = book("a").replace("0.05}", f"0.05, note: {KEY}}}")
    sources = load_project(write_project(tmp_path, {"a.yaml": spec})).sources

    assert {"reconciler.yaml", "specs/a.yaml"} == set(sources)
    assert 2 == len(sources)
    assert spec.replace(KEY, "•" * 64) == sources["specs/a.yaml"]


@pytest.mark.parametrize(
    "value",
    [KEY, f"0x{KEY}", KEY.upper(), "1a2b3c4d-5e6f7a8b-9c0d1e2f-3a4b5",
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"],
)  # fmt: skip
def test_what_looks_like_a_key_is_masked(value: str) -> None:
    assert is_secret_looking(value)
    assert value not in shown_value(f"it is {value}, is it not")
    assert len(value) == len(mask_secrets(value))


@pytest.mark.parametrize(
    "value",
    [ACCOUNT, "btc.swing.stop_loss", "64250.1", "a-long-name-with-many-words-and-2-digits",
     "2030-12-31T23:59:59Z", "0x14791697260E4c9a71f18484C9f997b308e59325"],
)  # fmt: skip
def test_what_is_public_is_shown(value: str) -> None:
    assert not is_secret_looking(value)
    assert value == shown_value(value)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("signer: {env: hunter2}", "signer: {env: •••••••}"),
        ("signer: {env: HL_AGENT_KEY}", "signer: {env: HL_AGENT_KEY}"),
        ("signer: hunter2  # mine", "signer: •••••••••# mine"),
        ("password: 'it is a secret'", "password: ••••••••••••••••"),
        ("keyring: reconciler/agent", "keyring: reconciler/agent"),
        ("signer:\n    env: HL_KEY", "signer:\n    env: HL_KEY"),
        ("env:\n    hunter2", "env:\n    •••••••"),
    ],
)
def test_where_a_key_is_named_only_names_are_shown(line: str, shown: str) -> None:
    assert shown == mask_secrets(line)


SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").rglob("*.yaml"))


def test_there_are_examples() -> None:
    assert {"alts.yaml", "btc.yaml", "coin.yaml", "spot.yaml"} <= {path.name for path in SPECS}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_every_example_loads_and_is_on_the_grid(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    loaded = load_project(write_project(tmp_path, {path.name: text}))
    (declared,) = loaded.books
    _, problems = expand_book(declared, INSTRUMENTS, sources=loaded.sources)

    assert "" == render_all(problems, loaded.sources)
    assert text.startswith("# yaml-language-server: $schema=../schemas/spec.schema.json\n")


HEAVY = ("httpx", "eth_account", "deepdiff", "rich", "jsonschema", "click", "asyncio")


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    write_project(tmp_path, {"a.yaml": book("a")})
    script = (
        "import sys, pathlib\n"
        "from reconciler.spec.load import load_project\n"
        "from reconciler.spec.expand import expand_book\n"
        f"load_project(pathlib.Path({str(tmp_path)!r}))\n"
        f"print([name for name in {HEAVY} if name in sys.modules])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert ("[]", "") == (found.stdout.strip(), found.stderr)
