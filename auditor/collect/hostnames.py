"""Which node a host is, by the names of both."""

from collections.abc import Iterable

from auditor.config.hosts import first_label


class AmbiguousHost(Exception):
    """It is open which node a host is; the text is a clause that says why."""


def component_host(component: str) -> str:
    """Return the host that an XCP component such as `cm-2_s2scp-1.HOST` runs on.

    Raises:
        AmbiguousHost: it names none.
    """
    host = component.partition(".")[2]
    if not host:
        raise AmbiguousHost(f'"{component}" names no host')
    return host


def match_node_name(host: str, nodes: Iterable[str]) -> str | None:
    """Return the node that a host is, None if it is not a node.

    The only public sample of a component writes the dots of its host as hyphens (TAC document
    213865), so both are equal here, and a name without a domain may mean one with it.

    Raises:
        AmbiguousHost: the host may or may not be a node.
    """
    nodes = list(nodes)
    same = [node for node in nodes if _hyphenate_host(node) == _hyphenate_host(host)]
    if same:
        return same[0]
    unqualified = [
        node
        for node in nodes
        if first_label(node) == first_label(host) and ("." in node) != ("." in host)
    ]
    if len(unqualified) == 1:
        return unqualified[0]
    # Without its domain, a node may be the beginning of a host whose dots became hyphens.
    prefixes = [
        node
        for node in nodes
        if "." not in node and _hyphenate_host(host).startswith(f"{_hyphenate_host(node)}-")
    ]
    if unqualified or prefixes:
        raise AmbiguousHost(f'"{host}" may or may not be {(unqualified + prefixes)[0]}')
    return None


def _hyphenate_host(host: str) -> str:
    return host.replace(".", "-").casefold()
