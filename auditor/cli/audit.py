"""`auditor audit`: audits live clusters, or judges again the evidence that was kept of a run."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.audit import audit_clusters
from auditor.cli.app import app
from auditor.cli.fleet import FleetRequest, audit_fleet
from auditor.cli.options import (
    AllowUnknownOption,
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    FailOnOption,
    FullOption,
    HistoryOption,
    InsecureOption,
    InsecureSchedulerOption,
    NotifyOption,
    PackOption,
    QuietOption,
    ReplayOption,
    ReportUrlOption,
    SchedulerOption,
    SettleOption,
    WaiversOption,
    WorkerWaitOption,
    output_option,
)
from auditor.cli.recipients import notification_recipients
from auditor.cli.session import EvidenceRequest, command_session, load_run_waivers
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.history.loading import RunHistory, open_beside_run, open_run_history
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.report.formats import (
    OutputTarget,
    check_targets_writable,
    load_renderers,
    parse_output_targets,
)
from auditor.run import RunOptions
from auditor.soap.operations import load_wsdls

if TYPE_CHECKING:  # what judges and reports loads late
    from auditor.models.report import Report


@app.command("audit")
def audit(
    context: typer.Context,
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    output: Annotated[list[str] | None, output_option("audit")] = None,
    full: FullOption = False,
    fail_on: FailOnOption = None,
    allow_unknown: AllowUnknownOption = False,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    settle: SettleOption = None,
    waivers: WaiversOption = None,
    history: HistoryOption = None,
    notify: NotifyOption = None,
    report_url: ReportUrlOption = None,
    quiet: QuietOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
    replay: ReplayOption = None,
    scheduler: SchedulerOption = None,
    worker_wait: WorkerWaitOption = 60,
    insecure_scheduler: InsecureSchedulerOption = False,
) -> None:
    """Audit live clusters against Cisco's recommendations.

    Asks every node a few read-only questions, judges the answers and reports drift. Records the
    run, so that the next one can say how old a difference is.
    """
    packs = tuple(pack or BUILT_IN_PACKS)
    targets = parse_output_targets(output or [])
    fleet = FleetRequest(scheduler, worker_wait, insecure_scheduler) if scheduler else None
    if fleet is not None:
        fleet.refuse(replay=replay, evidence=evidence)
        fleet.repeat_in_commands(context)
    # A replay takes packs and configuration from its run, so none of this machine's is loaded.
    if replay is not None:
        # Loaded only here: a run that asks clusters reads no evidence.
        from auditor.cli.replay import ReplayOverrides, audit_evidence, refuse_evidence_with_replay

        refuse_evidence_with_replay(evidence, replay)
        overrides = ReplayOverrides(fail_on, allow_unknown, tuple(pack or ()), waivers)
        raise typer.Exit(
            audit_evidence(replay, clusters or [], overrides, targets, quiet=quiet, full=full)
        )
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    # Before a password is typed and clusters are asked: a survey must not be lost for a path.
    check_targets_writable(targets)
    options = RunOptions(
        packs,
        fail_on,
        insecure=insecure,
        allow_unknown=allow_unknown,
        reread_after_s=settle,
        waivers=load_run_waivers(configuration, chosen, waivers),
    )
    store = open_run_history(configuration.history if history is None else history)
    recipients = notification_recipients(notify or (), configuration.notify, store)
    request = EvidenceRequest("audit", evidence, packs, evidence_hide_user, waivers)
    report, check_evidence = _ask_clusters(
        fleet, configuration, chosen, options, store, request, targets
    )
    # Loaded while clusters were asked.
    from auditor.cli.finish import OutputPlan, finish_run

    plan = OutputPlan(
        targets,
        store,
        recipients,
        quiet,
        check_evidence,
        full,
        report_url or configuration.report_url,
    )
    finish_run(report, plan)
    raise typer.Exit(report.exit_code)


def _ask_clusters(
    fleet: FleetRequest | None,
    configuration: Configuration,
    chosen: Sequence[ClusterSettings],
    options: RunOptions,
    history: RunHistory | None,
    request: EvidenceRequest,
    targets: Sequence[OutputTarget],
) -> "tuple[Report, Callable[[], None] | None]":
    """Return the report, and what raises where evidence was to be kept and could not be."""
    if fleet is not None:
        return audit_fleet(fleet, configuration, chosen, options, history), None
    with command_session(
        configuration,
        chosen,
        options,
        evidence=request,
        history=history,
        background_work=partial(_load_what_follows, options.packs, history, targets),
    ) as session:
        report = audit_clusters(chosen, session.logins, options, session.context, history)
    return report, session.check_evidence


def _load_what_follows(
    packs: Sequence[str], history: RunHistory | None, targets: Sequence[OutputTarget]
) -> None:
    """Load what the next requests, judging, reports and history need.

    Clusters are asked sooner without it.
    """
    load_wsdls()
    import_module("auditor.collect.discovery.merge")
    import_module("auditor.judging")
    import_module("auditor.cli.finish")
    from auditor.collect.discovery.probe_file import load_built_in_probes
    from auditor.recommendations.packs import load_packs

    load_built_in_probes()
    load_packs(packs)
    load_renderers(targets)
    open_beside_run(history)
