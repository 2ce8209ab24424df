"""A deadline bounds a whole request in every phase, and Ctrl-C ends it at once."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from auditor.errors import BadReply, Interrupted, TimedOut, TooLarge, Unreachable
from auditor.models.settings import Reach
from auditor.soap.client import Client
from auditor.soap.deadlines import Deadline, EndReason
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.network import LiveNetwork
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, NewClient, PatientNetwork, Recorded
from tests.soap.loopback import Loopback, Raw, http
from tests.soap.relay import relaying

SHORT = RequestLimits(timeout_s=0.4)
LONG = RequestLimits(timeout_s=60)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n"


def full_listener() -> tuple[socket.socket, list[socket.socket]]:
    """Return a listener whose queue is full: a connection to it neither opens nor fails."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(4):
        attempt = socket.socket()
        attempt.setblocking(False)
        attempt.connect_ex(listener.getsockname())
        waiting.append(attempt)
    return listener, waiting


LAST_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
PHASES = [
    *("connect", "handshake", "head", "head drip", "body", "body drip"),
    *("last body", "last body drip"),
]


@pytest.fixture
def stuck(authority: Authority, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """Return the address of a server that never gets beyond one phase."""
    phase = request.param
    if phase == "connect":
        listener, waiting = full_listener()
        yield listener.getsockname()
        for opened in (listener, *waiting):
            opened.close()
        return
    reply = {
        "handshake": Raw(),
        "head": Raw(hang=True),
        "head drip": Raw(HEAD * 20, drip_s=0.02),
        "body": Raw(HEAD, hang=True),
        "body drip": Raw(HEAD + b" " * 5000, drip_s=0.02),
        "last body": Raw(LAST_HEAD, hang=True),
        "last body drip": Raw(LAST_HEAD + b" " * 5000, drip_s=0.02),
    }[phase]
    context = authority.issue(NODE).context()
    with Loopback(context, [reply], silent=phase == "handshake") as server:
        yield server.host, server.port


@pytest.mark.parametrize("stuck", PHASES, indirect=True)
def test_a_request_ends_at_its_deadline_in_every_phase(
    stuck: tuple[str, int], endpoint: Endpoint, new_client: NewClient
) -> None:
    client = new_client(replace(endpoint, host=stuck[0], port=stuck[1]), SHORT)
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"imp-a.example.test .* within 0.4 s"):
        client.service_status()
    assert 0.3 < time.monotonic() - began < 30
    assert client.requests_sent <= 1  # a request that timed out is not repeated


@pytest.mark.parametrize("stuck", PHASES, indirect=True)
def test_an_interrupt_ends_a_request_at_once_in_every_phase(
    stuck: tuple[str, int], endpoint: Endpoint, new_client: NewClient, network: PatientNetwork
) -> None:
    client = new_client(replace(endpoint, host=stuck[0], port=stuck[1]), LONG)
    threading.Timer(0.2, network.interrupt).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        client.service_status()
    assert time.monotonic() - began < 30
    with pytest.raises(Interrupted):
        client.service_status()


