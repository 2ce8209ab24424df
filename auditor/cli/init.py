"""`auditor init`: writes a commented configuration file for a live cluster."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.messages import print_error
from auditor.cli.options import (
    CONNECTION_PANEL,
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    split_env_list,
)
from auditor.cli.output import print_plain_text
from auditor.cli.session import EvidenceRequest, command_session
from auditor.files import create_file, require_new_file
from auditor.models.exit_codes import ExitCode
from auditor.run import RunOptions
from auditor.setup.init import draft
from auditor.setup.init.append import append_cluster
from auditor.text import count_noun, quote_argument

CucmOption = Annotated[
    str,
    typer.Option(
        "--cucm",
        envvar="AUDITOR_CUCM",
        metavar="HOST[:PORT]",
        help="The CUCM publisher that the IM and Presence nodes belong to.",
        show_default=False,
    ),
]
UsernameOption = Annotated[
    str,
    typer.Option(
        "--username",
        envvar="AUDITOR_USERNAME",
        help="The account for CUCM and every node.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        envvar="AUDITOR_NAME",
        help="Name of the cluster. Default: the first part of the CUCM's name.",
        show_default=False,
    ),
]
TargetOption = Annotated[
    Path,
    typer.Option(
        "--to",
        envvar="AUDITOR_TO",
        metavar="PATH",
        help="The file to write. An existing file is never replaced.",
    ),
]
AppendOption = Annotated[
    bool,
    typer.Option(
        "--append",
        envvar="AUDITOR_APPEND",
        help="Add the cluster to the file of --to, which exists already. The rest of the file "
        "stays as it is.",
    ),
]
ProfileFromOption = Annotated[
    str | None,
    typer.Option(
        "--profile-from",
        envvar="AUDITOR_PROFILE_FROM",
        metavar="FILE[#CLUSTER]",
        help="Take the deployment profile of this golden cluster instead of what this "
        "cluster shows.",
        show_default=False,
    ),
]
CaBundleOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-bundle",
        envvar="AUDITOR_CA_BUNDLE",
        metavar="FILE",
        help="Certificates of the signing CAs, in PEM form. Default: those of this system.",
        show_default=False,
        rich_help_panel=CONNECTION_PANEL,
    ),
]
PinsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pin",
        envvar="AUDITOR_PIN",
        metavar="NODE=SHA256",
        callback=split_env_list,
        help="Fingerprint of a server's certificate. May be repeated.",
        show_default=False,
        rich_help_panel=CONNECTION_PANEL,
    ),
]
AddressesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        envvar="AUDITOR_ADDRESS",
        metavar="NODE=HOST[:PORT]",
        callback=split_env_list,
        help="Where this machine reaches a node. May be repeated.",
        show_default=False,
        rich_help_panel=CONNECTION_PANEL,
    ),
]
NodesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--node",
        envvar="AUDITOR_NODE",
        metavar="NODE=ROLE",
        callback=split_env_list,
        help="A node and its role, publisher or subscriber, for a CUCM before 10.0, which "
        "cannot list nodes. May be repeated.",
        show_default=False,
    ),
]


@app.command("init")
def init(
    *,
    cucm: CucmOption,
    username: UsernameOption,
    name: NameOption = None,
    output: TargetOption = Path("auditor.toml"),
    append: AppendOption = False,
    profile_from: ProfileFromOption = None,
    ca_bundle: CaBundleOption = None,
    pin: PinsOption = None,
    address: AddressesOption = None,
    node: NodesOption = None,
    insecure: InsecureOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Ask a live cluster, and write a configuration file for you to read and correct.

    Exit codes: 0 written, 4 written although some server did not answer, 5 not written because no
    node could be asked.
    """
    options = draft.InitOptions(
        cucm=cucm,
        username=username,
        name=name or draft.default_cluster_name(cucm),
        output=output.expanduser(),
        ca_bundle=ca_bundle.expanduser() if ca_bundle else None,
        pins=draft.parse_pairs("--pin", pin or []),
        addresses=draft.parse_pairs("--address", address or []),
        nodes=draft.parse_pairs("--node", node or []),
        insecure=insecure,
    )
    if append:
        existing = draft.read_existing_file(options.output, options)
        options = replace(options, added_to=existing)
    else:
        require_new_file("--to", options.output)
    golden = draft.load_golden_cluster(profile_from) if profile_from else None
    configuration = draft.build_init_configuration(options)
    with command_session(
        configuration,
        configuration.clusters,
        RunOptions((), insecure=insecure),
        evidence=EvidenceRequest("init", evidence, hide_users=evidence_hide_user),
    ) as session:
        result = draft.generate_configuration(
            options, session.logins[options.name], session.context, golden
        )
    for gap in result.gaps:
        print_error(gap)
    if result.text is not None:
        _write_result(options, result.text)
    session.check_evidence()
    _print_init_result(options, result)


def _write_result(options: draft.InitOptions, text: str) -> None:
    if options.added_to:
        append_cluster(options.output, text)
    else:
        # Not `write_file`: a file that appeared there while the cluster was asked must stay.
        create_file(options.output, text)


def _print_init_result(options: draft.InitOptions, result: draft.InitResult) -> None:
    """Print what was written and what to do next, and end with the code for it."""
    output = options.output
    if result.text is None:
        print_error(f"no node could be asked; {output} was not written.")
        raise typer.Exit(ExitCode.UNAUDITABLE)
    path = quote_argument(output.as_posix())
    name = f" {quote_argument(options.name)}" if options.added_to else ""
    done = f"Added cluster {options.name} to {output}." if options.added_to else f"Wrote {output}."
    print_plain_text(
        f"{done}\n"
        "It describes what the cluster is, not what it is meant to be. Read it, correct it, and "
        f"answer its {count_noun(result.questions, 'question')}\n(the lines that begin with "
        f"`# ?`). Then run:\n\n    auditor audit{name} --config {path}\n"
    )
    if result.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
