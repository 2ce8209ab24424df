"""`auditor trust`: look at a server's certificate, compare it, and record its fingerprint."""

import sys
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import ConfigOption
from auditor.cli.output import print_text, terminal_width
from auditor.cli.session import open_run_context, select_one_cluster
from auditor.config.loader import CONFIG_FILE_NAME, find_default_config
from auditor.config.pins import parse_fingerprint, render_pin_block
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError, ExchangeError
from auditor.models.exit_codes import ExitCode
from auditor.setup.trust import (
    ServerCertificate,
    fetch_certificate,
    init_pin_hint,
    record_pin,
    render_certificate,
    resolve_server,
    settings_without_file,
)


@app.command("trust")
def trust(
    server: Annotated[
        str,
        typer.Argument(
            metavar="HOST[:PORT]",
            help="Server to look at: a node or the CUCM publisher by its name, or an address.",
        ),
    ],
    *,
    cluster: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_CLUSTER",
            help="Cluster of the file that it belongs to. May be left out if there is one.",
            autocompletion=complete_clusters,
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_NODE",
            help="Name that the fingerprint is recorded for, where HOST is not that name.",
            show_default=False,
        ),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_FINGERPRINT",
            metavar="SHA256",
            help="The fingerprint that you expect: recorded without a question if it is the one "
            "shown, refused if not.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            envvar="AUDITOR_YES",
            help="Record whatever is shown, without comparing: trust on first use. Not where "
            "another fingerprint is recorded already.",
        ),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            envvar="AUDITOR_REPLACE",
            help="Drop the fingerprints that were recorded for this server before.",
        ),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Show the certificate of a server, and record its fingerprint after a yes.

    The fingerprint goes into [cluster.pins] of the configuration file, which is left as it was
    otherwise. No password is sent. Without a terminal, --fingerprint or --yes decides. While there
    is no file yet, the certificate is only shown, with the option that `auditor init` takes it by.

    Exit codes: 0 recorded, or only shown; 3 refused; 4 no certificate could be read.
    """
    expected = parse_fingerprint(fingerprint) if fingerprint is not None else None
    if config is None and cluster is None and find_default_config() is None:
        found = _show_server_certificate(settings_without_file(server), server, node)
        _finish_without_file(found, expected, yes=yes)
        return
    configuration, settings = select_one_cluster(config, cluster)
    found = _show_server_certificate(settings, server, node)
    if not _should_record(found, expected, str(configuration.path), yes=yes):
        raise typer.Exit(ExitCode.DRIFT)
    if found.recorded and not replace:
        return
    record_pin(configuration.path, settings, found, replace=replace)
    print_text(f"Recorded for {found.name} in {configuration.path}.\n")
    _print_pin_notes(found, replace=replace)


def _show_server_certificate(
    settings: ClusterSettings, text: str, node: str | None
) -> ServerCertificate:
    """Look at the server, and show its certificate."""
    name, dial = resolve_server(settings, text, node)
    with open_run_context(1) as around:
        try:
            found = fetch_certificate(settings, name, dial, around.network)
        except ExchangeError as error:
            typer.echo(f"auditor: {error}", err=True)
            raise typer.Exit(ExitCode.INCOMPLETE) from error
        print_text(render_certificate(found, now=around.clock(), width=terminal_width()))
    return found


def _finish_without_file(found: ServerCertificate, expected: str | None, *, yes: bool) -> None:
    """Compare and tell how to go on while there is no file.

    Raises:
        ConfigError: it was to be recorded.
    """
    if expected is not None and not _is_expected_fingerprint(expected, found.certificate.sha256):
        raise typer.Exit(ExitCode.DRIFT)
    print_text(init_pin_hint(found))
    if yes or expected is not None:
        raise ConfigError(
            [f"nothing was recorded, for there is no {CONFIG_FILE_NAME} to record it in."]
        )


def _should_record(found: ServerCertificate, expected: str | None, path: str, *, yes: bool) -> bool:
    """Tell whether the fingerprint is to be recorded, asking on a terminal.

    Raises:
        ConfigError: there is nobody to ask; says what to do.
    """
    shown = found.certificate.sha256
    paste = render_pin_block(found.name, shown)
    if found.another_node:
        return False
    if expected is not None:
        return _is_expected_fingerprint(expected, shown)
    if found.recorded:
        return True
    if yes:
        return _trust_on_first_use(found)
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _ask_to_record(found, path)
    print_text(f"To record it yourself, put this below the keys of its [[cluster]]:\n\n{paste}\n")
    raise ConfigError(
        [
            "nothing was recorded, for there is no terminal to ask on: compare the fingerprint, "
            "then give it as --fingerprint."
        ]
    )


def _is_expected_fingerprint(expected: str, shown: str) -> bool:
    if expected == shown:
        return True
    typer.echo(
        f"auditor: REFUSED: the server showed {shown}, not {expected}; nothing was recorded.",
        err=True,
    )
    return False


def _trust_on_first_use(found: ServerCertificate) -> bool:
    if found.changed:
        typer.echo(
            "auditor: REFUSED: another fingerprint is recorded for this server, and --yes compares "
            "nothing. Compare it, then give it as --fingerprint.",
            err=True,
        )
        return False
    typer.echo(
        "auditor: warning: --yes: nobody compared the fingerprint; whoever answered just now is "
        "trusted from here on.",
        err=True,
    )
    return True


def _ask_to_record(found: ServerCertificate, path: str) -> bool:
    typer.echo(
        f"Record it for {found.name} in {path}? (yes, no, or the fingerprint to compare) ",
        err=True,
        nl=False,
    )
    answer = sys.stdin.readline().strip()
    if answer.casefold() == "yes":
        return True
    if answer.casefold() in ("", "n", "no"):
        typer.echo("auditor: nothing was recorded.", err=True)
        return False
    try:
        return _is_expected_fingerprint(parse_fingerprint(answer), found.certificate.sha256)
    except ConfigError:
        typer.echo(
            "auditor: that is neither yes nor a fingerprint; nothing was recorded.", err=True
        )
        return False


def _print_pin_notes(found: ServerCertificate, *, replace: bool) -> None:
    """Say what the reader should know of what was recorded."""
    if not found.in_file:
        typer.echo(
            f"auditor: note: the file does not name {found.name} elsewhere; a pin counts for the "
            "name that CUCM's server list has.",
            err=True,
        )
    if found.changed and not replace:
        typer.echo(
            "auditor: note: the fingerprints recorded before count as well; --replace drops them.",
            err=True,
        )
