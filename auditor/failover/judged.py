"""The findings of a cluster on which its failover check is built."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingKind, Severity, SubjectKind, Verdict
from auditor.recommendations.discovered import drop_contradicted_facts
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.vocabulary import Expectation


@dataclass(frozen=True, slots=True)
class JudgedCluster:
    """A cluster's facts, the rows by id, and the findings of all of them by row and subject.

    `node_findings` are the same findings by node and service.
    """

    facts: ClusterFacts
    rows: Mapping[str, Recommendation]
    findings: Mapping[tuple[str, str], Finding]
    node_findings: Mapping[tuple[str, str | None], tuple[Finding, ...]]

    def finding(self, recommendation: str, subject: str) -> Finding | None:
        """Return the finding of a recommendation on a node or group."""
        return self.findings.get((recommendation, subject.casefold()))

    def service_findings(self, node: str, service: str) -> tuple[Finding, ...]:
        """Return what the rows that want a service to run say of it on a node."""
        return tuple(
            finding
            for finding in self.node_findings.get((node.casefold(), service), ())
            if self.rows[finding.recommendation].expects is Expectation.RUNNING
        )

    def is_wanted(self, node: str, service: str) -> bool:
        """Return whether a service is wanted on a node, or may be."""
        findings = self.service_findings(node, service)
        return any(finding.verdict is not Verdict.NOT_APPLICABLE for finding in findings)

    def missing_prerequisite(self, node: str, service: str) -> Finding | None:
        """Return what keeps a service of a node from starting, None if nothing is known to."""
        findings = self.node_findings.get((node.casefold(), service), ())
        missing = (f for f in findings if f.kind is FindingKind.PREREQUISITE_MISSING)
        return next((f for f in missing if f.verdict is Verdict.DRIFT), None)

    def severity(self, recommendation: str, subject: str) -> Severity:
        """Return the severity of a recommendation on a node, the mildest if it has none there."""
        finding = self.finding(recommendation, subject)
        return finding.severity if finding else Severity.INFO


def judge_for_failover(facts: ClusterFacts, rows: Mapping[str, Recommendation]) -> JudgedCluster:
    """Judge a cluster as an audit does; `rows` are all recommendations by id."""
    # What another machine returned in place of a node must not count for the node.
    facts = drop_contradicted_facts(facts)
    findings: dict[tuple[str, str], Finding] = {}
    node_findings: dict[tuple[str, str | None], tuple[Finding, ...]] = {}
    for finding in judge_facts(tuple(rows.values()), facts):
        subject = finding.subject.name.casefold()
        findings[finding.recommendation, subject] = finding
        if finding.subject.kind is SubjectKind.NODE:
            key = subject, finding.service
            node_findings[key] = (*node_findings.get(key, ()), finding)
    return JudgedCluster(facts, rows, findings, node_findings)
