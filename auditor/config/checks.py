"""Checks across keys: mandatory keys, duplicates, contradictions."""

from collections import Counter
from collections.abc import Iterable, Iterator

from auditor.config.errors import ConfigProblem, Loc, misplaced_key_text
from auditor.config.hosts import SOAP_PORT, complete_host, join_host_port
from auditor.config.schema import ClusterTable, ConfigDocument, ConfigTable
from auditor.config.settings import password_variable_name
from auditor.models.deployment import INTERCLUSTER_KEY, INTERCLUSTER_ONLY_KEYS
from auditor.text import shorten_text

_NO_INTERCLUSTER = "contradicts `intercluster = false`"


def check_document(document: ConfigDocument, refused: frozenset[Loc]) -> Iterator[ConfigProblem]:
    """Yield what is wrong between keys; `refused` are places already reported."""
    if not document.cluster and ("cluster",) not in refused:
        yield ConfigProblem((), "no [[cluster]]; the file must have at least one")
    yield from _check_mandatory_keys(document, refused)
    yield from _check_cluster_names(document)
    yield from _check_password_variables(document)
    yield from _check_server_addresses(document)
    for position, cluster in enumerate(document.cluster):
        loc = ("cluster", position)
        yield from _check_unique_in_cluster(loc, cluster)
        yield from _check_products(loc, cluster)
        yield from _check_misplaced_keys(loc, cluster)
        yield from _check_roles(loc, cluster)
        yield from _check_feature_dependencies(loc, cluster, refused)


def _iterate_tables(document: ConfigDocument) -> Iterator[tuple[Loc, ConfigTable]]:
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


def _check_mandatory_keys(
    document: ConfigDocument, refused: frozenset[Loc]
) -> Iterator[ConfigProblem]:
    for loc, table in _iterate_tables(document):
        for key in table.mandatory:
            if key not in table.model_fields_set and not refused & {loc, (*loc, key)}:
                yield ConfigProblem((*loc, key), "missing; this key is mandatory")
    if document.defaults.username or refused & {("defaults",), ("defaults", "username")}:
        return
    for position, cluster in enumerate(document.cluster):
        loc = ("cluster", position)
        if not cluster.username and not refused & {loc, (*loc, "username")}:
            yield ConfigProblem(
                (*loc, "username"), "missing; set it in [defaults] or in this cluster"
            )


def _check_cluster_names(document: ConfigDocument) -> Iterator[ConfigProblem]:
    named = [((("cluster", i, "name")), c.name) for i, c in enumerate(document.cluster)]
    yield from _check_unique(named, "another cluster has this name")


def _check_unique(named: Iterable[tuple[Loc, str]], sentence: str) -> Iterator[ConfigProblem]:
    """Yield a problem for every repeated name; case is ignored."""
    earlier: set[str] = set()
    for loc, name in named:
        if name and name.casefold() in earlier:
            yield ConfigProblem(loc, sentence)
        earlier.add(name.casefold())


def _check_unique_in_cluster(loc: Loc, cluster: ClusterTable) -> Iterator[ConfigProblem]:
    servers = [
        full_name(cluster, place[0])
        for place in (cluster.cucm_publisher, *cluster.cucm_subscribers)
    ]
    yield from _check_unique(
        [((*loc, "cucm_subscribers"), name) for name in servers],
        "names one server twice; it holds the CUCM servers beside the publisher, each once",
    )
    nodes = [
        ((*loc, "node", i, "name"), full_name(cluster, n.name)) for i, n in enumerate(cluster.node)
    ]
    yield from _check_unique(nodes, "another node of this cluster has this name")
    databases = [
        ((*loc, "external_database", i, "name"), d.name)
        for i, d in enumerate(cluster.external_database)
    ]
    yield from _check_unique(databases, "another database of this cluster has this name")
    peers = [
        ((*loc, "intercluster_peer", i, "address"), p.address)
        for i, p in enumerate(cluster.intercluster_peer)
    ]
    yield from _check_unique(peers, "another peer of this cluster has this address")
    for key, names in (("addresses", cluster.addresses), ("pins", cluster.pins)):
        yield from _check_unique(
            [((*loc, key, name), full_name(cluster, name)) for name in names],
            "this name is here twice",
        )


def _check_products(loc: Loc, cluster: ClusterTable) -> Iterator[ConfigProblem]:
    """Yield CUCM servers that the file also declares as IM and Presence nodes."""
    nodes = {full_name(cluster, node.name) for node in cluster.node if node.name}
    named = [("cucm_publisher", cluster.cucm_publisher[0])]
    named += [("cucm_subscribers", name) for name, _ in cluster.cucm_subscribers]
    for key, name in named:
        if full_name(cluster, name) in nodes:
            yield ConfigProblem(
                (*loc, key),
                f'"{shorten_text(name)}" is declared as an IM and Presence node; this key is for '
                "CUCM servers",
            )


