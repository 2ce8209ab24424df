"""What is discovered from the IM&P database, by the whole program, on tables of every kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.coverage import Outcome, Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.findings import Verdict
from auditor.models.forms import Form
from auditor.models.statements import make_statement
from auditor.report.sentences import render_sentence, render_sentences
from auditor.soap.sql_guard import check_select_statement
from tests.lab import GROUP, PUB, SUB, Lab, coverage, finding

Start = Callable[..., Lab]

KEYS: Mapping[str, str] = {
    "xmpp_federation": "xmpp_federation",
    "intercluster_peers": "intercluster",
    "permanent_chat": "permanent_chat",
    "compliance_third_party": "compliance_third_party",
    "managed_file_transfer": "managed_file_transfer",
}
"""Probes that show a deployment key of their own."""


def scenario(**changes: Any) -> dict[str, Any]:
    """Return a pair of nodes that uses what the database shows."""
    return {
        "cluster": {"name": "lab", **changes.pop("cluster", {})},
        "group": [{"name": GROUP, "nodes": [PUB, SUB]}],
        "deployment": {
            "chat": True,
            "permanent_chat": True,
            "xmpp_federation": [SUB],
            "xmpp_federation_enabled_on": [SUB],
            "managed_file_transfer": [PUB],
            "compliance_third_party": True,
            "intercluster": True,
        },
        "external_database": [{"name": "chatdb", "used_by": ["permanent_chat"]}],
        **changes,
    }


def table(name: str, columns: Sequence[str], *rows: Sequence[str | int | None]) -> dict[str, Any]:
    """Return a table in the place of the simulator's own."""
    return {"name": name, "columns": list(columns), "rows": [list(row) for row in rows]}


def statements(lab: Lab) -> list[str]:
    """Return the statements that discovery sent, in order."""
    sent = [r.statement for r in lab.simulator.requests if r.statement and r.status == 200]
    return [s for s in sent if s.startswith("select")]


def evidence_of(cluster: ClusterReport, key: str) -> list[Evidence]:
    """Return what PROFILE-01 saw of a key."""
    return list(finding(cluster, "PROFILE-01", f"deployment.{key}").evidence)


def discovered_value(cluster: ClusterReport, key: str) -> str | None:
    """Return what was discovered of a declared key."""
    statements = [e.statement for e in evidence_of(cluster, key) if e.origin is Origin.DISCOVERED]
    if not statements:
        return None
    names = statements[0].get("names")
    parts = (statements[0].get("value"), *(names if isinstance(names, tuple) else ()))
    return " for ".join(map(str, parts))


def detail(cluster: ClusterReport) -> str:
    """Return what the coverage says of the publisher's AXL."""
    return coverage(cluster, PUB, Source.IMP_AXL).detail


def select_parts(lab: Lab) -> list[str]:
    """Return the SELECTs that discovery sent, those of a union one by one."""
    return [part for statement in statements(lab) for part in statement.split(" union all ")]


def test_a_run_sends_two_statements_to_the_publisher_and_none_elsewhere(lab: Start) -> None:
    """The catalogue comes first, then all probes as one; every SELECT passes the gate."""
    running = lab(scenario())
    running.audit()

    sent = statements(running)
    assert len(sent) == 2
    assert "from systables t, syscolumns c" in sent[0]
    assert len(select_parts(running)) == 6
    for statement in select_parts(running):
        check_select_statement(statement)
        assert "passw" not in statement
    nodes = [r.node for r in running.simulator.requests if r.statement.startswith("select")]
    assert set(nodes) == {PUB}


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "union-refused"},
        # After the probe of AXL and the catalogue: the reply to the union alone.
        {"fault": "no-body", "after": 2, "times": 1},
        {"fault": "empty-list", "after": 2, "times": 1},
        {"fault": "missing-row", "after": 2, "times": 1},
        {"fault": "contradicting-rows", "after": 2, "times": 1},
        {"fault": "odd-status", "element": "part", "after": 2, "times": 1},
        {"fault": "soap-fault", "after": 2, "times": 1},
    ],
    ids=lambda fault: fault["fault"],
)
def test_where_a_union_is_refused_or_odd_each_statement_is_asked_alone(
    lab: Start, fault: dict[str, Any]
) -> None:
    """What is found out is the same."""
    running = lab(scenario())
    expected = running.cluster()
    before = len(statements(running))
    running.simulator.change({"fault": {"node": PUB, "interface": "imp-axl", **fault}})
    cluster = running.cluster()

    assert detail(cluster) == detail(expected)
    for key in KEYS.values():
        assert discovered_value(cluster, key) == discovered_value(expected, key) is not None
    sent = statements(running)[before:]
    assert len([statement for statement in sent[1:] if " union all " not in statement]) == 5


