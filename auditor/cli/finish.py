"""What follows once clusters are judged: reports, history, notification."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from auditor.cli.messages import print_note, print_warning
from auditor.cli.output import raise_output_problems, write_reports
from auditor.errors import OutputError
from auditor.history.loading import RunHistory
from auditor.models.exit_codes import ExitCode
from auditor.models.report import Report
from auditor.notify.send import Recipient, send_notification
from auditor.report.cluster_summary import cluster_summary
from auditor.report.fleet import sort_worst_first
from auditor.report.formats import OutputTarget
from auditor.report.notification import compose_notification
from auditor.report.wording import exit_meaning
from auditor.text import count_noun, is_or_are


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """Where a run goes: reports, the history (None: off), recipients; and was its evidence kept?

    `full` is that of `formats.render_report_pieces`; `report_url` is where recipients find the
    report.
    """

    targets: Sequence[OutputTarget]
    history: RunHistory | None = None
    recipients: Sequence[Recipient] = ()
    quiet: bool = False
    check_evidence: Callable[[], None] | None = None
    full: bool = False
    report_url: str | None = None


def finish_run(report: Report, plan: OutputPlan) -> None:
    """Write the reports, record the run, then notify; one failure does not stop the others.

    Raises:
        OutputError: a report or the record could not be written; ends with the exit code of the
            audit.
    """
    problems: list[str] = []
    if plan.history:
        try:
            # Before the run is recorded, or it would be compared with itself.
            past = plan.history.past(report)
            run = replace(report.run, history=plan.history.shown)
            report = replace(report, run=run, past=past)
        except OutputError as error:
            problems.append(str(error))
    notification = compose_notification(report, plan.report_url)
    # A timer mails what is printed, so a quiet run without news prints nothing.
    prints_nothing = plan.quiet and report.exit_code is ExitCode.COMPLIANT and notification is None
    targets = [target for target in plan.targets if target.path is not None or not prints_nothing]
    problems += write_reports(report, targets, full=plan.full)
    for step in (_record_run, _check_evidence):
        try:
            step(report, plan)
        except OutputError as error:
            problems.append(str(error))
    if notification and plan.recipients:
        for line in send_notification(plan.recipients, notification):
            print_warning(line)
    _print_run_summary(report, plan)
    if plan.quiet and report.forgiven:
        count = report.counts.unknown
        checks = f"{count_noun(count, 'check')} {is_or_are(count)} unknown"
        print_warning(f"--allow-unknown: {checks}; the exit code hides that.")
    raise_output_problems(report, problems)


def _record_run(report: Report, plan: OutputPlan) -> None:
    if plan.history:
        plan.history.record(report)


def _check_evidence(_: Report, plan: OutputPlan) -> None:
    if plan.check_evidence:
        plan.check_evidence()


def _print_run_summary(report: Report, plan: OutputPlan) -> None:
    """Print the result on a terminal where all reports go to files."""
    if not sys.stderr.isatty() or any(t.path is None for t in plan.targets):
        return
    for cluster in sort_worst_first(report.clusters):
        print_note(f"{cluster.name}: {cluster.status}. {cluster_summary(cluster)}")
    print_note(exit_meaning(report))
