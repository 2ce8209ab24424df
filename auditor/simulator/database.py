"""The databases behind executeSQLQuery: SQLite over the tables that public sources name.

Cisco publishes no data dictionary of IM&P. Columns that no source shows are invented; booleans
are 't' and 'f' and the catalogue is `systables` and `syscolumns`, as Informix has them.
"""

import re
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

from auditor.simulator.catalogue import Kind
from auditor.simulator.cluster import Cluster
from auditor.simulator.scenario import ScenarioError

Side = Literal["imp", "cucm"]
Value = str | int | None
Rows = Sequence[Sequence[Value]]
Table = tuple[Sequence[str], Rows]
Answer = list[list[tuple[str, str]]]

ENTERPRISE_WIDE = "EnterpriseWideData"
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
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


class SqlError(Exception):
    """The statement was refused; `code` is what Informix would say."""

    def __init__(self, code: int, text: str) -> None:
        """Take Informix' number and a sentence."""
        super().__init__(text)
        self.code = code


def key(*names: str) -> str:
    """Return the stable pkid (and AXL uuid, without braces) of something by its names."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(names)))


def flag(value: bool) -> str:
    """Return a boolean as Informix shows it."""
    return "t" if value else "f"


class Database:
    """One side's tables; those of the cluster's state follow it, unless the scenario sets them."""

    def __init__(self, cluster: Cluster, side: Side) -> None:
        """Fill the tables from the cluster and then from the scenario."""
        self._cluster = cluster
        self._side = side
        self._own: set[str] = set()
        # Changes come from the loop's thread, which is not the one that builds this.
        self._engine = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for table in cluster.scenario.table:
            if table.side == side:
                self._create(table.name, (table.columns, table.rows))
                self._own.add(table.name)
        for name, content in _fixed_tables(cluster, side).items():
            if name not in self._own:
                self._create(name, content)
        self.refresh()
        for name in cluster.scenario.cluster.drop_tables:
            self._own.add(name)
            self._engine.execute(f"drop table if exists {_name(name)}")
        self._catalogue()

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def refresh(self) -> None:
        """Bring the tables of the cluster's state up to date."""
        for name, content in _moving_tables(self._cluster, self._side).items():
            if name not in self._own:
                self._create(name, content)

    def select(self, statement: str) -> Answer:
        """Return the rows of one SELECT as column names (lower case) and texts.

        Raises SqlError for anything else.
        """
        self._engine.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        try:
            cursor = self._engine.execute(statement)
            names = [_column(entry[0]) for entry in cursor.description or ()]
            return [list(zip(names, map(_text, row), strict=True)) for row in cursor]
        except (sqlite3.Error, sqlite3.Warning) as exc:
            raise _refusal(str(exc)) from exc
        finally:
            self._engine.set_authorizer(None)

    def edit(
        self, table: str, where: Mapping[str, Value], values: Mapping[str, Value] | None
    ) -> None:
        """Update the rows that match, insert one if `where` is empty, delete if no values.

        From then on the table is the scenario's own. Raises ScenarioError.
        """
        name, given = _name(table), values or {}
        matching = " and ".join(f"{_name(column)} is ?" for column in where) or "1"
        if values is None:
            statement = f"delete from {name} where {matching}"  # noqa: S608 - names are checked
        elif where:
            changed = ", ".join(f"{_name(column)} = ?" for column in given)
            statement = f"update {name} set {changed} where {matching}"  # noqa: S608 - as above
        else:
            columns = ", ".join(_name(column) for column in given)
            marks = ", ".join("?" for _ in given)
            statement = f"insert into {name} ({columns}) values ({marks})"  # noqa: S608 - as above
        try:
            self._engine.execute(statement, [*given.values(), *where.values()])
        except sqlite3.Error as exc:
            raise ScenarioError(f"table {table}: {exc}") from exc
        self._own.add(table)

    def _create(self, name: str, content: Table) -> None:
        columns, rows = content
        self._engine.execute(f"drop table if exists {_name(name)}")
        self._engine.execute(f"create table {_name(name)} ({', '.join(map(_name, columns))})")
        marks = ", ".join("?" for _ in columns)
        insert = f"insert into {_name(name)} values ({marks})"  # noqa: S608 - names are checked
        self._engine.executemany(insert, rows)

    def _catalogue(self) -> None:
        found = self._engine.execute("select name from sqlite_master where type = 'table'")
        names = sorted(name for (name,) in found)
        tables = [(name, 100 + number, "T") for number, name in enumerate(names)]
        columns = [
            (column[1], number, column[0] + 1)
            for name, number, _ in tables
            for column in self._engine.execute(f"pragma table_info({_name(name)})")
        ]
        self._create("systables", (["tabname", "tabid", "tabtype"], tables))
        self._create("syscolumns", (["colname", "tabid", "colno"], columns))


def _moving_tables(cluster: Cluster, side: Side) -> dict[str, Table]:
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


def _fixed_tables(cluster: Cluster, side: Side) -> dict[str, Table]:
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
    databases = cluster.scenario.external_database
    third_party = use.compliance_third_party
    logged = list(cluster.nodes) if third_party is True else third_party or []
    assigned = [
        (key(db.name, node), db.type, db.name, node)
        for db in databases
        for node in (db.nodes if db.nodes is not None else cluster.nodes)
    ]
    peers = [(key(peer.address), peer.address) for peer in cluster.scenario.intercluster_peer]
    return {
        "xmpps2snodes": (
            ["pkid", "cp_id"],
            [(key("s2s", n), f"cm-2_s2scp-1.{n}") for n in use.xmpp_federation_enabled_on],
        ),
        "tcaliases": (
            ["pkid", "tcalias", "isprimary", "fkprocessnode", "peerclusterid"],
            [
                (key("alias", n), f"conference-{i}-standalone.lab.test", "t", key(n), None)
                for i, n in enumerate(cluster.nodes, start=2)
            ],
        ),
        "cupsinterclusterpeers": (["pkid", "peeraddress"], peers),
        "ftextdbprocessnodemap": (
            ["pkid", "fkprocessnode"],
            [(key("compliance", n), key(n)) for n in logged],
        ),
        "externaldbassignment": (["pkid", "databasetype", "databasename", "name"], assigned),
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


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ScenarioError(f"'{name}' is no name of a table or column")
    return name


def _column(name: str) -> str:
    """Return the name that AXL gives a column: `count(*)` comes back as `count`."""
    return name.partition("(")[0].lower()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _refusal(text: str) -> SqlError:
    what, _, name = text.partition(": ")
    if what == "no such table":
        return SqlError(-206, f"The specified table ({name}) is not in the database.")
    if what == "no such column":
        return SqlError(-217, f"Column ({name}) not found in any table in the query.")
    return SqlError(-201, "A syntax error has occurred.")
