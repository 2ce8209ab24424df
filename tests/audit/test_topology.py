"""Which nodes and groups a cluster has: as CUCM lists or the file declares them, or unknown."""

import re
import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Outcome, Source
from auditor.models.findings import FindingKind, Verdict
from auditor.models.nodes import Role
from auditor.report.sentences import render_sentence
from tests.lab import CUCM, PAIR, PUB, SUB, Lab, coverage, finding

Start = Callable[..., Lab]

PEERED_PAIR: Mapping[str, Any] = {
    **PAIR,
    "deployment": {"intercluster": True},
}
NODES_ASKED = {"getProductInformationList", "soapGetServiceStatus"}


def _declare(**nodes: tuple[str, str | None]) -> Callable[[str], str]:
    """Return the edit that declares nodes: `imp1=("publisher", "Default")`."""

    def edit(text: str) -> str:
        for name, (role, group) in nodes.items():
            text += f'\n[[cluster.node]]\nname = "{name}.lab.test"\nrole = "{role}"\n'
            text += f'redundancy_group = "{group}"\n' if group else ""
        return text

    return edit


DECLARED = _declare(imp1=("publisher", "Default"), imp2=("subscriber", "Default"))


def _verdicts(cluster: ClusterReport) -> dict[tuple[str, str], Verdict]:
    return {(f.recommendation, f.subject.name): f.verdict for f in cluster.findings}


def _rows_of_publisher(cluster: ClusterReport) -> set[Verdict]:
    verdicts = _verdicts(cluster)
    rows = ("AXL-01", "RPT-01", "RPT-02", "BPS-01")
    return {verdicts[row, name] for row in rows for name in (PUB, SUB)}


@pytest.mark.parametrize("usage", ["Publisher", "Subscriber", "something new"])
def test_a_declared_role_counts_where_cucm_names_no_single_publisher(
    lab: Start, usage: str
) -> None:
    fault = {"fault": "odd-status", "operation": "listProcessNode", "text": usage}
    running = lab({**PAIR, "fault": [fault]})
    running.edit = lambda text: DECLARED(text)
    cluster = running.cluster()
    assert {n.name: n.role for n in cluster.nodes} == {PUB: "publisher", SUB: "subscriber"}
    assert Verdict.UNKNOWN not in _rows_of_publisher(cluster)


def test_a_row_without_a_readable_role_leaves_the_others_audited(lab: Start) -> None:
    third = "imp3.lab.test"
    groups = [*PAIR["group"], {"name": "Third", "nodes": [third]}]
    fault = {"fault": "nil-values", "operation": "listProcessNode", "row": third}
    running = lab({**PAIR, "group": groups, "fault": [fault]})
    report = running.audit()
    (cluster,) = report.clusters
    assert [n.name for n in cluster.nodes] == [PUB, SUB]
    assert finding(cluster, "SIP-01", PUB).verdict is Verdict.PASS
    assert finding(cluster, "HA-01", "Default").verdict is Verdict.PASS
    assert (cluster.status, report.exit_code) == ("incomplete", 4)
    entry = coverage(cluster, CUCM, Source.CUCM_AXL)
    assert (entry.outcome, entry.reason) == (Outcome.FAILED, "bad_reply")
    assert third in entry.detail


def test_a_group_without_a_node_is_noted(lab: Start) -> None:
    empty = {"name": "Spare", "nodes": []}
    cluster = lab({**PAIR, "group": [*PAIR["group"], empty]}).cluster()
    assert finding(cluster, "HA-01", "Spare").verdict is Verdict.NOT_APPLICABLE
    assert any("Redundancy group Spare has no node" in notice for notice in cluster.notices)
    assert cluster.status == "compliant"


def test_the_order_of_elements_makes_no_difference(lab: Start) -> None:
    """A real CUCM does not keep the order of its own schema."""
    whole = lab({**PEERED_PAIR, "cluster": {"name": "pair", "axl_out_of_order": True}}).cluster()
    assert {(n.name, n.role, n.redundancy_group) for n in whole.nodes} == {
        (PUB, Role.PUBLISHER, "Default"),
        (SUB, Role.SUBSCRIBER, "Default"),
    }
    assert whole.status == "compliant"


def test_only_im_and_presence_nodes_are_nodes(lab: Start) -> None:
    """Neither the row of the whole system nor that of CUCM is judged, nor asked as a node."""
    running = lab(PEERED_PAIR)
    cluster = running.cluster()
    assert [n.name for n in cluster.nodes] == [PUB, SUB]
    asked_of_cucm = {op for node, op in running.asked() if node == CUCM}
    assert not asked_of_cucm & NODES_ASKED


