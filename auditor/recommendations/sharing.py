"""Equal parts of findings as one object: nodes that are alike are judged in the same words."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from auditor.models.findings import Finding

T = TypeVar("T")


def share_equal_parts(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the same findings in a third of the memory: a fleet has a hundred thousand."""
    kept: dict[object, Any] = {}

    def share(part: T) -> T:
        # Of the same type: a text and a word of an enumeration may be equal.
        shared: T = kept.setdefault((type(part), part), part)
        return shared

    for finding in findings:
        yield replace(
            finding,
            subject=share(finding.subject),
            expected=share(finding.expected),
            observed=share(finding.observed),
            because=share(finding.because),
            remedy=share(tuple(map(share, finding.remedy))),
            evidence=share(tuple(map(share, finding.evidence))),
        )
