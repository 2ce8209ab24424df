"""`auditor init`: a commented configuration file for a live cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.options import (
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    split_env_list,
)

if TYPE_CHECKING:
    from auditor.setup.init.draft import InitResult


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
            callback=split_env_list,
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
            callback=split_env_list,
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
            callback=split_env_list,
            help="A node with publisher or subscriber, for a CUCM before 10.0, which cannot list "
            "them. May be repeated.",
            show_default=False,
        ),
    ] = None,
    insecure: InsecureOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Ask a live cluster, and write a configuration file for it to be read and corrected.

    Ends with 0 when the file was written, with 4 when it was and some server did not answer, and
    with 5 when no node could be asked and nothing was written.
    """
    from auditor.audit import RunOptions
    from auditor.cli.session import (
        get_credentials,
        open_run_context,
        prepare_evidence,
        warn_insecure,
    )
    from auditor.files import create_file, require_new_file
    from auditor.recommendations.packs import BUILT_IN_PACKS
    from auditor.setup.init.draft import (
        InitOptions,
        build_init_configuration,
        default_cluster_name,
        generate_configuration,
        load_golden_cluster,
        parse_pairs,
    )

    request = InitOptions(
        cucm=cucm,
        username=username,
        name=name or default_cluster_name(cucm),
        output=output.expanduser(),
        ca_bundle=ca_bundle.expanduser() if ca_bundle else None,
        pins=parse_pairs("--pin", pin or []),
        addresses=parse_pairs("--address", address or []),
        nodes=parse_pairs("--node", node or []),
        insecure=insecure,
    )
    require_new_file("--to", request.output)
    golden = load_golden_cluster(profile_from) if profile_from else None
    configuration = build_init_configuration(request)
    keeping = prepare_evidence(evidence, "init", BUILT_IN_PACKS, hide_users=evidence_hide_user)
    accounts = get_credentials(configuration.clusters)
    if insecure:
        warn_insecure()
    given = RunOptions((), insecure=insecure)
    recorder = keeping.recorder(configuration, given, accounts) if keeping else None
    with open_run_context(configuration.workers, recorder=recorder) as around:
        drafted = generate_configuration(request, accounts[request.name], around, golden)
    for gap in drafted.gaps:
        typer.echo(f"auditor: {gap}", err=True)
    if drafted.text is not None:
        create_file(request.output, drafted.text)
    if recorder:
        recorder.check()
    _print_init_result(request.output, drafted)


def _print_init_result(output: Path, drafted: "InitResult") -> None:
    """Say what was written and what to do next, and end with the code for it."""
    from auditor.cli.output import print_text
    from auditor.models.findings import ExitCode

    if drafted.text is None:
        typer.echo(f"auditor: no node could be asked; {output} was not written.", err=True)
        raise typer.Exit(ExitCode.UNAUDITABLE)
    asked = f"{drafted.questions} questions" if drafted.questions != 1 else "one question"
    print_text(
        f"Wrote {output}.\n"
        f"It describes what the cluster is, not what it is meant to be: read it, correct it, and "
        f"answer its {asked}\n(the lines that begin with `# ?`). Then run:\n\n"
        f"    auditor audit --config {output}\n"
    )
    if drafted.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
