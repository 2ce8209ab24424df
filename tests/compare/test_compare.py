"""Two snapshots side by side: every kind of change is filed where its reader looks."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.compare.announced import Announced, Expected
from auditor.compare.comparing import compare
from auditor.compare.difference import Difference, Sort, exit_code
from auditor.compare.seen import ClusterSeen, FindingSeen, NodeSeen, ServiceSeen
from auditor.findings import ExitCode

SIP = "Cisco SIP Proxy"
NIGHT = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
LATER = NIGHT + timedelta(hours=1)
RUNS = ServiceSeen(True, "started", 1000)
RUNS_ON = ServiceSeen(True, "started", 4600)
STOPPED = ServiceSeen(True, "stopped", None)
OFF = ServiceSeen(False, "stopped", None)
UNTOLD = ServiceSeen(None, "unknown", None)


def cluster(
    service: ServiceSeen | None,
    at: datetime | None = NIGHT,
    verdict: str | None = None,
    **traits: str,
) -> ClusterSeen:
    """Return a cluster of one node with one service and at most one finding."""
    services = {SIP: service} if service else {}
    found = {}
    if verdict:
        kind = "stopped" if verdict == "drift" else None
        found["f1"] = FindingSeen("f1", "SIP-01", "n1", verdict, kind, "critical", "Seen.")
    return ClusterSeen("lab", {}, {"n1": NodeSeen("n1", traits, services, at)}, found)


def only(differences: tuple[Difference, ...]) -> Difference:
    """Return the one difference there is."""
    (one,) = differences
    return one


def test_uptime_that_grew_with_the_clock_is_no_change() -> None:
    """Otherwise every comparison would be full of noise."""
    assert compare(cluster(RUNS), cluster(RUNS_ON, LATER)) == ()


@pytest.mark.parametrize("uptime_s", [10, 999, 4600 - 121, 4600 + 121])
def test_an_uptime_that_fell_or_moved_is_a_restart(uptime_s: int) -> None:
    """Fell, or its start moved by more than two minutes."""
    after = cluster(ServiceSeen(True, "started", uptime_s), LATER)
    found = only(compare(cluster(RUNS), after))
    assert (found.sort, found.text) == (Sort.RESTART, "Cisco SIP Proxy was restarted.")


@pytest.mark.parametrize("uptime_s", [4600 - 119, 4600 + 119])
def test_small_shifts_of_a_start_are_no_restart(uptime_s: int) -> None:
    """Clocks and replies are not exact."""
    assert compare(cluster(RUNS), cluster(ServiceSeen(True, "started", uptime_s), LATER)) == ()


def test_a_change_that_nobody_announced_is_unexpected() -> None:
    """And told with both states."""
    found = only(compare(cluster(RUNS), cluster(STOPPED)))
    assert found == Difference(Sort.UNEXPECTED, "n1", "Cisco SIP Proxy was started, is stopped.")


def test_an_announced_change_is_expected() -> None:
    """Node names match whatever their case."""
    announced = Announced((Expected("N1", SIP, activated=True),))
    assert only(compare(cluster(OFF), cluster(RUNS), announced)).sort is Sort.EXPECTED


def test_an_announced_activation_that_does_not_run_is_told_twice() -> None:
    """Activated and stopped is not what was announced."""
    announced = Announced((Expected("n1", SIP, activated=True),))
    sorts = [d.sort for d in compare(cluster(OFF), cluster(STOPPED), announced)]
    assert sorts == [Sort.UNEXPECTED, Sort.MISSING]


def test_an_announced_change_that_did_not_happen_is_missing() -> None:
    """A change window that did nothing is no success."""
    announced = Announced((Expected("n1", SIP, activated=False),))
    found = only(compare(cluster(RUNS), cluster(RUNS_ON, LATER), announced))
    assert found.sort is Sort.MISSING
    assert "was to be not activated, and is started" in found.text


def test_a_restart_of_an_announced_service_is_expected() -> None:
    """Activating it anew may well restart it."""
    announced = Announced((Expected("n1", SIP, activated=True),))
    after = cluster(ServiceSeen(True, "started", 5), LATER)
    assert only(compare(cluster(RUNS), after, announced)).sort is Sort.EXPECTED


@pytest.mark.parametrize(
    ("was", "now", "sort"),
    [
        ("pass", "drift", Sort.NEW),
        (None, "drift", Sort.NEW),
        ("unknown", "drift", Sort.NEW),
        ("drift", "drift", Sort.PERSISTING),
        ("drift", "pass", Sort.FIXED),
        ("drift", "waived", Sort.FIXED),
        ("drift", "unknown", Sort.UNAUDITABLE),
        ("pass", "unknown", Sort.UNAUDITABLE),
        ("drift", None, Sort.UNAUDITABLE),
        ("pass", "pass", None),
        ("unknown", "pass", None),
        ("unknown", "unknown", None),
    ],
)
def test_findings_are_filed_by_what_they_were(
    was: str | None, now: str | None, sort: Sort | None
) -> None:
    """A finding that became unknown is never fixed."""
    found = compare(cluster(RUNS, verdict=was), cluster(RUNS, verdict=now))
    assert [d.sort for d in found] == ([sort] if sort else [])


def test_drift_that_the_precheck_announced_is_expected() -> None:
    """It is known by its fingerprint."""
    announced = Announced(drift=frozenset({"f1"}))
    found = compare(cluster(RUNS, verdict="pass"), cluster(RUNS, verdict="drift"), announced)
    assert only(found).sort is Sort.EXPECTED


@pytest.mark.parametrize(
    ("before", "after", "sort"),
    [
        (cluster(RUNS), cluster(None), Sort.UNAUDITABLE),
        (cluster(RUNS), cluster(UNTOLD), Sort.UNAUDITABLE),
        (cluster(OFF), cluster(ServiceSeen(None, "stopped", None)), Sort.UNAUDITABLE),
        (cluster(RUNS, ha_state="normal"), cluster(RUNS), Sort.UNAUDITABLE),
        (cluster(RUNS, ha_state="normal"), cluster(RUNS, ha_state="idle"), Sort.UNEXPECTED),
        (cluster(RUNS, release="14"), cluster(RUNS, release="15"), Sort.UNEXPECTED),
    ],
)
def test_what_can_no_longer_be_told_is_told(
    before: ClusterSeen, after: ClusterSeen, sort: Sort
) -> None:
    """A source that fell silent is no unchanged cluster."""
    assert only(compare(before, after)).sort is sort


def test_nodes_that_came_or_went_are_unexpected() -> None:
    """Both ways."""
    empty = ClusterSeen("lab", {}, {}, {})
    assert "no longer" in only(compare(cluster(RUNS), empty)).text
    assert "new" in only(compare(empty, cluster(RUNS))).text


def test_nodes_that_nobody_listed_are_not_gone() -> None:
    """A CUCM that refused the password says nothing of its nodes."""
    blind = ClusterSeen("lab", {}, {}, {}, complete=False)
    assert only(compare(cluster(RUNS), blind)).sort is Sort.UNAUDITABLE
    assert compare(blind, cluster(RUNS)) == ()


@pytest.mark.parametrize(
    ("sorts", "code"),
    [
        ([], ExitCode.COMPLIANT),
        ([Sort.EXPECTED, Sort.FIXED, Sort.PERSISTING], ExitCode.COMPLIANT),
        ([Sort.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([Sort.UNAUDITABLE, Sort.NEW], ExitCode.DRIFT),
        ([Sort.RESTART], ExitCode.DRIFT),
        ([Sort.MISSING], ExitCode.DRIFT),
        ([Sort.UNEXPECTED], ExitCode.DRIFT),
    ],
)
def test_the_exit_code_of_a_comparison(sorts: list[Sort], code: ExitCode) -> None:
    """Three for what nobody announced, four for what fell silent."""
    assert exit_code(Difference(sort, "n1", "") for sort in sorts) is code
