"""HTX coin-margined swaps as a `Venue`: signed reads, and requests that are sent once.

It remembers the keys, which contracts somebody named and what attached orders are called; a
constructor opens nothing. What is sent is the body that was recorded; only the address is signed,
at the last moment, and nobody sees it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import CredentialsProblem
from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Batch, BatchKind, CancelOrder, Prepared
from reconciler.model.config import VenueSettings
from reconciler.model.examination import Examination, Finding
from reconciler.model.order import Options, VenueOrderId
from reconciler.model.outcome import Outcome, Rejected, RejectReason, Unknown
from reconciler.model.snapshot import (
    FillHistory,
    OrderHistory,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.ports import Clock, Markets
from reconciler.venues.asking import Problem, after_sending
from reconciler.venues.base import Secrets
from reconciler.venues.http import Exchange, HttpClient, HttpRequest, NotSent, Reply
from reconciler.venues.htx.history import History
from reconciler.venues.htx.info import ATTACHED, PUBLIC, READ, TRADE, Info, header, note_limits
from reconciler.venues.htx.listing import Listing
from reconciler.venues.htx.lookups import Lookups
from reconciler.venues.htx.reads import snapshot
from reconciler.venues.htx.replies.errors import TABLE
from reconciler.venues.htx.replies.placing import outcomes
from reconciler.venues.htx.rules import (
    ATTACHED_PER_SECOND,
    CAPABILITIES,
    PUBLIC_REQUESTS,
    READ_REQUESTS,
    TRADE_REQUESTS,
    WINDOW_MS,
    network_of,
)
from reconciler.venues.htx.signing import KeyPair, fingerprint, signed_path
from reconciler.venues.htx.times import VenueClock
from reconciler.venues.htx.wire.decode import decode
from reconciler.venues.htx.wire.encode import body_of, canonical
from reconciler.venues.pacing import Paces, Quota

if TYPE_CHECKING:
    import httpx

__all__ = ["ACCESS_KEY", "SECRET_KEY", "HtxVenue"]

ACCESS_KEY: Final = "access_key"
SECRET_KEY: Final = "secret_key"  # noqa: S105  # the name of a role
# The signed time must be near the venue's (within 1 or 5 minutes, the pages differ).
SEND_WITHIN_MS: Final = 20_000
_QUOTAS: Final = {
    TRADE: Quota(weight=TRADE_REQUESTS, window_ms=WINDOW_MS),
    READ: Quota(weight=READ_REQUESTS, window_ms=WINDOW_MS),
    PUBLIC: Quota(weight=PUBLIC_REQUESTS, window_ms=WINDOW_MS),
    ATTACHED: Quota(weight=ATTACHED_PER_SECOND, window_ms=1_000),
}


class HtxVenue:
    """One account on one network: `reconciler.ports.Venue`.

    In tests `transport` stands in for sockets, `exchange` for all of HTTP.
    """

    def __init__(
        self,
        settings: VenueSettings,
        *,
        secrets: Secrets,
        clock: Clock,
        paces: Paces | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        exchange: Exchange | None = None,
    ) -> None:
        """Raises `InvalidInput` for a network that cannot be."""
        self._settings = settings
        self._network = network_of(settings)
        self._clock = clock
        self._keys: KeyPair | None = None
        if ACCESS_KEY in secrets and SECRET_KEY in secrets:
            self._keys = KeyPair(access=secrets[ACCESS_KEY], secret=secrets[SECRET_KEY])
        self._http = HttpClient(
            self._network.base_url,
            clock,
            _QUOTAS,
            paces=paces,
            transport=transport,
            exchange=exchange,
        )
        self._info = Info(self._http, self._network, self._keys, VenueClock(clock))
        self._where = f"venue entry {settings.name}, {settings.network}"
        self._listing = Listing(self._info, self._where)
        self._lookups = Lookups(self._info)
        self._history = History(self._info, self._lookups)
        self._named: set[str] = set()
        self._deadlines: dict[int, int] = {}

    @property
    def capabilities(self) -> Capabilities:
        life_ms = self._settings.signature_window_s * 1000
        return replace(CAPABILITIES, request_life_ms=life_ms)

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        """Look at the account: see `Venue.snapshot`. Raises `CredentialsProblem` without keys."""
        self._own_keys()
        codes = sorted({name.upper() for name in instruments})
        seen = await snapshot(
            self._info, codes, self._clock, venue=self._settings.name, where=self._where
        )
        self._named.update(codes)
        self._named -= seen.unlisted
        unlisted = frozenset(name for name in instruments if name.upper() in seen.unlisted)
        return replace(seen, unlisted=unlisted)

    async def everywhere(self) -> frozenset[str]:
        """Return every contract there is: orders are listed contract by contract."""
        return await self._listing.everywhere()

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        """Read grids and best prices: see `Venue.markets`.

        Which `options` are refused is not asked: a leverage that does not fit the position is seen
        in a snapshot, and any other in the answer to an order.
        """
        codes = frozenset(name.upper() for name in instruments)
        return await self._listing.markets(codes, frozenset(name.upper() for name in quotes_of))

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        return await self._lookups.lookup(list(dict.fromkeys(queries)))

    async def fills(self, since_ms: int) -> FillHistory:
        """Read the executions in every contract that was named so far: see `Venue.fills`."""
        return await self._history.fills(sorted(self._named), since_ms, where=self._where)

    async def order_history(self, since_ms: int) -> OrderHistory:
        """Read what became of the orders of the last hours: see `Venue.order_history`."""
        return await self._history.orders(sorted(self._named), since_ms, where=self._where)

    async def venue_time_ms(self) -> int | None:
        told = await self._info.time()
        return None if isinstance(told, Problem) else told

    async def check_account(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the keys; whose account it is only they say."""
        if self._keys is None:
            return (self._no_keys(),)
        answer = await self._info.order_limits(frozenset())
        if not isinstance(answer, Problem):
            return ()
        is_refused = TABLE.get(answer.code) is RejectReason.AUTHORITY
        return (
            Diagnostic(
                code="account-unchecked",
                # Other reads are signed with the same key, and a cancel must not wait for this one.
                severity=Severity.ERROR if is_refused else Severity.WARNING,
                summary="The account could not be checked.",
                why=f"{answer}.",
                next_step="Check the key, its address list and its permissions at the venue, or "
                "try again when the venue answers.",
                span=self._settings.source,
            ),
        )

    async def examine(self, wanted: Examination) -> tuple[Finding, ...]:
        """Return what is right and wrong with the entry: see `Examinable.examine`."""
        from reconciler.venues.htx.examining import Patient, examine  # noqa: PLC0415  # doctor only

        has_keys = self._keys is not None
        patient = Patient(
            settings=self._settings,
            info=self._info,
            clock=self._clock,
            where=self._where,
            check=self.check_account,
            signer=self.signer_address() if has_keys else "",
        )
        return await examine(patient, wanted)

    def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
        """Return the unsigned request; its batch says only what the wire can say.

        HTX knows no expiry: it may execute a request until its signed time, which is the nonce's,
        has left the signature window.
        """
        assert nonce > 0, "the nonce is a time of the venue"
        self._deadlines[nonce] = self._clock.now_ms() + SEND_WITHIN_MS
        said = canonical(batch)
        return Prepared(
            batch=said,
            nonce=nonce,
            expires_at_ms=max(expires_at_ms, nonce + self.capabilities.request_life_ms),
            body=body_of(said, nonce=nonce, own_ids=self._lookups.own_ids),
        )

    def decode(self, prepared: Prepared) -> Batch:
        """Read the body back; raises `Refused` when it is not exactly one of our requests."""
        return decode(prepared.body, self._known_as()).batch

    def wait_ms(self, kind: BatchKind, items: int) -> int:
        """Return how long there is no room for one more request: see `Venue.wait_ms`."""
        return self._http.wait_ms(TRADE, 1, is_urgent=kind is BatchKind.CANCEL)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        """Sign and send once: see `Venue.submit`. Raises `CredentialsProblem` before sending."""
        keys = self._own_keys()
        batch = prepared.batch
        request = decode(prepared.body, self._known_as())
        until_ms = self._deadlines.pop(prepared.nonce, 0)
        if batch.kind is BatchKind.CANCEL:
            targets = (c.target for c in batch.commands if isinstance(c, CancelOrder))
            self._lookups.cancelled.update(target for target in targets if target is not None)
        scope = ATTACHED if request.path.endswith("swap_tpsl_cancel") else TRADE
        answer = await self._http.send(
            HttpRequest(
                path=signed_path(
                    keys, "POST", self._network.host, request.path, stamp=request.stamp
                ),
                content=request.content.encode(),
                scope=scope,
                also=() if scope == TRADE else (TRADE,),
                is_urgent=batch.kind is BatchKind.CANCEL,
            ),
            is_wanted=lambda: self._clock.now_ms() < until_ms,
        )
        if isinstance(answer, Reply):
            note_limits(self._http, scope, answer, self._info.clock)
            return after_sending(
                lambda: outcomes(
                    answer.status,
                    answer.body,
                    batch,
                    own_ids=self._lookups.own_ids,
                    redact=self._info.redact,
                    barred_until_ms=header(answer, "recovery-time"),
                ),
                len(batch.items),
            )
        if isinstance(answer, NotSent):
            refusal = Rejected(reason=RejectReason.NOT_SENT, text=f"not sent: {answer.cause}")
            return (refusal,) * len(batch.items)
        return (Unknown(cause=answer.cause),) * len(batch.items)

    async def burn(self, nonce: int) -> str:
        """Return that HTX has no nonces: see `Venue.burn`."""
        return "unsupported"

    async def warm_up(self) -> None:
        """Do nothing: signing needs the standard library alone."""

    def signer_address(self) -> str:
        """Return a public name of the key; raises `CredentialsProblem`."""
        return fingerprint(self._own_keys())

    async def close(self) -> None:
        await self._http.close()

    def _known_as(self) -> dict[str, VenueOrderId]:
        return {own_id: known_as for known_as, own_id in self._lookups.own_ids.items()}

    def _own_keys(self) -> KeyPair:
        if self._keys is None:
            raise CredentialsProblem(self._no_keys())
        return self._keys

    def _no_keys(self) -> Diagnostic:
        return Diagnostic(
            code="no-key",
            summary="The venue was not read: there is no key for the account.",
            why=f"The venue entry `{self._settings.name}` has no `access_key` and `secret_key`; "
            "HTX shows orders only to who has one.",
            next_step="Name both in reconciler.yaml.",
            span=self._settings.source,
        )
