"""Which node a name in the IM&P database stands for."""

from collections.abc import Iterable


class Unclear(Exception):
    """An answer says nothing certain; the text is a clause that says why."""


def host_of(component: str) -> str:
    """Return the host that an XCP component such as `cm-2_s2scp-1.HOST` runs on.

    Raises:
        Unclear: it names none.
    """
    host = component.partition(".")[2]
    if not host:
        raise Unclear(f'"{component}" names no host')
    return host


def node_of(host: str, nodes: Iterable[str]) -> str | None:
    """Return the node that a host is, None if it is no node.

    The only public sample of a component writes the dots of its host as hyphens (TAC document
    213865), so both count as one, and a name without a domain may stand for one with it.

    Raises:
        Unclear: there are several readings.
    """
    known = list(nodes)
    same = [node for node in known if _plain(node) == _plain(host)]
    if same:
        return same[0]
    short = [node for node in known if _label(node) == _label(host) and _one_is_short(node, host)]
    if len(short) == 1:
        return short[0]
    blurred = [n for n in known if "." not in n and _plain(host).startswith(f"{_plain(n)}-")]
    if short or blurred:
        raise Unclear(f'"{host}" may or may not be {(short + blurred)[0]}')
    return None


def _plain(host: str) -> str:
    return host.replace(".", "-").casefold()


def _label(host: str) -> str:
    return host.partition(".")[0].casefold()


def _one_is_short(one: str, other: str) -> bool:
    return ("." in one) != ("." in other)
