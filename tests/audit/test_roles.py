"""Which node is the publisher, where CUCM names none: by the file, or by what the nodes say."""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.models.cluster_report import ClusterReport
from auditor.models.evidence import Origin
from auditor.models.findings import FindingKind, Verdict
from auditor.models.nodes import Role
from auditor.report.sentences import render_sentence
from tests.lab import GROUP, Lab, finding

Start = Callable[..., Lab]

PRIMARY, OTHER = "198.51.100.10", "198.51.100.11"
"""The addresses that the simulated nodes have themselves, here their names in CUCM's list too."""

WITHOUT_PUBLISHER: Mapping[str, Any] = {
    "cluster": {"name": "pair"},
    "group": [{"name": GROUP, "nodes": [PRIMARY, OTHER]}],
    "fault": [{"fault": "odd-status", "operation": "listProcessNode", "text": "Subscriber"}],
}


def _audit(running: Lab) -> ClusterReport:
    # The certificates of the simulator are for names, and these nodes have none.
    (cluster,) = running.audit(insecure=True).clusters
    return cluster


def _roles(cluster: ClusterReport) -> dict[str, tuple[Role, Origin]]:
    return {node.name: (node.role, node.role_origin) for node in cluster.nodes}


def test_the_primary_node_is_the_publisher_but_proves_nothing(lab: Start) -> None:
    cluster = _audit(lab(WITHOUT_PUBLISHER))
    assert _roles(cluster) == {
        PRIMARY: (Role.PUBLISHER, Origin.DISCOVERED),
        OTHER: (Role.SUBSCRIBER, Origin.DISCOVERED),
    }
    rows = ("AXL-01", "RPT-01", "RPT-02", "BPS-01")
    verdicts = {finding(cluster, row, name).verdict for row in rows for name in (PRIMARY, OTHER)}
    assert verdicts == {Verdict.UNKNOWN}
    # A row for every node rests on no role.
    assert finding(cluster, "SIP-01", PRIMARY).verdict is Verdict.PASS


def test_a_difference_that_rests_on_the_primary_node_is_reported(lab: Start) -> None:
    reporter = "Cisco Serviceability Reporter"
    node = {"name": OTHER, "activated": [reporter]}
    cluster = _audit(lab({**WITHOUT_PUBLISHER, "node": [node]}))
    assert finding(cluster, "RPT-02", OTHER).verdict is Verdict.DRIFT


def _declare_publisher(name: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for node in (PRIMARY, OTHER):
            role = "publisher" if node == name else "subscriber"
            text += f'\n[[cluster.node]]\nname = "{node}"\nrole = "{role}"\n'
        return text

    return edit


def test_a_declared_role_outranks_the_primary_node(lab: Start) -> None:
    running = lab(WITHOUT_PUBLISHER)
    running.edit = _declare_publisher(PRIMARY)
    cluster = _audit(running)
    assert {origin for _, origin in _roles(cluster).values()} == {Origin.DECLARED}
    assert finding(cluster, "PROFILE-02", "node").verdict is Verdict.PASS
    assert finding(cluster, "RPT-01", PRIMARY).verdict is Verdict.PASS


def test_a_declared_role_that_the_primary_node_contradicts_is_drift(lab: Start) -> None:
    running = lab(WITHOUT_PUBLISHER)
    running.edit = _declare_publisher(OTHER)
    cluster = _audit(running)
    assert _roles(cluster)[OTHER] == (Role.PUBLISHER, Origin.DECLARED)
    profile = finding(cluster, "PROFILE-02", "node")
    assert (profile.verdict, profile.kind) == (Verdict.DRIFT, FindingKind.PROFILE_CONFLICT)
    assert f"names {PRIMARY} as primary" in render_sentence(profile.observed)


def test_without_product_information_the_roles_stay_unknown(lab: Start) -> None:
    silent = {"fault": "http-500", "operation": "getProductInformationList"}
    faults = [*WITHOUT_PUBLISHER["fault"], silent]
    cluster = _audit(lab({**WITHOUT_PUBLISHER, "fault": faults}))
    assert {role for role, _ in _roles(cluster).values()} == {Role.UNKNOWN}
