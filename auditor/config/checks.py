"""The checks across keys: what must be there, what must not stand twice, what contradicts."""

from collections import Counter
from collections.abc import Iterable, Iterator

from auditor.config import hosts
from auditor.config.document import Cluster, Document, Table
from auditor.config.problems import Loc, Problem, misplaced
from auditor.config.settings import environment_name
from auditor.showing import short

_NO_INTERCLUSTER = "contradicts `intercluster = false`"


def across(document: Document, refused: frozenset[Loc]) -> Iterator[Problem]:
    """Yield what is wrong between keys; `refused` are the places already complained of."""
    if not document.cluster and ("cluster",) not in refused:
        yield Problem((), "no [[cluster]]; the file must have at least one")
    yield from _missing(document, refused)
    yield from _same_names(document)
    yield from _same_variables(document)
    yield from _same_places(document)
    for position, cluster in enumerate(document.cluster):
        loc = ("cluster", position)
        yield from _twice_in(loc, cluster)
        yield from _strays(loc, cluster)
        yield from _roles(loc, cluster)
        yield from _dependencies(loc, cluster, refused)


def _tables(document: Document) -> Iterator[tuple[Loc, Table]]:
    for position, cluster in enumerate(document.cluster):
        loc = ("cluster", position)
        yield loc, cluster
        yield from (((*loc, "node", i), node) for i, node in enumerate(cluster.node))
        yield from (
            ((*loc, "external_database", i), database)
            for i, database in enumerate(cluster.external_database)
        )
        yield from (
            ((*loc, "intercluster_peer", i), peer)
            for i, peer in enumerate(cluster.intercluster_peer)
        )


def _missing(document: Document, refused: frozenset[Loc]) -> Iterator[Problem]:
    for loc, table in _tables(document):
        for key in table.mandatory:
            if key not in table.model_fields_set and not refused & {loc, (*loc, key)}:
                yield Problem((*loc, key), "missing; this key is mandatory")
    if document.defaults.username or refused & {("defaults",), ("defaults", "username")}:
        return
    for position, cluster in enumerate(document.cluster):
        loc = ("cluster", position)
        if not cluster.username and not refused & {loc, (*loc, "username")}:
            yield Problem((*loc, "username"), "missing; set it in [defaults] or in this cluster")


def _same_names(document: Document) -> Iterator[Problem]:
    named = [((("cluster", i, "name")), c.name) for i, c in enumerate(document.cluster)]
    yield from _twice(named, "another cluster has this name")


def _twice(named: Iterable[tuple[Loc, str]], sentence: str) -> Iterator[Problem]:
    """Yield a problem for every name that stood earlier already, case apart."""
    seen: set[str] = set()
    for loc, name in named:
        if name and name.casefold() in seen:
            yield Problem(loc, sentence)
        seen.add(name.casefold())


def _twice_in(loc: Loc, cluster: Cluster) -> Iterator[Problem]:
    nodes = [((*loc, "node", i, "name"), n.name) for i, n in enumerate(cluster.node)]
    yield from _twice(nodes, "another node of this cluster has this name")
    databases = [
        ((*loc, "external_database", i, "name"), d.name)
        for i, d in enumerate(cluster.external_database)
    ]
    yield from _twice(databases, "another database of this cluster has this name")
    peers = [
        ((*loc, "intercluster_peer", i, "address"), p.address)
        for i, p in enumerate(cluster.intercluster_peer)
    ]
    yield from _twice(peers, "another peer of this cluster has this address")
    for key, names in (("addresses", cluster.addresses), ("pins", cluster.pins)):
        yield from _twice(
            [((*loc, key, name), name) for name in names], "this name stands here twice"
        )


def _same_variables(document: Document) -> Iterator[Problem]:
    """Yield clusters of different names whose password would come from one variable."""
    holders: dict[str, str] = {}
    for position, cluster in enumerate(document.cluster):
        variable = environment_name(cluster.name)
        first = holders.setdefault(variable, cluster.name)
        if first.casefold() != cluster.name.casefold():
            yield Problem(
                ("cluster", position, "name"),
                f'its password would come from {variable}, as that of cluster "{short(first)}"; '
                "rename one of them",
            )


