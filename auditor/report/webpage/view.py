"""What the page shows, as plain data in the order in which it is read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.findings import ClusterReport, Finding, Status, Verdict, exit_code, order
from auditor.recommendations.model import Recommendation
from auditor.report import tally
from auditor.report.webpage.cluster import ClusterView, cluster_view
from auditor.report.wording import KINDS, STATUS_VERDICTS, count, sentence, severities
from auditor.runs import Report

_WORST = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that a manager looks for; `look` is the verdict whose colour it takes."""

    label: str
    number: str
    note: str
    look: Verdict


@dataclass(frozen=True, slots=True)
class Worst:
    """A difference to mend first; `anchor` is the block that tells it."""

    anchor: str
    finding: Finding
    what: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page; `worst` are the differences to mend first, `more` how many follow them."""

    report: Report
    status: Status
    look: Verdict
    headline: str
    tiles: tuple[Tile, ...]
    worst: tuple[Worst, ...]
    more: int
    clusters: tuple[ClusterView, ...]


def page(report: Report, rows: Iterable[Recommendation]) -> Page:
    """Return what the page shows; `rows` are the recommendations with their sources."""
    known = {row.id: row for row in rows}
    clusters = tuple(
        cluster_view(report, cluster, f"c{number}", known)
        for number, cluster in enumerate(report.clusters, start=1)
    )
    status = _status(report.clusters)
    worst = _worst(clusters)
    return Page(
        report=report,
        status=status,
        look=STATUS_VERDICTS[status],
        headline=_headline(report.clusters),
        tiles=tuple(_tiles(report, status)),
        worst=tuple(worst[:_WORST]),
        more=max(len(worst) - _WORST, 0),
        clusters=clusters,
    )


def _status(clusters: Sequence[ClusterReport]) -> Status:
    """Return what all clusters come to, `--allow-unknown` or not."""
    by_code = {0: Status.COMPLIANT, 3: Status.DRIFT, 4: Status.INCOMPLETE, 5: Status.UNAUDITABLE}
    return by_code[exit_code([cluster.status for cluster in clusters])]


def _headline(clusters: Sequence[ClusterReport]) -> str:
    if len(clusters) == 1:
        return sentence(clusters[0])
    words = {
        Status.DRIFT: "drifted",
        Status.UNAUDITABLE: "could not be audited",
        Status.INCOMPLETE: "incomplete",
        Status.COMPLIANT: "compliant",
    }
    numbers = {status: sum(c.status is status for c in clusters) for status in words}
    told = ", ".join(f"{n} {words[status]}" for status, n in numbers.items() if n)
    return f"Of {count(len(clusters), 'cluster')}: {told}." if told else "No cluster was audited."


def _tiles(report: Report, status: Status) -> Iterator[Tile]:
    every = [finding for cluster in report.clusters for finding in cluster.findings]
    of = {verdict: [f for f in every if f.verdict is verdict] for verdict in Verdict}
    pairs = [tally.nodes_read(cluster) for cluster in report.clusters]
    read, due = sum(read for read, _ in pairs), sum(due for _, due in pairs)
    ends = sorted(f.waiver.expires for f in of[Verdict.WAIVED] if f.waiver)
    drift, unknown = of[Verdict.DRIFT], of[Verdict.UNKNOWN]
    none = "not audited" if status is Status.UNAUDITABLE else "none"
    yield _tile("Differences", drift, Verdict.DRIFT, severities(drift) or none)
    yield _tile("Unknown", unknown, Verdict.UNKNOWN, severities(unknown) or none)
    yield _tile("Explained", of[Verdict.EXPLAINED], Verdict.EXPLAINED, "by the HA state")
    ends_note = f"first ends {ends[0]}" if ends else "no waiver applies"
    yield _tile("Waived", of[Verdict.WAIVED], Verdict.WAIVED, ends_note)
    yield _tile("As recommended", of[Verdict.PASS], Verdict.PASS, "checks passed")
    look = Verdict.PASS if read == due and due else Verdict.UNKNOWN
    note = "all answered" if look is Verdict.PASS else "look below" if due else "none is known"
    yield Tile("Nodes read", f"{read} of {due}", note, look)


def _tile(label: str, findings: Sequence[Finding], look: Verdict, note: str) -> Tile:
    return Tile(label, str(len(findings)), note, look if findings else Verdict.NOT_APPLICABLE)


def _worst(clusters: Iterable[ClusterView]) -> list[Worst]:
    """Return the differences that count, gravest first."""
    drift = [
        (finding, view)
        for view in clusters
        for finding in view.cluster.findings
        if finding.verdict is Verdict.DRIFT and finding.severity.reaches(view.cluster.fail_on)
    ]
    drift.sort(key=lambda pair: order(pair[0]))
    return [
        Worst(view.anchors[f.id], f, KINDS[f.kind] if f.kind else f.observed) for f, view in drift
    ]
