"""What was discovered fills gaps, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from auditor.collect.discovery.merge import apply_probe_results
from auditor.collect.discovery.probe_file import load_built_in_probes
from auditor.collect.discovery.reader import ProbeResults
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Verdict
from auditor.models.nodes import Identity, NodeFacts
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from tests.factories import GROUP, cluster, node, setting, settings, subscriber

Row = Mapping[str, str | None]
ASKED = Coverage(Source.IMP_AXL, "imp1", Outcome.COLLECTED)


def place(name: str, group: str | None = GROUP, switch: str = "t", state: str = "3") -> Row:
    """Return a node's row."""
    return {"node": name, "subcluster": group, "switch": switch, "state": state}


def reading(**rows: tuple[Row, ...]) -> ProbeResults:
    """Return what the database answered to some probes, the others having no table."""
    gaps = {
        probe.id: "there is no table" for probe in load_built_in_probes() if probe.id not in rows
    }
    return ProbeResults("imp1", load_built_in_probes(), rows, gaps)


def ungrouped(name: str, **changes: Any) -> NodeFacts:
    """Return a node that AXL listed without a group."""
    base = node(name) if name == "imp1" else subscriber(name)
    return replace(base, redundancy_group=None, group_known=False, **changes)


def facts(*nodes: NodeFacts, groups: tuple[Group, ...] = ()) -> ClusterFacts:
    """Return a cluster without the groups of CUCM."""
    base = cluster(*nodes)
    return replace(base, nodes=nodes, groups=groups, groups_known=False, coverage=(ASKED,))


def verdict(facts: ClusterFacts, row: str, subject: str) -> Verdict:
    """Return the verdict of one row on one subject."""
    findings = judge_facts(load_packs(), facts)
    return next(f.verdict for f in findings if (f.recommendation, f.subject.name) == (row, subject))


def test_a_declared_group_takes_the_discovered_switch_and_never_passes_by_it() -> None:
    """Its membership is declared; only whether HA is on was discovered."""
    declared = Group(GROUP, ("imp1", "imp2"), None, Origin.DECLARED)
    before = facts(node("imp1"), subscriber("imp2"), groups=(declared,))
    filled = apply_probe_results(before, reading(groups=(place("imp1"), place("imp2"))))

    (group,) = filled.groups
    assert (group.origin, group.ha_enabled, group.switch_discovered) == ("declared", True, True)
    assert verdict(filled, "HA-01", GROUP) is Verdict.UNKNOWN
    assert verdict(filled, "HA-02", "imp2") is Verdict.PASS


def test_a_switch_that_axl_listed_is_kept() -> None:
    observed = Group(GROUP, ("imp1", "imp2"), True, Origin.OBSERVED)
    before = facts(node("imp1"), subscriber("imp2"), groups=(observed,))
    filled = apply_probe_results(
        before, reading(groups=(place("imp1", switch="f"), place("imp2", switch="f")))
    )

    assert filled.groups == (observed,)


def test_a_group_that_is_known_is_kept() -> None:
    before = facts(node("imp1"), ungrouped("imp2"))
    filled = apply_probe_results(
        before, reading(groups=(place("imp1", "Other"), place("imp2", "Other")))
    )

    assert [n.redundancy_group for n in filled.nodes] == [GROUP, "Other"]


def test_a_discovered_group_of_one_may_have_another_node() -> None:
    filled = apply_probe_results(facts(ungrouped("imp1")), reading(groups=(place("imp1"),)))

    assert filled.groups == (Group(GROUP, ("imp1",), True, Origin.DISCOVERED),)
    assert verdict(filled, "HA-01", GROUP) is Verdict.UNKNOWN


def test_a_node_that_cucm_does_not_list_is_still_a_member() -> None:
    """Else a broken pair would look like a group of one."""
    filled = apply_probe_results(
        facts(ungrouped("imp1")), reading(groups=(place("imp1"), place("imp9")))
    )

    assert filled.groups[0].nodes == ("imp1", "imp9")


@pytest.mark.parametrize(
    "changes",
    [{"identity": Identity.CONTRADICTED}, {"planned": True}],
)
def test_a_node_of_unproven_identity_takes_no_discovered_fact(changes: dict[str, object]) -> None:
    before = facts(node("imp1"), ungrouped("imp2", ha_state=None, **changes))
    filled = apply_probe_results(before, reading(groups=(place("imp1"), place("imp2"))))

    assert filled.nodes[1] == before.nodes[1]


def test_a_state_that_perfmon_gave_is_kept() -> None:
    before = facts(node("imp1"), subscriber("imp2"))
    filled = apply_probe_results(
        before, reading(groups=(place("imp1", state="2"), place("imp2", state="4")))
    )

    assert [n.ha_state for n in filled.nodes] == [n.ha_state for n in before.nodes]


@pytest.mark.parametrize("state", ["", "99", "idle", "-1", "²"])
def test_an_undocumented_state_number_is_no_state(state: str) -> None:
    before = facts(replace(node("imp1"), ha_state=None))
    filled = apply_probe_results(before, reading(groups=(place("imp1", state=state),)))

    assert filled.nodes[0].ha_state is None


def test_a_node_listed_twice_makes_the_list_ambiguous() -> None:
    rows = (place("imp1"), place("IMP1", "Other"))
    filled = apply_probe_results(facts(ungrouped("imp1")), reading(groups=rows))

    assert filled.groups == ()
    assert "it lists a node twice" in filled.coverage[0].detail


def test_a_discovered_setting_comes_after_the_declared_one() -> None:
    before = replace(facts(node("imp1")), settings=settings(permanent_chat=setting(False)))
    told = apply_probe_results(before, reading(permanent_chat=({"value": "t"},))).settings[
        "permanent_chat"
    ]

    assert [(one.origin, one.on) for one in told] == [("declared", False), ("discovered", True)]


def test_federation_on_nodes_and_through_expressway_names_the_nodes() -> None:
    """Expressway's row is told beside, and does not hide that a node federates too."""
    hosts = ("cm-2_s2scp-1.imp1", "cm-2_s2scp-1.edge-test")
    filled = apply_probe_results(
        facts(node("imp1")), reading(xmpp_federation=tuple({"host": h} for h in hosts))
    )
    (told,) = [s for s in filled.settings["xmpp_federation"] if s.origin is Origin.DISCOVERED]

    assert (told.nodes, told.expressway) == (frozenset({"imp1"}), False)
    assert '"cm-2_s2scp-1.edge-test" names no node of the cluster' in filled.coverage[0].detail


def test_a_feature_that_is_on_somewhere_contradicts_a_declared_no() -> None:
    before = replace(facts(node("imp1")), settings=settings(managed_file_transfer=setting(False)))
    filled = apply_probe_results(before, reading(managed_file_transfer=({"value": "2"},)))

    assert verdict(filled, "PROFILE-01", "deployment.managed_file_transfer") is Verdict.DRIFT


def test_hostile_text_of_the_database_stays_in_one_line() -> None:
    evil = "x\n\x1b[31m" + "y" * 5000
    filled = apply_probe_results(facts(node("imp1")), reading(xmpp_federation=({"host": evil},)))

    (entry,) = filled.coverage
    assert entry.detail.isprintable()
    assert len(entry.detail) < 1000
