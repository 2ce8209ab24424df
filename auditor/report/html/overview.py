"""The fleet on the page: its table, and the heat map of services and clusters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.models.counts import ChangeCategory, count_changes
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.report import Report
from auditor.report.fleet_table import age_day, cause_cells, unknown_cell
from auditor.report.html.cluster_view import ClusterView
from auditor.report.html.finding_blocks import FindingBlock
from auditor.report.html.sparkline import Sparkline, build_sparkline
from auditor.report.matrix import Cell, NodeAttribute, label_nodes
from auditor.report.matrix_services import select_matrix_services, short_service_name
from auditor.report.wording import VERDICT_MARKS, difference_text, finding_label
from auditor.text import count_noun, join_names

_JUDGED_ATTRIBUTES = (
    NodeAttribute.HA_STATE,
    NodeAttribute.IDENTITY,
    NodeAttribute.VERSION,
    NodeAttribute.REPLICATION,
)
_MAX_ROWS_ON_FIRST_PAGE = 30
_MORE_THAN_ANY = 99999
_GRAVE = frozenset({Severity.CRITICAL, Severity.HIGH})


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One cluster in the table; `worst` says in a few words what is wrong first.

    `causes`, `unknown` and `since` are the cells of every format's table. `new` counts differences.
    """

    view: ClusterView
    causes: Mapping[Severity, str]
    unknown: str
    since: str
    worst: str
    new: int
    runs: Sparkline | None

    @property
    def is_no_cause_known(self) -> bool:
        """Return whether there may be causes of any severity, and none is known."""
        return not self.view.row.causes and len(self.view.row.hidden) == len(Severity)

    @property
    def unknown_rank(self) -> int:
        """Return the number of unknown checks to sort by; where all are, nobody counted them."""
        row = self.view.row
        return row.counts.unknown or (_MORE_THAN_ANY if row.cluster.is_nothing_read else 0)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """What a service comes to on all nodes of a cluster; `number` nodes have the verdict.

    `verdict` None: the cluster has nothing to judge there. `finding` is one that decided it.
    """

    verdict: Verdict | None
    mark: str = ""
    number: int = 0
    is_grave: bool = False
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class FleetLine:
    """One block of findings as a line of the list of all clusters."""

    view: ClusterView
    verdict: Verdict
    block: FindingBlock


@dataclass(frozen=True, slots=True)
class Overview:
    """The fleet; a row of the heat map without cells is the heading of those below it.

    `lines` are all blocks of all clusters by their verdict, worst first.
    """

    rows: tuple[OverviewRow, ...]
    has_history: bool
    heat: tuple[tuple[str, tuple[HeatCell, ...]], ...]
    lines: Mapping[Verdict, tuple[FleetLine, ...]]

    @property
    def fits_first_page(self) -> bool:
        """Return whether the table fits on the first sheet of paper, below what to fix first."""
        return len(self.rows) <= _MAX_ROWS_ON_FIRST_PAGE


def build_overview(report: Report, views: Sequence[ClusterView]) -> Overview:
    """Return the fleet, its clusters in the order given."""
    return Overview(
        rows=tuple(_build_row(report, view) for view in views),
        has_history=any(past.runs for past in report.past.values()),
        heat=tuple(_build_heat_map(views)),
        lines=_list_lines(views),
    )


def _build_row(report: Report, view: ClusterView) -> OverviewRow:
    past = report.past.get(view.cluster.name)
    changes = count_changes(past.changes if past else ())
    return OverviewRow(
        view=view,
        causes=cause_cells(view.row),
        unknown=unknown_cell(view.row),
        since=age_day(view.row.age) if view.row.age else "",
        worst=_worst_text(view),
        new=changes[ChangeCategory.NEW],
        runs=build_sparkline(view.cluster, report.run, past),
    )


def _worst_text(view: ClusterView) -> str:
    """Return the worst of a cluster: its first cause, and what could not be read."""
    causes = view.cluster.causes
    label = label_nodes([node.name for node in view.cluster.nodes])
    texts = []
    if causes:
        first = causes[0].finding
        where = label.get(first.subject.name, first.subject.name)
        texts.append(f"{finding_label(first)}: {difference_text(first)}, on {where}")
    if view.row.unread:
        servers = (label.get(server.name, server.name) for server in view.row.unread)
        names = join_names(servers, limit=3)
        texts.append(f"{names} could not be read")
    elif view.row.counts.unknown and not causes:
        texts.append(f"{count_noun(view.row.counts.unknown, 'check')} unknown")
    return "; ".join(texts)


def _list_lines(views: Iterable[ClusterView]) -> dict[Verdict, tuple[FleetLine, ...]]:
    lines: dict[Verdict, list[FleetLine]] = {}
    for view in views:
        for section in view.sections:
            of_verdict = lines.setdefault(section.verdict, [])
            of_verdict += [FleetLine(view, section.verdict, block) for block in section.blocks]
    return {
        verdict: tuple(sorted(lines[verdict], key=lambda line: line.block.sort_key))
        for verdict in sorted(lines, key=lambda verdict: verdict.rank)
    }


def _build_heat_map(
    views: Sequence[ClusterView],
) -> Iterable[tuple[str, tuple[HeatCell, ...]]]:
    """Yield the rows: what the nodes themselves are judged on, then services by their section."""
    cells = [_cells_by_row(view) for view in views]
    for section, names in _heat_rows(views):
        rows = []
        for name in names:
            own = [of.get((section, name), ()) for of in cells]
            # A row that only clusters without an answer have would show nothing.
            if any(_is_judged(cell) for row in own for cell in row):
                merged = (_merge_cells(view, row) for view, row in zip(views, own, strict=True))
                rows.append((name, tuple(merged)))
        if rows:
            yield section or "Nodes", ()
            yield from rows


def _is_judged(cell: Cell) -> bool:
    return cell.verdict not in (None, Verdict.NOT_APPLICABLE)


def _heat_rows(views: Sequence[ClusterView]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the sections with the names of their rows, those of all clusters together."""
    every = select_matrix_services(*(view.cluster for view in views))
    return [
        ("", tuple(attribute.heading for attribute in _JUDGED_ATTRIBUTES)),
        *((title, tuple(map(short_service_name, services))) for title, services in every),
    ]


def _cells_by_row(view: ClusterView) -> dict[tuple[str, str], tuple[Cell, ...]]:
    """Return the cells of a cluster's matrix by section and name of the row."""
    cells: dict[tuple[str, str], tuple[Cell, ...]] = {}
    section = ""
    for name, row in view.matrix.rows:
        if row:
            cells[section, name] = row
        else:
            section = name
    return cells


def _merge_cells(view: ClusterView, cells: Sequence[Cell]) -> HeatCell:
    """Return the gravest verdict of some nodes of one cluster on one thing."""
    if view.cluster.is_nothing_read:
        return HeatCell(Verdict.UNKNOWN, VERDICT_MARKS[Verdict.UNKNOWN], view.row.nodes_due)
    tally = Counter(cell.verdict for cell in cells if cell.verdict)
    if not tally:
        return HeatCell(None)
    verdict = min(tally, key=lambda verdict: verdict.rank)
    findings = [c.finding for c in cells if c.verdict is verdict and c.finding]
    first = min(findings, key=lambda finding: finding.severity.rank, default=None)
    is_grave = first is not None and first.severity in _GRAVE
    return HeatCell(verdict, VERDICT_MARKS[verdict], tally[verdict], is_grave, first)
