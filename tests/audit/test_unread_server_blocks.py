"""Checks that wait for a server that could not be read are one block of at most ten lines."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auditor.models.findings import Severity, Verdict
from auditor.models.report import Report
from auditor.report import markdown, terminal
from auditor.report.digest import digest_cluster
from auditor.report.fleet import build_fleet_row
from tests.lab import CUCM, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "lost CUCM": ({"fault": "connection-refused", "node": CUCM}, CUCM),
    "lost node": ({"fault": "connection-refused", "node": SUB}, SUB),
    "node that refuses the password": ({"fault": "http-401", "node": SUB}, SUB),
    "node with another certificate": ({"fault": "self-signed-certificate", "node": SUB}, SUB),
}


def _declare_nodes(text: str) -> str:
    """Return a configuration that needs no CUCM to know the nodes, but says nothing of groups."""
    nodes = ((PUB, "publisher"), (SUB, "subscriber"))
    return text + "".join(
        f'\n[[cluster.node]]\nname = "{name}"\nrole = "{role}"\n' for name, role in nodes
    )


def _start(lab: Start, fault: dict[str, Any]) -> Lab:
    running = lab(PAIR)
    running.edit = _declare_nodes
    running.simulator.change({"fault": fault})
    return running


def _unknown_blocks(report: Report, width: int) -> list[str]:
    """Return the blocks below "Unknown:" in the short report."""
    text = terminal.render(report, width=width)
    section = re.split(r"^Unknown: .*$", text, flags=re.MULTILINE)[1]
    section = re.split(r"^[A-Z].* [─━]+$", section, flags=re.MULTILINE)[0]
    return [block for block in section.strip().split("\n\n") if block]


@pytest.mark.parametrize(("fault", "server"), FAULTS.values(), ids=FAULTS)
def test_a_server_is_one_block_that_says_what_to_fix_and_counts_what_waits(
    lab: Start, fault: dict[str, Any], server: str
) -> None:
    report = _start(lab, fault).audit()
    (cluster,) = report.clusters
    unknown = [f for f in cluster.findings if f.verdict is Verdict.UNKNOWN]
    waiting = [f for f in unknown if f.waits_for]
    assert {name for finding in waiting for name in finding.waits_for} == {server}
    for width in (80, 100, 160):
        (block,) = [
            b for b in _unknown_blocks(report, width) if re.search(f" waits? for {server}", b)
        ]
        assert len(block.splitlines()) <= 10, block
        tally = re.search(r"^  checks +(.*); --full lists them$", block, re.MULTILINE)
        assert tally
        assert sum(map(int, re.findall(r"\d+", tally[1]))) == len(waiting)
    gravest = min((f.severity for f in waiting), key=lambda severity: severity.rank)
    head = block.partition("\n")[0]
    assert f"{gravest.upper()}: {len(waiting)} checks wait for {server}" in head
    assert head.startswith("? up to ") is (len({f.severity for f in waiting}) > 1)
    # The counts are those of the whole report, and the failure is not told again below.
    page = terminal.render(report)
    assert f"Unknown: {len(unknown)} findings" in page
    assert page.count(f"? {server}\n") == 0
    full = terminal.render(report, full=True)
    assert f"Unknown: {len(unknown)} findings" in full
    assert all(finding.recommendation in full for finding in waiting)
    # Several clusters count the same checks, and Markdown names each of them.
    entries = digest_cluster(build_fleet_row(report, cluster))
    (entry,) = [e for e in entries if e.head.startswith(server)]
    assert set(entry.findings) == set(waiting)
    document = markdown.render(report)
    assert document.count(f"wait for {server}") == 1
    assert all(finding.recommendation in document for finding in waiting)


def test_a_check_that_waits_for_anything_else_too_is_listed(lab: Start) -> None:
    """An undeclared key stays open when the node is back, so the node is not what to wait for."""
    running = lab({**PAIR, "deployment": {"xmpp_clients": True}})
    running.edit = lambda text: re.sub(r"^xmpp_clients = .*\n", "", text, flags=re.MULTILINE)
    running.simulator.change({"fault": {"fault": "connection-refused", "node": SUB}})
    report = running.audit()
    (cluster,) = report.clusters
    keyed = [f for f in cluster.findings if "xmpp_clients" in f.awaited_keys]
    assert any(f.subject.name == SUB for f in keyed)
    assert not any(f.waits_for for f in keyed)


def test_a_difference_is_never_folded(lab: Start) -> None:
    report = _start(lab, FAULTS["lost node"][0]).audit()
    (cluster,) = report.clusters
    drift = next(f for f in cluster.findings if f.waits_for)
    drift = replace(drift, verdict=Verdict.DRIFT, severity=Severity.LOW)
    findings = tuple(drift if f.id == drift.id else f for f in cluster.findings)
    page = terminal.render(replace(report, clusters=(replace(cluster, findings=findings),)))
    assert "Drift: 1 difference" in page
    assert re.search(rf"^✗ LOW {drift.recommendation}", page, re.MULTILINE)


def test_a_node_whose_perfmon_alone_is_lost_is_no_lost_server(lab: Start) -> None:
    running = _start(lab, {"fault": "http-503", "node": SUB, "interface": "perfmon"})
    assert not any(finding.waits_for for finding in running.cluster().findings)


def test_json_names_the_servers_of_a_check(lab: Start) -> None:
    (cluster,) = _start(lab, FAULTS["lost node"][0]).json("--history", "off")["clusters"]
    awaited = {f["subject"]["name"]: f["waits_for"] for f in cluster["findings"] if f["waits_for"]}
    assert awaited[SUB] == [SUB]
    assert all(f["verdict"] == "unknown" for f in cluster["findings"] if f["waits_for"])
