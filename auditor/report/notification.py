"""The message of a notification: what changed since the last run, in a few lines, worst first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from auditor.failures import Failure, failure_remedy
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import (
    ACCEPTED_VERDICTS,
    ChangeCategory,
    categorise_change,
    count_changes,
)
from auditor.models.coverage import find_first_failure
from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.models.findings import Finding, Severity
from auditor.models.history import FindingChange
from auditor.models.notification import Notification, NotificationType
from auditor.models.report import Report
from auditor.problems import Problem
from auditor.report.change_causes import CauseChange, fold_changes
from auditor.report.fleet import sort_worst_first
from auditor.report.steps import first_step
from auditor.report.summary import (
    CHANGE_WORDS,
    ReachabilityChange,
    cause_note,
    caused_by_texts,
    count_nodes_read,
    reachability_changes,
    reachability_line,
)
from auditor.report.wording import kind_suffix
from auditor.text import count_noun, join_names, printable, shorten_text

MAX_NOTIFICATION_LINES = 20
"""Number of changes that a message names; the report has them all."""

_MAX_LINE_LENGTH = 300
"""Characters of a line; chat and mail services refuse messages of many kilobytes."""

_GRAVE_SEVERITIES = (Severity.CRITICAL, Severity.HIGH)
_NOTIFIED_CATEGORIES = (ChangeCategory.NEW, ChangeCategory.WORSE, ChangeCategory.RESOLVED)


class _NewsKind(Enum):
    """What a line of a message is about, in the order of the lines."""

    GRAVE = auto()
    UNREAD = auto()
    LESSER = auto()
    UNKNOWN = auto()
    RESOLVED = auto()
    BACK = auto()


_NEWS_TYPES = {
    # A service is down, or will not survive the next failover: somebody should act now.
    _NewsKind.GRAVE: NotificationType.FAILURE,
    # It may hide any difference, so it is never good news. That it does is not known either.
    _NewsKind.UNREAD: NotificationType.WARNING,
    # It can wait for the day.
    _NewsKind.LESSER: NotificationType.WARNING,
    # As for a node that was not read.
    _NewsKind.UNKNOWN: NotificationType.WARNING,
    _NewsKind.RESOLVED: NotificationType.SUCCESS,
    # That a node can be read again says nothing of what was read there.
    _NewsKind.BACK: NotificationType.INFO,
}
"""How serious each kind of news is; a message is as serious as the gravest of its news."""


@dataclass(frozen=True, slots=True)
class _News:
    """One line of a message; `first_step` is what to do about it, "" for nothing."""

    kind: _NewsKind
    line: str
    severity: Severity = Severity.INFO
    first_step: str = ""

    @property
    def sort_key(self) -> tuple[int, int]:
        return self.kind.value, self.severity.rank


@dataclass(frozen=True, slots=True)
class _ClusterNews:
    """The changes of one cluster that are news, by cause, and how many are below the threshold."""

    cluster: ClusterReport
    causes: tuple[CauseChange, ...]
    below: int
    reachability: tuple[ReachabilityChange, ...]
    unknown: Mapping[ChangeCategory, int]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is news; a check that became unknown is none by itself."""
        return not self.causes and not self.reachability


def compose_notification(report: Report, report_url: str | None = None) -> Notification | None:
    """Return the message for a report, None if nothing changed.

    It names recommendations, services and nodes; never a reply or an address. `report_url` is
    where its readers find the report.
    """
    by_cluster = [
        _find_cluster_news(report, cluster) for cluster in sort_worst_first(report.clusters)
    ]
    if all(entry.is_empty for entry in by_cluster):
        return None
    news = sorted((n for entry in by_cluster for n in _describe(entry)), key=lambda n: n.sort_key)
    first, *others = (shorten_text(n.line, _MAX_LINE_LENGTH) for n in news[:MAX_NOTIFICATION_LINES])
    # Services cut a long message at its end, and some show the first line alone.
    lines = [first]
    if step := news[0].first_step:
        lines.append(f"first step: {shorten_text(printable(step), _MAX_LINE_LENGTH)}")
    if report_url:
        lines.append(f"report: {report_url}")
    lines += others
    if len(news) > MAX_NOTIFICATION_LINES:
        lines.append(f"and {len(news) - MAX_NOTIFICATION_LINES} more, in the report")
    if below := sum(entry.below for entry in by_cluster):
        lines.append(f"and {count_noun(below, 'change')} below the threshold, in the report")
    code = report.exit_code
    lines += ["", f"Exit code {int(code)}: {EXIT_CODE_MEANINGS[code]}. Run {report.run.id}."]
    title = shorten_text(_notification_title(by_cluster), _MAX_LINE_LENGTH)
    return Notification(title, "\n".join(lines), _notification_type(report, news))