def test_discovery_can_be_left_out(lab: Start) -> None:
    running = lab(scenario())
    running.audit(discover=False)

    assert statements(running) == []


def test_discovered_values_that_match_the_profile_change_nothing(lab: Start) -> None:
    cluster = lab("healthy").cluster()

    assert cluster.status is ClusterStatus.COMPLIANT
    assert cluster.notices == ()
    assert coverage(cluster, PUB, Source.IMP_AXL).detail == (
        "Best effort: 9 of 9 probes of the database were read. chat_aliases: 4. "
        'sync_status: "Completed".'
    )


@pytest.mark.parametrize(
    ("name", "columns", "rows", "key", "expected"),
    [
        ("xmpps2snodes", ["pkid", "cp_id"], [("1", f"cm-2_s2scp-1.{SUB}")], "", f"true for {SUB}"),
        (
            "xmpps2snodes",
            ["pkid", "cp_id"],
            [("1", "cm-1_s2scp-1.IMP2-lab-test")],
            "",
            f"true for {SUB}",
        ),
        ("xmpps2snodes", ["pkid", "cp_id"], [], "", "false"),
        (
            "xmpps2snodes",
            ["pkid", "cp_id"],
            [("1", "cm-2_s2scp-1.edge-e-other-test")],
            "",
            '"expressway"',
        ),
        ("xmpps2snodes", ["pkid", "component"], [("1", "x")], "", None),
        ("cupsinterclusterpeers", ["pkid"], [("1",)], "intercluster", "true"),
        ("cupsinterclusterpeers", ["pkid", "hostname"], [("1", None)], "intercluster", "true"),
        ("cupsinterclusterpeers", ["pkid", "hostname"], [], "intercluster", "false"),
        ("cupsinterclusterpeers", ["pkid", "hostname"], [("1", PUB)], "intercluster", None),
        ("cupsinterclusterpeers", ["number"], [("1",)], "intercluster", None),
        ("persistentchat", ["enablepersistentgear"], [("f",)], "permanent_chat", "false"),
        ("persistentchat", ["enablepersistentgear"], [], "permanent_chat", None),
        ("persistentchat", ["enablepersistentgear"], [("t",), ("f",)], "permanent_chat", None),
        ("persistentchat", ["enablepersistentgear"], [("maybe",)], "permanent_chat", None),
        ("persistentchat", ["other"], [("t",)], "permanent_chat", None),
        ("ftextdbprocessnodemap", ["pkid"], [], "compliance_third_party", "false"),
        ("ftextdbprocessnodemap", ["pkid"], [("1",), ("2",)], "compliance_third_party", "true"),
        ("ftextdbprocessnodemap", ["other"], [("1",)], "compliance_third_party", None),
        ("filetransfer", ["tkfiletransfer"], [(0,)], "managed_file_transfer", "false"),
        ("filetransfer", ["tkfiletransfer"], [(2,)], "managed_file_transfer", "true"),
        ("filetransfer", ["tkfiletransfer"], [(1,)], "managed_file_transfer", None),
        ("filetransfer", ["tkfiletransfer"], [], "managed_file_transfer", None),
        ("filetransfer", ["mode"], [(2,)], "managed_file_transfer", None),
    ],
)
def test_a_table_decides_only_its_own_keys(
    lab: Start,
    name: str,
    columns: list[str],
    rows: list[Sequence[str | int | None]],
    key: str,
    expected: str | None,
) -> None:
    """Empty is a discovered no only where a row is a yes; other columns say nothing."""
    cluster = lab(scenario(table=[table(name, columns, *rows)])).cluster()

    assert discovered_value(cluster, key or "xmpp_federation") == expected
    assert all(entry.reason is None for entry in cluster.coverage)
    assert finding(cluster, "AXL-04", PUB).verdict is Verdict.PASS


