"""What findings tell, once where several say the same; the text of blocks in every long report."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from auditor.models.findings import (
    ClusterReport,
    Finding,
    FindingSubject,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.models.report import Report
from auditor.report.summary import finding_age_text, get_finding_age
from auditor.report.wording import FINDING_SENTENCES, KIND_TEXTS, LabelledText, evidence_line
from auditor.text import count_noun, join_names

_MAX_EVIDENCE_LINES = 8
_MAX_SHARED_EVIDENCE_LINES = 1
_MAX_SHARED_REASONS = 3


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One block: a heading, labelled lines, and the findings that they hold for, gravest first.

    The title is the heading without the severity. A label repeats for each further line of its
    kind, and is empty for an aside.
    """

    verdict: Verdict
    head: str
    title: str
    rows: tuple[LabelledText, ...]
    findings: tuple[Finding, ...]


def group_findings(
    report: Report, cluster: ClusterReport, verdict: Verdict, *, whole: bool = False
) -> list[FindingGroup]:
    """Return the blocks of a verdict, by severity; `whole` leaves no evidence out."""
    findings = sorted((f for f in cluster.findings if f.verdict is verdict), key=finding_sort_key)
    key = _unknown_group_key if verdict is Verdict.UNKNOWN else _difference_group_key
    return [
        _build_finding_group(report, group, cluster, whole=whole)
        for group in _group_by_key(findings, key)
    ]


def _group_by_key(
    findings: Iterable[Finding], key: Callable[[Finding], object]
) -> list[list[Finding]]:
    """Return the findings in groups of one key, in the order in which the keys first come."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def _difference_group_key(finding: Finding) -> object:
    return (
        finding.recommendation,
        finding.kind,
        finding.severity,
        finding.consequence,
        finding.waiver,
    )


def _unknown_group_key(finding: Finding) -> object:
    """Group what is unknown by what would settle it: one silent node is one block."""
    return finding.remedy or (finding.recommendation, finding.because)


def _build_finding_group(
    report: Report, group: Sequence[Finding], cluster: ClusterReport, *, whole: bool
) -> FindingGroup:
    first = group[0]
    if first.verdict is Verdict.UNKNOWN and len(group) > 1:
        head, title = _shared_heading(group)
        rows = [*_shared_rows(group, cluster, whole=whole), *_age_rows(report, group)]
    else:
        title = _single_group_title(first, cluster)
        head = f"{first.severity.upper()} {title}"
        rows = [
            *_sentence_rows(group, cluster),
            *_age_rows(report, group),
            *_waiver_rows(first),
            *_limit_rows(
                "evidence", _evidence_lines(group), None if whole else _MAX_EVIDENCE_LINES
            ),
        ]
    return FindingGroup(first.verdict, head, title, tuple(rows), tuple(group))


def _single_group_title(finding: Finding, cluster: ClusterReport) -> str:
    title = _recommendation_title(finding)
    title += f": {KIND_TEXTS[finding.kind]}" if finding.kind else ""
    if finding.verdict is Verdict.DRIFT and not finding.severity.reaches(cluster.fail_on):
        title += f" (below the threshold {cluster.fail_on})"
    return title


def _recommendation_title(finding: Finding) -> str:
    service = f" {finding.service}" if finding.service else ""
    return f"{finding.recommendation}{service}"


def _shared_heading(group: Sequence[Finding]) -> tuple[str, str]:
    """Return the heading of unknown checks that one thing would settle, and its title."""
    first = group[0]
    number = count_noun(len(group), "check")
    if len({finding.recommendation for finding in group}) == 1:
        title = f"{_recommendation_title(first)}: {number}"
        return f"{first.severity.upper()} {title}", title
    up_to = "up to " if len({finding.severity for finding in group}) > 1 else ""
    title = f"{number} for one reason"
    return f"{up_to}{first.severity.upper()}: {title}", title


def _shared_rows(
    group: Sequence[Finding], cluster: ClusterReport, *, whole: bool
) -> list[LabelledText]:
    """Return what unknown checks have in common; what only says so again is left out."""
    every = list(dict.fromkeys(finding.because for finding in group))
    reasons = [text for text in every if not _repeats_reason(text, [r for r in every if r != text])]
    fresh = [text for text in _evidence_lines(group) if not _repeats_reason(text, reasons)]
    return [
        *_check_list_rows(group, cluster),
        *_limit_rows("because", reasons, None if whole else _MAX_SHARED_REASONS),
        ("remedy", group[0].remedy),
        *_limit_rows("evidence", fresh, None if whole else _MAX_SHARED_EVIDENCE_LINES),
    ]


def _repeats_reason(text: str, reasons: Iterable[str]) -> bool:
    return any(reason.rstrip(".") in text for reason in reasons if reason)


def _limit_rows(label: str, texts: Sequence[str], most: int | None) -> list[LabelledText]:
    rows = [(label, text) for text in texts[:most]]
    if most is not None and len(texts) > most:
        rows.append(("", f"and {len(texts) - most} more in the JSON report (--output json:FILE)"))
    return rows


def _sentence_rows(group: Sequence[Finding], cluster: ClusterReport) -> list[LabelledText]:
    """Return what the findings of one recommendation say, each sentence once."""
    kind = group[0].subject.kind
    label = "on" if kind is SubjectKind.NODE else str(kind)
    subjects = _subjects_text([finding.subject.name for finding in group], kind, cluster)
    sentences = [
        (label, text) for label, of in FINDING_SENTENCES for text in _common_texts(group, of)
    ]
    return [(label, subjects), *sentences]


def _common_texts(group: Sequence[Finding], of: Callable[[Finding], str]) -> list[str]:
    """Return the one sentence that all say if only the subject's name differs, else each one."""
    texts = list(dict.fromkeys(of(finding) for finding in group))
    general = {_generalize_text(of(finding), finding.subject) for finding in group}
    return list(general) if len(texts) > 1 and len(general) == 1 else texts


