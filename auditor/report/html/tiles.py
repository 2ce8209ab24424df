"""The numbers at the top of the page, each a link to what it counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import Finding, Verdict
from auditor.models.report import Report
from auditor.report.html.cluster_view import ClusterView
from auditor.report.wording import severity_summary
from auditor.text import count_noun


@dataclass(frozen=True, slots=True)
class SummaryTile:
    """A number for a manager; `look` is the verdict whose colour it takes.

    `place` is where on the page to find what it counts, empty if there is nothing to find.
    """

    label: str
    number: str
    note: str
    look: Verdict
    place: str


def list_summary_tiles(
    report: Report, views: Sequence[ClusterView], status: ClusterStatus
) -> Iterator[SummaryTile]:
    """Yield the tiles of all clusters together."""
    of = _find_by_verdict(report)
    ends = sorted(f.waiver.expires for f in of[Verdict.WAIVED] if f.waiver)
    # "None" would look like a good result.
    none = "not audited" if status is ClusterStatus.UNAUDITABLE else "none"
    yield _difference_tile(report, of[Verdict.DRIFT], none, views)
    notes = {
        Verdict.UNKNOWN: severity_summary(of[Verdict.UNKNOWN]) or none,
        Verdict.EXPLAINED: "by the HA state",
        Verdict.WAIVED: f"first ends {ends[0]}" if ends else "no waiver applies",
        Verdict.PASS: "checks passed",
    }
    labels = ("Unknown", "Explained", "Waived", "As recommended")
    for label, (verdict, note) in zip(labels, notes.items(), strict=True):
        yield _verdict_tile(label, report.counts.by_verdict[verdict], verdict, note, views)
    yield _node_tile(views)


def _find_by_verdict(report: Report) -> Mapping[Verdict, Sequence[Finding]]:
    """Return the findings of all clusters but those that pass, which are only counted."""
    found: dict[Verdict, list[Finding]] = {verdict: [] for verdict in Verdict}
    for cluster in report.clusters:
        for finding in cluster.findings:
            if finding.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                found[finding.verdict].append(finding)
    return found


def _difference_tile(
    report: Report, drift: Sequence[Finding], none: str, views: Sequence[ClusterView]
) -> SummaryTile:
    counts = report.counts
    if counts.causes == counts.differences:
        note = severity_summary(drift) or none
        return _verdict_tile("Differences", len(drift), Verdict.DRIFT, note, views)
    note = f"{count_noun(counts.differences, 'difference')}: {severity_summary(drift)}"
    place = _place_of_verdict(Verdict.DRIFT, views)
    return SummaryTile("Causes", str(counts.causes), note, Verdict.DRIFT, place)


def _verdict_tile(
    label: str,
    number: int,
    look: Verdict,
    note: str,
    views: Sequence[ClusterView],
) -> SummaryTile:
    if number:
        return SummaryTile(label, str(number), note, look, _place_of_verdict(look, views))
    # A zero has no colour: one in red would alarm.
    return SummaryTile(label, "0", note, Verdict.NOT_APPLICABLE, "")


def _place_of_verdict(verdict: Verdict, views: Sequence[ClusterView]) -> str:
    if len(views) == 1:
        return f"{views[0].anchor}-{verdict}"
    return "overview" if verdict is Verdict.PASS else f"all-{verdict}"


def _node_tile(views: Sequence[ClusterView]) -> SummaryTile:
    read = sum(view.row.nodes_read for view in views)
    due = sum(view.row.nodes_due for view in views)
    look = Verdict.PASS if read == due and due else Verdict.UNKNOWN
    note = "all answered" if look is Verdict.PASS else "look below" if due else "none is known"
    return SummaryTile("Nodes read", f"{read} of {due}", note, look, _place_of_nodes(views, look))


def _place_of_nodes(views: Sequence[ClusterView], look: Verdict) -> str:
    if not views:
        return ""
    if len(views) > 1:
        return "overview" if look is Verdict.PASS else "worst"
    (view,) = views
    if look is not Verdict.PASS and view.gaps:
        return f"{view.anchor}-g"
    return f"{view.anchor}-m" if view.matrix.columns else view.anchor
