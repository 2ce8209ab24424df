"""`auditor login`: keep a password in the system's keyring, or delete it there."""

import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.messages import print_error
from auditor.cli.options import ConfigOption
from auditor.cli.session import open_run_context
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings
from auditor.credentials import (
    Credentials,
    delete_password,
    keyring_services,
    resolve_credentials,
    store_password,
    system_keyring,
)
from auditor.errors import BadCredentials, ConfigError, CredentialError, NotAuthorised
from auditor.extras import Extra, missing_extra_text
from auditor.models.exit_codes import ExitCode
from auditor.setup.doctor.checks import try_login


@app.command("login")
def login(
    cluster: Annotated[
        str | None,
        typer.Argument(
            help="Cluster of the password. Default: the only cluster, or all that have the same "
            "account.",
            autocompletion=complete_clusters,
            show_default=False,
        ),
    ] = None,
    *,
    config: ConfigOption = None,
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

    You type it at a prompt; there is no option for it. The password is tried once on the CUCM
    publisher, and not stored if it is refused.

    Exit codes: 0 stored (or deleted), 3 refused, 4 stored and not checked.
    """
    settings, service = _select_account(config, cluster)
    _check_keyring(service, settings.username)
    if delete:
        _delete_password(service, settings.username)
        return
    account = _ask_new_password(settings, service)
    checked = _try_password(settings, account) if check else True
    try:
        store_password(service, account.username, account.password)
    except CredentialError as error:
        _raise_keyring_error(error)
    typer.echo(f'Stored for {account.username} in the keyring, as service "{service}".')
    if not checked:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _select_account(config: Path | None, cluster: str | None) -> tuple[ClusterSettings, str]:
    """Return a cluster to try the password on, and the keyring's name for what is stored.

    Raises:
        ConfigError: the file is wrong, or its clusters have several accounts and none is named.
    """
    configuration = load_configuration(find_config_file(config))
    clusters = configuration.select([cluster] if cluster else [])
    own, shared = keyring_services(clusters[0].name)
    if len(clusters) == 1:
        return clusters[0], own
    if len({settings.username for settings in clusters}) > 1:
        names = ", ".join(f"{settings.name} ({settings.username})" for settings in clusters)
        raise ConfigError(
            [f"{configuration.path}: its clusters have several accounts; name one: {names}."]
        )
    return clusters[0], shared


def _check_keyring(service: str, username: str) -> None:
    """Check that there is a keyring before asking for a password.

    Raises:
        ConfigError: there is none; says what to install, or what to do instead.
    """
    look_up = system_keyring()
    if look_up is None:
        raise ConfigError([missing_extra_text("the keyring needs", Extra.KEYRING)])
    try:
        look_up(service, username)
    except CredentialError as error:
        _raise_keyring_error(error)


def _raise_keyring_error(error: Exception) -> NoReturn:
    raise ConfigError(
        [
            f"the keyring cannot be used: {error}. `keyring --list-backends` lists those of this "
            "machine; on a server without a desktop use `password_command` instead."
        ]
    )


def _delete_password(service: str, username: str) -> None:
    try:
        is_deleted = delete_password(service, username)
    except CredentialError as error:
        _raise_keyring_error(error)
    what = "Deleted" if is_deleted else "Nothing was stored"
    typer.echo(f'{what} for {username} in the keyring, as service "{service}".')


def _ask_new_password(settings: ClusterSettings, service: str) -> Credentials:
    """Ask on the terminal.

    Raises:
        ConfigError: there is no terminal, or what was typed is no password.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            [
                "no terminal to type the password on. The keyring's own command reads it from a "
                f'pipe: keyring set "{service}" {settings.username}'
            ]
        )
    try:
        # From the prompt alone: a password that is set elsewhere is perhaps the one to replace.
        return resolve_credentials(
            replace(settings, password_command=None), {}, prompt=getpass.getpass
        )
    except CredentialError as error:
        raise ConfigError([str(error)]) from error


def _try_password(settings: ClusterSettings, account: Credentials) -> bool:
    """Try the account once; return True if it was accepted, False if that is unknown."""
    with open_run_context(1) as context:
        error = try_login(settings, account, context.network)
    if isinstance(error, BadCredentials):
        print_error(f"{error} Nothing was stored.")
        raise typer.Exit(ExitCode.DRIFT)
    if error is not None:
        # No document says that the password is checked before the role, so 403 proves no password.
        outcome = "proven" if isinstance(error, NotAuthorised) else "checked"
        print_error(f"the password was not {outcome}: {error}")
    return error is None
