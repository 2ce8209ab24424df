"""The cells of the matrix that are about a node itself."""

from dataclasses import replace

import pytest

from auditor.models.findings import Finding, FindingKind, FindingSubject, SubjectKind, Verdict
from auditor.report.matrix import NodeAttribute, index_findings, node_attribute_rows
from tests.factories import GROUP, make_finding, node, subscriber

NODES = (node(release="14.0.1.13900-8.x86_64"), subscriber(release="15.0.1.10000-4.x86_64"))


def _versions(*findings: Finding) -> list[str]:
    rows = dict(node_attribute_rows(NODES, index_findings(findings)))
    return [cell.text for cell in rows[NodeAttribute.VERSION]]


def _of_versions(recommendation: str, verdict: Verdict) -> Finding:
    subject = FindingSubject(SubjectKind.CLUSTER, "lab")
    if recommendation == "REL-01":
        subject = FindingSubject(SubjectKind.GROUP, GROUP)
    finding = make_finding(recommendation, verdict, subject=subject)
    return replace(finding, kind=finding.kind and FindingKind.RELEASE_DIFFERS)


@pytest.mark.parametrize("recommendation", ["REL-01", "REL-02"])
@pytest.mark.parametrize(
    ("verdict", "mark"),
    [(Verdict.DRIFT, "✗ "), (Verdict.WAIVED, "§ "), (Verdict.PASS, ""), (Verdict.UNKNOWN, "")],
)
def test_versions_have_the_mark_of_what_was_found_of_them(
    recommendation: str, verdict: Verdict, mark: str
) -> None:
    """Of the group, and of the cluster where only that differs."""
    expected = [f"{mark}14.0.1.13900-8", f"{mark}15.0.1.10000-4"]
    assert _versions(_of_versions(recommendation, verdict)) == expected


def test_a_waived_group_does_not_hide_that_the_cluster_differs() -> None:
    waived, drift = _of_versions("REL-01", Verdict.WAIVED), _of_versions("REL-02", Verdict.DRIFT)
    assert _versions(waived, drift) == ["✗ 14.0.1.13900-8", "✗ 15.0.1.10000-4"]


def test_a_group_that_differs_is_marked_and_no_other() -> None:
    """The cluster differs with it, and its finding would hide which nodes to look at."""
    other = node("imp3", role="subscriber", group="East", release=NODES[1].release)
    findings = _of_versions("REL-01", Verdict.DRIFT), _of_versions("REL-02", Verdict.DRIFT)
    rows = dict(node_attribute_rows((*NODES, other), index_findings(findings)))
    assert [cell.mark for cell in rows[NodeAttribute.VERSION]] == ["✗", "✗", ""]
