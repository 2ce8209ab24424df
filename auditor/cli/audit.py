"""`auditor audit`: the audit of one live cluster or many."""

import typer

from auditor.cli import options
from auditor.cli.app import app


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
) -> None:
    """Audit live clusters against Cisco's recommendations.

    Asks every node a handful of read-only questions, judges the answers, reports drift, and
    records the run, so that the next one can say since when a difference stands.
    """
    from auditor.audit import Options
    from auditor.cli.ending import Ending, addressees, conclude
    from auditor.cli.running import accepted, logins, run, warn_insecure
    from auditor.config.loader import load, locate
    from auditor.history.opening import open_history
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.output import check_writable, parse_targets

    targets = parse_targets(output or [])
    recommendations = load_packs(pack or PACKS)
    configuration = load(locate(config))
    chosen = configuration.select(clusters or [])
    check_writable(targets)
    agreed = accepted(configuration, chosen, waivers)
    record = open_history(configuration.history if history is None else history)
    ending = Ending(
        targets, record, addressees(notify or (), configuration.notify, record), quiet=quiet
    )
    if insecure:
        warn_insecure()
    report = run(
        chosen,
        logins(chosen),
        Options(
            recommendations,
            fail_on,
            insecure=insecure,
            allow_unknown=allow_unknown,
            watch_s=settle,
            waivers=agreed,
        ),
        workers=configuration.workers,
        history=record,
        quiet=quiet,
    )
    conclude(report, ending)
    raise typer.Exit(report.exit_code)
