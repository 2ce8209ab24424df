"""`auditor doctor`: is everything in place for an audit, and if not, what is to be changed?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.options import (
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    output_option,
)
from auditor.cli.output import write_documents
from auditor.cli.session import CommandSession, EvidenceRequest, command_session
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.models.exit_codes import ExitCode
from auditor.report.formats import ReportFormat, check_targets_writable, parse_output_targets
from auditor.run import RunOptions
from auditor.setup.doctor.checks import examine_cluster
from auditor.setup.doctor.model import Checkup
from auditor.setup.doctor.report import render_checkups_json, render_checkups_text


@app.command("doctor")
def doctor(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    output: Annotated[list[str] | None, output_option("doctor")] = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Check the set-up of clusters step by step, and say what to change and where.

    Checks name, connection, certificate, credentials, roles, services and versions: the CUCM
    publisher first, then the nodes. A wrong password is tried only once, also where several
    clusters have the same account.

    Exit codes: 0 ready, 3 something to fix, 4 unknown.
    """
    targets = parse_output_targets(output or [], "doctor")
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    check_targets_writable(targets)
    with command_session(
        replace(configuration, workers=1),
        chosen,
        RunOptions(()),
        evidence=EvidenceRequest("doctor", evidence, hide_users=evidence_hide_user),
        login_optional=True,
    ) as session:
        checkups = _examine_clusters(chosen, session)
        now = session.context.clock()
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda layout: render_checkups_text(
                checkups, width=layout.width, now=now
            ),
            ReportFormat.JSON: lambda _: render_checkups_json(checkups, now=now),
        },
    )
    session.check_evidence()
    codes = (checkup.exit_code for checkup in checkups)
    raise typer.Exit(ExitCode.worst(codes, default=ExitCode.COMPLIANT))


def _examine_clusters(
    clusters: Sequence[ClusterSettings], session: CommandSession
) -> tuple[Checkup, ...]:
    """Check the clusters one after the other; a login that one refused is tried on no other.

    They may share their accounts, as by LDAP, so that each refusal counts towards the same lock.
    """
    checkups: list[Checkup] = []
    refused: list[tuple[Credentials, str]] = []
    for settings in clusters:
        login = session.logins.get(settings.name)
        refused_by = next(
            (who for other, who in refused if login and login.is_same_login(other)), ""
        )
        checkup = examine_cluster(
            settings,
            login,
            session.context.network,
            session.context.progress,
            no_login=session.missing_logins.get(settings.name, ""),
            refused_by=refused_by,
        )
        if login and checkup.refused_by:
            refused.append((login, f"{checkup.refused_by} of cluster {settings.name}"))
        checkups.append(checkup)
    return tuple(checkups)
