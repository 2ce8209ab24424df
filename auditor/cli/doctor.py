"""`auditor doctor`: is everything in place for an audit, and if not, what is to be changed?"""

from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import completing, options
from auditor.cli.app import app

if TYPE_CHECKING:
    from auditor.config.settings import ClusterSettings
    from auditor.credentials import Credentials


@app.command()
def doctor(
    cluster: Annotated[
        str | None,
        typer.Argument(
            help="Cluster of the file to check. May be left out if there is one.",
            autocompletion=completing.clusters,
            show_default=False,
        ),
    ] = None,
    *,
    config: options.Config = None,
    as_json: options.AsJson = False,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Check one cluster's set-up step by step, and say what to change and where.

    Name, connection, certificate, credentials, roles, services and versions: the CUCM publisher
    first, then each node, one question at a time. A wrong password is tried once.

    Exit codes: 0 ready, 3 something to mend, 4 could not tell.
    """
    from auditor.audit import Options
    from auditor.cli.choosing import one_cluster
    from auditor.cli.running import keep, world
    from auditor.cli.telling import say, width
    from auditor.doctor.checkup import examine
    from auditor.doctor.page import render_json, render_text
    from auditor.recommendations.model import PACKS

    configuration, settings = one_cluster(config, cluster)
    keeping = keep(evidence, "doctor", PACKS, hide_users=evidence_hide_user)
    login, missing = _login(settings)
    known = {settings.name: login} if login else {}
    recorder = keeping.recorder(configuration, Options(()), known) if keeping else None
    with world(1, recorder=recorder) as around:
        checkup = examine(settings, login, around.wire, around.progress, no_login=missing)
        now = around.clock()
    page = (
        render_json(checkup, now=now) if as_json else render_text(checkup, width=width(), now=now)
    )
    say(page)
    if recorder:
        recorder.check()
    raise typer.Exit(checkup.exit_code)


def _login(settings: "ClusterSettings") -> "tuple[Credentials | None, str]":
    """Return the account, or why there is none: much can be checked without."""
    from auditor.cli.running import logins
    from auditor.errors import ConfigError

    try:
        return logins([settings])[settings.name], ""
    except ConfigError as error:
        return None, str(error)
