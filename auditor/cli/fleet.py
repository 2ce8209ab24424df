"""`auditor audit --scheduler`: the clusters are asked by the workers of a fleet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from auditor.audit import audit_surveyed
from auditor.cli.progress import show_progress
from auditor.cli.session import open_run_context, refuse_after_failure, warn_insecure
from auditor.cli.verbosity import is_quiet
from auditor.command_lines import name_fleet
from auditor.config.settings import ClusterSettings, Configuration
from auditor.errors import ConfigError
from auditor.extras import Extra, missing_extra_text
from auditor.history.loading import RunHistory
from auditor.run import RunOptions

if TYPE_CHECKING:  # what judges and reports loads late
    from auditor.models.report import Report


@dataclass(frozen=True, slots=True)
class FleetRequest:
    """What the command line says of a fleet."""

    scheduler: str
    worker_wait_s: float
    insecure: bool = False

    def refuse(self, *, replay: Path | None, evidence: Path | None) -> None:
        """Raise ConfigError for options that mean nothing where workers ask."""
        if replay is not None:
            text = "--scheduler has nobody to ask, because a replay asks nothing: leave it out."
            raise ConfigError([f"--replay {replay}: {text}"])
        if evidence is not None:
            raise ConfigError(
                [
                    f"--evidence {evidence}: evidence is kept only by the machine that asks, and "
                    "with --scheduler that is a worker: audit the cluster without --scheduler."
                ]
            )

    def repeat_in_commands(self, context: typer.Context) -> None:
        """Have the audits that are printed ask likewise, without what the environment gives."""
        given: dict[str, tuple[str, ...]] = {"scheduler": ("--scheduler", self.scheduler)}
        if self.insecure:
            given["insecure_scheduler"] = ("--insecure-scheduler",)
        words = [
            word
            for parameter, option in given.items()
            if (source := context.get_parameter_source(parameter)) and source.name == "COMMANDLINE"
            for word in option
        ]
        context.find_root().with_resource(
            name_fleet(*words, is_elsewhere=self.scheduler != "local")
        )


def audit_fleet(
    request: FleetRequest,
    configuration: Configuration,
    clusters: Sequence[ClusterSettings],
    options: RunOptions,
    history: RunHistory | None,
) -> "Report":
    """Ask the clusters on workers, and judge them here.

    Raises:
        ConfigError: the extra is missing, or the scheduler cannot be used; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every task is cancelled.
    """
    try:
        # Late: it takes longer to load than all the rest, and few runs need it.
        from auditor.fleet.connection import FleetOptions
        from auditor.fleet.survey import survey_fleet
    except ModuleNotFoundError as error:
        raise ConfigError([missing_extra_text("--scheduler needs", Extra.FLEET)]) from error
    except ValueError as error:
        text = " ".join(str(error).split())
        raise ConfigError([f"--scheduler: Dask cannot read its configuration: {text}."]) from error
    fleet = FleetOptions(request.scheduler, request.worker_wait_s, request.insecure)
    if options.insecure:
        warn_insecure()
    with (
        show_progress(quiet=is_quiet()) as progress,
        open_run_context(configuration.workers, progress=progress) as context,
    ):
        if history is not None:
            context = replace(
                context, recall_topology=refuse_after_failure(history.recorded_topology)
            )
        return audit_surveyed(
            clusters,
            lambda: survey_fleet(clusters, options, context, fleet),
            options,
            context,
            history,
        )
