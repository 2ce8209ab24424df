"""Groups findings that say the same; each group is one block of every long report."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.models.evidence import Evidence
from auditor.models.findings import (
    ClusterReport,
    Finding,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.models.report import Report
from auditor.models.statements import Statement
from auditor.report.answers import paste_instruction, render_answers, waiting_checks_text
from auditor.report.sentences import render_sentence, render_sentences
from auditor.report.summary import finding_age_text, get_finding_age
from auditor.report.wording import (
    LabelledText,
    RowLabel,
    evidence_line,
    kind_suffix,
    labelled_statements,
)
from auditor.text import count_noun, join_names

_MAX_EVIDENCE_LINES = 8
_MAX_SHARED_EVIDENCE_LINES = 1
_MAX_SHARED_REASONS = 3


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
        finding.kind,
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
            *_sentence_rows(group, cluster),
            *age_rows(report, group),
            *_waiver_rows(first),
            *_limit_rows(
                RowLabel.EVIDENCE,
                list(map(evidence_line, _common_evidence(group))),
                None if whole else _MAX_EVIDENCE_LINES,
            ),
        ]
    mixed = len({finding.severity for finding in group}) > 1
    return FindingGroup(first.verdict, head, title, tuple(rows), tuple(group), mixed, snippet)


def _single_group_title(finding: Finding, cluster: ClusterReport, severity: Severity) -> str:
    title = recommendation_title(finding) + kind_suffix(finding.kind)
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


def shared_rows(
    group: Sequence[Finding], cluster: ClusterReport, *, whole: bool
) -> list[LabelledText]:
    """Return what unknown checks have in common, without evidence that repeats a reason."""
    every = list(dict.fromkeys(finding.because for finding in group))
    # A short reason, such as an unreachable node, is enough: longer ones that contain it only add
    # the check.
    reasons = [r for r in every if not any(r != other and r.contains(other) for other in every)]
    remedies = dict.fromkeys(finding.remedy for finding in group)
    fresh = [
        piece
        for piece in _common_evidence(group)
        if not any(piece.statement.contains(reason) for reason in reasons)
    ]
    return [
        *check_list_rows(group, cluster),
        *_limit_rows(
            RowLabel.BECAUSE,
            list(map(render_sentence, reasons)),
            None if whole else _MAX_SHARED_REASONS,
        ),
        *((RowLabel.REMEDY, render_sentences(remedy)) for remedy in remedies),
        *_limit_rows(
            RowLabel.EVIDENCE,
            list(map(evidence_line, fresh)),
            None if whole else _MAX_SHARED_EVIDENCE_LINES,
        ),
    ]


def _limit_rows(label: str, texts: Sequence[str], most: int | None) -> list[LabelledText]:
    rows = [(label, text) for text in texts[:most]]
    if most is not None and len(texts) > most:
        rows.append(("", f"and {len(texts) - most} more in the JSON report (--output json:FILE)"))
    return rows


def _sentence_rows(group: Sequence[Finding], cluster: ClusterReport) -> list[LabelledText]:
    """Return what the findings of one recommendation say, and about which subjects."""
    kind = group[0].subject.kind
    label = RowLabel.ON if kind is SubjectKind.NODE else str(kind)
    subjects = subjects_text([finding.subject.name for finding in group], kind, cluster)
    return [(label, subjects), *common_sentences(group)]


def common_sentences(group: Sequence[Finding]) -> Iterator[LabelledText]:
    """Yield each sentence once; where only the subject differs, say it for any subject."""
    for rows in zip(*(labelled_statements(finding) for finding in group), strict=True):
        label = rows[0][0]
        distinct = list(dict.fromkeys(statements for _, statements in rows))
        general = {
            tuple(_about_any(statement, finding.subject) for statement in statements)
            for finding, (_, statements) in zip(group, rows, strict=True)
        }
        shown = general if len(distinct) > 1 and len(general) == 1 else distinct
        texts = dict.fromkeys(map(render_sentences, shown))
        yield from ((label, text) for text in texts if text)


def _about_any(statement: Statement, subject: FindingSubject) -> Statement:
    return statement.about_any(str(subject.kind), subject.name)


def subjects_text(
    names: Sequence[str], kind: SubjectKind, cluster: ClusterReport, *, limit: int = 12
) -> str:
    """Return who it is about; all nodes of a larger cluster are not listed."""
    every = {node.name for node in cluster.nodes}
    if kind is SubjectKind.NODE and len(names) > 1 and set(names) == every:
        return "both nodes" if len(names) == 2 else f"all {len(names)} nodes"
    return join_names(dict.fromkeys(names), limit=limit)


def place_text(findings: Sequence[Finding], cluster: ClusterReport) -> str:
    """Return where findings on subjects of one kind are: `on both nodes`, `groups a and b`."""
    kind = findings[0].subject.kind
    names = list(dict.fromkeys(finding.subject.name for finding in findings))
    preposition = "on" if kind is SubjectKind.NODE else subject_noun(kind, len(names))
    return f"{preposition} {subjects_text(names, kind, cluster)}"


def subject_noun(kind: SubjectKind, number: int) -> str:
    """Return what a number of subjects are called."""
    return str(kind) if number == 1 else f"{kind}s"


def check_list_rows(group: Sequence[Finding], cluster: ClusterReport) -> list[LabelledText]:
    """Return one line for every set of recommendations that have their subjects in common."""
    subjects: dict[str, list[Finding]] = {}
    for finding in group:
        subjects.setdefault(finding.recommendation, []).append(finding)
    ids: dict[str, list[str]] = {}
    for recommendation, findings in sorted(subjects.items()):
        names = [finding.subject.name for finding in findings]
        where = subjects_text(names, findings[0].subject.kind, cluster)
        ids.setdefault(where, []).append(recommendation)
    return [("checks", f"{' '.join(together)}, on {where}") for where, together in ids.items()]


def age_rows(report: Report, group: Sequence[Finding]) -> list[LabelledText]:
    """Return since when the findings have their verdict; of several, the oldest one."""
    ages = [get_finding_age(report, finding) for finding in group]
    oldest = min((age for age in ages if age), key=lambda age: age.since, default=None)
    if oldest is None:
        return []
    less = ", some of them for less" if len(set(ages)) > 1 else ""
    return [(RowLabel.SINCE, finding_age_text(oldest, report.run) + less)]


def _waiver_rows(finding: Finding) -> list[LabelledText]:
    waiver = finding.waiver
    if waiver is None:
        return []
    return [
        (RowLabel.WAIVER, f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
        (RowLabel.ELSE, f"{waiver.verdict} without the waiver"),
    ]


def _common_evidence(group: Sequence[Finding]) -> list[Evidence]:
    """Return the evidence of all findings, once if it differs only in their subject."""
    distinct = list(dict.fromkeys(finding.evidence for finding in group))
    general = {
        tuple(_evidence_about_any(piece, finding.subject) for piece in finding.evidence)
        for finding in group
    }
    shown = general if len(distinct) > 1 and len(general) == 1 else distinct
    return list(dict.fromkeys(piece for pieces in shown for piece in pieces))


def _evidence_about_any(piece: Evidence, subject: FindingSubject) -> Evidence:
    source = piece.source
    return replace(
        piece,
        source=_about_any(source, subject) if isinstance(source, Statement) else source,
        statement=_about_any(piece.statement, subject),
    )