def _check_password_variables(document: ConfigDocument) -> Iterator[ConfigProblem]:
    """Yield clusters whose names differ but lead to the same password variable."""
    holders: dict[str, str] = {}
    for position, cluster in enumerate(document.cluster):
        variable = password_variable_name(cluster.name)
        first = holders.setdefault(variable, cluster.name)
        # The same name in another case is what the check of names reports.
        if first.casefold() != cluster.name.casefold():
            yield ConfigProblem(
                ("cluster", position, "name"),
                f"its password would come from {variable}, as that of cluster"
                f' "{shorten_text(first)}"; rename one of them',
            )


def _check_server_addresses(document: ConfigDocument) -> Iterator[ConfigProblem]:
    """Yield names that lead to a host and port already used by another name or cluster."""
    holders: dict[tuple[str, int], tuple[int, str]] = {}
    for position, cluster in enumerate(document.cluster):
        for loc, name, usual in _server_addresses(("cluster", position), cluster):
            host, port = address_override(cluster, name) or usual
            host, name = (complete_host(word, cluster.domain) for word in (host, name))
            # Two names for one machine would judge its services twice, and those of the other
            # never.
            holder = holders.setdefault((host.lower(), port), (position, name))
            if (holder[0], holder[1].lower()) != (position, name.lower()):
                other = document.cluster[holder[0]].name
                yield ConfigProblem(
                    loc,
                    f'"{shorten_text(name)}" is reached at {join_host_port(host, port)}, as '
                    f'"{shorten_text(holder[1])}" of cluster "{shorten_text(other)}"; '
                    "one host and port is one server",
                )


def address_override(cluster: ClusterTable, name: str) -> tuple[str, int] | None:
    """Return the entry of `addresses` for a name, None if there is none; case is ignored."""
    places = {full_name(cluster, key): place for key, place in cluster.addresses.items()}
    return places.get(full_name(cluster, name))


def full_name(cluster: ClusterTable, name: str) -> str:
    """Return a name in lower case, with the cluster's domain behind it if it has no dot."""
    return complete_host(name.lower(), cluster.domain)


def _server_addresses(
    loc: Loc, cluster: ClusterTable
) -> Iterator[tuple[Loc, str, tuple[str, int]]]:
    """Yield every server that the cluster's tables name, once, with its address."""
    # A mandatory name that is missing is "" here, and reported already.
    yielded = {full_name(cluster, "")}
    named: list[tuple[Loc, str, tuple[str, int]]] = [
        ((*loc, "cucm_publisher"), cluster.cucm_publisher[0], cluster.cucm_publisher)
    ]
    named += [((*loc, "cucm_subscribers"), place[0], place) for place in cluster.cucm_subscribers]
    named += [((*loc, "addresses", name), name, place) for name, place in cluster.addresses.items()]
    named += [
        ((*loc, "node", i, "name"), node.name, (node.name, SOAP_PORT))
        for i, node in enumerate(cluster.node)
    ]
    named += [((*loc, "pins", name), name, (name, SOAP_PORT)) for name in cluster.pins]
    for place, name, usual in named:
        if full_name(cluster, name) not in yielded:
            yield place, name, usual
        yielded.add(full_name(cluster, name))


def _check_misplaced_keys(loc: Loc, cluster: ClusterTable) -> Iterator[ConfigProblem]:
    """Yield keys that were written below the header of a map of nodes by mistake."""
    for key, names in (("addresses", cluster.addresses), ("pins", cluster.pins)):
        for name in names:
            if stray := misplaced_key_text(name):
                yield ConfigProblem((*loc, key, name), stray)


def _check_roles(loc: Loc, cluster: ClusterTable) -> Iterator[ConfigProblem]:
    publishers = [i for i, node in enumerate(cluster.node) if node.role == "publisher"]
    for position in publishers[1:]:
        first = cluster.node[publishers[0]].name
        yield ConfigProblem(
            (*loc, "node", position, "role"),
            f'"{shorten_text(first)}" is the publisher already; a cluster has one',
        )
    sizes = Counter(node.redundancy_group for node in cluster.node if node.redundancy_group)
    for group, size in sizes.items():
        if size > 2:
            yield ConfigProblem(
                (*loc, "node"),
                f'redundancy group "{shorten_text(group)}" has {size} nodes; it holds two',
            )


def _check_feature_dependencies(
    loc: Loc, cluster: ClusterTable, refused: frozenset[Loc]
) -> Iterator[ConfigProblem]:
    declared = cluster.deployment.value
    place = (*loc, "deployment")
    for key, needed in (("permanent_chat", "chat"), ("permanent_chat_ha", "permanent_chat")):
        needed_value = declared(needed)
        if declared(key) and not needed_value and not refused & {(*place, needed), place}:
            way = (
                "; declare it too" if needed_value is None else ", which is false; declare it true"
            )
            yield ConfigProblem((*place, key), f"needs `{needed}`{way}, or this one false")
    if declared(INTERCLUSTER_KEY) is not False:
        return
    for key in INTERCLUSTER_ONLY_KEYS:
        if declared(key):
            yield ConfigProblem((*place, key), _NO_INTERCLUSTER)
    if cluster.intercluster_peer:
        yield ConfigProblem(
            (*place, INTERCLUSTER_KEY), "false, but an [[cluster.intercluster_peer]] exists"
        )
