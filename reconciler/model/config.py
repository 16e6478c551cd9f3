"""The trusted project file as values: venues, accounts, where keys come from, state, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.diagnostics import Span

__all__ = ["Limits", "Project", "SecretSource", "StateSettings", "VenueSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where a secret is found; never the secret.

    Attributes:
        kind: ``env``, ``keystore`` or ``keyring``.
        name: of the environment variable, the keystore file relative to the project, or the keyring
            entry as ``service/user``.
        password: where a keystore's password is found.
    """

    kind: str
    name: str
    password: "SecretSource | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSettings:
    """One venue entry.

    Attributes:
        name: of the entry.
        kind: of the adapter, such as ``hyperliquid``.
        network: a named value, never a URL.
        port: of the loopback server when the network is ``local``.
        account: whose orders these are; empty where the key says it.
        account_kind: ``user``, ``vault`` or ``sub_account``.
        secrets: by role: ``signer``, ``access_key``, ``secret_key``.
        expires_after_s: how long a signed action may be executed after signing.
        signature_window_s: how long a lost request could still be executed.
    """

    name: str
    kind: str
    network: str
    source: Span
    port: int | None = None
    account: str = ""
    account_kind: str = "user"
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    allow_master: bool = False
    expires_after_s: int = 15
    signature_window_s: int = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSettings:
    """Where the state is kept.

    Attributes:
        path: folder relative to the project, for ``local``.
        options: the backend's own, such as a branch, a bucket or a table.
    """

    backend: str = "local"
    path: str = ".reconciler"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no run may exceed; notionals in quote currency, per venue entry.

    Attributes:
        price_band_pct: distance of a price from the middle price, in percent.
        price_band_exceptions: a wider band by address, in percent.
        max_cancel_fraction: of our live orders, cancelled without a successor; ignored below 4
        orders.
    """

    max_order_notional: Decimal = Decimal(25_000)
    max_open_notional: Decimal = Decimal(250_000)
    max_new_notional_per_run: Decimal = Decimal(100_000)
    max_new_notional_per_day: Decimal = Decimal(200_000)
    price_band_pct: Decimal = Decimal(20)
    price_band_exceptions: Mapping[str, Decimal] = field(default_factory=dict)
    max_cancel_fraction: Decimal = Decimal("0.5")
    max_actions: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project file.

    Attributes:
        path: of the file.
    """

    name: str
    path: str
    venues: Mapping[str, VenueSettings]
    state: StateSettings = field(default_factory=StateSettings)
    limits: Limits = field(default_factory=Limits)
