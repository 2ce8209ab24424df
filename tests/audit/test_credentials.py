"""A wrong password is tried as rarely as can be: it must not lock the account."""

from collections.abc import Callable

import pytest

from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Outcome, Source
from auditor.models.findings import Verdict
from tests.lab import CUCM, GROUP, PUB, SUB, Lab, coverage

Start = Callable[..., Lab]

NODES = (PUB, SUB, "imp3.lab.test")
TRIO = {
    "cluster": {"name": "trio"},
    "group": [{"name": GROUP, "nodes": [*NODES[:2]]}, {"name": "East", "nodes": [NODES[2]]}],
}
DECLARED = "".join(
    f'\n[[cluster.node]]\nname = "{name}"\nrole = "{"subscriber" if at else "publisher"}"\n'
    for at, name in enumerate(NODES)
)


def _trio(lab: Start, *down: str) -> Lab:
    """Start three nodes that the file declares, some of the servers being down."""
    faults = [{"fault": "connection-refused", "node": name} for name in down]
    running = lab({**TRIO, "fault": faults})
    running.edit = lambda text: text + DECLARED
    return running


def _alone(lab: Lab, password: str | None = None) -> ClusterReport:
    (cluster,) = lab.audit(password=password).clusters
    return cluster


def test_a_refusal_at_cucm_stops_the_cluster(lab: Start) -> None:
    """One request with the wrong password, and every node says why it was not asked."""
    running = _trio(lab)
    cluster = _alone(running, password="wrong")
    assert running.asked() == [(CUCM, "listProcessNode")]
    assert coverage(cluster, CUCM, Source.CUCM_AXL).reason == "credentials"
    outcomes = {(c.outcome, c.reason) for c in cluster.coverage if c.node in NODES}
    assert outcomes == {(Outcome.SKIPPED, "not_asked")}
    assert cluster.status == "unauditable"


@pytest.mark.parametrize("down", [(CUCM,), (CUCM, NODES[0]), (CUCM, *NODES[:2])])
def test_without_cucm_one_node_is_tried_and_its_refusal_stops_the_rest(
    lab: Start, down: tuple[str, ...]
) -> None:
    """Whichever node is the first to be there."""
    running = _trio(lab, *down)
    cluster = _alone(running, password="wrong")
    first = NODES[len(down) - 1]
    assert [node for node, _ in running.asked()] == [first]
    assert coverage(cluster, first, Source.CONTROL_CENTER).reason == "credentials"
    for name in NODES[len(down) :]:
        assert coverage(cluster, name, Source.CONTROL_CENTER).reason == "not_asked"
    assert cluster.status == "unauditable"


def test_without_cucm_the_others_wait_until_one_node_accepts_the_password(lab: Start) -> None:
    """Then all are asked; the audit is incomplete, because there may be other nodes."""
    running = _trio(lab, CUCM)
    report = running.audit()
    log = running.simulator.requests
    assert {r.node for r in log} == set(NODES)
    (first,) = {r.node for r in log[:1]}
    first_answer = log[0].ended
    assert first_answer is not None
    assert all(r.started >= first_answer for r in log if r.node != first)
    assert report.exit_code == 4


BEFORE_THE_PASSWORD = ("http-500", "login-page", "unsupported-version", "soap-fault", "http-403")
"""What a server may say without having looked at the password, as far as anybody documents."""


@pytest.mark.parametrize("fault", [*BEFORE_THE_PASSWORD, "hang"])
def test_no_second_node_is_asked_until_a_reply_proves_the_password(lab: Start, fault: str) -> None:
    """A server that fails before it looks at the account proves nothing of the account."""
    running = _trio(lab, CUCM)
    running.defaults = {**running.defaults, "timeout_s": 2, "backoff_s": []}
    running.simulator.change({"fault": {"fault": fault, "node": NODES[0]}})
    cluster = _alone(running, password="wrong")
    refused = [r.node for r in running.simulator.requests if r.status == 401]
    assert refused == [NODES[1]]
    assert coverage(cluster, NODES[2], Source.CONTROL_CENTER).reason == "not_asked"


@pytest.mark.parametrize("fault", BEFORE_THE_PASSWORD)
def test_one_node_is_asked_if_the_reply_of_cucm_proves_no_password(lab: Start, fault: str) -> None:
    """A wrong password reaches one node, and its refusal stops the others."""
    running = _trio(lab)
    running.defaults = {**running.defaults, "backoff_s": []}
    running.simulator.change({"fault": {"fault": fault, "node": CUCM}})
    cluster = _alone(running, password="wrong")
    assert [r.node for r in running.simulator.requests if r.status == 401] == [NODES[0]]
    assert {node for node, _ in running.asked()} == {CUCM, NODES[0]}
    assert coverage(cluster, NODES[2], Source.CONTROL_CENTER).reason == "not_asked"


def test_a_soap_fault_of_axl_does_not_prove_the_password(lab: Start) -> None:
    """Whether it looked at the account before is not known."""
    running = _trio(lab, CUCM)
    running.defaults = {**running.defaults, "backoff_s": []}
    for interface, fault in (
        ("control-center", "http-500"),
        ("perfmon", "http-500"),
        ("imp-axl", "soap-fault"),
    ):
        laid = {"fault": fault, "node": NODES[0], "interface": interface}
        running.simulator.change({"fault": laid})
    _alone(running, password="wrong")
    assert [r.node for r in running.simulator.requests if r.status == 401] == [NODES[1]]


def test_a_refusal_by_one_node_sends_one_request_and_affects_no_other_node(lab: Start) -> None:
    """Its other sources would refuse the same account."""
    running = _trio(lab)
    running.simulator.change({"fault": {"fault": "http-401", "node": NODES[1]}})
    cluster = _alone(running)
    assert len([node for node, _ in running.asked() if node == NODES[1]]) == 1
    assert coverage(cluster, NODES[1], Source.CONTROL_CENTER).reason == "credentials"
    for source in (Source.PERFMON, Source.IMP_AXL):
        entry = coverage(cluster, NODES[1], source)
        assert (entry.outcome, entry.reason, entry.requests) == (Outcome.SKIPPED, "not_asked", 0)
    sip = {f.subject.name: f.verdict for f in cluster.findings if f.recommendation == "SIP-01"}
    assert sip == {
        NODES[0]: Verdict.PASS,
        NODES[1]: Verdict.UNKNOWN,
        NODES[2]: Verdict.PASS,
    }


@pytest.mark.parametrize(
    ("lacks", "reasons"),
    [
        ("axl", {"cucm-axl": "not_authorised"}),
        ("serviceability", {"control-center": "not_authorised", "perfmon": "not_authorised"}),
    ],
)
def test_a_missing_role_is_reported_for_every_source_that_needs_it(
    lab: Start, lacks: str, reasons: dict[str, str]
) -> None:
    """A 403 locks no account, so that each source is asked, and names the role that it needs."""
    running = lab({**TRIO, "cluster": {"name": "trio", "lacks": [lacks]}})
    running.edit = lambda text: text + DECLARED
    report = running.audit()
    (cluster,) = report.clusters
    gaps = {str(c.source): str(c.reason) for c in cluster.coverage if c.reason}
    assert reasons.items() <= gaps.items()
    assert set(gaps.values()) == {"not_authorised"}
    assert report.exit_code in (4, 5)
    assert not any(
        f.verdict is Verdict.PASS
        for f in cluster.findings
        if f.recommendation == ("AXL-04" if lacks == "axl" else "SIP-01")
    )
