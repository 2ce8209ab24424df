"""The names that certificates show, as a suggestion for `addresses`."""

import pytest

from auditor.errors import Reason
from auditor.failures import Failure
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem
from auditor.setup.init.addresses import propose_addresses


def _facts(certificates: dict[str, str], problem: Problem = Problem.OTHER_NAME) -> ClusterFacts:
    """Return facts of servers whose certificates, with these names, were refused."""
    refused = (
        Failure(Reason.TLS, problem, server, names=tuple(names.split(", ")))
        for server, names in certificates.items()
    )
    coverage = tuple(
        entry
        for failure in refused
        for entry in (
            Coverage(
                Source.CONTROL_CENTER, failure.server, Outcome.FAILED, Reason.TLS, failure=failure
            ),
            Coverage(Source.PERFMON, failure.server, Outcome.SKIPPED, Reason.NOT_ASKED),
        )
    )
    return ClusterFacts("lab", (), coverage=coverage)


@pytest.mark.parametrize(
    ("certificates", "proposed"),
    [
        ({"imp1": "imp1.lab.test"}, {"imp1": "imp1.lab.test"}),
        ({"192.0.2.1": "imp1.lab.test"}, {"192.0.2.1": "imp1.lab.test"}),
        # A certificate of several servers: a short name fits one of them, an address none.
        ({"imp1": "imp1.lab.test, imp2.lab.test"}, {"imp1": "imp1.lab.test"}),
        ({"192.0.2.1": "imp1.lab.test, imp2.lab.test"}, {}),
        ({"imp1": "lab-ms.lab.test", "imp2": "lab-ms.lab.test"}, {}),
        # What another server is called is not this one.
        ({"192.0.2.1": "imp2.lab.test", "imp2": "imp2.lab.test"}, {"imp2": "imp2.lab.test"}),
        ({"imp1.lab.test": "imp1.other.test"}, {}),
        ({"imp1": "*.lab.test"}, {}),
        ({"imp1": "imp1, 192.0.2.1"}, {}),
    ],
)
def test_only_one_full_name_that_fits_is_proposed(
    certificates: dict[str, str], proposed: dict[str, str]
) -> None:
    assert propose_addresses(_facts(certificates)) == proposed


def test_a_certificate_that_is_refused_for_more_than_its_name_proposes_nothing() -> None:
    facts = _facts({"imp1": "imp1.lab.test"}, Problem.SELF_SIGNED_CERTIFICATE)
    assert propose_addresses(facts) == {}