@pytest.mark.parametrize("probe", KEYS)
def test_a_missing_table_leaves_only_its_key_unknown(lab: Start, probe: str) -> None:
    names = {
        "xmpp_federation": "xmpps2snodes",
        "intercluster_peers": "cupsinterclusterpeers",
        "permanent_chat": "persistentchat",
        "compliance_third_party": "ftextdbprocessnodemap",
        "managed_file_transfer": "filetransfer",
    }
    cluster = lab(scenario(cluster={"drop_tables": [names[probe]]})).cluster()

    for other, key in KEYS.items():
        assert (discovered_value(cluster, key) is None) == (other == probe)
    assert detail(cluster).startswith("Best effort: 8 of 9 probes of the database were read.")
    assert f"Not read: {probe} (" in detail(cluster)
    assert cluster.notices == ()


def test_two_tables_with_the_same_column_are_ambiguous(lab: Start) -> None:
    second = table("another", ["enablepersistentgear"], ("f",))
    cluster = lab(scenario(table=[second])).cluster()

    assert discovered_value(cluster, "permanent_chat") is None
    assert "more than one table has enablepersistentgear: another, persistentchat" in (
        detail(cluster)
    )


def test_expressway_is_named_in_the_evidence(lab: Start) -> None:
    (evidence,) = [
        e
        for e in evidence_of(lab(scenario()).cluster(), "xmpp_federation")
        if e.origin != "declared"
    ]

    assert evidence.source == (
        f"xmpps2snodes in the database of {PUB} (meaning inferred; Expressway writes rows there "
        "too)"
    )


def test_a_discovered_value_that_contradicts_the_profile_is_a_conflict(lab: Start) -> None:
    """The declared value goes on to decide; discovery only says that it may be stale."""
    cluster = lab(scenario(declared={"permanent_chat": False})).cluster()

    conflict = finding(cluster, "PROFILE-01", "deployment.permanent_chat")
    assert (conflict.verdict, conflict.kind) == (Verdict.DRIFT, "profile_conflict")
    assert render_sentence(conflict.because) == "It is discovered to be true."
    assert finding(cluster, "TCM-02", PUB).verdict is Verdict.NOT_APPLICABLE


def test_undeclared_keys_are_filled_and_stay_unknown(lab: Start) -> None:
    """A row that only discovery spares, or satisfies, asks for a declaration."""
    undeclared = ["intercluster", "xmpp_federation", "xmpp_federation_enabled_on"]
    cluster = lab(scenario(undeclared=undeclared)).cluster()

    for row, node in (("AXL-02", SUB), ("XMPPFED-01", SUB), ("XMPPFED-01", PUB)):
        result = finding(cluster, row, node)
        assert result.verdict is Verdict.UNKNOWN
        assert "your file does not confirm it" in render_sentence(result.because)
        assert "Declare `" in render_sentences(result.remedy)
    assert finding(cluster, "PROFILE-01", "deployment.intercluster").verdict == "not_applicable"


