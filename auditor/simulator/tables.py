"""The tables of the databases: those that follow the cluster's state, and those of its scenario.

Cisco publishes no data dictionary of IM&P: tables are those that public sources name, and columns
that no source shows are invented. Booleans are 't' and 'f', as in Informix.
"""

import uuid
from collections.abc import Sequence
from typing import Literal

from auditor.simulator.catalogue import ServiceKind
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.scenario import USUAL_REPLICATION

DatabaseSide = Literal["imp", "cucm"]
SqlValue = str | int | None
TableRows = Sequence[Sequence[SqlValue]]
TableContent = tuple[Sequence[str], TableRows]

ENTERPRISE_WIDE = "EnterpriseWideData"
_PROCESS_NODE_COLUMNS = (
    "pkid",
    "name",
    "mac",
    "systemnode",
    "description",
    "isactive",
    "nodeid",
    "tknodeusage",
    "ipv6name",
    "fklbmhubgroup",
    "tkprocessnoderole",
    "tkssomode",
)


def stable_uuid(*names: str) -> str:
    """Return the stable pkid (and AXL uuid, without braces) of something by its names."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(names)))


def informix_boolean(value: bool) -> str:
    """Return a boolean as Informix shows it."""
    return "t" if value else "f"


def cluster_state_tables(cluster: SimulatedCluster, side: DatabaseSide) -> dict[str, TableContent]:
    """Return the tables that follow the cluster's state, by name."""
    numbers = _service_numbers(cluster)
    services = [
        (
            stable_uuid(n.name, s.kind.name),
            n.name,
            numbers[s.kind],
            informix_boolean(s.active_in_axl),
            "t",
            0,
        )
        for n in cluster.nodes.values()
        for s in n.services.values()
    ]
    tables: dict[str, TableContent] = {
        "processnodeservice": (
            ["pkid", "servername", "tkservice", "isactive", "enable", "tracelevel"],
            services,
        ),
        "replicationdynamic": (
            ["pkid", "replicationdynamic"],
            [(stable_uuid("replication"), _replication_of_database(cluster, side))],
        ),
    }
    if side == "imp":
        groups = list(cluster.groups)
        tables["enterprisenode"] = (
            ["id", "subclusterid", "name", "isprimary", "tkhaserverstate"],
            [
                (
                    n.position + 1,
                    groups.index(n.group) + 1 if n.group is not None else None,
                    n.name,
                    informix_boolean(
                        n.group is not None and cluster.groups[n.group].nodes[0] == n.name
                    ),
                    n.ha,
                )
                for n in cluster.nodes.values()
            ],
        )
        tables["enterprisesubcluster"] = (
            ["id", "name", "haenabled"],
            [
                (number, group.name, informix_boolean(group.ha_enabled))
                for number, group in enumerate(cluster.groups.values(), start=1)
            ],
        )
    return tables


def _replication_of_database(cluster: SimulatedCluster, side: DatabaseSide) -> int:
    """Return the first state that is not good, and good where every node's is."""
    nodes = cluster.nodes.values() if side == "imp" else cluster.cucm_nodes.values()
    states = (node.replication for node in nodes)
    return next((state for state in states if state != USUAL_REPLICATION), USUAL_REPLICATION)


def scenario_tables(cluster: SimulatedCluster, side: DatabaseSide) -> dict[str, TableContent]:
    """Return the tables that follow from the scenario alone, by name."""
    tables: dict[str, TableContent] = {
        "processnode": (_PROCESS_NODE_COLUMNS, _process_node_rows(cluster)),
        "typenodeusage": (["enum", "name"], [(0, "Publisher"), (1, "Subscriber")]),
        "typeprocessnoderole": (
            ["enum", "name"],
            [(1, "CUCM Voice/Video"), (2, "CUCM IM and Presence")],
        ),
        "typeservice": (
            ["enum", "name", "nameforcontrol", "tktracelevelgroups"],
            [
                (number, kind.axl_name or kind.name, kind.name, 1)
                for kind, number in _service_numbers(cluster).items()
            ],
        ),
    }
    return tables | _presence_tables(cluster) if side == "imp" else tables


def _service_numbers(cluster: SimulatedCluster) -> dict[ServiceKind, int]:
    kinds = dict.fromkeys(s.kind for n in cluster.nodes.values() for s in n.services.values())
    return {kind: number for number, kind in enumerate(kinds)}


