"""The labelled lines of a block: what its findings say, on which subjects, and since when."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.models.cluster_report import ClusterReport
from auditor.models.evidence import Evidence
from auditor.models.findings import Finding, FindingSubject, SubjectKind
from auditor.models.report import Report
from auditor.models.statements import Statement
from auditor.report.sentences import render_sentence, render_sentences
from auditor.report.summary import finding_age_text, get_finding_age
from auditor.report.wording import LabelledText, RowLabel, evidence_line, labelled_statements
from auditor.text import join_names

_MAX_EVIDENCE_LINES = 8
_MAX_SHARED_EVIDENCE_LINES = 1
_MAX_SHARED_REASONS = 3


def sentence_rows(group: Sequence[Finding], cluster: ClusterReport) -> list[LabelledText]:
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


def age_rows(report: Report, group: Sequence[Finding]) -> list[LabelledText]:
    """Return since when the findings have their verdict; of several, the oldest one."""
    ages = [get_finding_age(report, finding) for finding in group]
    oldest = min((age for age in ages if age), key=lambda age: age.since, default=None)
    if oldest is None:
        return []
    less = ", some of them for less" if len(set(ages)) > 1 else ""
    return [(RowLabel.SINCE, finding_age_text(oldest, report.run) + less)]


def waiver_rows(finding: Finding) -> list[LabelledText]:
    """Return the waiver of a finding, and the verdict that it would have without."""
    waiver = finding.waiver
    if waiver is None:
        return []
    return [
        (RowLabel.WAIVER, f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
        (RowLabel.ELSE, f"{waiver.verdict} without the waiver"),
    ]


def evidence_rows(group: Sequence[Finding], *, whole: bool) -> list[LabelledText]:
    """Return the evidence that findings have in common; `whole` leaves none of it out."""
    lines = list(map(evidence_line, _common_evidence(group)))
    return _limit_rows(RowLabel.EVIDENCE, lines, None if whole else _MAX_EVIDENCE_LINES)


def _limit_rows(label: str, texts: Sequence[str], most: int | None) -> list[LabelledText]:
    rows = [(label, text) for text in texts[:most]]
    if most is not None and len(texts) > most:
        rows.append(("", f"and {len(texts) - most} more in the JSON report (--output json:FILE)"))
    return rows


def _common_evidence(group: Sequence[Finding]) -> list[Evidence]:
    """Return the evidence of all findings, once if it differs only in their subject."""
    distinct = list(dict.fromkeys(finding.evidence for finding in group))
    general = {
        tuple(_evidence_about_any(piece, finding.subject) for piece in finding.evidence)
        for finding in group
    }
    shown = general if len(distinct) > 1 and len(general) == 1 else distinct
    return list(dict.fromkeys(piece for pieces in shown for piece in pieces))


def _about_any(statement: Statement, subject: FindingSubject) -> Statement:
    return statement.about_any(str(subject.kind), subject.name)


def _evidence_about_any(piece: Evidence, subject: FindingSubject) -> Evidence:
    source = piece.source
    return replace(
        piece,
        source=_about_any(source, subject) if isinstance(source, Statement) else source,
        statement=_about_any(piece.statement, subject),
    )