def test_an_unknown_key_is_named_with_the_reason(lab: Start) -> None:
    dropped = {"drop_tables": ["persistentchat", "filetransfer"]}
    undeclared = ["permanent_chat", "managed_file_transfer"]
    cluster = lab(scenario(cluster=dropped, undeclared=undeclared)).cluster()

    assert cluster.notices == (
        f"`permanent_chat` is not declared and cannot be read from the database of {PUB}: no table "
        "has enablepersistentgear.",
        f"`managed_file_transfer` is not declared and cannot be read from the database of {PUB}: "
        "no table has tkfiletransfer.",
    )
    assert finding(cluster, "TCM-02", PUB).verdict is Verdict.UNKNOWN


def test_a_feature_on_some_nodes_makes_no_node_drift(lab: Start) -> None:
    """Managed file transfer is on; it is unknown where, and one node does not run its service."""
    cluster = lab(scenario(undeclared=["managed_file_transfer"])).cluster()

    for node in (PUB, SUB):
        result = finding(cluster, "XFER-01", node)
        assert result.verdict is Verdict.UNKNOWN
        assert "its nodes are not known" in render_sentence(result.because)


def test_a_feature_on_some_nodes_agrees_with_a_list_of_nodes(lab: Start) -> None:
    agreed = finding(lab(scenario()).cluster(), "PROFILE-01", "deployment.managed_file_transfer")

    assert agreed.verdict is Verdict.PASS


def test_a_discovered_database_settles_nothing(lab: Start) -> None:
    """Where the service is stopped, no declaration is drift; with a discovered one, unknown."""
    columns = ["pkid", "databasetype", "databasename", "name"]
    listed = table("externaldbassignment", columns, ("1", "Postgres", "tcmadb", PUB))
    stopped = [
        {"name": name, "stopped": ["Cisco XCP Text Conference Manager"]} for name in (PUB, SUB)
    ]
    tables = scenario(table=[listed], external_database=[], node=stopped)
    cluster = lab(tables).cluster()

    result = finding(cluster, "TCM-02", PUB)
    assert result.verdict is Verdict.UNKNOWN
    assert "your file does not confirm it" in render_sentence(result.because)
    database = make_statement(Form.DATABASE, name="tcmadb", type="postgresql")
    assert Evidence(Origin.DISCOVERED, "external_database", database) in result.evidence
    assert finding(cluster, "TCM-02", SUB).verdict is Verdict.DRIFT


def test_declared_databases_are_all_there_are(lab: Start) -> None:
    columns = ["pkid", "databasetype", "databasename", "name"]
    listed = table("externaldbassignment", columns, ("1", "Postgres", "other", PUB))
    result = finding(lab(scenario(table=[listed])).cluster(), "TCM-02", PUB)

    assert result.verdict is Verdict.PASS
    assert not any("other" in render_sentence(e.statement) for e in result.evidence)


def test_a_failed_sync_is_a_notice(lab: Start) -> None:
    status = "Sync Completed, but currently failed to connect. Retrying... 2021-11-15 01:04:27"
    agent = table("epassyncagentcfg", ["syncstatus", "axlpassword"], (status, "never"))
    cluster = lab(scenario(table=[agent])).cluster()

    assert cluster.notices == (
        'sync_status: "Sync Completed, but currently failed to connect. Retrying...", says '
        f"epassyncagentcfg in the database of {PUB} (documented by Cisco).",
    )


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        ("soap-fault", 1),
        ("http-403", 1),
        ("http-401", 1),
        ("empty-list", 1),
        ("no-body", 1),
        ("login-page", 1),
        ("http-503", 1),
        ("lost", 1),
        ("http-500", 2),
        ("empty-list", 2),
        ("odd-status", 2),
        ("nil-values", 2),
        ("http-401", 2),
    ],
)
def test_a_failure_of_discovery_alone_changes_no_verdict_on_the_cluster(
    lab: Start, fault: str, after: int
) -> None:
    """It is best effort: the node's AXL answered, and everything that is declared is judged."""
    rule = {"fault": fault, "node": PUB, "interface": "imp-axl", "after": after}
    cluster = lab(scenario(fault=[rule])).cluster()

    assert finding(cluster, "AXL-04", PUB).verdict is Verdict.PASS
    entry = coverage(cluster, PUB, Source.IMP_AXL)
    assert (entry.outcome, entry.reason) == (Outcome.COLLECTED, None)
    assert "Not read: " in entry.detail
    conflicts = {f.subject.name for f in cluster.findings if f.recommendation == "PROFILE-01"}
    assert conflicts
    assert not any(
        f.verdict in (Verdict.UNKNOWN, Verdict.DRIFT)
        for f in cluster.findings
        if f.recommendation in ("PROFILE-01", "TCM-02", "XMPPFED-03", "AXL-02")
    )


