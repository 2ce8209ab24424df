"""An HTTP proxy on loopback that opens what CONNECT names, wherever that is said to be."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Relay:
    """What was asked of the proxy: the head of each request, and the bytes that went through."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)


@contextmanager
def relaying(to: tuple[str, int], context: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """Relay every connection to one address until the end of the block.

    `context` None: the proxy itself speaks no TLS.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    relay = Relay(listener.getsockname()[1])
    opened: list[socket.socket] = [listener]

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

    def serve(peer: socket.socket) -> None:
        with suppress(OSError):
            if context is not None:
                peer = context.wrap_socket(peer, server_side=True)
            relay.heads.append(_head(peer))
            server = socket.create_connection(to)
            opened.extend((peer, server))
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=pump, args=(server, peer, []), daemon=True).start()
            pump(peer, server, relay.sent)

    def pump(source: socket.socket, target: socket.socket, kept: list[bytes]) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                kept.append(chunk)
                target.sendall(chunk)
            target.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        thread.join(5)


def _head(peer: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += peer.recv(1)
    return head
