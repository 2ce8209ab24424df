"""`auditor audit`: the audit of live clusters, or of the evidence that was kept of one."""

from typing import TYPE_CHECKING

import typer

from auditor.cli import options
from auditor.cli.app import app
from auditor.history.switch import is_off

if TYPE_CHECKING:
    from auditor.history.store import History


@app.command("audit")
def audit(
    clusters: options.Clusters = None,
    *,
    config: options.Config = None,
    output: options.Output = None,
    fail_on: options.FailOn = None,
    allow_unknown: options.AllowUnknown = False,
    insecure: options.Insecure = False,
    pack: options.Pack = None,
    settle: options.Settle = None,
    waivers: options.Waivers = None,
    history: options.History = None,
    notify: options.Notify = None,
    quiet: options.Quiet = False,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
    replay: options.Replay = None,
) -> None:
    """Audit live clusters against Cisco's recommendations.

    Asks every node a handful of read-only questions, judges the answers, reports drift, and
    records the run, so that the next one can say since when a difference stands.
    """
    from auditor.audit import Options
    from auditor.cli.ending import Ending, addressees, conclude
    from auditor.cli.running import accepted, keep, logins, run, warn_insecure
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.output import check_writable, parse_targets

    targets = parse_targets(output or [])
    if replay is not None:
        from auditor.cli.replaying import Anew, refuse_both, replayed

        refuse_both(evidence, replay)
        check_writable(targets)
        anew = Anew(fail_on, allow_unknown, tuple(pack or ()), waivers)
        report = replayed(replay, clusters or [], anew, quiet=quiet)
        conclude(report, Ending(targets, quiet=quiet))
        raise typer.Exit(report.exit_code)
    recommendations = load_packs(pack or PACKS)
    configuration = load(locate(config))
    chosen = configuration.select(clusters or [])
    check_writable(targets)
    agreed = accepted(configuration, chosen, waivers)
    record = _history(configuration.history if history is None else history)
    recipients = addressees(notify or (), configuration.notify, record)
    settings = Options(
        recommendations,
        fail_on,
        insecure=insecure,
        allow_unknown=allow_unknown,
        watch_s=settle,
        waivers=agreed,
    )
    keeping = keep(evidence, "audit", pack or PACKS, hide_users=evidence_hide_user)
    if insecure:
        warn_insecure()
    accounts = logins(chosen)
    recorder = (
        keeping.recorder(configuration, settings, accounts, waivers=waivers, history=record)
        if keeping
        else None
    )
    report = run(
        chosen,
        accounts,
        settings,
        workers=configuration.workers,
        history=record,
        quiet=quiet,
        recorder=recorder,
    )
    conclude(report, Ending(targets, record, recipients, quiet=quiet, recorder=recorder))
    raise typer.Exit(report.exit_code)


def _history(url: str | None) -> "History | None":
    """Open the history, None where it is off: a database library is a third of a start."""
    if is_off(url):
        return None
    from auditor.history.opening import open_history

    return open_history(url)