def test_a_proxy_with_tls_of_its_own_costs_no_deadline(
    endpoint: Endpoint, authority: Authority, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this request and of the next; TLS within TLS is no socket that could be shut down."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    with Loopback(authority.issue(NODE).context(), [Raw(HEAD, hang=True)]) as server:
        place = replace(endpoint, host=server.host, port=server.port)
        with relaying((server.host, server.port), authority.issue("localhost").context()) as relay:
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{relay.port}")
            with pytest.raises(TimedOut):
                new_client(replace(endpoint, host=NODE, proxy=True), SHORT).service_status()
            assert len(server.requests) == 1
        with pytest.raises(TimedOut):
            new_client(place, SHORT).service_status()


@pytest.mark.parametrize("host", ["a:b", "["])
def test_a_name_that_is_no_host_has_no_proxy(
    host: str, endpoint: Endpoint, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises((BadReply, Unreachable)):
        new_client(replace(endpoint, host=host, proxy=True)).service_status()


def hanging_lookup(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let every look-up of a name hang until the event is set, and then find nothing."""
    released, real = threading.Event(), socket.getaddrinfo

    def look_up(host: str, port: int, *args: int, **rest: int) -> object:
        if rest.get("flags", 0) & socket.AI_NUMERICHOST:
            return real(host, port, *args, **rest)
        released.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return released


def test_a_silent_name_server_is_bound_by_the_deadline(
    endpoint: Endpoint, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = hanging_lookup(monkeypatch)
    with pytest.raises(TimedOut):
        new_client(replace(endpoint, host=NODE), SHORT).service_status()
    released.set()


def test_an_interrupt_ends_a_look_up(
    endpoint: Endpoint,
    new_client: NewClient,
    network: PatientNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = hanging_lookup(monkeypatch)
    threading.Timer(0.1, network.interrupt).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        new_client(replace(endpoint, host=NODE), LONG).service_status()
    assert time.monotonic() - began < 30
    released.set()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "imp..test", "a" * 70 + ".test"])
def test_an_unknown_name_is_unreachable(
    host: str, endpoint: Endpoint, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging_lookup(monkeypatch).set()
    with pytest.raises(Unreachable, match=f"No connection to {NODE} at "):
        new_client(replace(endpoint, host=host)).service_status()


@pytest.mark.parametrize("host", ["user@evil.test", "imp-a.test/axl", "imp a", "", "x?y", "x#y"])
def test_an_address_cannot_inject_into_the_request(
    host: str, endpoint: Endpoint, new_client: NewClient
) -> None:
    client = new_client(replace(endpoint, host=host))
    with pytest.raises(Unreachable, match="is not a host name"):
        client.service_status()
    assert client.requests_sent == 0


def test_a_closed_port_is_unreachable(endpoint: Endpoint, new_client: NewClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = new_client(replace(endpoint, port=port))
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}: refused"):
        client.service_status()
    assert client.requests_sent == 0


def test_an_address_that_times_out_leaves_time_for_the_next(
    served: "Served", recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, server = served(http(recorded("control-center/service-status.xml")))
    full, waiting = full_listener()
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
        for address in (full.getsockname(), (server.host, server.port))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    with LiveNetwork() as network:
        assert network.try_tcp(NODE, 8443, 0.6).reach is Reach.REACHED
    for opened in (full, *waiting):
        opened.close()


def test_two_threads_share_one_connection_to_a_node(
    endpoint: Endpoint, authority: Authority, recorded: Recorded, new_client: NewClient
) -> None:
    reply = http(recorded("control-center/service-status.xml"))
    with Loopback(authority.issue(NODE).context(), [reply]) as server:
        client = new_client(replace(endpoint, host=server.host, port=server.port))
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: client.service_status(), range(8)))
    assert all(len(reply.rows) == 4 for reply in replies)
    assert (len(server.requests), server.connections, client.requests_sent) == (8, 1, 8)


@pytest.fixture
def served(
    authority: Authority, endpoint: Endpoint, new_client: NewClient
) -> Iterator[Callable[..., tuple[Client, Loopback]]]:
    """Return a function that serves raw replies to a client of its own."""
    servers: list[Loopback] = []

    def serve(*replies: Raw, limits: RequestLimits | None = None) -> tuple[Client, Loopback]:
        server = Loopback(authority.issue(NODE).context(), replies).__enter__()
        servers.append(server)
        place = replace(endpoint, host=server.host, port=server.port)
        return new_client(place, limits), server

    yield serve
    for server in servers:
        server.__exit__(None, None, None)


Served = Callable[..., tuple[Client, Loopback]]


def test_the_session_cookie_is_sent_with_the_credentials(
    served: Served, recorded: Recorded
) -> None:
    body = recorded("control-center/service-status.xml")
    cookie = "Set-Cookie: JSESSIONIDSSO=0123ABCD; Path=/; Secure; HttpOnly"
    client, server = served(http(body, 200, "text/xml", cookie))
    client.service_status()
    client.service_status()
    first, second = server.headers(0), server.headers(1)
    assert "cookie" not in first
    assert second["cookie"] == "JSESSIONIDSSO=0123ABCD"
    assert first["authorization"] == second["authorization"] != ""


def test_the_deadline_holds_on_a_kept_connection_as_well(
    served: Served, recorded: Recorded
) -> None:
    good = http(recorded("control-center/service-status.xml"))
    client, server = served(
        good, Raw(HEAD + b" " * 5000, drip_s=0.02), limits=RequestLimits(timeout_s=2)
    )
    client.service_status()
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client.service_status()
    assert time.monotonic() - began < 30
    assert (server.connections, len(server.requests)) == (1, 2)


def test_a_reply_without_a_length_is_read_to_the_end_of_the_connection(
    served: Served, recorded: Recorded
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
    body = recorded("control-center/service-status.xml")
    client, _ = served(Raw(head + body, close=True))
    assert len(client.service_status().rows) == 4


@pytest.mark.parametrize("cut", ["on-item", "in-item"])
def test_a_truncated_reply_without_a_length_is_a_bad_reply(
    cut: str, served: Served, recorded: Recorded
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
    body = recorded(f"control-center/service-status-cut-{cut}.xml")
    client, _ = served(Raw(head + body, close=True))
    with pytest.raises(BadReply, match="cut short"):
        client.service_status()


@pytest.mark.parametrize("reset", [True, False])
def test_a_reply_shorter_than_its_length_is_a_bad_reply_without_retry(
    reset: bool, served: Served
) -> None:
    client, server = served(Raw(HEAD + b"<a>", close=not reset, reset=reset))
    with pytest.raises(BadReply, match="in the middle of its reply"):
        client.service_status()
    assert len(server.requests) == 1


def test_a_reply_in_chunks_that_ends_early_is_a_bad_reply(served: Served) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    client, _ = served(Raw(head + b"5\r\n<a><b\r\n", close=True))
    with pytest.raises(BadReply, match="in the middle of its reply"):
        client.service_status()


@pytest.mark.parametrize("length", [True, False])
def test_a_reply_beyond_the_cap_is_dropped(length: bool, served: Served) -> None:
    size = 3_000_000
    header = f"Content-Length: {size}\r\n" if length else "Connection: close\r\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n{header}\r\n".encode()
    limits = RequestLimits(timeout_s=5, max_bytes=100_000)
    client, _ = served(Raw(head + b" " * size, close=True), limits=limits)
    with pytest.raises(TooLarge, match="more than 100000 bytes"):
        client.service_status()


def test_a_compressed_reply_is_refused(served: Served, recorded: Recorded) -> None:
    body = recorded("control-center/service-status.xml")
    client, server = served(http(body, 200, "text/xml", "Content-Encoding: gzip"))
    with pytest.raises(BadReply, match="compressed"):
        client.service_status()
    assert server.headers(0)["accept-encoding"] == "identity"


def test_what_is_not_http_is_a_bad_reply(served: Served) -> None:
    client, _ = served(Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", close=True))
    with pytest.raises(BadReply, match="did not answer in HTTP"):
        client.service_status()


@pytest.mark.parametrize("host", ["a:b", "localhost:9443", ":"])
def test_a_name_with_a_colon_that_is_no_address_is_one_failure_of_the_server(
    host: str, endpoint: Endpoint, new_client: NewClient
) -> None:
    """CUCM lists what somebody typed there; no other exception may leave the client."""
    client = new_client(replace(endpoint, host=host))
    with pytest.raises(BadReply, match="did not answer in HTTP"):
        client.service_status()
    assert client.requests_sent == 0


@pytest.mark.parametrize("status", [401, 302])
def test_an_endless_page_is_reported_by_its_status(status: int, served: Served) -> None:
    head = f"HTTP/1.1 {status} x\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 9\r\n\r\n"
    client, _ = served(Raw(head.encode(), hang=True), limits=LONG)
    began = time.monotonic()
    with pytest.raises(Exception, match=f"HTTP {status}"):
        client.service_status()
    assert time.monotonic() - began < 30


def test_a_connection_lost_before_the_reply_is_retried_once(
    served: Served, recorded: Recorded
) -> None:
    good = http(recorded("control-center/service-status.xml"))
    client, server = served(Raw(close=True), good)
    assert client.service_status().rows
    assert (len(server.requests), server.connections, client.requests_sent) == (2, 2, 2)


@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_lost_twice_is_unreachable(reset: bool, served: Served) -> None:
    client, server = served(Raw(close=not reset, reset=reset))
    with pytest.raises(Unreachable, match="without answering"):
        client.service_status()
    assert len(server.requests) == 2


def test_a_handshake_that_is_cut_off_is_unreachable(
    endpoint: Endpoint, new_client: NewClient
) -> None:
    with Loopback(None, [Raw(close=True)]) as server:
        client = new_client(replace(endpoint, host=server.host, port=server.port))
        with pytest.raises(Unreachable, match="during the TLS handshake"):
            client.service_status()
    assert (client.requests_sent, server.connections) == (0, 2)


def test_a_tcp_check_distinguishes_open_refused_and_timed_out(
    network: PatientNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging_lookup(monkeypatch).set()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        reached = network.try_tcp("127.0.0.1", port, 2)
    assert (reached.reach, reached.text) == (
        Reach.REACHED,
        f"127.0.0.1:{port} accepted a TCP connection.",
    )
    assert network.try_tcp("127.0.0.1", port, 2).reach is Reach.REFUSED
    unknown = network.try_tcp("no-such-host.invalid", 5432, 5)
    assert (unknown.reach, unknown.text) == (
        Reach.UNKNOWN,
        "There is no connection to no-such-host.invalid:5432: the name is not known here.",
    )
    full, waiting = full_listener()
    silent = network.try_tcp("127.0.0.1", full.getsockname()[1], 0.3)
    for opened in (full, *waiting):
        opened.close()
    assert silent.reach is Reach.TIMED_OUT
    assert "0.3" not in silent.text


def test_an_interrupt_ends_pauses_and_later_requests(network: PatientNetwork) -> None:
    threading.Timer(0.1, network.interrupt).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        LiveNetwork.pause(network, 60)
    assert time.monotonic() - began < 30
    for later in (
        lambda: LiveNetwork.pause(network, 0),
        lambda: network.try_tcp("127.0.0.1", 1, 1),
    ):
        with pytest.raises(Interrupted):
            later()


def test_a_socket_that_opens_after_its_call_is_closed_at_once() -> None:
    ours, theirs = socket.socketpair()
    call = Deadline(NODE, 60)
    call.end(EndReason.INTERRUPT)
    call.attach_duplicate(ours)
    with ours, theirs:
        theirs.settimeout(2)
        assert theirs.recv(1) == b""
    call.release()
