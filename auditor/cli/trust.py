"""`auditor trust`: show a server's certificate, and record its fingerprint."""

import sys
from contextlib import suppress
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_servers
from auditor.cli.messages import print_error, print_note, print_warning
from auditor.cli.options import ConfigOption, OneClusterArgument
from auditor.cli.output import print_plain_text, print_text
from auditor.cli.session import open_run_context, select_one_cluster
from auditor.cli.terminal import terminal_width
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
from auditor.text import escape_unprintable

ServerArgument = Annotated[
    str,
    typer.Argument(
        metavar="HOST[:PORT]",
        help="The server: a node or the CUCM publisher by its name, or an address.",
        autocompletion=complete_servers,
    ),
]

NodeOption = Annotated[
    str | None,
    typer.Option(
        envvar="AUDITOR_NODE",
        help="Name to record the fingerprint for, if HOST is another name.",
        autocompletion=complete_servers,
        show_default=False,
    ),
]

FingerprintOption = Annotated[
    str | None,
    typer.Option(
        envvar="AUDITOR_FINGERPRINT",
        metavar="SHA256",
        help="The fingerprint that you expect: recorded without a question if the server shows "
        "it, refused if not.",
        show_default=False,
    ),
]

YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        envvar="AUDITOR_YES",
        help="Record the fingerprint that the server shows, without comparing: trust on first "
        "use. Not possible if another one is recorded already.",
    ),
]

ReplaceOption = Annotated[
    bool,
    typer.Option(
        "--replace",
        envvar="AUDITOR_REPLACE",
        help="Remove the fingerprints that were recorded for this server before.",
    ),
]


@app.command("trust")
def trust(
    server: ServerArgument,
    cluster: OneClusterArgument = None,
    *,
    node: NodeOption = None,
    fingerprint: FingerprintOption = None,
    yes: YesOption = False,
    replace: ReplaceOption = False,
    config: ConfigOption = None,
) -> None:
    """Show the certificate of a server, and record its fingerprint after a yes.

    The fingerprint goes into the table cluster.pins of the configuration file; nothing else in
    the file changes. No password is sent. Without a terminal, use --fingerprint or --yes. If there
    is no file yet, the certificate is only shown, with the option to give to `auditor init`.

    Exit codes: 0 recorded, or only shown; 2 nobody could be asked; 3 refused; 4 no certificate
    could be read.
    """
    expected = parse_fingerprint(fingerprint) if fingerprint is not None else None
    if config is None and cluster is None and find_default_config() is None:
        shown = _show_server_certificate(settings_without_file(server), server, node)
        _finish_without_file(shown, expected, yes=yes)
        return
    configuration, settings = select_one_cluster(config, cluster)
    shown = _show_server_certificate(settings, server, node)
    if not _should_record(shown, expected, str(configuration.path), yes=yes):
        raise typer.Exit(ExitCode.DRIFT)
    if shown.recorded and not replace:
        return
    record_pin(configuration.path, settings, shown, replace=replace)
    print_plain_text(f"Recorded for {shown.name} in {configuration.path}.\n")
    _print_pin_notes(shown, replace=replace)


def _show_server_certificate(
    settings: ClusterSettings, text: str, node: str | None
) -> ServerCertificate:
    """Fetch the certificate of a server, and print it."""
    name, dial = resolve_server(settings, text, node)
    with open_run_context(1) as context:
        try:
            server = fetch_certificate(settings, name, dial, context.network)
        except ExchangeError as error:
            print_error(str(error))
            raise typer.Exit(ExitCode.INCOMPLETE) from error
        print_text(render_certificate(server, now=context.clock(), width=terminal_width()))
    return server


def _finish_without_file(server: ServerCertificate, expected: str | None, *, yes: bool) -> None:
    """Compare, and print how to continue while there is no file.

    Raises:
        ConfigError: it was to be recorded.
    """
    if expected is not None and not _is_expected_fingerprint(expected, server.certificate.sha256):
        raise typer.Exit(ExitCode.DRIFT)
    print_plain_text(init_pin_hint(server))
    if yes or expected is not None:
        raise ConfigError(
            [f"nothing was recorded, because there is no {CONFIG_FILE_NAME} to record it in."]
        )


def _should_record(
    server: ServerCertificate, expected: str | None, path: str, *, yes: bool
) -> bool:
    """Return whether to record the fingerprint, after a question on a terminal.

    Raises:
        ConfigError: there is no terminal to ask on; says what to do.
    """
    shown = server.certificate.sha256
    paste = render_pin_block(server.name, shown)
    # Even with the expected fingerprint: the pin would let that node answer for this one.
    if server.another_node:
        return False
    if expected is not None:
        return _is_expected_fingerprint(expected, shown)
    if server.recorded:
        return True
    if yes:
        return _trust_on_first_use(server)
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _ask_to_record(server, path)
    print_plain_text(
        f"To record it yourself, put this below the keys of its [[cluster]]:\n\n{paste}\n"
    )
    raise ConfigError(
        [
            "nothing was recorded, because there is no terminal to ask on. Compare the "
            "fingerprint, then give it as --fingerprint."
        ]
    )


def _is_expected_fingerprint(expected: str, shown: str) -> bool:
    if expected == shown:
        return True
    print_error(f"REFUSED: the server showed {shown}, not {expected}; nothing was recorded.")
    return False


def _trust_on_first_use(server: ServerCertificate) -> bool:
    if server.changed:
        print_error(
            "REFUSED: another fingerprint is recorded for this server, and --yes compares "
            "nothing. Compare it, then give it as --fingerprint."
        )
        return False
    print_warning(
        "--yes: the fingerprint was not compared. The server that answered just "
        "now is trusted from now on."
    )
    return True


def _ask_to_record(server: ServerCertificate, path: str) -> bool:
    question = f"Record it for {server.name} in {path}? (yes, no, or the fingerprint to compare) "
    # An empty text is the end of the input: nobody is there to answer again.
    while answer := _ask_on_terminal(question):
        match answer.strip().casefold():
            case "y" | "yes":
                return True
            case "n" | "no":
                break
        with suppress(ConfigError):
            expected = parse_fingerprint(answer)
            return _is_expected_fingerprint(expected, server.certificate.sha256)
        question = "That is neither. Type yes, no, or the fingerprint, which has 64 digits: "
    print_error("nothing was recorded.")
    return False


def _ask_on_terminal(question: str) -> str:
    """Return the line that was typed, with its end; "" where the input has ended."""
    typer.echo(escape_unprintable(question), err=True, nl=False)
    return sys.stdin.readline()


def _print_pin_notes(server: ServerCertificate, *, replace: bool) -> None:
    """Print what the reader should know about the recorded fingerprint."""
    if not server.in_file:
        print_note(
            f"auditor: note: the file does not name {server.name} elsewhere. A pin applies to the "
            "name in CUCM's server list."
        )
    if server.changed and not replace:
        print_note(
            "auditor: note: the fingerprints recorded before are still accepted; --replace "
            "removes them."
        )
