"""`auditor audit`: the audit of live clusters, or of the evidence that was kept of one."""

from typing import TYPE_CHECKING

import typer

from auditor.cli.app import app
from auditor.cli.options import (
    AllowUnknownOption,
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    FailOnOption,
    HistoryOption,
    InsecureOption,
    NotifyOption,
    OutputOption,
    PackOption,
    QuietOption,
    ReplayOption,
    SettleOption,
    WaiversOption,
)
from auditor.models.history import is_history_off

if TYPE_CHECKING:
    from auditor.history.store import HistoryStore


@app.command("audit")
def audit(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    allow_unknown: AllowUnknownOption = False,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    settle: SettleOption = None,
    waivers: WaiversOption = None,
    history: HistoryOption = None,
    notify: NotifyOption = None,
    quiet: QuietOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
    replay: ReplayOption = None,
) -> None:
    """Audit live clusters against Cisco's recommendations.

    Asks every node a handful of read-only questions, judges the answers, reports drift, and
    records the run, so that the next one can say since when a difference stands.
    """
    from auditor.audit import RunOptions
    from auditor.cli.output import OutputPlan, finish_run, notification_recipients
    from auditor.cli.session import (
        get_credentials,
        load_run_waivers,
        prepare_evidence,
        run_audit,
        warn_insecure,
    )
    from auditor.config.loader import find_config_file, load_configuration
    from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs
    from auditor.report.formats import check_targets_writable, parse_output_targets

    targets = parse_output_targets(output or [])
    if replay is not None:
        from auditor.cli.evidence import (
            ReplayOverrides,
            refuse_evidence_with_replay,
            replay_evidence,
        )

        refuse_evidence_with_replay(evidence, replay)
        check_targets_writable(targets)
        anew = ReplayOverrides(fail_on, allow_unknown, tuple(pack or ()), waivers)
        report = replay_evidence(replay, clusters or [], anew, quiet=quiet)
        finish_run(report, OutputPlan(targets, quiet=quiet))
        raise typer.Exit(report.exit_code)
    recommendations = load_packs(pack or BUILT_IN_PACKS)
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    check_targets_writable(targets)
    agreed = load_run_waivers(configuration, chosen, waivers)
    record = _open_audit_history(configuration.history if history is None else history)
    recipients = notification_recipients(notify or (), configuration.notify, record)
    settings = RunOptions(
        recommendations,
        fail_on,
        insecure=insecure,
        allow_unknown=allow_unknown,
        watch_s=settle,
        waivers=agreed,
    )
    keeping = prepare_evidence(
        evidence, "audit", pack or BUILT_IN_PACKS, hide_users=evidence_hide_user
    )
    if insecure:
        warn_insecure()
    accounts = get_credentials(chosen)
    recorder = (
        keeping.recorder(configuration, settings, accounts, waivers=waivers, history=record)
        if keeping
        else None
    )
    report = run_audit(
        chosen,
        accounts,
        settings,
        workers=configuration.workers,
        history=record,
        quiet=quiet,
        recorder=recorder,
    )
    finish_run(report, OutputPlan(targets, record, recipients, quiet=quiet, recorder=recorder))
    raise typer.Exit(report.exit_code)


def _open_audit_history(url: str | None) -> "HistoryStore | None":
    """Open the history, None where it is off: a database library is a third of a start."""
    if is_history_off(url):
        return None
    from auditor.history.store import open_history

    return open_history(url)