def test_no_further_statement_follows_a_refused_password(lab: Start) -> None:
    rule = {"fault": "http-401", "node": PUB, "interface": "imp-axl", "after": 2}
    running = lab(scenario(fault=[rule]))
    running.audit()

    refused = [r for r in running.simulator.requests if r.status == 401]
    assert len(refused) == 1


def test_an_empty_reply_is_not_an_empty_table(lab: Start) -> None:
    """A real answer has a row even where the table has none."""
    rule = {"fault": "empty-list", "node": PUB, "interface": "imp-axl", "after": 2}
    cluster = lab(scenario(fault=[rule])).cluster()

    assert all(discovered_value(cluster, key) is None for key in KEYS.values())
    assert "AXL answered without the row that is always there" in detail(cluster)


def test_axl_that_does_not_run_is_not_asked(lab: Start) -> None:
    off = {"name": PUB, "stopped": ["Cisco AXL Web Service"]}
    running = lab(scenario(node=[off], undeclared=["permanent_chat"]))
    cluster = running.cluster()

    requests = [r for r in running.simulator.requests if r.node == PUB and r.interface == "imp-axl"]
    assert requests == []
    (notice,) = cluster.notices
    start = f"`permanent_chat` is not declared and cannot be read from the database of {PUB}: "
    assert notice.startswith(start)
    assert coverage(cluster, PUB, Source.IMP_AXL).outcome is Outcome.SKIPPED


def test_groups_and_the_switch_come_from_the_database_where_axl_gives_none(lab: Start) -> None:
    """Discovered, so that neither membership nor a healthy pair passes by it."""
    rule = {"fault": "soap-fault", "interface": "cucm-axl"}
    rule["operation"] = "listPresenceRedundancyGroup"
    cluster = lab(scenario(fault=[rule])).cluster()

    assert [n.redundancy_group for n in cluster.nodes] == [GROUP, GROUP]
    assert finding(cluster, "HA-02", SUB).verdict is Verdict.UNKNOWN
    pair = finding(cluster, "HA-01", GROUP)
    assert pair.verdict is Verdict.UNKNOWN
    assert any(e.origin is Origin.DISCOVERED for e in pair.evidence)


def test_a_switch_that_is_off_is_drift_wherever_it_was_read(lab: Start) -> None:
    rule = {"fault": "soap-fault", "interface": "cucm-axl"}
    rule["operation"] = "listPresenceRedundancyGroup"
    off = [{"name": GROUP, "nodes": [PUB, SUB], "ha_enabled": False}]
    running = lab(scenario(fault=[rule], group=off, config={"high_availability": True}))
    pair = finding(running.cluster(), "HA-01", GROUP)

    assert (pair.verdict, pair.kind) == (Verdict.DRIFT, "ha_abnormal")


def test_a_node_in_no_group_is_a_notice_and_no_verdict(lab: Start) -> None:
    rule = {"fault": "soap-fault", "interface": "cucm-axl"}
    rule["operation"] = "listPresenceRedundancyGroup"
    columns = ["id", "subclusterid", "name", "isprimary", "tkhaserverstate"]
    rows = table("enterprisenode", columns, (1, 1, PUB, "t", 3), (2, None, SUB, "f", 3))
    cluster = lab(scenario(fault=[rule], table=[rows])).cluster()

    assert finding(cluster, "HA-02", SUB).verdict is Verdict.UNKNOWN
    assert cluster.notices[0].startswith(f"{SUB}: in no redundancy group, says enterprisenode")


