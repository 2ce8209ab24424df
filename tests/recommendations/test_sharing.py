"""Findings of nodes that are alike share their parts; nothing in them changes by that."""

from collections.abc import Callable

from auditor.recommendations.sharing import share_equal_parts
from tests.lab import Lab

Start = Callable[..., Lab]


def test_the_parts_are_shared_and_equal(lab: Start) -> None:
    findings = lab("healthy").cluster().findings
    shared = list(share_equal_parts(findings))
    assert shared == list(findings)
    evidence = [part for finding in shared for part in finding.evidence]
    assert len({id(part) for part in evidence}) == len(set(evidence)) < len(evidence)


def test_what_is_judged_is_shared_already(lab: Start) -> None:
    cluster = lab("healthy").cluster()
    assert len({id(f.subject) for f in cluster.findings}) == len(
        {f.subject for f in cluster.findings}
    )
