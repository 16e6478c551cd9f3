"""Hyperliquid as a `Venue`: reads without a key, sends what was prepared, once.

It remembers the key and the markets that were read; a constructor opens nothing. What is sent is
the text that was recorded, with a signature added.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import CredentialsProblem, Refused
from reconciler.model.capabilities import Capabilities
from reconciler.model.command import (
    Batch,
    BatchKind,
    CancelOrder,
    ModifyOrder,
    PlaceOrder,
    Prepared,
)
from reconciler.model.config import VenueSettings
from reconciler.model.examination import Examination, Finding
from reconciler.model.instrument import Instrument
from reconciler.model.order import Options
from reconciler.model.outcome import Outcome, Rejected, RejectReason, Unknown
from reconciler.model.snapshot import (
    FillHistory,
    OrderHistory,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.ports import Clock, Markets
from reconciler.secret import Redactor
from reconciler.venues.asking import Problem, after_sending
from reconciler.venues.base import Secrets
from reconciler.venues.http import Exchange, HttpClient, HttpRequest, NoReply, NotSent, Reply
from reconciler.venues.hyperliquid import account_check
from reconciler.venues.hyperliquid.authority import master_key_refused
from reconciler.venues.hyperliquid.info import SCOPE, Info
from reconciler.venues.hyperliquid.listing import Listing
from reconciler.venues.hyperliquid.reads import Reads
from reconciler.venues.hyperliquid.refusing import CAPABILITIES
from reconciler.venues.hyperliquid.replies.exchange import burned, outcomes
from reconciler.venues.hyperliquid.rules import (
    IP_WEIGHT_PER_MINUTE,
    IP_WEIGHT_RESERVE,
    Network,
    account_of,
    network_of,
    other_network,
)
from reconciler.venues.hyperliquid.wire.decode import decode
from reconciler.venues.hyperliquid.wire.encode import action_of, body_of, canonical, noop_body
from reconciler.venues.pacing import Paces, Quota

if TYPE_CHECKING:
    import httpx

__all__ = ["SIGNER", "BodySigner", "HyperliquidVenue"]

SIGNER: Final = "signer"
MINUTE_MS: Final = 60_000
IP_QUOTA: Final = Quota(weight=IP_WEIGHT_PER_MINUTE, window_ms=MINUTE_MS, reserve=IP_WEIGHT_RESERVE)


class BodySigner(Protocol):
    """What signs: `reconciler.venues.hyperliquid.signing.Signer`.

    Attributes:
        address: of the key, in lower case.
    """

    @property
    def address(self) -> str: ...

    def signed_body(self, body: str, *, is_mainnet: bool) -> bytes:
        """Return an unsigned request's text with its signature added."""


