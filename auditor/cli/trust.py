"""`auditor trust`: look at a server's certificate, compare it, and record its fingerprint."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import completing, options
from auditor.cli.app import app

if TYPE_CHECKING:
    from auditor.config.settings import ClusterSettings
    from auditor.trust import Candidate


@app.command()
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
            autocompletion=completing.clusters,
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
    config: options.Config = None,
) -> None:
    """Show the certificate of a server, and record its fingerprint after a yes.

    The fingerprint goes into [cluster.pins] of the configuration file, which is left as it was
    otherwise. No password is sent. Without a terminal, --fingerprint or --yes decides. While there
    is no file yet, the certificate is only shown, with the option that `auditor init` takes it by.

    Exit codes: 0 recorded, or only shown; 3 refused; 4 no certificate could be read.
    """
    from auditor.cli.choosing import one_cluster
    from auditor.cli.telling import say
    from auditor.config import pins
    from auditor.config.loader import standing
    from auditor.findings import ExitCode
    from auditor.trust import fileless, record

    expected = pins.fingerprint(fingerprint) if fingerprint is not None else None
    if config is None and cluster is None and standing() is None:
        found = _seen(fileless(server), server, node)
        _only_shown(found, expected, yes=yes)
        return
    configuration, settings = one_cluster(config, cluster)
    found = _seen(settings, server, node)
    if not _wanted(found, expected, str(configuration.path), yes=yes):
        raise typer.Exit(ExitCode.DRIFT)
    if found.recorded and not replace:
        return
    record(configuration.path, settings, found, replace=replace)
    say(f"Recorded for {found.name} in {configuration.path}.\n")
    _remark(found, replace=replace)


def _seen(settings: "ClusterSettings", text: str, node: str | None) -> "Candidate":
    """Look at the server, and show its certificate."""
    from auditor.cli.running import world
    from auditor.cli.telling import say, width
    from auditor.errors import ExchangeError
    from auditor.findings import ExitCode
    from auditor.trust import look, page, server

    name, dial = server(settings, text, node)
    with world(1) as around:
        try:
            found = look(settings, name, dial, around.wire)
        except ExchangeError as error:
            typer.echo(f"auditor: {error}", err=True)
            raise typer.Exit(ExitCode.INCOMPLETE) from error
        say(page(found, now=around.clock(), width=width()))
    return found


def _only_shown(found: "Candidate", expected: str | None, *, yes: bool) -> None:
    """Compare and tell how to go on while there is no file.

    Raises:
        ConfigError: it was to be recorded.
    """
    from auditor.cli.telling import say
    from auditor.config.loader import NAME
    from auditor.errors import ConfigError
    from auditor.findings import ExitCode
    from auditor.trust import for_init

    if expected is not None and not _same(expected, found.certificate.sha256):
        raise typer.Exit(ExitCode.DRIFT)
    say(for_init(found))
    if yes or expected is not None:
        raise ConfigError([f"nothing was recorded, for there is no {NAME} to record it in."])


def _wanted(found: "Candidate", expected: str | None, path: str, *, yes: bool) -> bool:
    """Tell whether the fingerprint is to be recorded, asking on a terminal.

    Raises:
        ConfigError: there is nobody to ask; says what to do.
    """
    from auditor.cli.telling import say
    from auditor.config.pins import block
    from auditor.errors import ConfigError

    shown = found.certificate.sha256
    paste = block(found.name, shown)
    if found.another_node:
        return False
    if expected is not None:
        return _same(expected, shown)
    if found.recorded:
        return True
    if yes:
        return _first_use(found)
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _asked(found, path)
    say(f"To record it yourself, put this below the keys of its [[cluster]]:\n\n{paste}\n")
    raise ConfigError(
        [
            "nothing was recorded, for there is no terminal to ask on: compare the fingerprint, "
            "then give it as --fingerprint."
        ]
    )


def _same(expected: str, shown: str) -> bool:
    if expected == shown:
        return True
    typer.echo(
        f"auditor: REFUSED: the server showed {shown}, not {expected}; nothing was recorded.",
        err=True,
    )
    return False


def _first_use(found: "Candidate") -> bool:
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


def _asked(found: "Candidate", path: str) -> bool:
    from auditor.config.pins import fingerprint
    from auditor.errors import ConfigError

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
        return _same(fingerprint(answer), found.certificate.sha256)
    except ConfigError:
        typer.echo(
            "auditor: that is neither yes nor a fingerprint; nothing was recorded.", err=True
        )
        return False


def _remark(found: "Candidate", *, replace: bool) -> None:
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