@pytest.mark.parametrize("usage", ["Subscriber", "Publisher"])
def test_none_or_two_publishers_leave_their_rows_unknown(lab: Start, usage: str) -> None:
    """Otherwise they would be judged on no node, or on the wrong one."""
    running = lab(PEERED_PAIR)
    fault = {"fault": "odd-status", "operation": "listProcessNode", "text": usage}
    running.simulator.change({"fault": fault})
    report = running.audit()
    (cluster,) = report.clusters
    assert {n.role for n in cluster.nodes} == {Role.UNKNOWN}
    assert _rows_of_publisher(cluster) == {Verdict.UNKNOWN}
    assert report.exit_code == 4


def test_before_axl_10_the_declared_nodes_are_complete(lab: Start) -> None:
    """Such a CUCM cannot list them; nothing is missing, and no group is asked for."""
    old = {**PEERED_PAIR, "cluster": {"name": "pair", "release": "9.1.1.10000-8"}}
    running = lab({**old, "config": {"high_availability": False}})
    cluster = running.cluster()
    assert coverage(cluster, CUCM, Source.CUCM_AXL).outcome is Outcome.COLLECTED
    assert [n.name for n in cluster.nodes] == [PUB, SUB]
    assert {n.redundancy_group for n in cluster.nodes} == {"Default"}
    assert (CUCM, "listPresenceRedundancyGroup") not in running.asked()
    assert finding(cluster, "PROFILE-02", "addresses").verdict is Verdict.PASS
    assert finding(cluster, "AXL-02", SUB).verdict is Verdict.PASS


def test_before_axl_10_without_declared_nodes_nothing_can_be_audited(lab: Start) -> None:
    """And the report says what to declare."""
    running = lab({**PEERED_PAIR, "cluster": {"name": "pair", "release": "9.1.1.10000-8"}})
    running.edit = lambda text: text.replace(
        text[text.index("[[cluster.node]]") : text.index("[cluster.deployment]")], ""
    )
    result = running.run("audit")
    assert result.exit_code == 5
    assert "[[cluster.node]]" in result.stdout


def test_without_cucm_the_declared_nodes_are_audited_and_the_run_is_incomplete(lab: Start) -> None:
    """There may be nodes that the file does not declare."""
    running = lab({**PEERED_PAIR, "fault": [{"fault": "http-500", "node": CUCM}]})
    running.edit = DECLARED
    report = running.audit()
    (cluster,) = report.clusters
    verdicts = _verdicts(cluster)
    assert verdicts["SIP-01", PUB] is verdicts["SIP-01", SUB] is Verdict.PASS
    assert (
        verdicts["AXL-01", PUB]
        is verdicts["AXL-02", SUB]
        is verdicts["RPT-02", SUB]
        is Verdict.PASS
    )
    assert verdicts["HA-01", "Default"] is Verdict.UNKNOWN
    assert verdicts["PROFILE-02", "addresses"] is Verdict.UNKNOWN
    assert verdicts["PROFILE-03", "deployment.chat"] is Verdict.UNKNOWN
    assert report.exit_code == 4


def test_without_groups_the_declared_ones_count_and_the_switch_stays_unknown(lab: Start) -> None:
    """What is declared fills the gap; it makes nothing healthy."""
    running = lab({**PEERED_PAIR, "fault": [{"fault": "soap-fault", "operation": GROUPS}]})
    running.edit = DECLARED
    report = running.audit()
    (cluster,) = report.clusters
    verdicts = _verdicts(cluster)
    assert verdicts["AXL-02", SUB] is verdicts["HA-02", SUB] is Verdict.PASS
    assert verdicts["HA-01", "Default"] is Verdict.UNKNOWN
    assert report.exit_code == 4


GROUPS = "listPresenceRedundancyGroup"


def test_a_list_without_im_and_presence_nodes_does_not_replace_the_declared_ones(
    lab: Start,
) -> None:
    """It may be the list of another CUCM."""
    fault = {"fault": "missing-row", "operation": "listProcessNode", "row": "CUCM IM and Presence"}
    running = lab({**PEERED_PAIR, "fault": [fault]})
    running.edit = DECLARED
    report = running.audit()
    (cluster,) = report.clusters
    assert coverage(cluster, CUCM, Source.CUCM_AXL).reason == "bad_reply"
    assert _verdicts(cluster)["SIP-01", SUB] is Verdict.PASS
    assert report.exit_code == 4