def test_a_state_from_the_database_replaces_perfmon_and_explains_nothing(lab: Start) -> None:
    """Before 12.5 PerfMon has no such counter; services on an idle node stay drift."""
    rule = {"fault": "soap-fault", "interface": "perfmon"}
    idle = [{"name": GROUP, "nodes": [PUB, SUB], "ha": ["backup", "idle"]}]
    cluster = lab(scenario(fault=[rule], group=idle)).cluster()

    pair = finding(cluster, "HA-01", GROUP)
    assert pair.verdict is Verdict.DRIFT
    assert {e.origin for e in pair.evidence if "state" in render_sentence(e.statement)} == {
        Origin.DISCOVERED
    }
    assert finding(cluster, "PE-01", SUB).verdict is Verdict.DRIFT


def test_a_node_that_does_not_answer_gets_no_stored_state(lab: Start) -> None:
    """The table's last word of a dead node would hide that its pair is broken."""
    dead = {"fault": "connection-refused", "node": SUB}
    group = [{"name": GROUP, "nodes": [PUB, SUB], "ha": ["backup", "normal"]}]
    pair = finding(lab(scenario(fault=[dead], group=group)).cluster(), "HA-01", GROUP)

    assert (pair.verdict, pair.kind) == (Verdict.DRIFT, "ha_abnormal")


def test_no_probe_touches_a_password(lab: Start) -> None:
    running = lab(scenario())
    report = running.json()

    assert "never-to-be-read" not in str(report)
    assert not any("axlpassword" in s for s in statements(running))


OWN = """
[[probe]]
id = "web_clients"
meaning = "switch"
key = "web_clients"
table = "processconfig"
columns = { value = "paramvalue" }
where = { paramname = "WebClients" }
confidence = "I"
source = "our own notes"

[[probe]]
id = "permanent_chat"
enabled = false
"""


def test_an_operator_can_add_a_probe_and_turn_one_off(lab: Start) -> None:
    rows = table("processconfig", ["paramname", "paramvalue"], ("Other", "f"), ("WebClients", "t"))
    running = lab(scenario(table=[rows], config={"probes": "mine.toml"}))
    (running.folder / "mine.toml").write_text(OWN)
    cluster = running.cluster()

    assert discovered_value(cluster, "web_clients") == "true"
    assert discovered_value(cluster, "permanent_chat") is None
    assert len(select_parts(running)) == 6


def test_a_wrong_probe_file_stops_the_run_before_any_request(lab: Start) -> None:
    running = lab(scenario(config={"probes": "mine.toml"}))
    (running.folder / "mine.toml").write_text(OWN.replace("switch", "swich"))
    result = running.run("audit")

    assert result.exit_code == 2
    assert "probe `web_clients`: `meaning` cannot be `swich`" in result.stderr
    assert running.simulator.requests == []


def test_a_database_of_unproven_identity_is_not_used(lab: Start) -> None:
    """Two nodes that answer as one machine prove that some address is wrong."""
    rule = {"fault": "other-node", "node": SUB, "interface": "control-center", "of": PUB}
    cluster = lab(scenario(fault=[rule])).cluster()

    assert {n.identity for n in cluster.nodes} == {"contradicted"}
    assert all(discovered_value(cluster, key) is None for key in KEYS.values())


def test_an_internal_error_is_reported_as_one(lab: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one failure of discovery that makes an audit incomplete."""

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("auditor.collect.discovery.sql.plan_statements", broken)
    cluster = lab(scenario()).cluster()

    entry = coverage(cluster, PUB, Source.IMP_AXL)
    assert (entry.outcome, entry.reason) == (Outcome.FAILED, "bug")
    assert finding(cluster, "AXL-04", PUB).verdict is Verdict.PASS
    assert cluster.status is not ClusterStatus.COMPLIANT
