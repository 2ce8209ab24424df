"""`auditor doctor`: is everything in place for an audit, and if not, what is to be changed?"""

from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import AsJsonOption, ConfigOption, EvidenceHideUserOption, EvidenceOption

if TYPE_CHECKING:
    from auditor.config.settings import ClusterSettings
    from auditor.credentials import Credentials


@app.command()
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

    Name, connection, certificate, credentials, roles, services and versions: the CUCM publisher
    first, then each node, one question at a time. A wrong password is tried once.

    Exit codes: 0 ready, 3 something to fix, 4 unknown.
    """
    from auditor.audit import RunOptions
    from auditor.cli.output import print_text, terminal_width
    from auditor.cli.session import open_run_context, prepare_evidence, select_one_cluster
    from auditor.recommendations.packs import BUILT_IN_PACKS
    from auditor.setup.doctor.checks import examine_cluster
    from auditor.setup.doctor.report import render_checkup_json, render_checkup_text

    configuration, settings = select_one_cluster(config, cluster)
    keeping = prepare_evidence(evidence, "doctor", BUILT_IN_PACKS, hide_users=evidence_hide_user)
    login, missing = _get_credentials_or_reason(settings)
    known = {settings.name: login} if login else {}
    recorder = keeping.recorder(configuration, RunOptions(()), known) if keeping else None
    with open_run_context(1, recorder=recorder) as around:
        checkup = examine_cluster(
            settings, login, around.network, around.progress, no_login=missing
        )
        now = around.clock()
    page = (
        render_checkup_json(checkup, now=now)
        if as_json
        else render_checkup_text(checkup, width=terminal_width(), now=now)
    )
    print_text(page)
    if recorder:
        recorder.check()
    raise typer.Exit(checkup.exit_code)


def _get_credentials_or_reason(settings: "ClusterSettings") -> "tuple[Credentials | None, str]":
    """Return the account, or why there is none: much can be checked without."""
    from auditor.cli.session import get_credentials
    from auditor.errors import ConfigError

    try:
        return get_credentials([settings])[settings.name], ""
    except ConfigError as error:
        return None, str(error)