def test_a_planned_node_is_not_asked(lab: Start) -> None:
    """It is on the list, nothing is asked of it, and nothing is missed."""
    planned = "imp3.lab.test"
    running = lab({**PEERED_PAIR, "cluster": {"name": "pair", "planned": [planned]}})
    running.edit = lambda text: text.replace(
        "[cluster.addresses]", f'[cluster.addresses]\n"{planned}" = "127.0.0.1:9"'
    )
    report = running.audit()
    (cluster,) = report.clusters
    mine = [f for f in cluster.findings if f.subject.name == planned]
    assert {f.verdict for f in mine} == {Verdict.NOT_APPLICABLE}
    assert "planned_nodes" in render_sentence(mine[0].because)
    assert {c.outcome for c in cluster.coverage if c.node == planned} == {Outcome.SKIPPED}
    assert report.exit_code == 0


def test_a_planned_partner_makes_no_pair(lab: Start) -> None:
    """High availability begins with the second node."""
    fault = {"fault": "connection-refused", "node": SUB}
    running = lab({**PEERED_PAIR, "config": {"planned_nodes": [SUB]}, "fault": [fault]})
    cluster = running.cluster()
    assert not any(node == SUB for node, _ in running.asked())
    assert finding(cluster, "HA-01", "Default").verdict is Verdict.NOT_APPLICABLE
    assert "no failover is possible" in render_sentence(finding(cluster, "AXL-02", PUB).because)


