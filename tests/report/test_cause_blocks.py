"""Blocks of causes: what each explains, in order, and what is left to do after its remedy."""

from dataclasses import replace

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding
from auditor.models.forms import Form
from auditor.models.nodes import Role
from auditor.models.report import Report
from auditor.models.statements import make_statement
from auditor.recommendations.causes import link_causes
from auditor.report.cause_blocks import CauseBlock, group_by_cause
from auditor.service_names import AXL_WEB_SERVICE, SIP_PROXY_SERVICE, XCP_ROUTER
from tests.report import samples
from tests.report.samples import PUB, SUB


def _stopped(recommendation: str, service: str, node: str) -> Finding:
    remedy = make_statement(
        Form.ROW_REMEDY,
        page="Control Center",
        action=f"start {service}",
        command=f"utils service start {service}",
        node=node,
    )
    # Any service of the samples: what is named is replaced.
    base = samples.stopped(AXL_WEB_SERVICE, node)
    return replace(base, recommendation=recommendation, service=service, remedy=(remedy,))


def _blocks(*findings: Finding) -> list[CauseBlock]:
    nodes = (
        samples.node(PUB, Role.PUBLISHER),
        samples.node(SUB, Role.SUBSCRIBER),
        samples.node("imp-b1.example.test", Role.SUBSCRIBER),
    )
    cluster: ClusterReport = samples.cluster(*nodes, findings=link_causes(findings, nodes))
    return group_by_cause(Report(samples.RUN, (cluster,)), cluster)


def _rows(block: CauseBlock, label: str) -> list[str]:
    return [text for name, text in block.rows if name == label]


def test_one_cause_on_two_nodes_is_one_block_with_what_it_explains_on_both() -> None:
    (block,) = _blocks(
        *(_stopped("RTR-01", XCP_ROUTER, node) for node in (PUB, SUB)),
        *(_stopped("SIP-01", SIP_PROXY_SERVICE, node) for node in (PUB, SUB)),
    )

    assert [finding.subject.name for finding in block.group.findings] == [PUB, SUB]
    assert _rows(block, "explains") == [f"SIP-01 Cisco SIP Proxy: stopped, on {PUB} and {SUB}"]
    (then,) = _rows(block, "then")
    assert then.startswith("In Control Center, start Cisco SIP Proxy, or run")


def test_what_an_effect_needs_besides_is_named_before_its_remedy() -> None:
    first, second = _blocks(
        _stopped("NET-03", "Cisco Route Datastore", SUB),
        _stopped("NET-06", "Cisco Presence Datastore", SUB),
        _stopped("SIP-01", SIP_PROXY_SERVICE, SUB),
    )

    assert [text.split(", or run")[0] for text in _rows(first, "then")] == [
        "Fix NET-06 too, before you go on here.",
        "In Control Center, start Cisco SIP Proxy",
    ]
    assert second.effects == ()


def test_a_remedy_that_is_that_of_the_cause_is_not_repeated() -> None:
    (block,) = _blocks(
        _stopped("AXL-01", AXL_WEB_SERVICE, PUB), _stopped("AXL-05", AXL_WEB_SERVICE, PUB)
    )

    assert _rows(block, "explains") == [f"AXL-05 {AXL_WEB_SERVICE}: stopped, on {PUB}"]
    assert _rows(block, "then") == []


def test_what_is_explained_stands_after_the_remedy_and_before_the_evidence() -> None:
    (block,) = _blocks(
        _stopped("RTR-01", XCP_ROUTER, SUB), _stopped("SIP-01", SIP_PROXY_SERVICE, SUB)
    )

    labels = [label for label, _ in block.rows]
    assert labels[-4:] == ["remedy", "explains", "then", "evidence"]


def _with_ha_off(finding: Finding) -> Finding:
    ha_off = make_statement(Form.HA_OFF_FIRST, groups="group")
    return replace(finding, remedy=(ha_off, *finding.remedy, make_statement(Form.HA_ON_AGAIN)))


def test_high_availability_goes_off_and_on_once_in_a_block() -> None:
    (block,) = _blocks(
        _with_ha_off(_stopped("NET-03", "Cisco Route Datastore", SUB)),
        _with_ha_off(_stopped("RTR-01", XCP_ROUTER, SUB)),
        _stopped("SIP-01", SIP_PROXY_SERVICE, SUB),
    )

    (remedy,), then = _rows(block, "remedy"), _rows(block, "then")
    assert remedy.startswith("Turn high availability of the redundancy group off (")
    assert "on again" not in remedy
    assert [text.split(" ", 4)[-1].split(",")[0] for text in then] == [
        "Cisco XCP Router",
        "Cisco SIP Proxy",
        "again only once all services run and database replication is in state 2 on all nodes.",
    ]


def test_high_availability_goes_off_for_an_effect_whose_cause_does_not_need_it() -> None:
    (block,) = _blocks(
        _stopped("HA-02", "", SUB),
        _with_ha_off(_stopped("PE-01", "Cisco Presence Engine", SUB)),
    )

    off_and_start, on = _rows(block, "then")
    assert off_and_start.startswith("Turn high availability of the redundancy group off (")
    assert on.startswith("Turn high availability on again only once")


def test_high_availability_goes_on_with_the_remedy_of_a_cause_without_effects() -> None:
    (block,) = _blocks(_with_ha_off(_stopped("RTR-01", XCP_ROUTER, SUB)))

    (remedy,) = _rows(block, "remedy")
    assert "Turn high availability on again only once" in remedy
    assert _rows(block, "then") == []
