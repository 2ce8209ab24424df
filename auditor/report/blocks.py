"""The findings of a terminal report, told once where several say the same."""

import re
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.facts import Evidence
from auditor.findings import ClusterReport, Finding, Subject, SubjectKind, Verdict, order
from auditor.report.screen import plain
from auditor.report.wording import KINDS, MARKS, STYLES, count, listed

_MOST_EVIDENCE = 8
_LITTLE_EVIDENCE = 1
_MOST_REASONS = 3

_HEADINGS = {
    Verdict.DRIFT: "Drift",
    Verdict.UNKNOWN: "Unknown",
    Verdict.EXPLAINED: "Explained by the HA state",
    Verdict.WAIVED: "Waived",
}

Row = tuple[str, str]


def draw(console: Console, cluster: ClusterReport) -> None:
    """Print all findings but passes and not applicable ones, drift first, then by severity."""
    for verdict, heading in _HEADINGS.items():
        findings = sorted((f for f in cluster.findings if f.verdict is verdict), key=order)
        if not findings:
            continue
        console.print()
        title = Text(f"{heading}: {count(len(findings), 'finding')}", style="bold")
        console.rule(title, align="left", style="dim")
        key = _same_way_out if verdict is Verdict.UNKNOWN else _same_trouble
        for group in _alike(findings, key):
            head, rows = _block(group, cluster)
            _print(console, verdict, head, rows)


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


def _block(group: Sequence[Finding], cluster: ClusterReport) -> tuple[str, list[Row]]:
    first = group[0]
    if first.verdict is Verdict.UNKNOWN and len(group) > 1:
        return _shared_head(group), _together(group, cluster)
    head = _head(first)
    head += f": {KINDS[first.kind]}" if first.kind else ""
    if first.verdict is Verdict.DRIFT and not first.severity.reaches(cluster.fail_on):
        head += f" (below the threshold {cluster.fail_on})"
    evidence = _told("evidence", _evidence(group), _MOST_EVIDENCE)
    return head, [*_story(group, cluster), *_waiver(first), *evidence]


def _head(finding: Finding) -> str:
    service = f" {finding.service}" if finding.service else ""
    return f"{finding.severity.upper()} {finding.recommendation}{service}"


def _shared_head(group: Sequence[Finding]) -> str:
    first = group[0]
    if len({finding.recommendation for finding in group}) == 1:
        return f"{_head(first)}: {count(len(group), 'check')}"
    up_to = "up to " if len({finding.severity for finding in group}) > 1 else ""
    return f"{up_to}{first.severity.upper()}: {count(len(group), 'check')} for one reason"


def _together(group: Sequence[Finding], cluster: ClusterReport) -> list[Row]:
    """Return what unknown checks have in common; what only says so again is left out."""
    every = list(dict.fromkeys(finding.because for finding in group))
    reasons = [text for text in every if not _repeats(text, [r for r in every if r != text])]
    fresh = [text for text in _evidence(group) if not _repeats(text, reasons)]
    return [
        *_checks(group, cluster),
        *_told("because", reasons, _MOST_REASONS),
        ("remedy", group[0].remedy),
        *_told("evidence", fresh, _LITTLE_EVIDENCE),
    ]


def _repeats(text: str, reasons: Iterable[str]) -> bool:
    return any(reason.rstrip(".") in text for reason in reasons if reason)


def _told(label: str, texts: Sequence[str], most: int) -> list[Row]:
    rows = [(label, text) for text in texts[:most]]
    if len(texts) > most:
        rows.append(("", f"and {len(texts) - most} more in the JSON report (--output json:FILE)"))
    return rows


def _story(group: Sequence[Finding], cluster: ClusterReport) -> list[Row]:
    """Return what the findings of one recommendation say, each sentence once."""
    told: tuple[tuple[str, Callable[[Finding], str]], ...] = (
        ("expected", lambda finding: finding.expected),
        ("observed", lambda finding: finding.observed),
        ("because", lambda finding: finding.because),
        ("matters", lambda finding: finding.consequence),
        ("remedy", lambda finding: finding.remedy),
    )
    kind = group[0].subject.kind
    label = "on" if kind is SubjectKind.NODE else str(kind)
    subjects = _subjects([finding.subject.name for finding in group], kind, cluster)
    sentences = [(label, text) for label, of in told for text in _common(group, of)]
    return [(label, subjects), *sentences]


def _common(group: Sequence[Finding], of: Callable[[Finding], str]) -> list[str]:
    """Return the one sentence that all say if only the subject's name differs, else each one."""
    texts = list(dict.fromkeys(of(finding) for finding in group))
    general = {_general(of(finding), finding.subject) for finding in group}
    return list(general) if len(texts) > 1 and len(general) == 1 else texts


def _general(text: str, subject: Subject) -> str:
    """Return a sentence on one subject as a sentence on each subject of its kind."""
    name = rf"(?<![\w.-]){re.escape(subject.name)}(?![\w-]|\.\w)"
    said = re.sub(name, f"the {subject.kind}", text)
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
    told = list(dict.fromkeys(tuple(map(_piece, finding.evidence)) for finding in group))
    alike = {tuple(_general(_piece(e), f.subject) for e in f.evidence) for f in group}
    rows = alike if len(told) > 1 and len(alike) == 1 else told
    return list(dict.fromkeys(piece for pieces in rows for piece in pieces))


def _piece(evidence: Evidence) -> str:
    return f"{evidence.text} [{evidence.origin}, {evidence.source}]"


def _print(console: Console, verdict: Verdict, head: str, rows: Iterable[Row]) -> None:
    """Print a heading and, indented, its rows; a label that repeats is said once."""
    console.print()
    mark = Text(f"{MARKS[verdict]} ", style=STYLES[verdict])
    console.print(Text.assemble(mark, plain(head, "bold")))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=8, no_wrap=True)
    grid.add_column()
    previous = ""
    for label, text in rows:
        if text:
            grid.add_row(Text("" if label == previous else label, style="dim"), plain(text))
            previous = label
    console.print(Padding(grid, (0, 0, 0, 2)))
