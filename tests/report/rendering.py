"""A whole report in any format."""

from auditor.models.report import Report
from auditor.report.formats import ReportFormat, render_report_pieces


def render_report(
    report: Report,
    target_format: ReportFormat,
    *,
    width: int = 80,
    colour: bool = False,
    full: bool = False,
) -> str:
    """Return the report as one text."""
    return "".join(
        render_report_pieces(report, target_format, width=width, colour=colour, full=full)
    )
