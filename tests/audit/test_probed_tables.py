"""Each probe without a key of its own, on tables that exist, are empty, missing, or differ."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.findings import Verdict
from auditor.report.sentences import render_sentence
from tests.lab import GROUP, PUB, SUB, Lab, coverage, finding

Start = Callable[..., Lab]

PROBES: Mapping[str, Sequence[str]] = {
    "external_databases": ("externaldbassignment",),
    "groups": ("enterprisenode", "enterprisesubcluster"),
    "chat_aliases": ("tcaliases",),
    "sync_status": ("epassyncagentcfg",),
}
"""The probes, and the tables that they read."""

DATABASES = ("pkid", "databasetype", "databasename", "name")
NODES = ("id", "subclusterid", "name", "isprimary", "tkhaserverstate")
SUBCLUSTERS = ("id", "name", "haenabled")


def scenario(*tables: dict[str, Any], drop: Sequence[str] = ()) -> dict[str, Any]:
    """Return a pair with permanent chat, of which CUCM lists no groups and the file no database."""
    fault = {"fault": "soap-fault", "interface": "cucm-axl"}
    return {
        "cluster": {"name": "lab", "drop_tables": list(drop)},
        "group": [{"name": GROUP, "nodes": [PUB, SUB]}],
        "deployment": {"chat": True, "permanent_chat": True},
        "fault": [{**fault, "operation": "listPresenceRedundancyGroup"}],
        "table": list(tables),
    }


def table(name: str, columns: Sequence[str], *rows: Sequence[str | int | None]) -> dict[str, Any]:
    """Return a table in the place of the simulator's own."""
    return {"name": name, "columns": list(columns), "rows": [list(row) for row in rows]}


def detail(cluster: ClusterReport) -> str:
    """Return what the coverage says of the publisher's AXL."""
    return coverage(cluster, PUB, Source.IMP_AXL).detail


def discovered(cluster: ClusterReport, row: str, subject: str) -> list[str]:
    """Return what a finding saw that was discovered."""
    evidence = finding(cluster, row, subject).evidence
    return [render_sentence(e.statement) for e in evidence if e.origin is Origin.DISCOVERED]


def groups(cluster: ClusterReport) -> list[str | None]:
    """Return the group of each node, in their order."""
    return [node.redundancy_group for node in cluster.nodes]


def missing(probe: str, why: str) -> str:
    """Return what the coverage says where one probe alone could not be asked or understood."""
    return f"8 of 9 probes of the database were read. Not read: {probe} ({why})."


@pytest.mark.parametrize("probe", PROBES)
def test_a_table_that_is_missing_is_named_and_the_others_are_read(lab: Start, probe: str) -> None:
    """Nothing is taken from it, and nothing else is lost with it."""
    why = f"there is no table {PROBES[probe][0]}"
    if probe == "external_databases":
        why = "no table has databasename"
    cluster = lab(scenario(drop=PROBES[probe])).cluster()

    assert missing(probe, why) in detail(cluster)
    assert groups(cluster) == ([None, None] if probe == "groups" else [GROUP, GROUP])
    assert ("chat_aliases: 2." in detail(cluster)) == (probe != "chat_aliases")
    assert ('sync_status: "Completed".' in detail(cluster)) == (probe != "sync_status")
    assert finding(cluster, "AXL-04", PUB).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("probe", "tables", "why"),
    [
        (
            "external_databases",
            [table("externaldbassignment", ["databasename_x", "name"], ("a", PUB))],
            "no table has databasename",
        ),
        (
            "external_databases",
            [
                table("externaldbassignment", DATABASES, ("1", "Postgres", "a", PUB)),
                table("another", ["databasename"], ("b",)),
            ],
            "more than one table has databasename: another, externaldbassignment",
        ),
        (
            "groups",
            [table("enterprisenode", ["id", "subclusterid", "host"], (1, 1, PUB))],
            "table enterprisenode has no column name",
        ),
        (
            "groups",
            [table("enterprisenode", ["id", "name"], (1, PUB))],
            "table enterprisenode has no column subclusterid",
        ),
        (
            "groups",
            [table("enterprisenode", NODES, (1, 1, PUB, "t", 3), (2, 1, PUB, "t", 4))],
            "it lists a node twice",
        ),
        (
            "chat_aliases",
            [table("tcaliases", ["pkid", "alias"], ("1", "a"))],
            "table tcaliases has no column tcalias",
        ),
        (
            "sync_status",
            [table("epassyncagentcfg", ["status", "axlpassword"], ("Failed", "never"))],
            "table epassyncagentcfg has no column syncstatus",
        ),
    ],
)
def test_different_columns_are_named_and_not_used(
    lab: Start, probe: str, tables: list[dict[str, Any]], why: str
) -> None:
    """No value is looked for anywhere else."""
    cluster = lab(scenario(*tables)).cluster()

    assert missing(probe, why) in detail(cluster)
    assert discovered(cluster, "TCM-02", PUB) == []
    assert groups(cluster) == ([None, None] if probe == "groups" else [GROUP, GROUP])
    assert not any("Failed" in notice for notice in cluster.notices)


@pytest.mark.parametrize("name", ["passwords", "user_token"])
def test_a_table_whose_name_may_not_be_sent_is_not_asked(lab: Start, name: str) -> None:
    """The name comes from the server; refusing to send it once ended the audit."""
    odd = table(name, DATABASES, ("1", "Postgres", "a", PUB))
    cluster = lab(scenario(odd, drop=["externaldbassignment"])).cluster()

    assert "The SQL statement was not sent" in detail(cluster)
    assert discovered(cluster, "TCM-02", PUB) == []
    assert finding(cluster, "AXL-04", PUB).verdict is Verdict.PASS