def _find_cluster_news(report: Report, cluster: ClusterReport) -> _ClusterNews:
    """Return what is new, worse or resolved since the last run, and who is unread or back.

    Waived and explained differences are left out. The first run of a cluster has no changes.
    """
    past = report.past.get(cluster.name)
    changes = past.changes if past else ()
    notified = [change for change in changes if categorise_change(change) in _NOTIFIED_CATEGORIES]
    reaching = [change for change in notified if change.finding.severity.reaches(cluster.fail_on)]
    return _ClusterNews(
        cluster,
        fold_changes(reaching, cluster.nodes),
        len(notified) - len(reaching),
        tuple(reachability_changes(cluster, past)),
        count_changes(_unknown_elsewhere(cluster, changes)),
    )


def _unknown_elsewhere(
    cluster: ClusterReport, changes: Iterable[FindingChange]
) -> Iterator[FindingChange]:
    """Yield changes but those of nodes that were not read, which have a line of their own."""
    if count_nodes_read(cluster)[0]:
        yield from (
            change for change in changes if change.finding.subject.name not in cluster.unread
        )


def _describe(news: _ClusterNews) -> Iterator[_News]:
    findings = {finding.id: finding for finding in news.cluster.findings}
    caused_by = caused_by_texts(news.cluster)
    for entry in news.causes:
        yield _describe_cause(entry, findings, caused_by)
    for change in news.reachability:
        yield _describe_reachability(change, news.cluster)
    passed = news.unknown[ChangeCategory.UNPROVEN]
    earlier = news.unknown[ChangeCategory.UNKNOWN]
    parts = [f"{count_noun(passed, 'check')} that passed"] if passed else []
    parts += [count_noun(earlier, "earlier difference")] if earlier else []
    if parts:
        line = f"unknown now: {join_names(parts)} ({news.cluster.name})"
        yield _News(_NewsKind.UNKNOWN, printable(line))


def _describe_cause(
    entry: CauseChange, findings: Mapping[str, Finding], caused_by: Mapping[str, str]
) -> _News:
    change, finding = entry.change, entry.change.finding
    category = categorise_change(change)
    severity = min((c.finding.severity for c in (change, *entry.effects)), key=lambda s: s.rank)
    service = f" {finding.service}" if finding.service else ""
    what = kind_suffix(finding.kind)
    # What is resolved needs no step, whatever its remedy was.
    today = None if category is ChangeCategory.RESOLVED else findings.get(finding.id)
    more = f"explains {len(entry.effects)} more" if today else f"{len(entry.effects)} more with it"
    notes = [more] if entry.effects else []
    notes += [f"caused by {caused_by[finding.id]}"] if finding.id in caused_by else []
    notes += [f"was {change.before}"] if change.before in ACCEPTED_VERDICTS else []
    line = (
        f"{CHANGE_WORDS[category]}: {severity} {finding.recommendation}{service}"
        f" on {finding.subject.name} ({finding.cluster}){what}"
    )
    return _News(
        _cause_news_kind(category, severity),
        printable(", ".join([line, *notes])),
        severity,
        first_step(today.remedy) if today else "",
    )


def _cause_news_kind(category: ChangeCategory, severity: Severity) -> _NewsKind:
    if category is ChangeCategory.RESOLVED:
        return _NewsKind.RESOLVED
    return _NewsKind.GRAVE if severity in _GRAVE_SEVERITIES else _NewsKind.LESSER


def _describe_reachability(change: ReachabilityChange, cluster: ClusterReport) -> _News:
    line = printable(reachability_line(change))
    if change.back:
        return _News(_NewsKind.BACK, line)
    failed = find_first_failure(cluster.coverage, change.node or cluster.cucm_publisher or "")
    if failed is None or failed.reason is None:
        return _News(_NewsKind.UNREAD, line)
    failure = failed.failure or Failure(failed.reason, Problem.UNSPECIFIED, failed.node)
    return _News(_NewsKind.UNREAD, line, first_step=failure_remedy(failure))


def _notification_type(report: Report, news: Sequence[_News]) -> NotificationType:
    """Return the type of the gravest news; only a run that read all nodes is a success."""
    gravest = list(NotificationType)
    type_ = min((_NEWS_TYPES[n.kind] for n in news), key=gravest.index)
    if type_ is NotificationType.SUCCESS and not all(map(_is_read, report.clusters)):
        return NotificationType.INFO
    return type_


def _is_read(cluster: ClusterReport) -> bool:
    read, due = count_nodes_read(cluster)
    return read == due > 0


def _notification_title(by_cluster: Sequence[_ClusterNews]) -> str:
    """Return how many differences and nodes changed, as the line "Since the run of" counts them."""
    entries = [cause for news in by_cluster for cause in news.causes]
    causes = count_changes(entry.change for entry in entries)
    differences = count_changes(c for entry in entries for c in (entry.change, *entry.effects))
    back = [change.back for news in by_cluster for change in news.reachability]
    tally = [
        f"{differences[category]} {CHANGE_WORDS[category]}"
        + cause_note(differences[category], causes[category])
        for category in _NOTIFIED_CATEGORIES
        if differences[category]
    ]
    numbers = {"unread": back.count(False), "back": back.count(True)}
    tally += [f"{number} {word}" for word, number in numbers.items() if number]
    clusters = (printable(news.cluster.name) for news in by_cluster if not news.is_empty)
    return f"auditor: {', '.join(tally)} on {join_names(clusters, limit=3)}"
