"""Secrets from the environment, a keystore file or a keyring, into a type that hides them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import CredentialsProblem
from reconciler.model.config import SecretSource, VenueSettings
from reconciler.secret import Secret

__all__ = ["new_agent", "read_secrets"]

KEYSTORE_BYTES_MAX = 64 * 1024


def read_secrets(settings: VenueSettings, root: Path) -> dict[str, Secret]:
    """Return the secrets of a venue entry by role. Raises `CredentialsProblem`."""
    return {
        role: _read(source, root, settings) for role, source in sorted(settings.secrets.items())
    }


def new_agent() -> tuple[Secret, str]:
    """Make a key of chance and return it with its address: for a simulated venue only."""
    from eth_account import Account

    account = Account.create()
    return Secret("0x" + bytes(account.key).hex()), str(account.address).lower()


def _read(source: SecretSource, root: Path, settings: VenueSettings) -> Secret:
    match source.kind:
        case "env":
            return _from_environment(source, settings, os.environ)
        case "keystore":
            return _from_keystore(source, root, settings)
        case _:
            return _from_keyring(source, settings)


def _from_environment(
    source: SecretSource, settings: VenueSettings, environment: Mapping[str, str]
) -> Secret:
    value = environment.get(source.name, "").strip()
    if not value:
        raise _problem(
            settings,
            code="key-missing",
            summary="A key is not in the environment.",
            why=f"The project file takes it from the variable {display(source.name)}.",
            next_step=f"Set it, and run the command again:\n{source.name}=… reconciler …",
        )
    return Secret(value)


def _from_keystore(source: SecretSource, root: Path, settings: VenueSettings) -> Secret:
    path = root / source.name
    try:
        content = path.read_bytes()[: KEYSTORE_BYTES_MAX + 1]
        keystore = json.loads(content)
    except (OSError, ValueError):
        raise _problem(
            settings,
            code="keystore-unreadable",
            summary="A keystore file cannot be read.",
            why=f"{display(source.name)} is absent, or not a version 3 keystore.",
            next_step="Check `signer.keystore` in the project file.",
        ) from None
    password = (
        _read(source.password, root, settings)
        if source.password is not None
        else _ask_password(source, settings)
    )
    # Only signing needs the library; it costs a quarter of a second.
    from eth_account import Account

    try:
        key: bytes = Account.decrypt(keystore, password.reveal())
    except (ValueError, TypeError, KeyError):
        raise _problem(
            settings,
            code="keystore-locked",
            summary="A keystore file does not open with its password.",
            why=f"{display(source.name)} was not decrypted.",
            next_step="Check the password's source in the project file.",
        ) from None
    return Secret("0x" + bytes(key).hex())


def _ask_password(source: SecretSource, settings: VenueSettings) -> Secret:
    import sys
    from getpass import getpass

    if not sys.stdin.isatty():
        raise _problem(
            settings,
            code="password-missing",
            summary="A keystore needs a password, and there is no terminal to ask on.",
            why=f"{display(source.name)} has no `password` source in the project file.",
            next_step="Write `password: {env: NAME}` beside its path.",
        )
    return Secret(getpass(f"Password of {display(source.name)}: "))


def _from_keyring(source: SecretSource, settings: VenueSettings) -> Secret:
    service, _, user = source.name.partition("/")
    try:
        import keyring  # type: ignore[import-not-found]
    except ImportError:
        raise _problem(
            settings,
            code="keyring-missing",
            summary="The keyring library is not installed.",
            why="The project file takes a key from the system's keyring.",
            next_step="pip install 'reconciler[keyring]'",
        ) from None
    value = keyring.get_password(service, user)
    if not value:
        raise _problem(
            settings,
            code="key-missing",
            summary="A key is not in the keyring.",
            why=f"There is no entry {display(source.name)}.",
            next_step="Add it with your system's tool, or name another source.",
        )
    return Secret(value)


def _problem(
    settings: VenueSettings, *, code: str, summary: str, why: str, next_step: str
) -> CredentialsProblem:
    diagnostic = Diagnostic(
        code=code,
        summary=summary,
        where=f"venue entry {settings.name}",
        why=why,
        next_step=next_step,
    )
    return CredentialsProblem(diagnostic)
