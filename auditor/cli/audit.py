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
) -> None:
    """Audit live clusters against Cisco's recommendations.

    Asks every node a handful of read-only questions, judges the answers, and reports drift.
    """
    from auditor.audit import Options
    from auditor.cli.running import accepted, logins, run, warn_insecure
    from auditor.cli.telling import tell
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.output import check_writable, parse_targets

    targets = parse_targets(output or [])
    recommendations = load_packs(pack or PACKS)
    configuration = load(locate(config))
    chosen = configuration.select(clusters or [])
    check_writable(targets)
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
            waivers=accepted(configuration, chosen, waivers),
        ),
        workers=configuration.workers,
    )
    tell(report, targets)
    raise typer.Exit(report.exit_code)
