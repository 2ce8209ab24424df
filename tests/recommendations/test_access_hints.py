"""What an unread source asks for: the role, the password or the certificate, in one wording."""

import pytest

from auditor.errors import Reason
from auditor.failures import FailureWords, failure_advice
from auditor.models.coverage import Source
from auditor.models.findings import Finding, Verdict
from auditor.models.nodes import AxlAvailability, AxlProbe
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.report.sentences import render_sentences
from tests.factories import cluster, failed_source, node, subscriber

ROWS = [row for row in load_packs() if row.id == "AXL-04"]


def _axl_finding(reason: Reason, source: Source) -> Finding:
    # Where Control Center itself gave nothing, AXL is not judged by what AXL returned.
    partner = (
        subscriber(axl=AxlProbe(AxlAvailability.UNKNOWN, "It is unknown whether AXL answers."))
        if source is Source.IMP_AXL
        else subscriber(services={}, axl=None)
    )
    facts = cluster(node(), partner, gaps=[failed_source("imp2", reason, source)])
    (finding,) = (f for f in judge_facts(ROWS, facts) if f.subject.name == "imp2")
    return finding


@pytest.mark.parametrize("source", [Source.IMP_AXL, Source.CONTROL_CENTER])
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.NOT_AUTHORISED, "give the account the role"),
        (Reason.CREDENTIALS, "correct the user name or the password"),
        (Reason.TLS, "give the authority that signed it as ca_bundle, or pin it"),
        (Reason.RATE_LIMITED, "look for other programs that ask imp2"),
        (Reason.UNSUPPORTED_VERSION, 'set axl_version to "auto"'),
        (Reason.SOAP_FAULT, "look up the fault in the logs of imp2"),
    ],
    ids=str,
)
def test_each_failure_has_a_hint_of_its_own_in_the_words_of_doctor(
    reason: Reason, words: str, source: Source
) -> None:
    finding = _axl_finding(reason, source)
    failure = failed_source("imp2", reason, source).failure
    assert failure is not None
    hint = render_sentences(finding.remedy)
    assert finding.verdict is Verdict.UNKNOWN
    assert words in hint
    assert failure_advice(failure, FailureWords(cluster=finding.cluster)) in hint


def test_axl_that_refuses_the_account_names_the_role_that_it_needs() -> None:
    hint = render_sentences(_axl_finding(Reason.NOT_AUTHORISED, Source.IMP_AXL).remedy)
    assert hint == (
        'To make AXL of imp2 answer, give the account the role "Standard AXL API Access" '
        "(Cisco Unified CM Administration > User Management > Application User > Permissions "
        "Information > Add to Access Control Group); then audit again."
    )


@pytest.mark.parametrize("reason", [Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.UNAVAILABLE])
def test_a_node_that_does_not_answer_is_to_be_brought_back(reason: Reason) -> None:
    hint = render_sentences(_axl_finding(reason, Source.CONTROL_CENTER).remedy)
    assert hint == "Bring imp2 back (see coverage), then audit again."
