"""The findings of a terminal report, told once where several say the same."""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.facts import Evidence
from auditor.findings import ClusterReport, Finding, Severity, SubjectKind, Verdict, order
from auditor.report.screen import plain
from auditor.report.wording import KINDS, MARKS, STYLES, count, listed

_MOST_EVIDENCE = 6

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
        console.rule(
            Text(f"{heading}: {count(len(findings), 'finding')}", style="bold"), align="left"
        )
        blocks = _unknown_blocks if verdict is Verdict.UNKNOWN else _blocks
        blocks(console, findings, cluster.fail_on)


def _alike(findings: Iterable[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """Return the findings in groups of one key, in the order in which the keys first come."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def _same_trouble(finding: Finding) -> tuple[object, ...]:
    return (
        finding.recommendation,
        finding.kind,
        finding.severity,
        finding.consequence,
        finding.waiver,
    )


def _blocks(console: Console, findings: Sequence[Finding], fail_on: Severity) -> None:
    for group in _alike(findings, _same_trouble):
        first = group[0]
        head = _head(first)
        if first.kind:
            head += f": {KINDS[first.kind]}"
        if first.verdict is Verdict.DRIFT and not first.severity.reaches(fail_on):
            head += f" (below the threshold {fail_on})"
        _block(console, first.verdict, head, [*_story(group), *_waiver(first), *_evidence(group)])


def _unknown_blocks(console: Console, findings: Sequence[Finding], _fail_on: Severity) -> None:
    for group in _alike(findings, lambda finding: (finding.because, finding.remedy)):
        first = group[0]
        if len(group) == 1:
            head, rows = _head(first), _story(group)
        else:
            head = f"up to {first.severity.upper()} {count(len(group), 'check')} for one reason"
            rows = [*_checks(group), ("because", first.because), ("remedy", first.remedy)]
        _block(console, first.verdict, head, [*rows, *_evidence(group)])


def _head(finding: Finding) -> str:
    service = f" {finding.service}" if finding.service else ""
    return f"{finding.severity.upper()} {finding.recommendation}{service}"


def _story(group: Sequence[Finding]) -> list[Row]:
    """Return what the findings of one recommendation say, each sentence once."""
    told = (
        ("expected", [finding.expected for finding in group]),
        ("observed", [finding.observed for finding in group]),
        ("because", [finding.because for finding in group]),
        ("matters", [finding.consequence for finding in group]),
        ("remedy", [finding.remedy for finding in group]),
    )
    sentences = [(label, text) for label, texts in told for text in dict.fromkeys(texts)]
    return [_subjects(group), *sentences]


def _subjects(group: Iterable[Finding]) -> Row:
    """Return who it is about; a label that names the kind where it is no node."""
    subjects = list(dict.fromkeys(finding.subject for finding in group))
    kind = subjects[0].kind
    label = "on" if kind is SubjectKind.NODE else str(kind)
    return label, listed((subject.name for subject in subjects), most=12)


def _checks(group: Sequence[Finding]) -> list[Row]:
    """Return one line for every set of recommendations that have their subjects in common."""
    subjects: dict[str, list[str]] = {}
    for finding in group:
        subjects.setdefault(finding.recommendation, []).append(finding.subject.name)
    ids: dict[tuple[str, ...], list[str]] = {}
    for recommendation, names in sorted(subjects.items()):
        ids.setdefault(tuple(names), []).append(recommendation)
    return [
        ("checks", f"{' '.join(together)}, on {listed(names, most=8)}")
        for names, together in ids.items()
    ]


def _waiver(finding: Finding) -> list[Row]:
    waiver = finding.waiver
    if waiver is None:
        return []
    return [
        ("waiver", f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
        ("else", f"{waiver.verdict} without the waiver"),
    ]


def _evidence(group: Sequence[Finding]) -> list[Row]:
    """Return what the findings rest on; of many, enough to see what it is about."""
    pieces = list(dict.fromkeys(piece for finding in group for piece in finding.evidence))
    most = _MOST_EVIDENCE if group[0].verdict is Verdict.UNKNOWN else _MOST_EVIDENCE * len(group)
    rows = [("evidence", _piece(piece)) for piece in pieces[:most]]
    if len(pieces) > most:
        more = len(pieces) - most
        rows.append(("", f"and {more} more in the JSON report (--output json:FILE)"))
    return rows


def _piece(evidence: Evidence) -> str:
    return f"{evidence.text} [{evidence.origin}, {evidence.source}]"


def _block(console: Console, verdict: Verdict, head: str, rows: Iterable[Row]) -> None:
    """Print a heading and, indented, its rows; a label that repeats is said once."""
    console.print()
    mark = Text(f"{MARKS[verdict]} ", style=STYLES[verdict])
    console.print(mark + plain(head, "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=8, no_wrap=True)
    grid.add_column()
    previous = ""
    for label, text in rows:
        if text:
            grid.add_row(Text("" if label == previous else label, style="dim"), plain(text))
            previous = label
    console.print(Padding(grid, (0, 0, 0, 2)))
