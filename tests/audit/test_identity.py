"""Who answered: addresses that lead to another node, certificates, pins, one machine twice."""

import re
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Source
from auditor.models.findings import Verdict
from auditor.models.nodes import Identity
from tests.lab import DIRECTORY_PAIR, PUB, SUB, Lab, coverage

Start = Callable[..., Lab]

SOURCES = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)


def _identities(cluster: ClusterReport) -> dict[str, str]:
    return {node.name: node.identity for node in cluster.nodes}


def _alone(lab: Lab, *, insecure: bool = False) -> ClusterReport:
    (cluster,) = lab.audit(insecure=insecure).clusters
    return cluster


def _judged(cluster: ClusterReport, node: str) -> set[Verdict]:
    """Return the verdicts of the rows that hold for every node."""
    rows = {"SIP-01", "PE-01", "SYNC-01", "RTR-01", "AXL-04"}
    return {
        f.verdict for f in cluster.findings if f.subject.name == node and f.recommendation in rows
    }


def _led_to(lab: Lab, **to: str) -> Callable[[str], str]:
    """Return the edit that gives nodes (`imp1`, `imp2`) the addresses of others."""

    def edit(text: str) -> str:
        for node, other in to.items():
            host, port = lab.simulator.nodes[f"{other}.lab.test"]
            text = re.sub(rf'("{node}\.lab\.test" = )".*"', rf'\1"{host}:{port}"', text)
        return text

    return edit


@pytest.mark.parametrize("insecure", [False, True], ids=["verified", "insecure"])
def test_swapped_addresses_are_found_before_a_password_is_sent(lab: Start, insecure: bool) -> None:
    """Each node shows the certificate of the other; even --insecure reads that."""
    running = lab(DIRECTORY_PAIR)
    running.edit = _led_to(running, imp1="imp2", imp2="imp1")
    cluster = _alone(running, insecure=insecure)
    assert _identities(cluster) == {PUB: "contradicted", SUB: "contradicted"}
    assert {c.reason for c in cluster.coverage if c.source in SOURCES} == {"wrong_node"}
    assert not any(node in (PUB, SUB) for node, _ in running.asked())
    assert cluster.status == "unauditable"


def test_one_wrong_address_affects_only_that_node(lab: Start) -> None:
    """The node that is really there is asked and judged once, as itself."""
    running = lab(DIRECTORY_PAIR)
    running.simulator.change({"fault": {"fault": "wrong-certificate", "node": SUB, "of": PUB}})
    cluster = _alone(running)
    assert _identities(cluster) == {PUB: "certificate", SUB: "contradicted"}
    assert _judged(cluster, SUB) == {Verdict.UNKNOWN}
    assert _judged(cluster, PUB) == {Verdict.PASS}
    assert not any(node == SUB for node, _ in running.asked())


def test_insecure_proves_no_identity(lab: Start) -> None:
    """The verdicts stay, and the report names the unproven nodes."""
    assert _identities(_alone(lab(DIRECTORY_PAIR), insecure=True)) == {
        PUB: "unproven",
        SUB: "unproven",
    }


def _twins(lab: Lab, *, insecure: bool = True) -> ClusterReport:
    """Audit a pair whose second node's Control Center is answered by the first."""
    fault = {"fault": "other-node", "node": SUB, "interface": "control-center"}
    lab.simulator.change({"fault": fault})
    return _alone(lab, insecure=insecure)


@pytest.mark.parametrize("insecure", [False, True], ids=["verified", "insecure"])
def test_a_machine_that_answers_for_two_nodes_counts_for_neither(
    lab: Start, insecure: bool
) -> None:
    """It is unknown whose start times both of them sent."""
    cluster = _twins(lab(DIRECTORY_PAIR), insecure=insecure)
    assert _identities(cluster) == {PUB: "contradicted", SUB: "contradicted"}
    assert _judged(cluster, PUB) == _judged(cluster, SUB) == {Verdict.UNKNOWN}
    assert coverage(cluster, SUB, Source.PERFMON).reason == "wrong_node"


def test_a_restart_between_the_replies_hides_no_duplicate_machine(lab: Start) -> None:
    """One start time of many differs then, and it is still the same machine."""
    node = {"name": PUB, "service": {"Cisco XCP Directory Service": {"restarting": True}}}
    cluster = _twins(lab({**DIRECTORY_PAIR, "node": [node]}))
    assert _identities(cluster) == {PUB: "contradicted", SUB: "contradicted"}


def test_nodes_started_together_are_not_one_machine(lab: Start) -> None:
    """A power cut may give two nodes a few start times in common."""
    services = ("Cisco SIP Proxy", "Cisco Presence Engine", "Cisco Tomcat", "Cisco XCP Router")
    same = {service: {"uptime": 5000} for service in services}
    nodes = [{"name": name, "service": same} for name in (PUB, SUB)]
    assert _identities(_alone(lab({**DIRECTORY_PAIR, "node": nodes}))) == {
        PUB: "certificate",
        SUB: "certificate",
    }


def test_a_pin_proves_a_self_signed_node(lab: Start) -> None:
    """What no authority vouches for, its digest does."""
    fault = {"fault": "self-signed-certificate", "node": SUB}
    running = lab({**DIRECTORY_PAIR, "fault": [fault]})
    (path,) = running.folder.glob("*self-signed*.pem")
    shown = x509.load_pem_x509_certificate(path.read_bytes())
    digest = shown.fingerprint(hashes.SHA256()).hex()
    running.edit = lambda text: f'{text}\n[cluster.pins]\n"{SUB}" = ["{digest}"]\n'
    assert _identities(_alone(running)) == {PUB: "certificate", SUB: Identity.CERTIFICATE}


def test_a_wrong_pin_sends_nothing(lab: Start) -> None:
    """Not even to a node whose certificate would verify."""
    running = lab(DIRECTORY_PAIR)
    running.edit = lambda text: f'{text}\n[cluster.pins]\n"{SUB}" = ["{"AB" * 32}"]\n'
    cluster = _alone(running)
    assert coverage(cluster, SUB, Source.CONTROL_CENTER).reason == "tls"
    assert not any(node == SUB for node, _ in running.asked())