def _generalize_text(text: str, subject: FindingSubject) -> str:
    """Return a sentence on one subject as a sentence on each subject of its kind."""
    name = re.escape(subject.name)
    said = re.sub(rf"`{name}`|(?<![\w.-]){name}(?![\w-]|\.\w)", f"the {subject.kind}", text)
    return "The" + said[3:] if said != text and said.startswith("the ") else said


def _subjects_text(names: Sequence[str], kind: SubjectKind, cluster: ClusterReport) -> str:
    """Return who it is about; all nodes of a larger cluster are not listed."""
    every = {node.name for node in cluster.nodes}
    if kind is SubjectKind.NODE and len(names) > 1 and set(names) == every:
        return "both nodes" if len(names) == 2 else f"all {len(names)} nodes"
    return join_names(dict.fromkeys(names), limit=12)


def _check_list_rows(group: Sequence[Finding], cluster: ClusterReport) -> list[LabelledText]:
    """Return one line for every set of recommendations that have their subjects in common."""
    subjects: dict[str, list[Finding]] = {}
    for finding in group:
        subjects.setdefault(finding.recommendation, []).append(finding)
    ids: dict[str, list[str]] = {}
    for recommendation, found in sorted(subjects.items()):
        names = [finding.subject.name for finding in found]
        where = _subjects_text(names, found[0].subject.kind, cluster)
        ids.setdefault(where, []).append(recommendation)
    return [("checks", f"{' '.join(together)}, on {where}") for where, together in ids.items()]


def _age_rows(report: Report, group: Sequence[Finding]) -> list[LabelledText]:
    """Return since when the findings stand so; of several, the one that stands longest."""
    known = [get_finding_age(report, finding) for finding in group]
    standings = sorted((s for s in known if s), key=lambda standing: standing.since)
    if not standings:
        return []
    less = ", some of them for less" if len(set(known)) > 1 else ""
    return [("since", finding_age_text(standings[0], report.run) + less)]


def _waiver_rows(finding: Finding) -> list[LabelledText]:
    waiver = finding.waiver
    if waiver is None:
        return []
    return [
        ("waiver", f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
        ("else", f"{waiver.verdict} without the waiver"),
    ]


def _evidence_lines(group: Sequence[Finding]) -> list[str]:
    """Return what the findings rest on, each piece once."""
    told = list(dict.fromkeys(tuple(map(evidence_line, finding.evidence)) for finding in group))
    alike = {
        tuple(_generalize_text(evidence_line(e), f.subject) for e in f.evidence) for f in group
    }
    rows = alike if len(told) > 1 and len(alike) == 1 else told
    return list(dict.fromkeys(piece for pieces in rows for piece in pieces))
