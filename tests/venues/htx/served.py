"""The small HTX on a loopback socket, for the command line."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.venues.htx.desk import Desk

__all__ = ["serve_desk"]


@contextmanager
def serve_desk() -> Iterator[tuple[Desk, int]]:
    """Serve a desk by the real clock; yield it with its port."""
    desk = Desk(lambda: time.time_ns() // 1_000_000)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            try:
                with lock:
                    answer = desk.answer(self.command, self.path, content, self.headers["host"])
            except httpx.TransportError:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            for name, value in answer.headers.items():
                if name.startswith("ratelimit"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    desk.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield desk, server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
