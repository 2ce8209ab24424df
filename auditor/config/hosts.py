"""Hosts and ports as people write them: names, IPv4, IPv6 with or without brackets."""

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

SOAP_PORT = 8443
"""The port where CUCM and IM&P nodes serve SOAP."""

_DNS_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@functools.lru_cache(maxsize=4096)
def is_ip(host: str) -> bool:
    """Return whether this is an IPv4 or IPv6 address, and not a name."""
    try:
        # A zone, as in fe80::1%eth0, names an interface of this machine and cannot stay in a URL.
        return "%" not in host and bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def first_label(host: str) -> str:
    """Return what a name has before its first dot, lower case; an address as it is."""
    return host if is_ip(host) else host.partition(".")[0].casefold()


def is_host(text: str) -> bool:
    """Return whether this can be used as the host of a URL (IPv6 in brackets).

    Names whose last label is a number are refused: 10.1.1.300 is a mistyped address.
    """
    labels = text.split(".")
    # 63 characters a label and 253 in all are the limits of DNS (RFC 1035).
    named = all(_DNS_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    return is_ip(text) or (named and len(text) <= 253)


def match_names(typed: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the name that was typed, else those that it is the first label of."""
    key = typed.casefold()
    folded = {name.casefold(): name for name in names}
    if key in folded:
        return (folded[key],)
    return tuple(name for full, name in folded.items() if full.split(".")[0] == key)


def complete_host(host: str, domain: str | None) -> str:
    """Return a name without a dot with the domain behind it; every other host as it is."""
    is_short = host and "." not in host and not is_ip(host)
    return f"{host}.{domain}" if domain is not None and is_short else host


def join_host_port(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_host_port(text: str) -> tuple[str, int]:
    """Return host and port of `host` or `host:port`; the port is 8443 if left out.

    Raises ValueError with a sentence for the user.
    """
    host, port = text, str(SOAP_PORT)
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text):
        host, port = bracketed[1], bracketed[2] if bracketed[2] is not None else port
    elif text.count(":") == 1:
        host, port = text.split(":")
    if not is_host(host) or (bracketed and ":" not in host):
        raise ValueError("must be a host or host:port, such as imp.example.test:8443")
    # `int` alone would take signs, blanks, underscores and digits of other scripts.
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError("the port must be a number from 1 to 65535")
    return host, int(port)


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A node's name, the host to connect to, and the position of its cluster in the file."""

    name: str
    host: str
    cluster: int = 0


def match_address(address: str, nodes: Iterable[NodeAddress]) -> tuple[NodeAddress, ...]:
    """Return the nodes that an address means: those of that name, else the one at that host.

    Several nodes at one host, as behind NAT, differ by name only: the host means none of
    them. Case makes no difference.
    """
    nodes = tuple(nodes)
    named = tuple(node for node in nodes if node.name.casefold() == address.casefold())
    at_host = tuple(node for node in nodes if node.host.casefold() == address.casefold())
    return named or (at_host if len(at_host) == 1 else ())
