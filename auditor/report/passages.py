"""What every format tells of one finding: the labels, the sentences behind them, the evidence."""

from collections.abc import Callable

from auditor.facts import Evidence
from auditor.findings import Finding, Verdict

HEADINGS = {
    Verdict.DRIFT: "Drift",
    Verdict.UNKNOWN: "Unknown",
    Verdict.EXPLAINED: "Explained by the HA state",
    Verdict.WAIVED: "Waived",
}
"""The verdicts that are told in full, in the order of their weight."""

Row = tuple[str, str]

SENTENCES: tuple[tuple[str, Callable[[Finding], str]], ...] = (
    ("expected", lambda finding: finding.expected),
    ("observed", lambda finding: finding.observed),
    ("because", lambda finding: finding.because),
    ("matters", lambda finding: finding.consequence),
    ("remedy", lambda finding: finding.remedy),
)
"""What a finding says, in the order in which it is read; some of it may be empty."""


def said(finding: Finding) -> list[Row]:
    """Return what a finding says, without its evidence; nothing in it is empty."""
    return [(label, text) for label, of in SENTENCES if (text := of(finding))]


def piece(evidence: Evidence) -> str:
    """Return one piece of evidence with where it comes from."""
    return f"{evidence.text} [{evidence.origin}, {evidence.source}]"
