"""A server on this machine that stands in for a webhook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


class Webhook:
    """What a webhook received, and how it answers: one status a request, the last one for good."""

    def __init__(self, statuses: list[int], seconds: float) -> None:
        """Answer with `statuses`, each after some seconds."""
        self.statuses = statuses
        self.seconds = seconds
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.url = ""


@contextmanager
def webhook(*statuses: int, seconds: float = 0) -> Iterator[Webhook]:
    """Run a webhook that answers with `statuses` after some seconds."""
    state = Webhook(list(statuses) or [200], seconds)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            state.bodies.append(json.loads(self.rfile.read(size)))
            state.paths.append(self.path)
            time.sleep(state.seconds)
            status = state.statuses.pop(0) if len(state.statuses) > 1 else state.statuses[0]
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://{HOST}:{server.server_port}/hooks/T0P-SECRET"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
