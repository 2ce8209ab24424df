"""`auditor doctor`: is everything in place for an audit, and if not, what is to be changed?"""

from dataclasses import replace
from typing import Annotated

import typer

from auditor.audit import RunOptions
from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.evidence import EvidenceRequest
from auditor.cli.options import AsJsonOption, ConfigOption, EvidenceHideUserOption, EvidenceOption
from auditor.cli.output import print_text
from auditor.cli.session import command_session, select_one_cluster
from auditor.cli.terminal import terminal_width
from auditor.setup.doctor.checks import examine_cluster
from auditor.setup.doctor.report import render_checkup_json, render_checkup_text


@app.command("doctor")
def doctor(
    cluster: Annotated[
        str | None,
        typer.Argument(
            help="Cluster of the file to check. May be left out if there is one.",
            autocompletion=complete_clusters,
            show_default=False,
        ),
    ] = None,
    *,
    config: ConfigOption = None,
    as_json: AsJsonOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Check one cluster's set-up step by step, and say what to change and where.

    Checks name, connection, certificate, credentials, roles, services and versions: the CUCM
    publisher first, then the nodes. A wrong password is tried only once.

    Exit codes: 0 ready, 3 something to fix, 4 unknown.
    """
    configuration, settings = select_one_cluster(config, cluster)
    request = EvidenceRequest("doctor", evidence, hide_users=evidence_hide_user)
    with command_session(
        replace(configuration, workers=1),
        [settings],
        RunOptions(()),
        evidence=request,
        login_optional=True,
    ) as session:
        context = session.context
        checkup = examine_cluster(
            settings,
            session.logins.get(settings.name),
            context.network,
            context.progress,
            no_login=session.missing_login,
        )
        now = context.clock()
    print_text(
        render_checkup_json(checkup, now=now)
        if as_json
        else render_checkup_text(checkup, width=terminal_width(), now=now)
    )
    session.check_evidence()
    raise typer.Exit(checkup.exit_code)
