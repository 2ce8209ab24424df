"""The deployment of a cluster as the file declares it, with what its peers in the file add."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.config.checks import address_override, full_name
from auditor.config.errors import ConfigProblem
from auditor.config.hosts import NodeAddress, complete_host, match_address
from auditor.config.schema import ClusterTable, ConfigDocument
from auditor.config.value_checks import EXPRESSWAY
from auditor.models.deployment import DEPLOYMENT_KEY_PREFIX, INTERCLUSTER_KEY, SYNCED_FROM_KEY
from auditor.models.evidence import Origin
from auditor.models.settings import ExternalDatabase, Reach, Setting
from auditor.text import shorten_text


@dataclass(frozen=True, slots=True)
class PeerReference:
    """Cluster `by` names `node` of another cluster as the peer that it syncs from."""

    by: str
    node: str


def peer_references(document: ConfigDocument) -> dict[int, tuple[PeerReference, ...]]:
    """Return, by position of the cluster, which of its nodes other clusters sync from.

    Only declared nodes are matched here; a survey matches those that CUCM lists, by `peered_from`.
    """
    nodes = [
        NodeAddress(name, _host_of(cluster, name), position)
        for position, cluster in enumerate(document.cluster)
        for name in _declared_node_names(cluster)
    ]
    references: dict[int, tuple[PeerReference, ...]] = {}
    for position, cluster in enumerate(document.cluster):
        for peer in cluster.intercluster_peer:
            for node in match_address(peer.address, nodes):
                if node.cluster != position:
                    earlier = references.get(node.cluster, ())
                    references[node.cluster] = (*earlier, PeerReference(cluster.name, node.name))
    return references


def _host_of(cluster: ClusterTable, name: str) -> str:
    host, _ = address_override(cluster, name) or (name, 0)
    return complete_host(host, cluster.domain)


def _declared_node_names(cluster: ClusterTable) -> list[str]:
    """Return the IM&P nodes that the file names as such, each once."""
    cucm = _cucm_names(cluster)
    names = {full_name(cluster, name): name for name in cluster.addresses}
    names |= {full_name(cluster, node.name): node.name for node in cluster.node if node.name}
    return [name for key, name in names.items() if key not in cucm]


def _cucm_names(cluster: ClusterTable) -> frozenset[str]:
    servers = (cluster.cucm_publisher, *cluster.cucm_subscribers)
    return frozenset(full_name(cluster, name) for name, _ in servers)


def check_intercluster(document: ConfigDocument) -> Iterator[ConfigProblem]:
    """Yield clusters that declare `intercluster` false, and that another cluster syncs from."""
    for position, references in peer_references(document).items():
        if document.cluster[position].deployment.value(INTERCLUSTER_KEY) is False:
            yield ConfigProblem(
                ("cluster", position, "deployment", INTERCLUSTER_KEY),
                f'false, but cluster "{shorten_text(references[0].by)}" has'
                f' "{shorten_text(references[0].node)}" as a peer',
            )


def declared_settings(
    cluster: ClusterTable, file: str, references: tuple[PeerReference, ...]
) -> Mapping[str, tuple[Setting, ...]]:
    """Return the declared deployment keys; `references` are those of other clusters to this one."""
    here = f'{file}, cluster "{cluster.name}"'
    declared = {
        key: _declared_setting(value, f"{here}, deployment.{key}")
        for key, value in cluster.deployment
        if value is not None
    }
    if cluster.intercluster_peer:
        # A key that was written keeps its own place as its source.
        declared.setdefault(INTERCLUSTER_KEY, _declared_setting(True, f"{here}, intercluster_peer"))
    if references:
        clusters = dict.fromkeys(reference.by for reference in references)
        sources = [f'{file}, cluster "{name}", intercluster_peer' for name in clusters]
        declared.setdefault(INTERCLUSTER_KEY, _declared_setting(True, sources[0]))
        own = declared.get(SYNCED_FROM_KEY)
        names = {name.lower(): name for name in (own.nodes or ()) if own} if own else {}
        names = {reference.node.lower(): reference.node for reference in references} | names
        declared[SYNCED_FROM_KEY] = _declared_setting(
            tuple(names.values()), "; ".join([own.source, *sources] if own else sources)
        )
    return {key: (setting,) for key, setting in declared.items()}


def _declared_setting(value: bool | str | tuple[str, ...], source: str) -> Setting:
    return Setting(
        on=bool(value),
        origin=Origin.DECLARED,
        source=source,
        nodes=frozenset(value) if isinstance(value, tuple) else None,
        expressway=value == EXPRESSWAY,
    )


def declared_databases(cluster: ClusterTable) -> tuple[ExternalDatabase, ...]:
    """Return the declared external databases; their reach is not checked yet."""
    return tuple(
        ExternalDatabase(
            name=entry.name,
            host=complete_host(entry.host, cluster.domain),
            port=entry.port,
            type=entry.type,
            used_by=frozenset(entry.used_by),
            nodes=None if entry.nodes is None else frozenset(entry.nodes),
            reach=Reach.UNKNOWN if entry.probe else Reach.NOT_TRIED,
            origin=Origin.DECLARED,
        )
        for entry in cluster.external_database
    )


def names_by_key(cluster: ClusterTable) -> Mapping[str, tuple[str, ...]]:
    """Return the nodes and groups that each key names, without the CUCM servers."""
    cucm = _cucm_names(cluster)
    keys: dict[str, tuple[str, ...]] = {
        "addresses": tuple(
            name for name in cluster.addresses if full_name(cluster, name) not in cucm
        ),
        "pins": tuple(name for name in cluster.pins if full_name(cluster, name) not in cucm),
        "planned_nodes": cluster.planned_nodes,
        "node": tuple(node.name for node in cluster.node),
        "node.redundancy_group": tuple(
            dict.fromkeys(n.redundancy_group for n in cluster.node if n.redundancy_group)
        ),
    }
    if isinstance(cluster.high_availability, tuple):
        keys["high_availability"] = cluster.high_availability
    for key, value in cluster.deployment:
        if isinstance(value, tuple):
            keys[f"{DEPLOYMENT_KEY_PREFIX}{key}"] = value
    for entry in cluster.external_database:
        keys[f"external_database[{entry.name}].nodes"] = entry.nodes or ()
    return {key: names for key, names in keys.items() if names}
