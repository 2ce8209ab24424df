"""What follows once the clusters are judged: reports, the record, and word to those who asked."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.cli.telling import tell, where_it_stood
from auditor.errors import ConfigError, OutputError
from auditor.findings import ExitCode, Verdict
from auditor.runs import Report

if TYPE_CHECKING:
    from auditor.history.store import History
    from auditor.notify.sending import Recipient
    from auditor.report.output import Target
    from auditor.soap.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a run goes: reports, the history (None: off), those who are notified, evidence."""

    targets: "Sequence[Target]"
    history: "History | None" = None
    recipients: "Sequence[Recipient]" = ()
    quiet: bool = False
    recorder: "Recorder | None" = None


def addressees(
    option: Sequence[str], configured: Sequence[str], history: "History | None"
) -> "tuple[Recipient, ...]":
    """Return who is to be notified; the option takes the place of the configuration.

    Raises:
        ConfigError: the option is given and the history is off, an address names no service, or
            the extra is missing.
    """
    if history is None and option:
        raise ConfigError(
            [
                "--notify tells what changed since the last run, and needs the history: leave out "
                "--history off"
            ]
        )
    if history is None:
        if configured:
            warn("nobody is notified: what changed is not known with --history off.")
        return ()
    if not option and not configured:
        return ()
    from auditor.notify.sending import recipients

    return recipients(option or configured)


def conclude(report: Report, ending: Ending) -> None:
    """Write the reports, record the run, then notify; what fails keeps nothing else from it.

    Raises:
        OutputError: a report or the record could not be written; says where the audit stood.
    """
    troubles: list[str] = []
    if ending.history:
        try:
            past = ending.history.past(report)
            report = replace(
                report, run=replace(report.run, history=ending.history.shown), past=past
            )
        except OutputError as error:
            troubles.append(str(error))
    for step in (_tell, _record, _keep):
        try:
            step(report, ending)
        except OutputError as error:
            troubles.append(str(error))
    _notify(report, ending.recipients)
    _sum_up(report, ending)
    if ending.quiet and report.forgiven:
        count = report.count(Verdict.UNKNOWN)
        warn(f"--allow-unknown: {count} checks could not be told; the exit code hides that.")
    if troubles:
        stood = where_it_stood(report)
        lines = "\n".join(troubles).splitlines()
        raise OutputError("\n".join([*(line for line in lines if line != stood), stood]))


def warn(text: str) -> None:
    """Say on standard error what does not change the exit code."""
    sys.stderr.write(f"auditor: warning: {text}\n")


def _tell(report: Report, ending: Ending) -> None:
    """Write the reports; a quiet run without news prints none."""
    from auditor.report.notification import compose

    targets = ending.targets
    if ending.quiet and report.exit_code is ExitCode.COMPLIANT and compose(report) is None:
        targets = [target for target in targets if target.path is not None]
    tell(report, targets)


def _sum_up(report: Report, ending: Ending) -> None:
    """Say what came of it to whoever watches a run whose reports all go to files."""
    if ending.quiet or not sys.stderr.isatty() or any(t.path is None for t in ending.targets):
        return
    from auditor.report.wording import exit_meaning, sentence
    from auditor.showing import visible

    for cluster in report.clusters:
        line = visible(f"{cluster.name}: {cluster.status}. {sentence(cluster)}")
        sys.stderr.write(f"{line}\n")
    sys.stderr.write(f"{exit_meaning(report)}\n")


def _record(report: Report, ending: Ending) -> None:
    if ending.history:
        ending.history.record(report)


def _keep(_: Report, ending: Ending) -> None:
    if ending.recorder:
        ending.recorder.check()


def _notify(report: Report, recipients: "Sequence[Recipient]") -> None:
    from auditor.report.notification import compose

    message = compose(report) if recipients else None
    if message is None:
        return
    from auditor.notify.sending import send

    for line in send(recipients, message.title, message.body):
        warn(line)
