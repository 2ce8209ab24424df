"""`auditor login`: keep a password in the system's keyring, or delete it there."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from auditor.cli import completing, options
from auditor.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.config.settings import ClusterSettings
    from auditor.credentials import Credentials


@app.command()
def login(
    cluster: Annotated[
        str | None,
        typer.Argument(
            help="Cluster whose password it is. Left out: that of the only cluster, or one for all "
            "of them.",
            autocompletion=completing.clusters,
            show_default=False,
        ),
    ] = None,
    *,
    config: options.Config = None,
    delete: Annotated[
        bool,
        typer.Option("--delete", envvar="AUDITOR_DELETE", help="Delete the stored password."),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check/--no-check",
            envvar="AUDITOR_CHECK",
            help="Try the password once on the CUCM publisher before it is stored.",
        ),
    ] = True,
) -> None:
    """Store a cluster's password in the system's keyring, where every command finds it.

    It is typed at a prompt, never given as an option. A password that the CUCM publisher refuses
    is not stored; it was tried once.

    Exit codes: 0 stored (or deleted), 3 refused, 4 stored and not checked.
    """
    from auditor.credentials import keep
    from auditor.errors import CredentialError
    from auditor.findings import ExitCode

    settings, service = _whose(config, cluster)
    _ready(service, settings.username)
    if delete:
        _delete(service, settings.username)
        return
    account = _typed(settings, service)
    checked = _checked(settings, account) if check else True
    try:
        keep(service, account.username, account.password)
    except CredentialError as error:
        _unusable(error)
    typer.echo(f'Stored for {account.username} in the keyring, as service "{service}".')
    if not checked:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _whose(config: "Path | None", cluster: str | None) -> "tuple[ClusterSettings, str]":
    """Return a cluster to try the password on, and the keyring's name for what is stored.

    Raises:
        ConfigError: the file is wrong, or its clusters have several accounts and none is named.
    """
    from auditor.config.loader import load, locate
    from auditor.credentials import keyring_services
    from auditor.errors import ConfigError

    configuration = load(locate(config))
    found = configuration.select([cluster] if cluster else [])
    own, shared = keyring_services(found[0].name)
    if len(found) == 1:
        return found[0], own
    if len({settings.username for settings in found}) > 1:
        names = ", ".join(f"{settings.name} ({settings.username})" for settings in found)
        raise ConfigError(
            [f"{configuration.path}: its clusters have several accounts; name one: {names}."]
        )
    return found[0], shared


def _ready(service: str, username: str) -> None:
    """Find out whether there is a keyring before anybody types.

    Raises:
        ConfigError: there is none; says what to install, and what to do instead.
    """
    from auditor.credentials import system_keyring
    from auditor.errors import ConfigError, CredentialError

    look_up = system_keyring()
    if look_up is None:
        raise ConfigError(
            ["the package `keyring` is missing: install auditor with its extra `keyring`."]
        )
    try:
        look_up(service, username)
    except CredentialError as error:
        _unusable(error)


def _unusable(error: Exception) -> NoReturn:
    from auditor.errors import ConfigError

    raise ConfigError(
        [
            f"the keyring cannot be used: {error}. `keyring --list-backends` "
            "tells what there is; on a server without a desktop use `password_command` instead."
        ]
    )


def _delete(service: str, username: str) -> None:
    from auditor.credentials import forget
    from auditor.errors import CredentialError

    try:
        there = forget(service, username)
    except CredentialError as error:
        _unusable(error)
    what = "Deleted" if there else "Nothing was stored"
    typer.echo(f'{what} for {username} in the keyring, as service "{service}".')


def _typed(settings: "ClusterSettings", service: str) -> "Credentials":
    """Ask on the terminal.

    Raises:
        ConfigError: there is no terminal, or what was typed is no password.
    """
    from dataclasses import replace

    from auditor.credentials import password_for
    from auditor.errors import ConfigError, CredentialError

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            [
                "no terminal to type the password on. The keyring's own command reads it from a "
                f'pipe: keyring set "{service}" {settings.username}'
            ]
        )
    try:
        return password_for(replace(settings, password_command=None), {}, prompt=getpass.getpass)
    except CredentialError as error:
        raise ConfigError([str(error)]) from error


def _checked(settings: "ClusterSettings", account: "Credentials") -> bool:
    """Try the account once; return whether it was let in, False where that cannot be told."""
    from auditor.cli.running import world
    from auditor.doctor.checkup import let_in
    from auditor.errors import BadCredentials, NotAuthorised
    from auditor.findings import ExitCode

    with world(1) as around:
        error = let_in(settings, account, around.wire)
    if isinstance(error, BadCredentials):
        typer.echo(f"auditor: {error} Nothing was stored.", err=True)
        raise typer.Exit(ExitCode.DRIFT)
    if error is not None:
        word = "proven" if isinstance(error, NotAuthorised) else "checked"
        typer.echo(f"auditor: the password was not {word}: {error}", err=True)
    return error is None
