"""A small server on loopback that sends scripted bytes and keeps what it received."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Raw:
    """What to do with one request: send these bytes, then keep the connection or not.

    `drip_s` sends them one by one with that pause; `hang` sends no more and waits for the end;
    `reset` ends the connection without a goodbye.
    """

    data: bytes = b""
    drip_s: float = 0
    hang: bool = False
    close: bool = False
    reset: bool = False


def http(
    body: bytes, status: int = 200, content_type: str = "text/xml;charset=utf-8", *headers: str
) -> Raw:
    """Return a complete HTTP reply with its length."""
    lines = [
        f"HTTP/1.1 {status} x",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return Raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


class Loopback:
    """Serves a list of replies in order, the last one for ever, to every client.

    `context` None speaks no TLS: the first bytes, whatever they are, count as a request.
    `silent` accepts connections and says nothing at all.
    """

    def __init__(
        self, context: ssl.SSLContext | None, replies: Sequence[Raw], *, silent: bool = False
    ) -> None:
        self.context = context
        self._replies = replies
        self._silent = silent
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.application_bytes = 0
        self.asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for opened in (self._listener, *self._open):
            with suppress(OSError):
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join(5)

    def headers(self, index: int) -> dict[str, str]:
        """Return the headers of one request, names in lower case."""
        head = self.requests[index].partition(b"\r\n\r\n")[0].decode()
        pairs = (line.partition(": ") for line in head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in pairs}

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            self._start(partial(self._serve, peer))

    def _serve(self, peer: socket.socket) -> None:
        if self._silent:
            self.asked.set()
            self._ended.wait()
            return
        with suppress(OSError):
            if self.context is not None:
                peer = self.context.wrap_socket(peer, server_side=True)
                self._open.append(peer)
            with peer:
                while self._answer(peer):
                    pass

    def _answer(self, peer: socket.socket) -> bool:
        request = self._receive(peer)
        if request is None:
            return False
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        self.asked.set()
        if reply.drip_s:
            for byte in reply.data:
                peer.sendall(bytes([byte]))
                if self._ended.wait(reply.drip_s):
                    return False
        else:
            peer.sendall(reply.data)
        if reply.hang:
            self._ended.wait()
        if reply.reset:
            # A reset overtakes what the other side has not read yet.
            self._ended.wait(0.1 if reply.data else 0)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        if reply.close or reply.reset:
            socket.socket.close(peer)
            return False
        return not reply.hang

    def _receive(self, peer: socket.socket) -> bytes | None:
        data = b""
        while not (_complete(data) or (data and self.context is None)):
            chunk = peer.recv(65536)
            self.application_bytes += len(chunk)
            if not chunk:
                return None
            data += chunk
        return data


def _complete(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
