"""A cluster's facts with what the recommendations that matter after a failover say of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.cluster import ClusterFacts
from auditor.findings import Finding
from auditor.recommendations.engine import judge
from auditor.recommendations.firm import believable
from auditor.recommendations.model import Recommendation

_ROWS = ("AXL-01", "AXL-02", "SIP-01", "PE-01", "SYNC-01", "RTR-01", "HA-01", "HA-02")


@dataclass(frozen=True, slots=True)
class Judged:
    """A cluster's facts, and what the recommendations that matter here say of them."""

    facts: ClusterFacts
    rows: Mapping[str, Recommendation]
    findings: Mapping[tuple[str, str], Finding]

    def finding(self, row: str, subject: str) -> Finding | None:
        """Return the finding of a recommendation on a node or group."""
        return self.findings.get((row, subject.casefold()))


def judged(facts: ClusterFacts, rows: Mapping[str, Recommendation]) -> Judged:
    """Judge a cluster by the recommendations that matter here; `rows` are all of them by id."""
    facts = believable(facts)
    found = judge([rows[name] for name in _ROWS], facts)
    return Judged(facts, rows, {(f.recommendation, f.subject.name.casefold()): f for f in found})
