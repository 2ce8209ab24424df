"""`auditor precheck`: may this service be turned on, off or restarted, on this node, now?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor.audit import survey_clusters
from auditor.change.change_check import PrecheckResult
from auditor.change.decision import Decision, DecisionOptions
from auditor.change.expectation import serialize_expectation
from auditor.change.precheck import decide_request
from auditor.change.precheck_report import render_decision_json, render_decision_text
from auditor.change.request import parse_changes
from auditor.change.ticket import render_decision_markdown
from auditor.change.what_if import ChangeAction
from auditor.cli.app import app
from auditor.cli.completion import (
    complete_feature_services,
    complete_features,
    complete_nodes,
    complete_services,
)
from auditor.cli.messages import print_note, print_warning
from auditor.cli.options import (
    OUTPUT_PANEL,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    OneClusterArgument,
    PackOption,
    fail_on_option,
    output_option,
    split_env_list,
)
from auditor.cli.output import DocumentRenderer, write_documents
from auditor.cli.session import EvidenceRequest, command_session, select_one_cluster
from auditor.collect.scope import PRECHECK_TOPICS, SurveyScope
from auditor.config.overrides import load_with_features
from auditor.config.settings import ClusterSettings, Configuration
from auditor.files import require_new_file, write_file
from auditor.models.findings import Severity
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import load_packs
from auditor.report.formats import (
    OutputTarget,
    ReportFormat,
    check_targets_writable,
    parse_output_targets,
)
from auditor.run import RunOptions
from auditor.text import utc_timestamp

CHANGE_PANEL = "The change"


def _change_option(name: str, metavar: str, meaning: str, completion: Any) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(
        f"--{name}",
        envvar=f"AUDITOR_{name.upper()}",
        metavar=metavar,
        callback=split_env_list,
        help=f"{meaning} May be repeated.",
        autocompletion=completion,
        show_default=False,
        rich_help_panel=CHANGE_PANEL,
    )


def _service_option(name: str, completion: Any) -> Any:  # noqa: ANN401 - typer's own
    meaning = f"Service to {name}, on its own node or on every node of --on."
    return _change_option(name, "SERVICE[@NODE]", meaning, completion)


OnOption = Annotated[
    list[str] | None, _change_option("on", "NODE", "Node to change.", complete_nodes)
]
ActivateOption = Annotated[list[str] | None, _service_option("activate", complete_feature_services)]
DeactivateOption = Annotated[
    list[str] | None, _service_option("deactivate", complete_feature_services)
]
RestartOption = Annotated[list[str] | None, _service_option("restart", complete_services)]
FeatureOption = Annotated[
    list[str] | None,
    _change_option(
        "feature",
        "KEY=VALUE",
        "Deployment key as it will be, such as chat=true, chat=NODE or chat=NODE,NODE.",
        complete_features,
    ),
]
ConfirmOption = Annotated[
    bool,
    typer.Option(
        "--confirm",
        envvar="AUDITOR_CONFIRM",
        help="Confirm that you checked the configuration that no interface shows.",
        rich_help_panel=CHANGE_PANEL,
    ),
]
ExpectationOption = Annotated[
    Path | None,
    typer.Option(
        "--expectation",
        envvar="AUDITOR_EXPECTATION",
        help="New file for the expected differences, for `auditor diff --expect`. Not written "
        "if the result is no-go.",
        show_default=False,
        rich_help_panel=OUTPUT_PANEL,
    ),
]


@app.command("precheck")
def precheck(
    cluster: OneClusterArgument = None,
    *,
    on: OnOption = None,
    activate: ActivateOption = None,
    deactivate: DeactivateOption = None,
    restart: RestartOption = None,
    feature: FeatureOption = None,
    confirm: ConfirmOption = False,
    expectation: ExpectationOption = None,
    config: ConfigOption = None,
    fail_on: Annotated[Severity | None, fail_on_option("is a no-go")] = None,
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
    configuration, settings, filed = _select_cluster(config, cluster, feature or [])
    check_targets_writable(targets)
    if expectation:
        require_new_file("--expectation", expectation)
    options = RunOptions(packs, fail_on, insecure=insecure, scope=SurveyScope(PRECHECK_TOPICS))
    request = EvidenceRequest("precheck", evidence, packs, evidence_hide_user)
    with command_session(configuration, [settings], options, evidence=request) as session:
        (facts,) = survey_clusters([settings], session.logins, options, session.context)
        checked_at = utc_timestamp(session.context.clock())
    decision = decide_request(
        facts,
        changes,
        load_packs(packs),
        fail_on=fail_on or settings.fail_on,
        is_confirmed=confirm,
        profile=settings,
        filed=filed,
    )
    decision = replace(
        decision,
        checked_at=checked_at,
        expectation_file=str(expectation or ""),
        options=DecisionOptions(confirm, fail_on, tuple(pack or ()), insecure),
    )
    if expectation:
        _write_expectation(decision, expectation)
    write_documents(targets, _decision_renderers(decision, _markdown_file(targets)))
    session.check_evidence()
    raise typer.Exit(decision.exit_code)


def _select_cluster(
    config: Path | None, cluster: str | None, features: Sequence[str]
) -> tuple[Configuration, ClusterSettings, ClusterSettings]:
    """Return the file, and the cluster with the features that are tested and as it is filed."""
    file, filed = select_one_cluster(config, cluster)
    configuration = load_with_features(file.path, filed.name, features)
    (settings,) = configuration.select([filed.name])
    # Until the file follows the change, audits go by the old profile: its drift is shown as well.
    return configuration, settings, filed


def _markdown_file(targets: Sequence[OutputTarget]) -> Path | None:
    written = (target.path for target in targets if target.format is ReportFormat.MARKDOWN)
    return next((path for path in written if path), None)


def _decision_renderers(
    decision: Decision, document: Path | None
) -> Mapping[ReportFormat, DocumentRenderer]:
    return {
        ReportFormat.TERMINAL: lambda layout: render_decision_text(
            decision, width=layout.width, document=document
        ),
        ReportFormat.JSON: lambda _: render_decision_json(decision),
        ReportFormat.MARKDOWN: lambda _: render_decision_markdown(decision),
    }


def _write_expectation(decision: Decision, path: Path) -> None:
    """Write what a later comparison is to expect, unless the change should not be made."""
    if not decision.changes:
        print_warning(f"--expectation {path}: not written, because the nodes could not be read.")
    elif decision.result is PrecheckResult.NO_GO:
        print_warning(f"--expectation {path}: not written, because the result is no-go.")
    else:
        write_file(path, serialize_expectation(decision.expectation))
        print_note(f"Expectation written to {path}.")
