"""What findings tell, once where several say the same; the text of blocks in every long report."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from auditor.findings import ClusterReport, Finding, Subject, SubjectKind, Verdict, order
from auditor.report import tally
from auditor.report.passages import SENTENCES, Row, piece
from auditor.report.wording import KINDS, count, listed
from auditor.runs import Report

_MOST_EVIDENCE = 8
_LITTLE_EVIDENCE = 1
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Story:
    """One block: a heading, labelled lines, and the findings that they hold for, gravest first.

    The title is the heading without the severity. A label repeats for each further line of its
    kind, and is empty for an aside.
    """

    verdict: Verdict
    head: str
    title: str
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


def stories(
    report: Report, cluster: ClusterReport, verdict: Verdict, *, whole: bool = False
) -> list[Story]:
    """Return the blocks of a verdict, by severity; `whole` leaves no evidence out."""
    findings = sorted((f for f in cluster.findings if f.verdict is verdict), key=order)
    key = _same_way_out if verdict is Verdict.UNKNOWN else _same_trouble
    return [_story(report, group, cluster, whole=whole) for group in _alike(findings, key)]


def _alike(findings: Iterable[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """Return the findings in groups of one key, in the order in which the keys first come."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def _same_trouble(finding: Finding) -> object:
    return (
        finding.recommendation,
        finding.kind,
        finding.severity,
        finding.consequence,
        finding.waiver,
    )


def _same_way_out(finding: Finding) -> object:
    """Group what is unknown by what would settle it: one silent node is one block."""
    return finding.remedy or (finding.recommendation, finding.because)


def _story(
    report: Report, group: Sequence[Finding], cluster: ClusterReport, *, whole: bool
) -> Story:
    first = group[0]
    if first.verdict is Verdict.UNKNOWN and len(group) > 1:
        head, title = _shared_head(group)
        rows = [*_together(group, cluster, whole=whole), *_since(report, group)]
    else:
        title = _full_title(first, cluster)
        head = f"{first.severity.upper()} {title}"
        rows = [
            *_sentences(group, cluster),
            *_since(report, group),
            *_waiver(first),
            *_told("evidence", _evidence(group), None if whole else _MOST_EVIDENCE),
        ]
    return Story(first.verdict, head, title, tuple(rows), tuple(group))


def _full_title(finding: Finding, cluster: ClusterReport) -> str:
    title = _title(finding)
    title += f": {KINDS[finding.kind]}" if finding.kind else ""
    if finding.verdict is Verdict.DRIFT and not finding.severity.reaches(cluster.fail_on):
        title += f" (below the threshold {cluster.fail_on})"
    return title


def _title(finding: Finding) -> str:
    service = f" {finding.service}" if finding.service else ""
    return f"{finding.recommendation}{service}"


def _shared_head(group: Sequence[Finding]) -> tuple[str, str]:
    """Return the heading of unknown checks that one thing would settle, and its title."""
    first = group[0]
    number = count(len(group), "check")
    if len({finding.recommendation for finding in group}) == 1:
        title = f"{_title(first)}: {number}"
        return f"{first.severity.upper()} {title}", title
    up_to = "up to " if len({finding.severity for finding in group}) > 1 else ""
    title = f"{number} for one reason"
    return f"{up_to}{first.severity.upper()}: {title}", title


def _together(group: Sequence[Finding], cluster: ClusterReport, *, whole: bool) -> list[Row]:
    """Return what unknown checks have in common; what only says so again is left out."""
    every = list(dict.fromkeys(finding.because for finding in group))
    reasons = [text for text in every if not _repeats(text, [r for r in every if r != text])]
    fresh = [text for text in _evidence(group) if not _repeats(text, reasons)]
    return [
        *_checks(group, cluster),
        *_told("because", reasons, None if whole else _MOST_REASONS),
        ("remedy", group[0].remedy),
        *_told("evidence", fresh, None if whole else _LITTLE_EVIDENCE),
    ]


