"""What a comparison takes from a snapshot: all that a change may touch, and what was not read."""

from dataclasses import replace

from auditor.change.diff.load import parse_snapshot, to_compared_clusters
from auditor.change.diff.model import ComparedCluster
from auditor.models.facts import (
    AxlAvailability,
    AxlProbe,
    ClusterFacts,
    HaState,
    Identity,
    Origin,
    Role,
)
from auditor.models.findings import ClusterReport, Severity
from auditor.models.report import Report, RunMetadata
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.snapshots import build_snapshot
from tests import factories as make

ROWS = load_packs(["table"])


def kept(facts: ClusterFacts) -> ComparedCluster:
    """Return a cluster as it comes out of a snapshot of it."""
    run = RunMetadata("1", "snapshot", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", Severity.LOW)
    cluster = ClusterReport(
        facts.name,
        facts.release,
        Severity.LOW,
        facts.nodes,
        judge_facts(ROWS, facts),
        facts.coverage,
    )
    snapshot = parse_snapshot(build_snapshot(Report(run, (cluster,)), [facts]), "kept")
    return to_compared_clusters(snapshot)[facts.name]


def test_a_healthy_cluster_is_held_whole() -> None:
    """Services, traits, findings, groups, profile and databases."""
    seen = kept(make.cluster())
    assert seen.complete
    assert seen.gaps == {}
    assert seen.groups == {make.GROUP: {"nodes": "imp1, imp2", "high availability": "on"}}
    node = seen.nodes["imp1"]
    assert node.traits == {
        "role": "publisher",
        "redundancy group": make.GROUP,
        "HA state": "normal",
        "release": make.RELEASE,
    }
    assert node.axl is True
    assert node.services["Cisco SIP Proxy"].state == "started"
    assert {f.subject_kind for f in seen.findings.values()} == {"node", "key"}
    assert seen.profile["chat"] == "true"
    assert seen.profile["xmpp_federation_enabled_on"] == '["imp1", "imp2"]'
    assert seen.profile["routing_nodes"] == "false"
    assert seen.profile["high_availability"] == "true"
    assert seen.profile["external database files1"] == (
        "postgresql for managed_file_transfer on imp1"
    )
    assert seen.reached == {"permanent_chat-db", "compliance-db", "files1", "files2"}
    assert seen.shown == {}


def test_what_was_discovered_is_no_profile() -> None:
    """The cluster shows it; nobody declared it."""
    found = make.setting(True, "discovered")
    database = make.database("compliance", origin=Origin.DISCOVERED)
    told = make.deployment(compliance=None)
    facts = make.cluster(
        told={**told, "compliance": (found,), "intercluster": (*told["intercluster"], found)},
        stores=[database],
        peers=("b.example.test", "a.example.test"),
        high_availability=frozenset({"East"}),
    )
    seen = kept(facts)
    assert "compliance" not in seen.profile
    assert seen.shown == {"compliance": "true", "intercluster": "true"}
    assert seen.around == {
        "intercluster peers": "a.example.test, b.example.test",
        "external database compliance-db": "postgresql for compliance on every node",
    }
    assert seen.profile["high_availability"] == '["east"]'


def test_a_token_that_says_unknown_is_no_value() -> None:
    """Otherwise what becomes readable would look like a change."""
    nothing = make.node("imp1", role=Role.UNKNOWN, ha=HaState.UNKNOWN, identity=Identity.UNPROVEN)
    proven = make.subscriber(identity=Identity.CERTIFICATE)
    seen = kept(make.cluster(nothing, proven)).nodes
    assert not seen["imp1"].traits.keys() & {"role", "HA state", "identity"}
    assert seen["imp2"].traits["identity"] == "certificate"


def test_what_was_not_read_is_held_as_such() -> None:
    """A comparison must not take silence for a value."""
    blind = make.node("imp1", services={}, ha=None, release=None, group=None, group_known=False)
    probe = AxlProbe(AxlAvailability.UNKNOWN, "It was not let in.")
    planned = make.subscriber(planned=True, services={}, axl=probe)
    facts = make.cluster(
        blind,
        planned,
        groups=[],
        groups_known=False,
        topology_observed=False,
        gaps=[make.gap("imp1")],
    )
    seen = kept(replace(facts, high_availability=None))
    assert seen.groups is None
    assert not seen.complete
    assert seen.nodes["imp1"].traits == {"role": "publisher"}
    assert seen.nodes["imp2"].planned
    assert seen.nodes["imp2"].axl is None
    assert seen.gaps == {("imp1", "control-center"): "unreachable. No connection could be made."}
    assert "high_availability" not in seen.profile


def test_a_node_outside_every_group_is_known_to_be_in_none() -> None:
    """That is not the same as nobody knowing."""
    seen = kept(make.cluster(make.node(group=None), groups=[]))
    assert seen.nodes["imp1"].traits["redundancy group"] == "none"
    assert seen.groups == {}
