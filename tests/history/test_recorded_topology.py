"""The nodes that CUCM last listed: kept for the day when it cannot be asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auditor.history.store import HistoryStore
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.nodes import NodeFacts, RecordedNode, RecordedTopology, Role
from tests.history.runs import PASS, at, cluster, finding, report

CUCM = "cucm-pub.example.test"
PUB = NodeFacts("IMP-pub.example.test", "", Role.PUBLISHER, "Default", group_known=True)
SUB = NodeFacts("imp-sub.example.test", "", Role.UNKNOWN)


def _asked(outcome: Outcome, *nodes: NodeFacts) -> ClusterReport:
    reported = cluster(finding("SIP-01", PASS), nodes=nodes)
    return replace(
        reported,
        coverage=(Coverage(Source.CUCM_AXL, CUCM, outcome),),
        are_nodes_listed=outcome is Outcome.COLLECTED,
    )


def test_the_last_list_is_kept_in_its_order(history: HistoryStore) -> None:
    assert history.recorded_topology("lab") is None
    history.record(report(1, _asked(Outcome.COLLECTED, SUB)))
    history.record(report(2, _asked(Outcome.COLLECTED, SUB, PUB)))
    assert history.recorded_topology("lab", CUCM.upper()) == RecordedTopology(
        at(2),
        (
            RecordedNode(SUB.name, Role.UNKNOWN, None, group_known=False),
            RecordedNode(PUB.name, Role.PUBLISHER, "Default", group_known=True),
        ),
    )


def test_a_run_without_cucm_leaves_the_list_of_the_run_before(history: HistoryStore) -> None:
    history.record(report(1, _asked(Outcome.COLLECTED, PUB, SUB)))
    history.record(report(2, _asked(Outcome.FAILED, PUB)))
    recorded = history.recorded_topology("lab")
    assert recorded is not None
    assert (recorded.listed_at, len(recorded.nodes)) == (at(1), 2)


def test_another_answer_of_cucm_makes_no_list_of_the_nodes(history: HistoryStore) -> None:
    """It may refuse the list, so that nodes of an earlier run are asked, and answer later."""
    history.record(report(1, _asked(Outcome.COLLECTED, PUB, SUB)))
    history.record(report(2, replace(_asked(Outcome.COLLECTED, PUB), are_nodes_listed=False)))
    history.record(report(3, replace(_asked(Outcome.FAILED, SUB), are_nodes_listed=True)))
    recorded = history.recorded_topology("lab")
    assert recorded is not None
    assert (recorded.listed_at, [n.name for n in recorded.nodes]) == (at(3), [SUB.name])


def test_the_list_outlives_its_run(history: HistoryStore) -> None:
    history.record(report(1, _asked(Outcome.COLLECTED, PUB)))
    history.record(report(2, _asked(Outcome.FAILED)))
    assert history.prune(timedelta(0), datetime(2026, 3, 20, tzinfo=UTC)) == 1
    recorded = history.recorded_topology("lab")
    assert recorded is not None
    assert recorded.listed_at == at(1)


def test_the_list_of_another_publisher_is_another_cluster(history: HistoryStore) -> None:
    history.record(report(1, _asked(Outcome.COLLECTED, PUB)))
    assert history.recorded_topology("lab", "cucm-new.example.test") is None
    assert history.recorded_topology("other", CUCM) is None
