"""The rows of a fleet as a table of short texts, for the formats that print one."""

from collections.abc import Callable, Sequence
from functools import partial

from auditor.models.findings import Severity
from auditor.report.columns import Column, fit_columns
from auditor.report.fleet import CertificateEnd, FleetRow, StatusAge
from auditor.report.wording import STATUS_VERDICTS, VERDICT_MARKS, VERDICT_STYLES
from auditor.text import printable

CAUSES = "causes"
CERTIFICATE = "certificate"
NONE = "-"
"""What a table prints for a zero, and for what no history knows."""


def fleet_columns(rows: Sequence[FleetRow]) -> tuple[Column, ...]:
    """Return the columns of a table, the most important first.

    A severity that no cause has, and what only the history knows, are left out where there is
    nothing to show.
    """

    def column(
        title: str,
        cell: Callable[[FleetRow], str],
        styles: tuple[str, ...] = (),
        above: str = "",
        **how: bool,
    ) -> Column:
        return Column(
            title, tuple(printable(cell(row)) for row in rows), styles, above=above, **how
        )

    severities = [s for s in Severity if any(s in row.causes for row in rows)]
    has_history = any(row.age for row in rows)
    since = [column("since", lambda row: _age_cell(row.age))] if has_history else []
    columns = [
        column("cluster", lambda row: row.name, is_name=True),
        column("status", _status_cell, tuple(_status_style(row) for row in rows)),
        *(
            column(
                str(s),
                partial(_cause_cell, s),
                above="" if n else CAUSES,
                is_number=True,
                is_severity=True,
            )
            for n, s in enumerate(severities)
        ),
        column("nodes read", lambda row: f"{row.nodes_read} of {row.nodes_due}", is_number=True),
        column("unknown", unknown_cell, is_number=True),
        column(CERTIFICATE, lambda row: _certificate_cell(row.certificate), is_number=True),
        *since,
        column("release", _versions_cell),
        column("passed", lambda row: str(row.counts.passed or NONE), is_number=True),
        column("explained", lambda row: str(row.counts.explained or NONE), is_number=True),
        column("waived", lambda row: str(row.counts.waived or NONE), is_number=True),
    ]
    return tuple(columns)


def missing_columns_text(rows: Sequence[FleetRow], width: int) -> str:
    """Return what a table of that width leaves out, "" for nothing.

    A certificate that ends is an outage with a date, so the first one is named all the same.
    """
    columns = fleet_columns(rows)
    shown = {column.title for column in fit_columns(columns, width)}
    missing = [column.title for column in columns if column.title not in shown]
    if not missing:
        return ""
    text = f"Too narrow for: {', '.join(missing)}."
    known = [(row.certificate.days, row) for row in rows if row.certificate]
    if CERTIFICATE not in missing or not known:
        return text
    _, row = min(known, key=lambda entry: entry[0])
    days = _certificate_cell(row.certificate)
    return f"{text} First certificate to end: {days}, of {row.name}."


def cause_cells(row: FleetRow) -> dict[Severity, str]:
    """Return how many causes have each severity, the gravest first; those with none are left out.

    `?`: there is none that anybody knows of.
    """
    # A zero is only one where everything of that severity was judged.
    cells = dict.fromkeys(row.hidden, "?") | {s: str(number) for s, number in row.causes.items()}
    return {severity: cells[severity] for severity in Severity if severity in cells}


def unknown_cell(row: FleetRow) -> str:
    """Return how many checks are unknown, `all` where there was nothing to check."""
    if row.counts.unknown:
        return str(row.counts.unknown)
    return "all" if row.cluster.is_nothing_read else NONE


def _cause_cell(severity: Severity, row: FleetRow) -> str:
    return cause_cells(row).get(severity, NONE)


def _status_cell(row: FleetRow) -> str:
    """Return the mark and the status of a cluster."""
    return f"{VERDICT_MARKS[STATUS_VERDICTS[row.status]]} {row.status.upper()}"


def _status_style(row: FleetRow) -> str:
    return VERDICT_STYLES[STATUS_VERDICTS[row.status]]


def _certificate_cell(certificate: CertificateEnd | None) -> str:
    """Return the days until the first certificate ends."""
    if certificate is None:
        return "?"
    bound = "≤ " if certificate.is_only_bound and certificate.days >= 0 else ""
    return f"{bound}{certificate.days} d"


def _age_cell(age: StatusAge | None) -> str:
    """Return the day since which a cluster has its status, `this run` where it is new."""
    if age is None:
        return NONE
    return f"{'≤ ' if age.is_only_bound else ''}{age_day(age)}"


def age_day(age: StatusAge) -> str:
    """Return the day without saying whether it is only a bound."""
    return "this run" if age.runs == 1 else age.since[:10]


def _versions_cell(row: FleetRow) -> str:
    """Return the version of most nodes, and how many others there are."""
    first, *others = row.versions or ["?"]
    return f"{first} +{len(others)}" if others else first
