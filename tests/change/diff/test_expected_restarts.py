"""A restart that was to happen: done, not done, or nobody knows."""

from dataclasses import replace

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.expected import (
    NO_EXPECTATION,
    ChangeExpectation,
    ExpectedChange,
    ServiceOnNode,
)
from auditor.change.diff.model import ComparedCluster
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts, Role, RunState, ServiceState

ROUTER = "Cisco XCP Router"
BEFORE, AFTER = "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"
RESTARTED = replace(
    NO_EXPECTATION, cluster="lab", services=(ExpectedChange("n1", ROUTER, True, restarted=True),)
)
FOLLOWED = replace(NO_EXPECTATION, cluster="lab", may_restart=(ServiceOnNode("N1", ROUTER),))


def cluster(uptime_s: int | None, at: str | None, state: str = "started") -> ComparedCluster:
    """Return a cluster of one node with the router alone."""
    router = ServiceState(ROUTER, False, None, RunState(state), uptime_s=uptime_s)
    node = NodeFacts("n1", "n1", Role.UNKNOWN, services={ROUTER: router}, replied_at=at)
    return ComparedCluster(ClusterFacts("lab", (node,), groups_known=True, topology_observed=True))


@pytest.mark.parametrize(
    ("before", "after", "category", "text"),
    [
        ((1000, BEFORE), (60, AFTER), Category.EXPECTED, "Cisco XCP Router was restarted."),
        (
            (1000, BEFORE),
            (4600, AFTER),
            Category.NOT_DONE,
            "Cisco XCP Router was to be restarted, and was not.",
        ),
        (
            (1000, BEFORE),
            (4600, None),
            Category.NEWLY_UNKNOWN,
            "Cisco XCP Router was to be restarted, and it is unknown whether it was.",
        ),
        (
            (None, BEFORE),
            (60, AFTER),
            Category.NEWLY_UNKNOWN,
            "Cisco XCP Router was to be restarted, and it is unknown whether it was.",
        ),
    ],
)
def test_a_restart_that_was_to_happen(
    before: tuple[int | None, str | None],
    after: tuple[int | None, str | None],
    category: Category,
    text: str,
) -> None:
    """Without both times nobody can say that it was left out."""
    (difference,) = compare_clusters(cluster(*before), cluster(*after), RESTARTED)
    assert (difference.category, difference.text) == (category, text)


def test_a_service_that_was_stopped_is_restarted_by_its_start() -> None:
    """Control Center's restart starts it."""
    before = cluster(None, BEFORE, "stopped")
    (difference,) = compare_clusters(before, cluster(60, AFTER), RESTARTED)
    assert difference.category is Category.EXPECTED


def test_a_service_that_did_not_come_back_was_not_restarted() -> None:
    """It is the first thing to report."""
    after = cluster(None, AFTER, "stopped")
    (difference,) = compare_clusters(cluster(1000, BEFORE), after, RESTARTED)
    assert difference.category is Category.NOT_DONE
    assert difference.text == "Cisco XCP Router was to be restarted and running, and is stopped."


@pytest.mark.parametrize(
    ("expectation", "category"),
    [(FOLLOWED, Category.EXPECTED), (NO_EXPECTATION, Category.RESTARTED)],
)
def test_a_restart_that_follows_is_expected(
    expectation: ChangeExpectation, category: Category
) -> None:
    """The settings of compliance take effect with it; if it is left out, nothing is missing."""
    (difference,) = compare_clusters(cluster(1000, BEFORE), cluster(60, AFTER), expectation)
    assert difference.category is category
    assert compare_clusters(cluster(1000, BEFORE), cluster(4600, AFTER), expectation) == ()
