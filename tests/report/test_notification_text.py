"""The text of a notification: what changed, in a few lines, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.history import (
    ChangeDirection,
    ClusterHistory,
    FindingAge,
    FindingChange,
    HistoricalFinding,
)
from auditor.models.notification import NotificationType
from auditor.models.report import Report
from auditor.report.notification import (
    MAX_NOTIFICATION_LINES,
    compose_notification,
)
from auditor.report.summary import changes_summary
from tests.report import samples

GOLDEN = Path(__file__).parent / "golden"
WARNING = NotificationType.WARNING


def moved(
    finding: Finding, direction: ChangeDirection, before: Verdict | None, **changed: Any
) -> FindingChange:
    stood = HistoricalFinding(
        finding.id,
        finding.cluster,
        finding.recommendation,
        finding.service,
        finding.subject,
        finding.verdict,
        finding.kind,
        finding.severity,
        FindingAge(samples.RUN.started_at, 1),
    )
    return FindingChange(direction, replace(stood, **changed), before)


def report(*changes: FindingChange) -> Report:
    return replace(samples.mixed(), past={"lab": ClusterHistory(changes=changes)})


def drift() -> Finding:
    (cluster,) = samples.mixed().clusters
    return next(f for f in cluster.findings if f.verdict is Verdict.DRIFT)


def gone() -> Finding:
    return replace(drift(), verdict=Verdict.PASS, kind=None)


@pytest.mark.parametrize(
    "change",
    [
        moved(drift(), ChangeDirection.PERSISTING, Verdict.DRIFT),
        moved(drift(), ChangeDirection.UNKNOWN, Verdict.DRIFT, verdict=Verdict.UNKNOWN, kind=None),
        moved(drift(), ChangeDirection.NEW, None, verdict=Verdict.WAIVED),
        moved(drift(), ChangeDirection.NEW, None, verdict=Verdict.EXPLAINED),
        moved(drift(), ChangeDirection.NEW, None, severity=Severity.INFO),
        moved(gone(), ChangeDirection.RESOLVED, Verdict.WAIVED),
        moved(gone(), ChangeDirection.RESOLVED, Verdict.EXPLAINED),
    ],
    ids=["persisting", "unseen", "waived", "explained", "below", "was-waived", "was-explained"],
)
def test_changes_that_are_not_notified(change: FindingChange) -> None:
    assert compose_notification(report(change)) is None


def test_unreachable_nodes_come_first_with_one_line_each() -> None:
    """Whatever else the checks of that node came to."""
    (cluster,) = samples.incomplete().clusters
    lost = [f for f in cluster.findings if f.verdict is Verdict.UNKNOWN]
    changes = [moved(f, ChangeDirection.UNKNOWN, Verdict.PASS) for f in lost]
    changes.append(moved(gone(), ChangeDirection.RESOLVED, Verdict.DRIFT))
    before = (samples.past_run(28, 0, 0, ClusterStatus.COMPLIANT, "lab"),)
    message = compose_notification(
        replace(
            samples.incomplete(), past={"lab": ClusterHistory(changes=tuple(changes), runs=before)}
        )
    )
    assert message is not None
    assert message.title == "auditor: 1 resolved, 1 unread on lab"
    first, *others, second, _, end = message.body.splitlines()
    assert message.type is NotificationType.WARNING
    assert first == (
        "unread: imp-sub.example.test (lab) can no longer be read, 16 checks unknown: "
        "imp-sub.example.test did not answer in time"
    )
    assert second.startswith("resolved: ")
    assert [line.partition(":")[0] for line in others] == ["first step", "unknown now"]
    assert end.startswith("Exit code 4: ")


def failed_node(*changes: FindingChange) -> Report:
    """Return a run that lost a node, and that changed nothing else but what is given."""
    (cluster,) = samples.incomplete().clusters
    lost = [f for f in cluster.findings if f.verdict is Verdict.UNKNOWN]
    unknown = [moved(f, ChangeDirection.UNKNOWN, Verdict.PASS) for f in lost]
    before = (samples.past_run(28, 0, 0, ClusterStatus.COMPLIANT, "lab"),)
    past = {"lab": ClusterHistory(changes=(*unknown, *changes), runs=before)}
    return replace(samples.incomplete(), past=past)


def lost_cluster() -> Report:
    before = (samples.past_run(28, 0, 0, ClusterStatus.COMPLIANT, "lab"),)
    return replace(samples.unauditable(), past={"lab": ClusterHistory(runs=before)})


def back(*changes: FindingChange) -> Report:
    before = (samples.past_run(28, 0, 0, ClusterStatus.UNAUDITABLE, "lab"),)
    past = {"lab": ClusterHistory(changes=changes, runs=before)}
    return replace(samples.compliant(), past=past)


def still_unread(*changes: FindingChange) -> Report:
    """Return a run in which a node is unread as it was in the run before."""
    read = failed_node(*changes)
    past = replace(read.past["lab"], unread=frozenset({"imp-sub.example.test"}), changes=changes)
    return replace(read, past={"lab": past})


def lesser(direction: ChangeDirection, before: Verdict | None) -> FindingChange:
    (cluster,) = samples.mixed().clusters
    (finding,) = (f for f in cluster.findings if f.recommendation == "BPS-01" and f.kind)
    return moved(finding, direction, before)


def resolved() -> FindingChange:
    return moved(gone(), ChangeDirection.RESOLVED, Verdict.DRIFT)


def one_of_each() -> Report:
    """Return a run with all that can be told, in no order."""
    (cluster,) = samples.mixed().clusters
    unread = next(f for f in cluster.findings if f.verdict is Verdict.UNKNOWN)
    return report(
        resolved(),
        moved(unread, ChangeDirection.UNKNOWN, Verdict.PASS),
        lesser(ChangeDirection.WORSENED, Verdict.WAIVED),
        moved(drift(), ChangeDirection.NEW, None, severity=Severity.INFO, id="below"),
        moved(drift(), ChangeDirection.NEW, None),
    )


MESSAGES: dict[str, tuple[Callable[[], Report], NotificationType]] = {
    "one-of-each": (one_of_each, NotificationType.FAILURE),
    "lesser": (lambda: report(lesser(ChangeDirection.NEW, None), resolved()), WARNING),
    "waiver-ended": (lambda: report(lesser(ChangeDirection.WORSENED, Verdict.WAIVED)), WARNING),
    "lost-node": (lambda: failed_node(resolved()), WARNING),
    "lost-cluster": (lost_cluster, WARNING),
    "resolved": (lambda: report(resolved()), NotificationType.SUCCESS),
    "resolved-elsewhere": (lambda: still_unread(resolved()), NotificationType.INFO),
    "resolved-and-unknown": (
        lambda: report(
            resolved(),
            moved(drift(), ChangeDirection.UNKNOWN, Verdict.DRIFT, verdict=Verdict.UNKNOWN),
        ),
        WARNING,
    ),
    "back": (back, NotificationType.INFO),
    "back-and-resolved": (lambda: back(resolved()), NotificationType.SUCCESS),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_whole_message(name: str, compare_golden: Callable[[Path, str], None]) -> None:
    """Its type by what happened, the worst thing first, with what to do about it and a link."""
    compose, expected = MESSAGES[name]
    message = compose_notification(compose(), "https://reports.example.test/auditor.html")
    assert message is not None
    assert message.type is expected
    text = f"{message.type}\n{message.title}\n\n{message.body}\n"
    compare_golden(GOLDEN / f"notification-{name}.txt", text)


def test_a_cluster_that_cannot_be_read_makes_no_run_a_success() -> None:
    """Also when another one was lost long ago: its differences may be as they were."""
    healed = report(resolved())
    unauditable = replace(samples.unauditable().clusters[0], name="east")
    both = replace(healed, clusters=(*healed.clusters, unauditable))
    message = compose_notification(both)
    assert message is not None
    assert message.type is NotificationType.INFO


EFFECT = "RTR-01 Cisco XCP Router on imp-sub.example.test (lab)"


def _caused(*rows: str) -> list[Finding]:
    findings = samples.caused().clusters[0].findings
    drift = {f.recommendation: f for f in findings if f.verdict is Verdict.DRIFT}
    return [drift[row] for row in rows]


def _caused_report(*changes: FindingChange) -> Report:
    past = (samples.past_run(28, 0, 0, ClusterStatus.COMPLIANT, "lab"),)
    return replace(samples.caused(), past={"lab": ClusterHistory(changes=changes, runs=past)})


def test_effects_that_come_with_their_cause_are_no_lines_of_their_own() -> None:
    whole = _caused_report(
        *(moved(f, ChangeDirection.NEW, None) for f in _caused("PE-01", "SIP-01", "RTR-01"))
    )
    message = compose_notification(whole)
    assert message is not None
    assert message.title == "auditor: 3 new (1 cause) on lab"
    assert message.body.splitlines()[0] == f"new: critical {EFFECT}: stopped, explains 2 more"
    (cluster,) = whole.clusters
    assert changes_summary(cluster, whole.past["lab"]) == "3 differences are new (1 cause)."


def test_effects_that_heal_with_their_cause_are_no_lines_of_their_own() -> None:
    """What is resolved has no kind and no cause any more; the rules tell what it waited for."""
    healed = [
        replace(f, verdict=Verdict.PASS, kind=None, caused_by=())
        for f in _caused("PE-01", "SIP-01", "RTR-01")
    ]
    message = compose_notification(
        _caused_report(*(moved(f, ChangeDirection.RESOLVED, Verdict.DRIFT) for f in healed))
    )
    assert message is not None
    assert message.body.splitlines()[:2] == [f"resolved: critical {EFFECT}, 2 more with it", ""]


def test_an_effect_of_a_cause_that_was_there_before_is_news() -> None:
    router, proxy = _caused("RTR-01", "SIP-01")
    message = compose_notification(
        _caused_report(
            moved(router, ChangeDirection.PERSISTING, Verdict.DRIFT),
            moved(proxy, ChangeDirection.NEW, None),
        )
    )
    assert message is not None
    first = message.body.splitlines()[0]
    assert first.startswith("new: critical SIP-01 Cisco SIP Proxy on ")
    assert first.endswith(": stopped, caused by RTR-01 on imp-sub.example.test")


def test_a_cluster_that_is_back_is_notified() -> None:
    before = (samples.past_run(28, 0, 0, ClusterStatus.UNAUDITABLE, "lab"),)
    message = compose_notification(
        replace(samples.compliant(), past={"lab": ClusterHistory(runs=before)})
    )
    assert message is not None
    assert message.title == "auditor: 1 back on lab"
    assert message.body.splitlines()[0] == "back: cluster lab can be audited again"


def test_a_first_run_and_one_without_history_send_nothing() -> None:
    assert compose_notification(samples.mixed()) is None
    assert compose_notification(report()) is None


def test_many_changes_are_cut_to_a_few_lines() -> None:
    changes = [
        moved(drift(), ChangeDirection.NEW, None, id=f"{number:020}")
        for number in range(MAX_NOTIFICATION_LINES + 5)
    ]
    message = compose_notification(report(*changes))
    assert message is not None
    assert message.body.count("new: ") == MAX_NOTIFICATION_LINES
    assert "and 5 more, in the report" in message.body
    assert message.title == "auditor: 25 new on lab"


def test_long_names_do_not_make_a_long_message() -> None:
    subject = replace(drift().subject, name="n" * 10_000)
    changes = [
        moved(
            drift(),
            ChangeDirection.NEW,
            None,
            id=f"{number:020}",
            subject=subject,
            cluster="c" * 10_000,
        )
        for number in range(30)
    ]
    message = compose_notification(report(*changes))
    assert message is not None
    assert len(message.title) < 400
    assert len(message.body) < 7_000
    assert "new: critical SIP-01" in message.body
    assert message.body.splitlines()[-1].startswith("Exit code 3: ")


def test_hostile_names_stay_on_their_line() -> None:
    name = "imp\n\x1b[31mresolved: all\u202e"
    subject = replace(drift().subject, name=name)
    cluster: ClusterReport = samples.mixed().clusters[0]
    message = compose_notification(
        replace(
            samples.mixed(),
            clusters=(cluster,),
            past={
                "lab": ClusterHistory(
                    changes=(moved(drift(), ChangeDirection.NEW, None, subject=subject),)
                )
            },
        )
    )
    assert message is not None
    assert message.body.count("\n") == 3
    assert "\x1b" not in message.body
    assert "\u202e" not in message.body
