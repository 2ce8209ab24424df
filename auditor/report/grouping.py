"""Groups findings that say the same; each group is one block of every long report."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding, Severity, Verdict, finding_sort_key
from auditor.models.report import Report
from auditor.report.answers import paste_instruction, render_answers, waiting_checks_text
from auditor.report.block_rows import (
    age_rows,
    check_list_rows,
    evidence_rows,
    sentence_rows,
    shared_rows,
    waiver_rows,
)
from auditor.report.wording import LabelledText, RowLabel, difference_suffix, difference_text
from auditor.text import count_noun


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One block: a heading, labelled lines, and the findings that they hold for, gravest first.

    The title is the heading without the severity. `mixed_severity`: the findings have several, and
    the heading names the highest. A label repeats for each further line of its kind, and is empty
    for a remark. `snippet` are lines to paste into the configuration file, each with its end.
    """

    verdict: Verdict
    head: str
    title: str
    rows: tuple[LabelledText, ...]
    findings: tuple[Finding, ...]
    mixed_severity: bool = False
    snippet: str = ""


def group_findings(
    report: Report,
    cluster: ClusterReport,
    verdict: Verdict,
    *,
    whole: bool = False,
    without: Container[str] = (),
) -> list[FindingGroup]:
    """Return the blocks of a verdict, by severity; `whole` leaves no evidence out.

    All checks that wait for keys of the profile are one block, the first. `without` are the ids of
    findings that have blocks of their own.
    """
    findings = sorted(
        (f for f in cluster.findings if f.verdict is verdict and f.id not in without),
        key=finding_sort_key,
    )
    key = _unknown_group_key if verdict is Verdict.UNKNOWN else difference_group_key
    waiting = [f for f in findings if f.awaited_keys] if cluster.proposed else []
    groups = [waiting] if waiting else []
    groups += group_by_key((f for f in findings if f not in waiting), key)
    return [build_finding_group(report, group, cluster, whole=whole) for group in groups]


def group_by_key(
    findings: Iterable[Finding], key: Callable[[Finding], object]
) -> list[list[Finding]]:
    """Return the findings in groups of one key, in the order in which the keys first come."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def difference_group_key(finding: Finding) -> object:
    """Return the key of findings that differ in the same way, on several subjects."""
    # With the waiver, because each has its own reason, owner and end.
    return (
        finding.recommendation,
        difference_text(finding) if finding.kind else None,
        finding.severity,
        finding.consequence,
        finding.waiver,
    )


def _unknown_group_key(finding: Finding) -> object:
    """Return the key of an unknown finding: an unread node is one block, by its remedy."""
    # Without the severity: one remedy may settle checks of several.
    return finding.remedy or (finding.recommendation, finding.because)


def build_finding_group(
    report: Report,
    group: Sequence[Finding],
    cluster: ClusterReport,
    *,
    whole: bool,
    severity: Severity | None = None,
) -> FindingGroup:
    """Return one block; `severity` is that of a cause, with what it explains."""
    first = group[0]
    severity = severity or first.severity
    snippet = ""
    if cluster.proposed and all(finding.awaited_keys for finding in group):
        title = waiting_checks_text(len(group))
        head = up_to_highest(group, title)
        rows = [
            *check_list_rows(group, cluster),
            (RowLabel.REMEDY, paste_instruction(cluster.name)),
            *age_rows(report, group),
        ]
        snippet = render_answers(cluster.proposed)
    elif first.verdict is Verdict.UNKNOWN and len(group) > 1:
        head, title = _shared_heading(group)
        rows = [*shared_rows(group, cluster, whole=whole), *age_rows(report, group)]
    else:
        title = _single_group_title(first, cluster, severity)
        head = f"{severity.upper()} {title}"
        rows = [
            *sentence_rows(group, cluster),
            *age_rows(report, group),
            *waiver_rows(first),
            *evidence_rows(group, whole=whole),
        ]
    mixed = len({finding.severity for finding in group}) > 1
    return FindingGroup(first.verdict, head, title, tuple(rows), tuple(group), mixed, snippet)


def _single_group_title(finding: Finding, cluster: ClusterReport, severity: Severity) -> str:
    title = recommendation_title(finding) + difference_suffix(finding)
    title += own_severity_note(finding, severity)
    if finding.verdict is Verdict.DRIFT and not severity.reaches(cluster.fail_on):
        title += f" (below the threshold {cluster.fail_on})"
    return title


def own_severity_note(finding: Finding, severity: Severity) -> str:
    """Return what a cause is alone, where what it explains makes it graver; else nothing."""
    return "" if finding.severity is severity else f" ({finding.severity} by itself)"


def recommendation_title(finding: Finding) -> str:
    """Return the id of a recommendation and the service that it is about."""
    service = f" {finding.service}" if finding.service else ""
    return f"{finding.recommendation}{service}"


def _shared_heading(group: Sequence[Finding]) -> tuple[str, str]:
    """Return the heading and the title of unknown checks that one action would settle."""
    first = group[0]
    number = count_noun(len(group), "check")
    if len({finding.recommendation for finding in group}) == 1:
        title = f"{recommendation_title(first)}: {number}"
        return f"{first.severity.upper()} {title}", title
    title = f"{number} for one reason"
    return up_to_highest(group, title), title


def up_to_highest(group: Sequence[Finding], title: str) -> str:
    """Return a heading with the gravest severity of findings, which are sorted by it."""
    up_to = "up to " if len({finding.severity for finding in group}) > 1 else ""
    return f"{up_to}{group[0].severity.upper()}: {title}"