class HyperliquidVenue:
    """One account on one network: `reconciler.ports.Venue`.

    In tests `transport` stands in for sockets, `exchange` for all of HTTP, `signer` for a key.
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
        signer: BodySigner | None = None,
    ) -> None:
        """Raises `InvalidInput` for a network or account that cannot be."""
        self._settings = settings
        self._network = network_of(settings)
        self._account = account_of(settings)
        self._vault = None if settings.account_kind == "user" else self._account
        self._key = secrets.get(SIGNER)
        # The venue's words are recorded, and it might repeat what it was sent.
        self._redact = Redactor(secrets.values()).redact
        self._clock = clock
        self._paces = paces or Paces()
        self._transport, self._exchange = transport, exchange
        self._http = self._client(self._network)
        self._info = self._asking(self._http, self._network)
        self._listing = Listing(self._info)
        self._reads = Reads(self._info)
        self._instruments: dict[str, Instrument] = {}
        self._deadlines: dict[int, int] = {}
        self._loaded = signer
        self._approved_by: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        return replace(CAPABILITIES, request_life_ms=self._settings.expires_after_s * 1000)

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        return await self._reads.snapshot(instruments)

    async def everywhere(self) -> frozenset[str]:
        return await self._listing.everywhere()

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        found = await self._listing.markets(instruments, quotes_of)
        self._instruments.update(found.instruments)
        approver = await self._approver() if options else None
        refused = await self._listing.refused_builders(options, approver) if approver else ()
        return replace(found, refused_options=refused)

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        return await self._reads.lookup(queries)

    async def fills(self, since_ms: int) -> FillHistory:
        return await self._reads.history(since_ms)

    async def order_history(self, since_ms: int) -> OrderHistory:
        return await self._reads.order_history(since_ms)

    async def venue_time_ms(self) -> int | None:
        return await self._reads.time_ms()

    async def check_account(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the account and, where there is a key, with the key."""
        try:
            signer = self._signer().address if self._can_sign else None
        except CredentialsProblem as problem:
            return problem.diagnostics
        now_ms = self._clock.now_ms()
        return await account_check.check_account(self._info, self._settings, signer, now_ms)

    async def examine(self, wanted: Examination) -> tuple[Finding, ...]:
        """Say what is right and wrong with this entry: see `Examinable`. Sends nothing."""
        from reconciler.venues.hyperliquid import examining  # noqa: PLC0415  # it loads signing

        other = other_network(self._network)
        http = self._client(other) if other is not None else None
        patient = examining.Patient(
            settings=self._settings,
            network=self._network,
            info=self._info,
            listing=self._listing,
            clock=self._clock,
            elsewhere=self._asking(http, other) if http is not None and other is not None else None,
            elsewhere_name=other.name if other is not None else "",
            key=self._key,
        )
        try:
            return await examining.examine(patient, wanted)
        finally:
            if http is not None:
                await http.close()

    def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
        """Return the unsigned request; its batch says only what the wire can say."""
        assert 0 < nonce < expires_at_ms, "a request lives for some time"
        # Nonce and expiry are venue time; what waits to be sent is timed by this machine's clock.
        self._deadlines[nonce] = self._clock.now_ms() + expires_at_ms - nonce
        said = canonical(batch)
        action = action_of(said, self._assets(said))
        body = body_of(action, nonce=nonce, expires_at_ms=expires_at_ms, vault_address=self._vault)
        return Prepared(batch=said, nonce=nonce, expires_at_ms=expires_at_ms, body=body)

    def _assets(self, batch: Batch) -> dict[str, int]:
        """Return the venue's numbers of a batch's instruments, as just read; raises `Refused`."""
        orders = [item for item in batch.items if isinstance(item, PlaceOrder | ModifyOrder)]
        named = {order.terms.instrument for order in orders}
        named |= {item.instrument for item in batch.items if isinstance(item, CancelOrder)}
        unlisted = sorted(named - self._instruments.keys())
        if unlisted:
            raise Refused(
                Diagnostic(
                    code="instrument-not-listed",
                    summary="The venue does not list an instrument; nothing was sent.",
                    where=f"venue entry {self._settings.name}",
                    why=f"It has no number for {', '.join(display(name) for name in unlisted)}.",
                    next_step="Leave its addresses out with `--exclude`, or act by hand.",
                )
            )
        return {name: int(self._instruments[name].venue_id) for name in named}

    def decode(self, prepared: Prepared) -> Batch:
        """Read the body back; raises `Refused` when it is not exactly one of our requests."""
        names = {int(each.venue_id): name for name, each in self._instruments.items()}
        request = decode(prepared.body, names)
        said = (request.nonce, request.expires_at_ms, request.vault_address)
        if said != (prepared.nonce, prepared.expires_at_ms, self._vault):
            raise Refused(
                Diagnostic(
                    code="request-differs",
                    summary="The request about to be sent is not the one that was prepared.",
                    why="Its nonce, its expiry or the account it acts for differs.",
                    next_step="This is a fault of the program; please report it.",
                )
            )
        return request.batch

    def wait_ms(self, kind: BatchKind, items: int) -> int:
        """Return how long such a request would wait for the weight a minute: see `Venue`."""
        weight, is_urgent = CAPABILITIES.weight(items), kind is BatchKind.CANCEL
        return self._http.wait_ms(SCOPE, weight, is_urgent=is_urgent)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        """Sign and send once: see `Venue.submit`. Raises `CredentialsProblem` before sending.

        One outcome for each item of the batch, children right after their parent.
        """
        items = prepared.batch.items
        until_ms = self._deadlines.pop(prepared.nonce, prepared.expires_at_ms)
        answer = await self._send(
            prepared.body,
            weight=CAPABILITIES.weight(len(items)),
            until_ms=until_ms,
            is_urgent=prepared.batch.kind is BatchKind.CANCEL,
        )
        if isinstance(answer, Reply):
            return after_sending(
                lambda: outcomes(
                    answer.status,
                    answer.body,
                    prepared.batch.kind,
                    items,
                    redact=self._redact,
                ),
                len(items),
            )
        if isinstance(answer, NotSent):
            refusal = Rejected(reason=RejectReason.NOT_SENT, text=f"not sent: {answer.cause}")
            return (refusal,) * len(items)
        return (Unknown(cause=answer.cause),) * len(items)

    async def burn(self, nonce: int) -> str:
        """Use the nonce of a lost request for nothing: see `Venue.burn`.

        Without a key there is no answer. Source: for-developers/api/exchange-endpoint, noop,
        checked 2026-08-22.
        """
        if not self._can_sign:
            return "no-answer"
        answer = await self._send(noop_body(nonce), weight=1, until_ms=None, is_urgent=True)
        return burned(answer.status, answer.body) if isinstance(answer, Reply) else "no-answer"

    async def warm_up(self) -> None:
        """Load what signing needs, in a thread, while the network is waited for.

        Raises `CredentialsProblem`; does nothing without a key.
        """
        if self._key is not None and self._loaded is None:
            await asyncio.to_thread(self._signer)

    def signer_address(self) -> str:
        """Return the address that signs, in lower case; raises `CredentialsProblem`."""
        return self._signer().address

    async def close(self) -> None:
        await self._http.close()

    async def _approver(self) -> str | None:
        """Return whose wallet approves builders of this account; None where nothing tells it."""
        if self._approved_by is None:
            signer = self._signer().address if self._can_sign else None
            found = await account_check.approver_of(self._info, self._settings, signer)
            if isinstance(found, Problem):
                raise self._info.unreadable([found])
            self._approved_by = found
        return self._approved_by

    def _client(self, network: Network) -> HttpClient:
        return HttpClient(
            network.base_url,
            self._clock,
            {SCOPE: IP_QUOTA},
            paces=self._paces,
            transport=self._transport,
            exchange=self._exchange,
        )

    def _asking(self, http: HttpClient, network: Network) -> Info:
        answers = self._paces.answers_of(network.base_url)
        return Info(http, venue=self._settings.name, account=self._account, answers=answers)

    async def _send(
        self, body: str, *, weight: int, until_ms: int | None, is_urgent: bool
    ) -> Reply | NotSent | NoReply:
        content = self._signer().signed_body(body, is_mainnet=self._network.is_mainnet)
        return await self._http.send(
            HttpRequest(
                path="/exchange", content=content, weight=weight, scope=SCOPE, is_urgent=is_urgent
            ),
            is_wanted=lambda: until_ms is None or self._clock.now_ms() < until_ms,
        )

    @property
    def _can_sign(self) -> bool:
        return self._loaded is not None or self._key is not None

    def _signer(self) -> BodySigner:
        if self._loaded is not None:
            return self._loaded
        if self._key is None:
            raise CredentialsProblem(
                Diagnostic(
                    code="no-key",
                    summary="There is no key to sign with.",
                    why=f"The venue entry `{self._settings.name}` has no `signer`.",
                    next_step="Name the agent's key under `signer` in reconciler.yaml.",
                    span=self._settings.source,
                )
            )
        from reconciler.venues.hyperliquid.signing import (  # noqa: PLC0415  # a quarter of a second
            Signer,
        )

        signer = Signer(self._key)
        if signer.address == self._account and not self._settings.allow_master:
            raise CredentialsProblem(master_key_refused(self._settings))
        self._loaded = signer
        return signer
