"""Every recommendation through the engine, in every verdict that it can come to."""

import pytest

from auditor.findings import Finding, Verdict
from auditor.recommendations.engine import judge
from auditor.recommendations.model import load_packs
from auditor.recommendations.vocabulary import Mode
from tests.factories import cluster, deployment
from tests.recommendations.cases import CASES, IMPOSSIBLE, Case

ROWS = load_packs()
ROWS_OF = {row.id: [row] for row in ROWS}


def _judged(case: Case) -> Finding:
    (finding,) = (
        f
        for f in judge(ROWS_OF[case.id], case.facts)
        if (f.recommendation, f.subject.name) == (case.id, case.subject)
    )
    return finding


def test_connection_services_that_a_guide_asks_for_are_no_conflict_with_the_profile() -> None:
    facts = cluster(told=deployment(xmpp_clients=False))
    key = "deployment.xmpp_clients"

    def verdict(*packs: str) -> Verdict:
        found = judge(load_packs(packs), facts)
        (finding,) = (f for f in found if (f.recommendation, f.subject.name) == ("PROFILE-03", key))
        return finding.verdict

    assert verdict("table") is Verdict.DRIFT
    assert verdict("table", "guides") is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{n}-{case.id}-{case.verdict}" for n, case in enumerate(CASES)]
)
def test_a_recommendation_comes_to_the_verdict_of_its_case(case: Case) -> None:
    finding = _judged(case)

    assert (finding.verdict, finding.kind) == (case.verdict, case.kind), finding.because


def test_no_recommendation_lacks_a_case_of_any_verdict() -> None:
    wanted = {
        (row.id, verdict)
        for row in ROWS
        if row.mode is Mode.AUDIT
        for verdict in (Verdict.PASS, Verdict.DRIFT, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
    }
    shown = {(case.id, case.verdict) for case in CASES}

    assert wanted - shown == IMPOSSIBLE.keys()


def test_a_precheck_row_gives_no_finding_in_an_audit() -> None:
    precheck = {row.id for row in ROWS if row.mode is Mode.PRECHECK}

    assert precheck == {"CAU-01"}
    assert not [f for f in judge(ROWS, CASES[0].facts) if f.recommendation in precheck]
