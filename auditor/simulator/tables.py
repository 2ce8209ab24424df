"""What stands in the tables of the two databases, as the cluster is and as it was set up.

Cisco publishes no data dictionary of IM&P. Columns that no source shows are invented; booleans
are 't' and 'f', as Informix has them.
"""

import uuid
from collections.abc import Sequence
from typing import Literal

from auditor.simulator.catalogue import Kind
from auditor.simulator.cluster import Cluster

Side = Literal["imp", "cucm"]
Value = str | int | None
Rows = Sequence[Sequence[Value]]
Table = tuple[Sequence[str], Rows]

ENTERPRISE_WIDE = "EnterpriseWideData"
_PROCESS_NODE = (
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


def key(*names: str) -> str:
    """Return the stable pkid (and AXL uuid, without braces) of something by its names."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(names)))


def flag(value: bool) -> str:
    """Return a boolean as Informix shows it."""
    return "t" if value else "f"


def moving(cluster: Cluster, side: Side) -> dict[str, Table]:
    """Return the tables that follow the cluster's state, by name."""
    numbers = _service_numbers(cluster)
    services = [
        (key(n.name, s.kind.name), n.name, numbers[s.kind], flag(s.active_in_axl), "t", 0)
        for n in cluster.nodes.values()
        for s in n.services.values()
    ]
    tables: dict[str, Table] = {
        "processnodeservice": (
            ["pkid", "servername", "tkservice", "isactive", "enable", "tracelevel"],
            services,
        )
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
                    flag(n.group is not None and cluster.groups[n.group].nodes[0] == n.name),
                    n.ha,
                )
                for n in cluster.nodes.values()
            ],
        )
        tables["enterprisesubcluster"] = (
            ["id", "name", "haenabled"],
            [
                (number, group.name, flag(group.ha_enabled))
                for number, group in enumerate(cluster.groups.values(), start=1)
            ],
        )
    return tables


def fixed(cluster: Cluster, side: Side) -> dict[str, Table]:
    """Return the tables that follow from the scenario alone, by name."""
    tables: dict[str, Table] = {
        "processnode": (_PROCESS_NODE, _process_nodes(cluster)),
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
        "replicationdynamic": (["pkid", "replicationdynamic"], [(key("replication"), 2)]),
    }
    return tables | _presence_tables(cluster) if side == "imp" else tables


def _service_numbers(cluster: Cluster) -> dict[Kind, int]:
    kinds = dict.fromkeys(s.kind for n in cluster.nodes.values() for s in n.services.values())
    return {kind: number for number, kind in enumerate(kinds)}


def _process_nodes(cluster: Cluster) -> Rows:
    wide = (key(ENTERPRISE_WIDE), ENTERPRISE_WIDE, "", "t", "", "t", 1, 0, "", None, 1, 0)
    cucm = cluster.scenario.cucm
    rows: list[tuple[Value, ...]] = [wide]
    rows.append((key(cucm), cucm, "", "f", "", "t", 2, 0, "", None, 1, 0))
    names = [*cluster.nodes, *cluster.scenario.cluster.planned]
    for number, name in enumerate(names):
        usage = 1 if number else 0
        rows.append((key(name), name, "", "f", "", "t", number + 3, usage, "", None, 2, 0))
    return rows


def _presence_tables(cluster: Cluster) -> dict[str, Table]:
    use = cluster.scenario.deployment
    peers = [(key(address), address) for address in _peers(cluster)]
    return _database_tables(cluster) | {
        "xmpps2snodes": (
            ["pkid", "cp_id"],
            [(key("s2s", host), f"cm-2_s2scp-1.{host}") for host in _federating(cluster)],
        ),
        "tcaliases": (
            ["pkid", "tcalias", "isprimary", "fkprocessnode", "peerclusterid"],
            [
                (key("alias", n), f"conference-{i}-standalone.lab.test", "t", key(n), None)
                for i, n in enumerate(cluster.nodes, start=2)
            ],
        ),
        "cupsinterclusterpeers": (["pkid", "peeraddress"], peers),
        "persistentchat": (["enablepersistentgear"], [(flag(use.permanent_chat),)]),
        "filetransfer": (["tkfiletransfer"], [(2 if use.managed_file_transfer else 0,)]),
        "epassyncagentcfg": (
            ["ccmpublisherip", "axluser", "axlpassword", "cucm_axluser_pkid", "syncstatus"],
            [
                (
                    cluster.scenario.cucm,
                    "axl-sync",
                    "never-to-be-read",
                    key("axl-sync"),
                    "Completed 2026-03-01 02:00:11",
                )
            ],
        ),
    }


def _database_tables(cluster: Cluster) -> dict[str, Table]:
    """Return which node uses which external database, and which logs to a third party."""
    third_party = cluster.scenario.deployment.compliance_third_party
    logged = list(cluster.nodes) if third_party is True else third_party or []
    assigned = [
        (key(db.name, node), db.type, db.name, node)
        for db in cluster.scenario.external_database
        for node in (db.nodes if db.nodes is not None else cluster.nodes)
    ]
    return {
        "ftextdbprocessnodemap": (
            ["pkid", "fkprocessnode"],
            [(key("compliance", n), key(n)) for n in logged],
        ),
        "externaldbassignment": (["pkid", "databasetype", "databasename", "name"], assigned),
    }


def _peers(cluster: Cluster) -> list[str]:
    """Return the addresses of the cluster's peers; one that uses intercluster has at least one."""
    listed = [peer.address for peer in cluster.scenario.intercluster_peer]
    some = ["imp-1.peer.test"] if cluster.scenario.deployment.intercluster else []
    return listed or some


def _federating(cluster: Cluster) -> list[str]:
    """Return the hosts whose XMPP federation is on; Expressway writes a row of its own."""
    use = cluster.scenario.deployment
    through = use.xmpp_federation == "expressway"
    return [*use.xmpp_federation_enabled_on, *(["expressway-e-edge-test"] if through else [])]