def _repeats(text: str, reasons: Iterable[str]) -> bool:
    return any(reason.rstrip(".") in text for reason in reasons if reason)


def _told(label: str, texts: Sequence[str], most: int | None) -> list[Row]:
    rows = [(label, text) for text in texts[:most]]
    if most is not None and len(texts) > most:
        rows.append(("", f"and {len(texts) - most} more in the JSON report (--output json:FILE)"))
    return rows


def _sentences(group: Sequence[Finding], cluster: ClusterReport) -> list[Row]:
    """Return what the findings of one recommendation say, each sentence once."""
    kind = group[0].subject.kind
    label = "on" if kind is SubjectKind.NODE else str(kind)
    subjects = _subjects([finding.subject.name for finding in group], kind, cluster)
    sentences = [(label, text) for label, of in SENTENCES for text in _common(group, of)]
    return [(label, subjects), *sentences]


def _common(group: Sequence[Finding], of: Callable[[Finding], str]) -> list[str]:
    """Return the one sentence that all say if only the subject's name differs, else each one."""
    texts = list(dict.fromkeys(of(finding) for finding in group))
    general = {_general(of(finding), finding.subject) for finding in group}
    return list(general) if len(texts) > 1 and len(general) == 1 else texts


def _general(text: str, subject: Subject) -> str:
    """Return a sentence on one subject as a sentence on each subject of its kind."""
    name = re.escape(subject.name)
    said = re.sub(rf"`{name}`|(?<![\w.-]){name}(?![\w-]|\.\w)", f"the {subject.kind}", text)
    return "The" + said[3:] if said != text and said.startswith("the ") else said


def _subjects(names: Sequence[str], kind: SubjectKind, cluster: ClusterReport) -> str:
    """Return who it is about; all nodes of a larger cluster are not listed."""
    every = {node.name for node in cluster.nodes}
    if kind is SubjectKind.NODE and len(names) > 1 and set(names) == every:
        return "both nodes" if len(names) == 2 else f"all {len(names)} nodes"
    return listed(dict.fromkeys(names), most=12)


def _checks(group: Sequence[Finding], cluster: ClusterReport) -> list[Row]:
    """Return one line for every set of recommendations that have their subjects in common."""
    subjects: dict[str, list[Finding]] = {}
    for finding in group:
        subjects.setdefault(finding.recommendation, []).append(finding)
    ids: dict[str, list[str]] = {}
    for recommendation, found in sorted(subjects.items()):
        names = [finding.subject.name for finding in found]
        where = _subjects(names, found[0].subject.kind, cluster)
        ids.setdefault(where, []).append(recommendation)
    return [("checks", f"{' '.join(together)}, on {where}") for where, together in ids.items()]


def _since(report: Report, group: Sequence[Finding]) -> list[Row]:
    """Return since when the findings stand so; of several, the one that stands longest."""
    known = [tally.standing(report, finding) for finding in group]
    standings = sorted((s for s in known if s), key=lambda standing: standing.since)
    if not standings:
        return []
    less = ", some of them for less" if len(set(known)) > 1 else ""
    return [("since", tally.age(standings[0], report.run) + less)]


def _waiver(finding: Finding) -> list[Row]:
    waiver = finding.waiver
    if waiver is None:
        return []
    return [
        ("waiver", f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
        ("else", f"{waiver.verdict} without the waiver"),
    ]


def _evidence(group: Sequence[Finding]) -> list[str]:
    """Return what the findings rest on, each piece once."""
    told = list(dict.fromkeys(tuple(map(piece, finding.evidence)) for finding in group))
    alike = {tuple(_general(piece(e), f.subject) for e in f.evidence) for f in group}
    rows = alike if len(told) > 1 and len(alike) == 1 else told
    return list(dict.fromkeys(piece for pieces in rows for piece in pieces))
