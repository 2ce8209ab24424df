"""Names looked up and TCP connections opened under a deadline that can also be interrupted."""

import errno
import socket
import threading
from collections.abc import Sequence

from auditor.soap.registry import Call

_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_Found = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, _Address]]


def dial(call: Call, host: str, port: int) -> socket.socket:
    """Return a connected socket that `call` can end.

    Raises `OSError` (`socket.gaierror` for a name that is not found) of the last address tried,
    `TimedOut`, `Interrupted`.
    """
    found = _look_up(call, host, port)
    failure = OSError(f"no address for {host}")
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        attempt = socket.socket(family, kind, protocol)
        try:
            # A silent address must leave time for the next one.
            _connect(call, attempt, address, call.remaining_s / (len(found) - tried))
        except OSError as exc:
            attempt.close()
            call.check()
            failure = exc
        else:
            return attempt
    if isinstance(failure, TimeoutError):
        raise call.timed_out() from failure
    raise failure


def addresses(call: Call, host: str) -> tuple[str, ...]:
    """Return the addresses of a host, each once.

    Raises `socket.gaierror` for a name that is not found, `TimedOut`, `Interrupted`.
    """
    found = _look_up(call, host, 0)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def words(failure: OSError) -> str:
    """Return why no connection came about, in a few words that are the same on every machine."""
    if isinstance(failure, socket.gaierror):
        return "the name is not known here"
    known = {
        errno.ECONNREFUSED: "refused",
        errno.EHOSTUNREACH: "no route to it",
        errno.ENETUNREACH: "no route to it",
        errno.ECONNRESET: "ended by the other side",
    }
    return known.get(failure.errno or 0, "it could not be opened")


def _connect(call: Call, attempt: socket.socket, address: _Address, timeout_s: float) -> None:
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    attempt.settimeout(timeout_s)
    call.attach(attempt.fileno())
    attempt.connect(address)
    # An ended call shuts the socket down, which may look like a connection that came about.
    attempt.getpeername()
    attempt.settimeout(call.remaining_s)


def _look_up(call: Call, host: str, port: int) -> _Found:
    """Resolve in a thread of its own, because nothing else ends a name server's silence."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass
    found: list[_Found | OSError] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as exc:
            found.append(exc)
        except UnicodeError:
            found.append(socket.gaierror(socket.EAI_NONAME, "not a host name"))
        call.wake()

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    call.wait(lambda: bool(found))
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]
