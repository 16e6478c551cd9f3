"""Sockets: one simulator served over HTTP/1.1 on loopback.

The only module of the simulator which knows sockets, and the only home of its wall clock, which a
caller may replace. It binds 127.0.0.1 and nothing else: the control API has no password.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import h11

from reconciler.simulator.accounts import AccountSeed
from reconciler.simulator.hl_signing import Network
from reconciler.simulator.http import Request, Response
from reconciler.simulator.htx.setup import HtxSetup
from reconciler.simulator.simulator import Simulator

HOST = "127.0.0.1"
BODY_BYTES_MAX = 16 * 1024 * 1024
READ_BYTES = 65_536
MS_PER_S = 1000
GZIP = "gzip"
STARTED_TIMEOUT_S = 30

Clock = Callable[[], int]
"""Tells the time in milliseconds since the epoch."""


def wall_clock_ms() -> int:
    """Return the time of this machine in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True, kw_only=True)
class ServerHandle:
    """A running server.

    Attributes:
        port: where it listens.
        clock: the time every request is handled at.
    """

    simulator: Simulator
    port: int
    clock: Clock
    _server: asyncio.Server
    _connections: dict[asyncio.Task[None], asyncio.StreamWriter]

    @property
    def url(self) -> str:
        """Base URL for clients, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        self._server.close()
        for writer in self._connections.values():
            writer.close()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()


async def serve(
    simulator: Simulator, *, port: int = 0, clock: Clock = wall_clock_ms
) -> ServerHandle:
    """Serve a simulator on loopback until the handle is stopped.

    Args:
        port: 0 takes a free one.
    """
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Connection(simulator, clock, reader, writer).run()
        except (ConnectionError, h11.RemoteProtocolError):
            pass  # the client left, or spoke something else
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
        connections[task] = writer
        task.add_done_callback(lambda done: connections.pop(done, None))

    server = await asyncio.start_server(connected, HOST, port)
    bound: int = server.sockets[0].getsockname()[1]
    return ServerHandle(
        simulator=simulator, port=bound, clock=clock, _server=server, _connections=connections
    )


class _Connection:
    """One client: requests one after the other, kept alive."""

    __slots__ = ("_clock", "_http", "_reader", "_simulator", "_writer")

    def __init__(
        self,
        simulator: Simulator,
        clock: Clock,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        """Answer requests until the client leaves or a fault drops the connection."""
        while (request := await self._next_request()) is not None:
            response = self._simulator.handle(request, self._clock())
            if response.delay_ms:
                await asyncio.sleep(response.delay_ms / MS_PER_S)
            if response.is_dropped:
                return
            await self._send(request, response)
            if self._http.our_state is h11.MUST_CLOSE:
                return
            self._http.start_next_cycle()

    async def _next_request(self) -> Request | None:
        """Read one request in full; None at the end of the connection."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > BODY_BYTES_MAX:
                    return None
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return self._request(head, bytes(body))
            else:
                return None

    async def _next_event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._http.send(go_on) or b"")
            self._http.receive_data(await self._reader.read(READ_BYTES))
        return event

    def _request(self, head: h11.Request, body: bytes) -> Request:
        peer = self._writer.get_extra_info("peername")
        path, _, query = head.target.decode("ascii").partition("?")
        return Request(
            method=head.method.decode("ascii"),
            path=path,
            query=query,
            headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
            body=body,
            client_ip=peer[0] if peer else HOST,
        )

    async def _send(self, request: Request, response: Response) -> None:
        if response.may_be_compressed and GZIP in request.headers.get("accept-encoding", ""):
            response = _compressed(response)
        headers = [
            ("content-type", response.content_type),
            ("content-length", str(len(response.body))),
            *response.headers.items(),
        ]
        head = h11.Response(status_code=response.status, headers=headers)
        data = self._http.send(head) or b""
        data += self._http.send(h11.Data(data=response.body)) or b""
        data += self._http.send(h11.EndOfMessage()) or b""
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


def _compressed(response: Response) -> Response:
    headers = {**response.headers, "content-encoding": GZIP}
    return replace(response, body=gzip.compress(response.body, mtime=0), headers=headers)


@dataclass(slots=True, kw_only=True)
class ThreadHandle:
    """A server running in a thread of its own; `control` runs between its requests."""

    url: str
    port: int
    simulator: Simulator
    _clock: Clock
    _loop: asyncio.AbstractEventLoop

    def control(self, verb: str, **arguments: Any) -> Any:
        """Carry out a verb of the control API and return its result."""

        async def run() -> Any:
            return self.simulator.control(verb, arguments, self._clock())

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()


@contextlib.contextmanager
def run_in_thread(
    simulator: Simulator, *, port: int = 0, clock: Clock = wall_clock_ms
) -> Iterator[ThreadHandle]:
    """Serve a simulator in a thread for as long as the block runs."""
    started = threading.Event()
    stopping: list[asyncio.Event] = []
    handles: list[ThreadHandle] = []

    async def run() -> None:
        handle = await serve(simulator, port=port, clock=clock)
        stopping.append(asyncio.Event())
        handles.append(
            ThreadHandle(
                url=handle.url,
                port=handle.port,
                simulator=simulator,
                _clock=clock,
                _loop=asyncio.get_running_loop(),
            )
        )
        started.set()
        await stopping[0].wait()
        await handle.stop()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(STARTED_TIMEOUT_S), "the server did not start"
    try:
        yield handles[0]
    finally:
        handles[0]._loop.call_soon_threadsafe(stopping[0].set)
        thread.join()


def main(
    port: int,
    network: Network = "local",
    accounts: Sequence[AccountSeed] = (),
    report: Callable[[str], object] = sys.stdout.write,
    htx: HtxSetup | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; report one line with the address when it listens.

    Args:
        accounts: who exists on Hyperliquid at the start; others come through the control API.
        report: where the line goes.
        htx: who exists on HTX.
    """
    simulator = Simulator(network=network, accounts=accounts, htx=htx)
    asyncio.run(_serve_until_signal(simulator, port, report))


async def _serve_until_signal(
    simulator: Simulator, port: int, report: Callable[[str], object]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    handle = await serve(simulator, port=port)
    report(f"The simulator listens on {handle.url}; stop it with Ctrl-C.\n")
    await stop.wait()
    await handle.stop()
