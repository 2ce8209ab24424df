"""`auditor precheck`: may this service be turned on or off, on this node, now?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import completing, options
from auditor.cli.app import app

if TYPE_CHECKING:
    from auditor.change.decision import Decision


@app.command()
def precheck(
    *,
    cluster: Annotated[
        str,
        typer.Option(
            envvar="AUDITOR_CLUSTER",
            help="Cluster of the file to change.",
            autocompletion=completing.clusters,
        ),
    ],
    on: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_ON",
            metavar="NODE",
            callback=options.pieces,
            help="Node to change. May be repeated.",
            show_default=False,
        ),
    ] = None,
    activate: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_ACTIVATE",
            metavar="SERVICE[@NODE]",
            callback=options.pieces,
            help="Service to activate, on its own node or on every node of --on. May be repeated.",
            show_default=False,
        ),
    ] = None,
    deactivate: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_DEACTIVATE",
            metavar="SERVICE[@NODE]",
            callback=options.pieces,
            help="Service to deactivate, on its own node or on every node of --on. May be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_FEATURE",
            metavar="KEY=VALUE",
            callback=options.pieces,
            help="Deployment key as it will be, such as chat=true; names of nodes with commas. May "
            "be repeated.",
            show_default=False,
        ),
    ] = None,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            envvar="AUDITOR_CONFIRM",
            help="You looked: the configuration that no interface shows is complete.",
        ),
    ] = False,
    expectation: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_EXPECTATION",
            help="New file to write what the change will do to, for `auditor diff --expect`. Not "
            "written where the answer is no-go.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = None,
    fail_on: options.FailOn = None,
    as_json: options.AsJson = False,
    insecure: options.Insecure = False,
    pack: options.Pack = None,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Tell go or no-go before services are turned on or off. Changes nothing.

    Exit codes: 0 go, 3 no-go, 4 cannot tell.
    """
    from auditor.audit import Options, survey
    from auditor.change import asked, precheck_page
    from auditor.change.precheck import decide, unread
    from auditor.cli.placing import refuse_taken
    from auditor.cli.running import keep, logins, warn_insecure, world
    from auditor.cli.telling import say, width
    from auditor.collect.cluster import redeclared
    from auditor.config.features import load_with
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import PACKS, load_packs

    wanted = asked.wanted(activate or [], deactivate or [], on or [])
    recommendations = load_packs(pack or PACKS)
    path = locate(config)
    configuration = load_with(path, cluster, feature or [])
    (settings,) = configuration.select([cluster])
    (filed,) = load(path).select([cluster])
    if expectation:
        refuse_taken("--expectation", expectation, "an expectation")
    keeping = keep(evidence, "precheck", pack or PACKS, hide_users=evidence_hide_user)
    if insecure:
        warn_insecure()
    accounts = logins([settings])
    asking = Options(recommendations, fail_on, insecure=insecure)
    recorder = keeping.recorder(configuration, asking, accounts) if keeping else None
    with world(configuration.workers, recorder=recorder) as around:
        (facts,) = survey([settings], accounts, asking, around)
    strangers = asked.strangers(facts, wanted) if facts.nodes else ()
    decision = (
        decide(
            facts,
            asked.changes(facts, wanted),
            recommendations,
            fail_on=fail_on or settings.fail_on,
            confirmed=confirm,
            filed=redeclared(facts, settings, filed),
        )
        if facts.nodes and not strangers
        else unread(facts, strangers)
    )
    if expectation:
        _announce(decision, expectation)
    page = (
        precheck_page.render_json(decision)
        if as_json
        else precheck_page.render_text(decision, width=width())
    )
    say(page)
    if recorder:
        recorder.check()
    raise typer.Exit(decision.exit_code)


def _announce(decision: "Decision", path: Path) -> None:
    """Write what a later comparison is to expect; nobody should carry out a no-go."""
    from auditor.change.decision import Answer
    from auditor.change.expectation import text_of
    from auditor.cli.ending import warn
    from auditor.report.output import write

    if not decision.changes:
        warn(f"--expectation {path}: not written, for the nodes could not be read.")
    elif decision.answer is Answer.NO_GO:
        warn(f"--expectation {path}: not written, for the answer is no-go.")
    else:
        write(path, text_of(decision))
        sys.stderr.write(f"Expectation written to {path}.\n")
