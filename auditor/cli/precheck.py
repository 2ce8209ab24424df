"""`auditor precheck`: may this service be turned on, off or restarted, on this node, now?"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from auditor.audit import RunOptions, survey_clusters
from auditor.change.change_check import PrecheckResult
from auditor.change.decision import Decision
from auditor.change.expectation import serialize_expectation
from auditor.change.node_names import name_feature_nodes
from auditor.change.precheck import decide_change, decide_without_facts
from auditor.change.precheck_report import render_decision_json, render_decision_text
from auditor.change.request import find_unknown_nodes, parse_changes, resolve_changes
from auditor.change.ticket import render_decision_markdown
from auditor.change.what_if import ChangeAction
from auditor.cli.app import app
from auditor.cli.evidence import EvidenceRequest
from auditor.cli.messages import print_note, print_warning
from auditor.cli.options import (
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    FailOnOption,
    InsecureOption,
    OneClusterArgument,
    PackOption,
    output_option,
    split_env_list,
)
from auditor.cli.output import write_documents
from auditor.cli.session import command_session, select_one_cluster
from auditor.collect.facts import replace_profile
from auditor.collect.scope import PRECHECK_TOPICS, SurveyScope
from auditor.config.overrides import load_with_features
from auditor.files import require_new_file, write_file
from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs
from auditor.report.formats import ReportFormat, check_targets_writable, parse_output_targets
from auditor.text import utc_timestamp


@app.command("precheck")
def precheck(
    cluster: OneClusterArgument = None,
    *,
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
    restart: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_RESTART",
            metavar="SERVICE[@NODE]",
            callback=split_env_list,
            help="Service to restart, on its own node or on every node of --on. May be repeated.",
            show_default=False,
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_FEATURE",
            metavar="KEY=VALUE",
            callback=split_env_list,
            help="Deployment key as it will be, such as chat=true, chat=NODE or chat=NODE,NODE. "
            "May be repeated.",
            show_default=False,
        ),
    ] = None,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            envvar="AUDITOR_CONFIRM",
            help="Confirm that you checked the configuration that no interface shows.",
        ),
    ] = False,
    expectation: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_EXPECTATION",
            help="New file for the expected differences, for `auditor diff --expect`. Not written "
            "if the result is no-go.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    fail_on: FailOnOption = None,
    output: Annotated[list[str] | None, output_option("precheck")] = None,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Report go or no-go before services are turned on, off or restarted. Changes nothing.

    Exit codes: 0 go, 3 no-go, 4 undecided.
    """
    targets = parse_output_targets(output or [], "precheck")
    packs = tuple(pack or BUILT_IN_PACKS)
    services = {
        ChangeAction.ACTIVATE: activate or [],
        ChangeAction.DEACTIVATE: deactivate or [],
        ChangeAction.RESTART: restart or [],
    }
    changes = parse_changes(services, on or [])
    recommendations = load_packs(packs)
    # Until the file follows the change, audits go by the old profile: its drift is shown as well.
    filed, unchanged = select_one_cluster(config, cluster)
    configuration = load_with_features(filed.path, unchanged.name, feature or [])
    (settings,) = configuration.select([unchanged.name])
    check_targets_writable(targets)
    if expectation:
        require_new_file("--expectation", expectation)
    options = RunOptions(
        recommendations, fail_on, insecure=insecure, scope=SurveyScope(PRECHECK_TOPICS)
    )
    request = EvidenceRequest("precheck", evidence, packs, evidence_hide_user)
    with command_session(configuration, [settings], options, evidence=request) as session:
        (facts,) = survey_clusters([settings], session.logins, options, session.context)
        checked_at = utc_timestamp(session.context.clock())
    tested = name_feature_nodes(settings, facts) if facts.nodes else settings
    # Where CUCM lists no nodes, it is unknown whether a name exists, and no usage error.
    unknown_nodes = find_unknown_nodes(facts, changes) if facts.nodes else ()
    decision = (
        decide_change(
            replace_profile(facts, settings, tested),
            resolve_changes(facts, changes),
            recommendations,
            fail_on=fail_on or settings.fail_on,
            is_confirmed=confirm,
            filed=replace_profile(facts, settings, unchanged),
        )
        if facts.nodes and not unknown_nodes
        else decide_without_facts(facts, unknown_nodes, changes)
    )
    decision = replace(decision, checked_at=checked_at)
    if expectation:
        _write_expectation(decision, expectation)
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda screen: render_decision_text(
                decision, width=screen.width
            ),
            ReportFormat.JSON: lambda _: render_decision_json(decision),
            ReportFormat.MARKDOWN: lambda _: render_decision_markdown(decision),
        },
    )
    session.check_evidence()
    raise typer.Exit(decision.exit_code)


def _write_expectation(decision: Decision, path: Path) -> None:
    """Write what a later comparison is to expect, unless the change should not be made."""
    if not decision.changes:
        print_warning(f"--expectation {path}: not written, because the nodes could not be read.")
    elif decision.result is PrecheckResult.NO_GO:
        print_warning(f"--expectation {path}: not written, because the result is no-go.")
    else:
        write_file(path, serialize_expectation(decision.expectation))
        print_note(f"Expectation written to {path}.")
