"""Users' sessions before and after a change: they come and go, but not by the dozen."""

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.model import ComparedCluster, differences_exit_code
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts, Role
from auditor.models.sessions import PRESENCE_SESSIONS
from tests import factories as make


def cluster(sessions: int | None, *, is_read: bool = True) -> ComparedCluster:
    """Return a cluster of one node with so many sessions."""
    counts = {} if sessions is None else {PRESENCE_SESSIONS: sessions}
    services = {"Cisco SIP Proxy": make.service("Cisco SIP Proxy")} if is_read else {}
    node = NodeFacts("n1", "n1", Role.UNKNOWN, services=services, sessions=counts)
    return ComparedCluster(ClusterFacts("lab", (node,), groups_known=True, topology_observed=True))


@pytest.mark.parametrize(
    ("before", "now", "category", "code"),
    [
        (120, 107, Category.UNEXPECTED, ExitCode.DRIFT),
        (120, 0, Category.UNEXPECTED, ExitCode.DRIFT),
        (120, 108, Category.FEWER_SESSIONS, ExitCode.COMPLIANT),
        (120, None, Category.NEWLY_UNKNOWN, ExitCode.INCOMPLETE),
    ],
)
def test_a_drop_says_both_numbers(
    before: int, now: int | None, category: Category, code: ExitCode
) -> None:
    """More than a tenth missing is unexpected; unread is no all-clear."""
    differences = compare_clusters(cluster(before), cluster(now))
    (difference,) = differences
    assert difference.category is category
    assert f"It had {before} users' sessions" in difference.text
    assert ("unknown" if now is None else str(now)) in difference.text
    assert differences_exit_code(differences) is code


@pytest.mark.parametrize(("before", "now"), [(120, 120), (120, 150), (0, 0), (None, 90)])
def test_sessions_that_are_back_are_no_difference(before: int | None, now: int) -> None:
    assert compare_clusters(cluster(before), cluster(now)) == ()


def test_an_unread_node_is_reported_once() -> None:
    """Its sessions are the least of its unknowns."""
    after = cluster(None, is_read=False)
    texts = [d.text for d in compare_clusters(cluster(120), after)]
    assert not any("sessions" in text for text in texts)
    assert texts
