"""Which node a name in the IM&P database stands for."""

from collections.abc import Iterable


class Unclear(Exception):
    """An answer says nothing certain; the text is a clause that says why."""


def node_of(component: str, nodes: Iterable[str]) -> str | None:
    """Return the node whose host an XCP component such as `cm-2_s2scp-1.HOST` runs on, if any.

    The only public sample writes the dots of the host as hyphens (TAC document 213865). Raises
    Unclear where that leaves several readings.
    """
    host = component.partition(".")[2] or component
    known = list(nodes)
    same = [node for node in known if _plain(node) == _plain(host)]
    if same:
        return same[0]
    short = [node for node in known if _label(node) == _label(host) and _one_is_short(node, host)]
    if len(short) == 1:
        return short[0]
    blurred = [n for n in known if "." not in n and _plain(host).startswith(f"{_plain(n)}-")]
    if short or blurred:
        raise Unclear(f"{component} may or may not name {(short + blurred)[0]}")
    return None


def _plain(host: str) -> str:
    return host.replace(".", "-").casefold()


def _label(host: str) -> str:
    return host.partition(".")[0].casefold()


def _one_is_short(one: str, other: str) -> bool:
    return ("." in one) != ("." in other)
