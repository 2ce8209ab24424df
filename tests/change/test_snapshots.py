"""Snapshot files: they keep the facts whole, and their keys do not change."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.model import ComparedCluster, compared_clusters
from auditor.errors import ConfigError
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.models.nodes import AxlAvailability, AxlProbe, RunState
from auditor.models.report import Report
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.snapshots import (
    build_snapshot,
    parse_snapshot,
    read_snapshot,
    serialize_snapshot,
)
from tests import factories as make

ROWS = load_packs(["table"])
FIRST_VERSION = Path(__file__).parent / "golden" / "snapshot-1.0.json"


def snapshot_of(facts: ClusterFacts) -> dict[str, Any]:
    """Return the content of a snapshot of one cluster."""
    run = make.make_run(
        "1",
        mode="snapshot",
        started_at="2026-01-02T03:04:05Z",
        finished_at="2026-01-02T03:04:06Z",
    )
    cluster = ClusterReport(
        facts.name,
        facts.release,
        Severity.LOW,
        facts.nodes,
        judge_facts(ROWS, facts),
        facts.coverage,
    )
    return build_snapshot(Report(run, (cluster,)), [facts])


def test_facts_come_back_equal() -> None:
    """Settings, databases, unknown values and failures included."""
    unread = make.node("imp1", services={}, ha=None, release=None, group=None, group_known=False)
    probe = AxlProbe(AxlAvailability.UNKNOWN, "It was not let in.")
    planned = make.subscriber(planned=True, services={}, axl=probe)
    facts = make.cluster(
        unread,
        planned,
        groups=[],
        groups_known=False,
        topology_observed=False,
        gaps=[make.gap("imp1")],
        high_availability=frozenset({"West", "East"}),
        stores=[make.database("compliance", nodes=["imp2", "imp1"], origin=Origin.DISCOVERED)],
    )
    for cluster in (facts, make.cluster(), replace(facts, high_availability=None)):
        # Only a judgement needs the time of the run, and a comparison does not need CUCM.
        content = json.loads(serialize_snapshot(snapshot_of(cluster)))
        read = parse_snapshot(content, "kept").facts[cluster.name]
        kept = replace(cluster, coverage=(), started_at=None, cucm_certificate_not_after=None)
        assert replace(read, coverage=()) == kept
        gaps = [(e.node, e.source, e.outcome, e.reason, e.detail) for e in cluster.coverage]
        assert gaps == [(e.node, e.source, e.outcome, e.reason, e.detail) for e in read.coverage]


def test_a_snapshot_of_the_first_version_is_read() -> None:
    """It was written by another version, whose facts had other details."""
    before = compared_clusters(read_snapshot(FIRST_VERSION))["lab"]
    assert before.nodes["imp1"].services["Cisco SIP Proxy"].state is RunState.STARTED
    assert before.failures == {
        ("imp2", Source.CONTROL_CENTER): "unreachable. No connection could be made."
    }
    node = replace(before.nodes["imp1"], release="15.0.1")
    facts = replace(before.facts, nodes=(node, before.nodes["imp2"]))
    after = ComparedCluster(facts, before.findings)
    texts = [d.text for d in compare_clusters(before, after)]
    assert texts[0] == f"release was {make.RELEASE}, is 15.0.1."


def test_findings_come_back_by_what_a_comparison_needs() -> None:
    """Each has its id, its subject and its verdict."""
    facts = make.cluster()
    (cluster,) = parse_snapshot(snapshot_of(facts), "kept").report.clusters
    expected = {(f.id, f.subject, f.verdict) for f in judge_facts(ROWS, facts)}
    assert {(f.id, f.subject, f.judged_verdict) for f in cluster.findings} == expected


def test_the_keys_of_the_facts_do_not_change() -> None:
    """Snapshots outlive the version that wrote them. A changed key needs a new schema version."""
    (facts,) = snapshot_of(make.cluster())["facts"].values()
    node, group, database = facts["nodes"][0], facts["groups"][0], facts["databases"][0]
    assert sorted(node) == [
        *("address", "axl", "certificate_not_after", "group_known", "ha_state", "identity"),
        *("name", "planned", "redundancy_group", "release", "replication", "replied_at", "role"),
        *("role_origin", "services", "sessions"),
    ]
    assert sorted(node["services"]["Cisco SIP Proxy"]) == [
        *("activated", "deployable", "name", "note", "reason", "reason_code", "restarted"),
        *("started_at", "state", "uptime_s"),
    ]
    assert sorted(node["ha_state"]) == ["origin", "source", "state"]
    assert sorted(node["axl"]) == ["answer", "fault", "text"]
    assert sorted(group) == ["ha_enabled", "name", "nodes", "origin", "switch_origin"]
    assert sorted(facts["settings"]["chat"][0]) == [
        *("expressway", "nodes", "on", "origin", "placed", "source")
    ]
    assert sorted(database) == [
        *("host", "name", "nodes", "origin", "port", "reach", "reach_text", "type", "used_by")
    ]


def test_sets_are_written_sorted() -> None:
    """Two snapshots of the same facts are equal."""
    facts = make.cluster(high_availability=frozenset({"West", "East", "North"}))
    assert snapshot_of(facts)["facts"]["lab"]["high_availability"] == ["East", "North", "West"]


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("nodes", 7, "facts.lab.nodes"),
        ("nodes", [{"name": "imp1"}], "facts.lab.nodes.0.address"),
        ("settings", {"chat": [{"on": "perhaps"}]}, "facts.lab.settings.chat.0.on"),
    ],
)
def test_a_malformed_key_is_named(key: str, value: object, where: str) -> None:
    """The error says which key is not as it was written."""
    content = snapshot_of(make.cluster())
    content["facts"]["lab"][key] = value
    with pytest.raises(ConfigError, match=f"old.json: is not complete: {where} is not as"):
        parse_snapshot(content, "old.json")
