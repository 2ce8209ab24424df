"""`auditor init`: a commented configuration file for a live cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options
from auditor.cli.app import app

if TYPE_CHECKING:
    from auditor.inference.asking import Drafted


@app.command("init")
def init(
    *,
    cucm: Annotated[
        str,
        typer.Option(
            "--cucm",
            envvar="AUDITOR_CUCM",
            metavar="HOST[:PORT]",
            help="The CUCM publisher that the IM and Presence nodes belong to.",
            show_default=False,
        ),
    ],
    username: Annotated[
        str,
        typer.Option(
            "--username",
            envvar="AUDITOR_USERNAME",
            help="The account that asks, on CUCM and on every node.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            envvar="AUDITOR_NAME",
            help="What the cluster is called. Default: the first part of the CUCM's name.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--to",
            envvar="AUDITOR_TO",
            metavar="PATH",
            help="The file to write. One that is there already is never touched.",
        ),
    ] = Path("auditor.toml"),
    profile_from: Annotated[
        str | None,
        typer.Option(
            "--profile-from",
            envvar="AUDITOR_PROFILE_FROM",
            metavar="FILE[#CLUSTER]",
            help="Take the deployment profile of this golden cluster instead of what this one "
            "shows.",
            show_default=False,
        ),
    ] = None,
    ca_bundle: Annotated[
        Path | None,
        typer.Option(
            "--ca-bundle",
            envvar="AUDITOR_CA_BUNDLE",
            metavar="FILE",
            help="Who signs the certificates, in PEM form. Default: as this system says.",
            show_default=False,
        ),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            "--pin",
            envvar="AUDITOR_PIN",
            metavar="NODE=SHA256",
            callback=options.pieces,
            help="Fingerprint of a server's certificate. May be repeated.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            "--address",
            envvar="AUDITOR_ADDRESS",
            metavar="NODE=HOST[:PORT]",
            callback=options.pieces,
            help="Where this machine reaches a node. May be repeated.",
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(
            "--node",
            envvar="AUDITOR_NODE",
            metavar="NODE=ROLE",
            callback=options.pieces,
            help="A node with publisher or subscriber, for a CUCM before 10.0, which cannot list "
            "them. May be repeated.",
            show_default=False,
        ),
    ] = None,
    insecure: options.Insecure = False,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Ask a live cluster, and write a configuration file for it to be read and corrected.

    Ends with 0 when the file was written, with 4 when it was and some server did not answer, and
    with 5 when no node could be asked and nothing was written.
    """
    from auditor.audit import Options
    from auditor.cli.running import keep, logins, warn_insecure, world
    from auditor.inference import asking, placing
    from auditor.recommendations.model import PACKS

    request = asking.Request(
        cucm=cucm,
        username=username,
        name=name or asking.name_of(cucm),
        output=output.expanduser(),
        ca_bundle=ca_bundle.expanduser() if ca_bundle else None,
        pins=asking.pairs("--pin", pin or []),
        addresses=asking.pairs("--address", address or []),
        nodes=asking.pairs("--node", node or []),
        insecure=insecure,
    )
    placing.check(request.output)
    golden = asking.golden_cluster(profile_from) if profile_from else None
    configuration = asking.configuration(request)
    keeping = keep(evidence, "init", PACKS, hide_users=evidence_hide_user)
    accounts = logins(configuration.clusters)
    if insecure:
        warn_insecure()
    given = Options((), insecure=insecure)
    recorder = keeping.recorder(configuration, given, accounts) if keeping else None
    with world(configuration.workers, recorder=recorder) as around:
        drafted = asking.draft(request, accounts[request.name], around, golden)
    for gap in drafted.gaps:
        typer.echo(f"auditor: {gap}", err=True)
    if drafted.text is not None:
        placing.put(request.output, drafted.text)
    if recorder:
        recorder.check()
    _tell(request.output, drafted)


def _tell(output: Path, drafted: "Drafted") -> None:
    """Say what was written and what to do next, and end with the code for it."""
    from auditor.cli.telling import say
    from auditor.findings import ExitCode

    if drafted.text is None:
        typer.echo(f"auditor: no node could be asked; {output} was not written.", err=True)
        raise typer.Exit(ExitCode.UNAUDITABLE)
    asked = f"{drafted.questions} questions" if drafted.questions != 1 else "one question"
    say(
        f"Wrote {output}.\n"
        f"It describes what the cluster is, not what it is meant to be: read it, correct it, and "
        f"answer its {asked}\n(the lines that begin with `# ?`). Then run:\n\n"
        f"    auditor audit --config {output}\n"
    )
    if drafted.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