def _same_places(document: Document) -> Iterator[Problem]:
    """Yield names that lead to a host and port which another name, or cluster, leads to."""
    holders: dict[tuple[str, int], tuple[int, str]] = {}
    for position, cluster in enumerate(document.cluster):
        for loc, name, usual in _reached(("cluster", position), cluster):
            host, port = cluster_address(cluster, name) or usual
            holder = holders.setdefault((host.lower(), port), (position, name))
            if (holder[0], holder[1].lower()) != (position, name.lower()):
                other = document.cluster[holder[0]].name
                yield Problem(
                    loc,
                    f'"{short(name)}" is reached at {hosts.join(host, port)}, as '
                    f'"{short(holder[1])}" of cluster "{short(other)}"; '
                    "one host and port is one server",
                )


def cluster_address(cluster: Cluster, name: str) -> tuple[str, int] | None:
    """Return what `addresses` says of a name, case apart."""
    return {key.lower(): place for key, place in cluster.addresses.items()}.get(name.lower())


def _reached(loc: Loc, cluster: Cluster) -> Iterator[tuple[Loc, str, tuple[str, int]]]:
    """Yield every server that the cluster's tables name, each once, with where it is dialled."""
    seen = {""}
    named: list[tuple[Loc, str, tuple[str, int]]] = [
        ((*loc, "cucm_publisher"), cluster.cucm_publisher[0], cluster.cucm_publisher)
    ]
    named += [((*loc, "addresses", name), name, place) for name, place in cluster.addresses.items()]
    named += [
        ((*loc, "node", i, "name"), node.name, (node.name, hosts.PORT))
        for i, node in enumerate(cluster.node)
    ]
    named += [((*loc, "pins", name), name, (name, hosts.PORT)) for name in cluster.pins]
    for place, name, usual in named:
        if name.lower() not in seen:
            yield place, name, usual
        seen.add(name.lower())


def _strays(loc: Loc, cluster: Cluster) -> Iterator[Problem]:
    """Yield keys that slipped into a map of nodes and happen to look like one."""
    for key, names in (("addresses", cluster.addresses), ("pins", cluster.pins)):
        for name in names:
            if stray := misplaced(name):
                yield Problem((*loc, key, name), stray)


def _roles(loc: Loc, cluster: Cluster) -> Iterator[Problem]:
    publishers = [i for i, node in enumerate(cluster.node) if node.role == "publisher"]
    for position in publishers[1:]:
        first = cluster.node[publishers[0]].name
        yield Problem(
            (*loc, "node", position, "role"),
            f'"{short(first)}" is the publisher already; a cluster has one',
        )
    sizes = Counter(node.redundancy_group for node in cluster.node if node.redundancy_group)
    for group, size in sizes.items():
        if size > 2:
            yield Problem(
                (*loc, "node"), f'redundancy group "{short(group)}" has {size} nodes; it holds two'
            )


def _dependencies(loc: Loc, cluster: Cluster, refused: frozenset[Loc]) -> Iterator[Problem]:
    told = cluster.deployment
    place = (*loc, "deployment")
    for key, value, needed, holds in (
        ("permanent_chat", told.permanent_chat, "chat", told.chat),
        ("permanent_chat_ha", told.permanent_chat_ha, "permanent_chat", told.permanent_chat),
    ):
        if value and not holds and not refused & {(*place, needed), place}:
            way = "; declare that too" if holds is None else ", which is false; declare that true"
            yield Problem((*place, key), f"needs `{needed}`{way}, or this one false")
    if told.intercluster is not False:
        return
    if told.intercluster_cup86:
        yield Problem((*place, "intercluster_cup86"), _NO_INTERCLUSTER)
    if told.intercluster_synced_from:
        yield Problem((*place, "intercluster_synced_from"), _NO_INTERCLUSTER)
    if cluster.intercluster_peer:
        yield Problem(
            (*place, "intercluster"), "false, but an [[cluster.intercluster_peer]] exists"
        )
