"""A web hook on loopback that keeps what it receives, and can be made to fail or to hang."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "t0ken-of-the-hook"


@dataclass
class Hook:
    """What was posted so far, parsed; `status` is what the next post is answered with."""

    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    hang: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://user:{TOKEN}@127.0.0.1:{self.port}/{TOKEN}"


@contextmanager
def listening() -> Iterator[Hook]:
    """Listen until the end of the block; while `hang` is cleared, answers are held back."""
    hook = Hook()
    hook.hang.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            hook.told.append(json.loads(self.rfile.read(length)))
            hook.hang.wait()
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hook
    finally:
        hook.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()
