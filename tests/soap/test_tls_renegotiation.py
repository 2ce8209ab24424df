"""A server that negotiates TLS again during a request, which Python itself cannot start."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Timer

import pytest

from auditor.soap.messages import Endpoint, RequestLimits
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, NewClient, Recorded
from tests.soap.test_wire_faults import INTERFACES, with_length

LIMIT_S = 20.0
OPENSSL = shutil.which("openssl")


class Server:
    """OpenSSL's own test server, told by single letters what to do with its connection."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.port = int(self.read_until(rb"ACCEPT [^\n]*:(\d+)\n")[1])

    def read_until(self, pattern: bytes) -> "re.Match[bytes]":
        """Return the match in what it shows: its own lines, and what clients send."""
        assert self._process.stdout
        shown = b""
        while not (match := re.search(pattern, shown)):
            byte = self._process.stdout.read(1)
            assert byte, shown
            shown += byte
        return match

    def write(self, data: bytes) -> None:
        """Send it to the client, or do what a single letter at the beginning means."""
        assert self._process.stdin
        self._process.stdin.write(data)
        self._process.stdin.flush()


@contextmanager
def openssl_server(authority: Authority) -> Iterator[Server]:
    identity = str(authority.issue(NODE).pem)
    words = ["s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", identity, "-key", identity]
    assert OPENSSL
    process = subprocess.Popen(
        [OPENSSL, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )
    # Its end ends every read of its output, so that no fault makes the test hang.
    limit = Timer(3 * LIMIT_S, process.kill)
    limit.start()
    try:
        yield Server(process)
    finally:
        limit.cancel()
        process.kill()
        process.communicate()


@pytest.mark.skipif(OPENSSL is None, reason="the program openssl is not installed")
@pytest.mark.parametrize("interface", INTERFACES)
def test_a_reply_after_a_renegotiation_is_read(
    interface: str,
    new_client: NewClient,
    recorded: Recorded,
    authority: Authority,
) -> None:
    """The certificate was checked at the first handshake, and TLS binds the second one to it."""
    name, ask = INTERFACES[interface]
    with openssl_server(authority) as server, ThreadPoolExecutor(1) as pool:
        place = Endpoint(NODE, "127.0.0.1", server.port, NODE, ca_bundle=authority.pem)
        client = new_client(place, RequestLimits(LIMIT_S, ()), axl_version="14.0")
        reply = pool.submit(ask, client)
        server.read_until(rb"Envelope>\s*$")
        server.write(b"R\n")
        server.read_until(rb"SSL_do_handshake -> 1")
        server.write(with_length(recorded(name), "Connection: close"))
        assert reply.result(LIMIT_S)