def test_external_databases_are_on_the_nodes_of_the_table(lab: Start) -> None:
    """A name that is no node's makes it every node's; a kind of its own is kept as it is."""
    rows = [
        ("1", "Postgres", "tcmadb", PUB.upper()),
        ("2", "Microsoft SQL Server", "archive", "somebody.else.test"),
        ("3", "DB2", "old", SUB),
        ("4", "Oracle", None, SUB),
    ]
    cluster = lab(scenario(table("externaldbassignment", DATABASES, *rows))).cluster()

    assert discovered(cluster, "TCM-02", PUB) == ["archive (mssql).", "tcmadb (postgresql)."]
    assert discovered(cluster, "TCM-02", SUB) == ["archive (mssql).", "old (db2)."]
    assert finding(cluster, "TCM-02", PUB).verdict is Verdict.PASS


def test_external_databases_without_kind_and_node_belong_to_every_node(lab: Start) -> None:
    """The name is all that is needed."""
    bare = table("somewhere", ["databasename"], ("tcmadb",))
    cluster = lab(scenario(bare, drop=["externaldbassignment"])).cluster()

    for node in (PUB, SUB):
        assert discovered(cluster, "TCM-02", node) == ["tcmadb (unknown)."]
        assert finding(cluster, "TCM-02", node).verdict is Verdict.PASS


def test_no_row_of_an_external_database_contradicts_no_service_that_runs(lab: Start) -> None:
    """The probe was read, and found none; but the service started."""
    cluster = lab(scenario(table("externaldbassignment", DATABASES))).cluster()

    assert "9 of 9 probes" in detail(cluster)
    assert discovered(cluster, "TCM-02", PUB) == []
    assert finding(cluster, "TCM-02", PUB).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("tables", "drop"),
    [
        ([table("enterprisenode", NODES)], []),
        ([], ["enterprisesubcluster"]),
        ([table("enterprisesubcluster", ["number", "name"], (1, GROUP))], []),
        ([table("enterprisesubcluster", ["id", "title"], (1, GROUP))], []),
    ],
    ids=["no-node", "no-table", "no-key", "no-name"],
)
def test_nodes_without_a_row_stay_without_a_known_group(
    lab: Start, tables: list[dict[str, Any]], drop: list[str]
) -> None:
    """The nodes are not said to be in no group either."""
    cluster = lab(scenario(*tables, drop=drop)).cluster()

    assert "9 of 9 probes" in detail(cluster)
    assert groups(cluster) == [None, None]
    assert finding(cluster, "HA-02", SUB).verdict is Verdict.UNKNOWN
    assert not any("in no redundancy group" in notice for notice in cluster.notices)


def test_no_row_of_a_subcluster_puts_its_nodes_in_no_group(lab: Start) -> None:
    """That is a notice, and no verdict: it is only discovered."""
    cluster = lab(scenario(table("enterprisesubcluster", SUBCLUSTERS))).cluster()

    assert groups(cluster) == [None, None]
    assert any(f"{PUB} and {SUB}: in no redundancy group" in n for n in cluster.notices)
    assert finding(cluster, "HA-02", SUB).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("haenabled", ["maybe", None, ""])
def test_an_unreadable_switch_leaves_the_pair_unknown(lab: Start, haenabled: str | None) -> None:
    """The groups are known nevertheless."""
    rows = table("enterprisesubcluster", SUBCLUSTERS, (1, GROUP, haenabled))
    cluster = lab(scenario(rows)).cluster()

    assert groups(cluster) == [GROUP, GROUP]
    pair = finding(cluster, "HA-01", GROUP)
    assert pair.verdict is Verdict.UNKNOWN
    assert "it is not known whether high availability is on" in render_sentence(pair.because)


@pytest.mark.parametrize(
    ("rows", "count"),
    [([], 0), ([("a",), ("b",)], 2), ([("a",), ("a",)], 1), ([(None,), ("a",)], 1)],
    ids=["empty", "two", "twice", "blank"],
)
def test_chat_aliases_are_counted(lab: Start, rows: list[Sequence[str]], count: int) -> None:
    """Each once, and an empty table is none."""
    cluster = lab(scenario(table("tcaliases", ["tcalias"], *rows))).cluster()

    assert f"chat_aliases: {count}." in detail(cluster)
    assert "9 of 9 probes" in detail(cluster)


@pytest.mark.parametrize("rows", [[], [(None,)], [("",)]], ids=["empty", "null", "blank"])
def test_a_sync_without_a_status_is_not_called_completed(lab: Start, rows: list[Any]) -> None:
    """There is no sentence and no notice."""
    cluster = lab(scenario(table("epassyncagentcfg", ["syncstatus"], *rows))).cluster()

    assert missing("sync_status", "there is no row") in detail(cluster)
    assert not any("sync_status" in notice for notice in cluster.notices)


def test_one_sync_of_two_that_is_not_completed_is_a_notice(lab: Start) -> None:
    """The good one hides nothing."""
    rows = [("Completed 2026-03-01 02:00:11",), ("In Progress 2026-03-01 02:00:11",)]
    cluster = lab(scenario(table("epassyncagentcfg", ["syncstatus"], *rows))).cluster()

    assert 'sync_status: "Completed" and "In Progress".' in detail(cluster)
    (notice,) = [n for n in cluster.notices if "sync_status" in n]
    assert notice.startswith('sync_status: "Completed" and "In Progress", says epassyncagentcfg')
