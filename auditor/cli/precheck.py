"""`auditor precheck`: may this service be turned on or off, on this node, now?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import (
    AsJsonOption,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    FailOnOption,
    InsecureOption,
    PackOption,
    split_env_list,
)

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
            autocompletion=complete_clusters,
        ),
    ],
    on: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_ON",
            metavar="NODE",
            callback=split_env_list,
            help="Node to change. May be repeated.",
            show_default=False,
        ),
    ] = None,
    activate: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_ACTIVATE",
            metavar="SERVICE[@NODE]",
            callback=split_env_list,
            help="Service to activate, on its own node or on every node of --on. May be repeated.",
            show_default=False,
        ),
    ] = None,
    deactivate: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_DEACTIVATE",
            metavar="SERVICE[@NODE]",
            callback=split_env_list,
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
            callback=split_env_list,
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
    config: ConfigOption = None,
    fail_on: FailOnOption = None,
    as_json: AsJsonOption = False,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Tell go or no-go before services are turned on or off. Changes nothing.

    Exit codes: 0 go, 3 no-go, 4 cannot tell.
    """
    from auditor.audit import RunOptions, survey_clusters
    from auditor.change.precheck import decide_change, decide_without_facts
    from auditor.change.precheck_report import render_decision_json, render_decision_text
    from auditor.change.request import find_unknown_nodes, parse_changes, resolve_changes
    from auditor.cli.output import print_text, terminal_width
    from auditor.cli.session import (
        get_credentials,
        open_run_context,
        prepare_evidence,
        warn_insecure,
    )
    from auditor.collect.facts import replace_profile
    from auditor.config.loader import find_config_file, load_configuration
    from auditor.config.overrides import load_with_features
    from auditor.files import require_new_file
    from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs

    wanted = parse_changes(activate or [], deactivate or [], on or [])
    recommendations = load_packs(pack or BUILT_IN_PACKS)
    path = find_config_file(config)
    configuration = load_with_features(path, cluster, feature or [])
    (settings,) = configuration.select([cluster])
    (filed,) = load_configuration(path).select([cluster])
    if expectation:
        require_new_file("--expectation", expectation)
    keeping = prepare_evidence(
        evidence, "precheck", pack or BUILT_IN_PACKS, hide_users=evidence_hide_user
    )
    if insecure:
        warn_insecure()
    accounts = get_credentials([settings])
    asking = RunOptions(recommendations, fail_on, insecure=insecure)
    recorder = keeping.recorder(configuration, asking, accounts) if keeping else None
    with open_run_context(configuration.workers, recorder=recorder) as around:
        (facts,) = survey_clusters([settings], accounts, asking, around)
    strangers = find_unknown_nodes(facts, wanted) if facts.nodes else ()
    decision = (
        decide_change(
            facts,
            resolve_changes(facts, wanted),
            recommendations,
            fail_on=fail_on or settings.fail_on,
            is_confirmed=confirm,
            filed=replace_profile(facts, settings, filed),
        )
        if facts.nodes and not strangers
        else decide_without_facts(facts, strangers)
    )
    if expectation:
        _write_expectation(decision, expectation)
    page = (
        render_decision_json(decision)
        if as_json
        else render_decision_text(decision, width=terminal_width())
    )
    print_text(page)
    if recorder:
        recorder.check()
    raise typer.Exit(decision.exit_code)


def _write_expectation(decision: "Decision", path: Path) -> None:
    """Write what a later comparison is to expect; nobody should carry out a no-go."""
    from auditor.change.decision import PrecheckResult
    from auditor.change.expectation import serialize_expectation
    from auditor.cli.output import print_warning
    from auditor.files import write_file

    if not decision.changes:
        print_warning(f"--expectation {path}: not written, for the nodes could not be read.")
    elif decision.result is PrecheckResult.NO_GO:
        print_warning(f"--expectation {path}: not written, for the answer is no-go.")
    else:
        write_file(path, serialize_expectation(decision.expectation))
        sys.stderr.write(f"Expectation written to {path}.\n")