def _process_node_rows(cluster: SimulatedCluster) -> TableRows:
    wide = (stable_uuid(ENTERPRISE_WIDE), ENTERPRISE_WIDE, "", "t", "", "t", 1, 0, "", None, 1, 0)
    publisher, *subscribers = cluster.scenario.cucm_names
    imp_nodes = [*cluster.nodes, *cluster.scenario.cluster.planned]
    # A subscriber joins when the IM&P nodes are there, so their numbers stay as they are.
    named = [
        (publisher, 0, 1),
        *((name, 1 if position else 0, 2) for position, name in enumerate(imp_nodes)),
        *((name, 1, 1) for name in subscribers),
    ]
    rows: list[tuple[SqlValue, ...]] = [wide]
    for number, (name, usage, role) in enumerate(named, start=2):
        rows.append((stable_uuid(name), name, "", "f", "", "t", number, usage, "", None, role, 0))
    return rows


def _presence_tables(cluster: SimulatedCluster) -> dict[str, TableContent]:
    use = cluster.scenario.deployment
    peers = [(stable_uuid(address), address) for address in _intercluster_peer_addresses(cluster)]
    return _database_assignment_tables(cluster) | {
        "xmpps2snodes": (
            ["pkid", "cp_id"],
            [
                # The form of the one row that Cisco published (TAC document 213865).
                (stable_uuid("s2s", host), f"cm-2_s2scp-1.{host}")
                for host in _federating_hosts(cluster)
            ],
        ),
        "tcaliases": (
            ["pkid", "tcalias", "isprimary", "fkprocessnode", "peerclusterid"],
            [
                (
                    stable_uuid("alias", n),
                    f"conference-{i}-standalone.lab.test",
                    "t",
                    stable_uuid(n),
                    None,
                )
                for i, n in enumerate(cluster.nodes, start=2)
            ],
        ),
        "cupsinterclusterpeers": (["pkid", "peeraddress"], peers),
        "persistentchat": (["enablepersistentgear"], [(informix_boolean(use.permanent_chat),)]),
        # 2 is what Cisco's CLI reference shows; no document says what the numbers mean.
        "filetransfer": (["tkfiletransfer"], [(2 if use.managed_file_transfer else 0,)]),
        # A real node keeps a password here (TAC document 217304): no client may select all columns.
        "epassyncagentcfg": (
            ["ccmpublisherip", "axluser", "axlpassword", "cucm_axluser_pkid", "syncstatus"],
            [
                (
                    cluster.scenario.cucm,
                    "axl-sync",
                    "never-to-be-read",
                    stable_uuid("axl-sync"),
                    "Completed 2026-03-01 02:00:11",
                )
            ],
        ),
    }


def _database_assignment_tables(cluster: SimulatedCluster) -> dict[str, TableContent]:
    """Return which node uses which external database, and which logs to a third party."""
    third_party = cluster.scenario.deployment.compliance_third_party
    logged = list(cluster.nodes) if third_party is True else third_party or []
    assigned = [
        (stable_uuid(db.name, node), db.type, db.name, node)
        for db in cluster.scenario.external_database
        for node in (db.nodes if db.nodes is not None else cluster.nodes)
    ]
    return {
        "ftextdbprocessnodemap": (
            ["pkid", "fkprocessnode"],
            [(stable_uuid("compliance", n), stable_uuid(n)) for n in logged],
        ),
        "externaldbassignment": (["pkid", "databasetype", "databasename", "name"], assigned),
    }


def _intercluster_peer_addresses(cluster: SimulatedCluster) -> list[str]:
    """Return the addresses of the cluster's peers; one that uses intercluster has at least one."""
    listed = [peer.address for peer in cluster.scenario.intercluster_peer]
    some = ["imp-1.peer.test"] if cluster.scenario.deployment.intercluster else []
    return listed or some


def _federating_hosts(cluster: SimulatedCluster) -> list[str]:
    """Return the hosts whose XMPP federation is on; Expressway writes a row of its own."""
    use = cluster.scenario.deployment
    through = use.xmpp_federation == "expressway"
    return [*use.xmpp_federation_enabled_on, *(["expressway-e-edge-test"] if through else [])]
