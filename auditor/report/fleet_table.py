"""The rows of a fleet as a table of short texts, for the formats that print one."""

from collections.abc import Callable, Sequence
from functools import partial

from auditor.models.findings import ClusterStatus, Severity
from auditor.report.columns import Column
from auditor.report.fleet import CertificateEnd, FleetRow, StatusAge
from auditor.report.wording import STATUS_VERDICTS, VERDICT_MARKS, VERDICT_STYLES
from auditor.text import printable


def fleet_columns(rows: Sequence[FleetRow]) -> tuple[Column, ...]:
    """Return the columns of a table, the most important first.

    A severity that no cause has, and what only the history knows, are left out where there is
    nothing to show.
    """

    def column(
        title: str, cell: Callable[[FleetRow], str], styles: tuple[str, ...] = (), **how: bool
    ) -> Column:
        return Column(title, tuple(printable(cell(row)) for row in rows), styles, **how)

    severities = [s for s in Severity if any(s in row.causes for row in rows)]
    columns = [
        column("cluster", lambda row: row.name),
        column("status", status_cell, tuple(_status_style(row) for row in rows)),
        *(
            column(str(s), partial(_causes_cell, s), is_number=True, is_severity=True)
            for s in severities
        ),
        column("nodes read", lambda row: f"{row.nodes_read} of {row.nodes_due}", is_number=True),
        column("unknown", _unknown_cell, is_number=True),
        column("certificate", lambda row: certificate_cell(row.certificate), is_number=True),
        column("since", lambda row: age_cell(row.age)),
        column("release", versions_cell),
        column("passed", lambda row: str(row.counts.passed or "-"), is_number=True),
        column("explained", lambda row: str(row.counts.explained or "-"), is_number=True),
        column("waived", lambda row: str(row.counts.waived or "-"), is_number=True),
    ]
    return tuple(c for c in columns if c.title != "since" or any(row.age for row in rows))


def _causes_cell(severity: Severity, row: FleetRow) -> str:
    # A zero is only one where everything of that severity was judged.
    return str(row.causes.get(severity, "?" if severity in row.hidden else "-"))


def _unknown_cell(row: FleetRow) -> str:
    if row.counts.unknown:
        return str(row.counts.unknown)
    return "all" if row.status is ClusterStatus.UNAUDITABLE else "-"


def status_cell(row: FleetRow) -> str:
    """Return the mark and the status of a cluster."""
    return f"{VERDICT_MARKS[STATUS_VERDICTS[row.status]]} {row.status.upper()}"


def _status_style(row: FleetRow) -> str:
    return VERDICT_STYLES[STATUS_VERDICTS[row.status]]


def certificate_cell(certificate: CertificateEnd | None) -> str:
    """Return the days until the first certificate ends."""
    if certificate is None:
        return "?"
    bound = "≤ " if certificate.is_only_bound and certificate.days >= 0 else ""
    return f"{bound}{certificate.days} d"


def age_cell(age: StatusAge | None) -> str:
    """Return the day since which a cluster has its status, `this run` where it is new."""
    if age is None:
        return "-"
    if age.runs == 1:
        return "this run"
    return f"{'≤ ' if age.is_only_bound else ''}{age.since[:10]}"


def versions_cell(row: FleetRow) -> str:
    """Return the version of most nodes, and how many others there are."""
    first, *others = row.versions or ["?"]
    return f"{first} +{len(others)}" if others else first