def test_a_reachable_planned_node_makes_no_finding_pass(lab: Start) -> None:
    """One TCP connection shows that it listens; no request is sent, and nothing about it passes."""
    running = lab({**PEERED_PAIR, "config": {"planned_nodes": [SUB.upper()]}})
    running.simulator.change({"stop": {"node": SUB, "service": "Cisco SIP Proxy"}})
    report = running.audit(["table"])
    (cluster,) = report.clusters
    assert not any(node == SUB for node, _ in running.asked())
    result = finding(cluster, "PROFILE-02", "planned_nodes")
    assert (result.verdict, result.kind) == (Verdict.DRIFT, FindingKind.PROFILE_CONFLICT)
    assert f"{SUB} is declared as not installed yet, but accepts connections" in render_sentence(
        result.observed
    )
    mine = {f.verdict for f in cluster.findings if f.subject.name == SUB}
    assert mine <= {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    assert _verdicts(cluster)["SIP-01", SUB] is Verdict.UNKNOWN
    gap = coverage(cluster, SUB, Source.CONTROL_CENTER)
    assert (gap.outcome, gap.reason, gap.requests) == (Outcome.SKIPPED, "not_asked", 0)
    assert "Take it out of planned_nodes" in gap.detail
    assert [c.outcome for c in cluster.coverage if c.source is Source.TCP] == [Outcome.COLLECTED]
    assert report.exit_code == 3
    assert running.run("audit", "--fail-on", "critical").exit_code == 4
    check = running.run("failover-check")
    assert check.exit_code == 4, check.output
    assert not any(node == SUB for node, _ in running.asked())


def test_a_reachable_planned_node_in_no_group_is_no_drift(lab: Start) -> None:
    """Nobody puts a node into a group before it is installed; that it is there is the finding."""
    running = lab(
        {
            **PEERED_PAIR,
            "node": [{"name": "imp3.lab.test"}],
            "config": {"planned_nodes": ["imp3.lab.test"]},
        }
    )
    cluster = running.cluster()
    result = finding(cluster, "HA-02", "imp3.lab.test")
    assert result.verdict is Verdict.UNKNOWN
    assert "declared in planned_nodes" in render_sentence(result.because)
    drift = [f.recommendation for f in cluster.findings if f.verdict is Verdict.DRIFT]
    assert drift == ["PROFILE-02"]


def _watched(running: Lab, node: str) -> socket.socket:
    """Return a listener at a node's address in place of the simulated one."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = listener.getsockname()[1]
    running.edit = lambda text: re.sub(
        rf'^"{node}" = ".*"$', f'"{node}" = "127.0.0.1:{port}"', text, flags=re.MULTILINE
    )
    return listener


def _was_knocked_at(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


PAIRS = [
    {"name": "Default", "nodes": [PUB, SUB]},
    {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]},
]


@pytest.mark.parametrize(("group", "knocked"), [("Default", False), ("East", True)])
def test_a_planned_node_out_of_scope_is_not_checked(lab: Start, group: str, knocked: bool) -> None:
    """Who asks for one group touches no other."""
    planned = {"planned_nodes": ["imp4.lab.test"]}
    running = lab({**PEERED_PAIR, "group": PAIRS, "config": planned})
    with _watched(running, "imp4.lab.test") as listener:
        running.run("failover-check", "--group", group)
        assert _was_knocked_at(listener) is knocked


@pytest.mark.parametrize("refused", [False, True])
def test_no_planned_node_is_checked_after_a_refusal(lab: Start, refused: bool) -> None:
    """A stopped cluster is left alone, whatever was meant to be tried."""
    running = lab({**PEERED_PAIR, "group": PAIRS, "config": {"planned_nodes": ["imp4.lab.test"]}})
    declared = _declare(imp1=("publisher", "Default"), imp4=("subscriber", "East"))
    with _watched(running, "imp4.lab.test") as listener:
        there = running.edit
        running.edit = lambda text: declared(there(text))
        running.audit(password="wrong" if refused else None)
        assert _was_knocked_at(listener) is not refused


def test_a_node_in_no_group_is_a_finding(lab: Start) -> None:
    """Its Presence Engine would not start."""
    running = lab({**PEERED_PAIR, "node": [{"name": "imp3.lab.test"}]})
    result = finding(running.cluster(), "HA-02", "imp3.lab.test")
    assert (result.verdict, result.kind) == (Verdict.DRIFT, FindingKind.NOT_GROUPED)


def test_a_group_whose_server_is_no_node_makes_the_audit_incomplete(lab: Start) -> None:
    """Otherwise a node that the list left out would not be missed."""
    fault = {"fault": "missing-row", "operation": "listProcessNode", "row": SUB}
    report = lab({**PEERED_PAIR, "fault": [fault]}).audit(["table"])
    (cluster,) = report.clusters
    assert SUB in coverage(cluster, CUCM, Source.CUCM_AXL).detail
    assert report.exit_code == 4


def test_names_in_the_file_that_the_cluster_does_not_have_are_findings(lab: Start) -> None:
    """Otherwise a name that fits nothing would leave its key without effect unnoticed."""
    running = lab({**PEERED_PAIR, "declared": {"chat": ["imp7.lab.test"]}})
    running.edit = _declare(imp9=("subscriber", "Default"))
    cluster = running.cluster()
    drift = {
        f.subject.name: render_sentence(f.observed)
        for f in cluster.findings
        if f.recommendation == "PROFILE-02" and f.verdict is Verdict.DRIFT
    }
    assert drift["deployment.chat"] == "The cluster has no imp7.lab.test."
    assert "imp9.lab.test" in " ".join(drift.values())
    assert [n.name for n in cluster.nodes] == [PUB, SUB]
    assert cluster.status == "drift"


def test_declared_nodes_that_differ_from_those_of_cucm_are_findings(lab: Start) -> None:
    """What AXL lists counts; where the file differs, a finding says so."""
    running = lab(PEERED_PAIR)
    running.edit = _declare(imp1=("subscriber", "Elsewhere"))
    cluster = running.cluster()
    node = finding(cluster, "PROFILE-02", "node")
    assert node.verdict is Verdict.DRIFT
    assert f"{PUB} is declared subscriber, but CUCM lists it as publisher" in render_sentence(
        node.observed
    )
    assert f"CUCM also lists {SUB}" in render_sentence(node.observed)
    group = finding(cluster, "PROFILE-02", "node.redundancy_group")
    assert f"{PUB} is declared in Elsewhere, but CUCM lists it in Default" in render_sentence(
        group.observed
    )
    assert {n.name: n.role for n in cluster.nodes} == {PUB: "publisher", SUB: "subscriber"}


@pytest.mark.parametrize("spelling", [str.upper, str.title])
def test_the_case_of_a_name_makes_no_difference(lab: Start, spelling: Callable[[str], str]) -> None:
    """Neither in lists of nodes nor among addresses; names are compared without case."""
    running = lab({**PEERED_PAIR, "declared": {"chat": [spelling(SUB)]}})
    running.edit = lambda text: text.replace(f'"{SUB}" =', f'"{spelling(SUB)}" =')
    cluster = running.cluster()
    assert finding(cluster, "TCM-01", SUB).verdict is Verdict.DRIFT
    assert finding(cluster, "TCM-01", PUB).verdict is Verdict.NOT_APPLICABLE
    assert finding(cluster, "PROFILE-02", "deployment.chat").verdict is Verdict.PASS
    assert finding(cluster, "PROFILE-02", "addresses").verdict is Verdict.PASS
