"""The account of a cluster, and a type for its password that never prints it."""

import importlib
import importlib.util
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from auditor.config.settings import ClusterSettings, password_variable_name
from auditor.config.value_checks import split_command
from auditor.errors import REDACTED, CredentialError, NoPassword
from auditor.redaction import Redactor
from auditor.text import printable, shorten_text

__all__ = [
    "Credentials",
    "Secret",
    "delete_password",
    "keyring_services",
    "password_variable_name",
    "resolve_credentials",
    "store_password",
    "system_keyring",
]

KeyringLookup = Callable[[str, str], str | None]
"""Takes a keyring's service and user name, returns the password or None; raises CredentialError."""

_COMMAND_TIMEOUT_S = 30.0
_MAX_ERROR_LENGTH = 120


class Secret:
    """A string that shows itself only when `reveal()` is called."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value out of repr, str, format and pickle."""
        self._value = value

    def reveal(self) -> str:
        """Return the value itself; only the transport does this."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be stored")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account that is used on the CUCM publisher and on every IM&P node of a cluster.

    `source` names where the password came from, empty if that does not matter.
    """

    username: str
    password: Secret
    source: str = ""

    def is_same_login(self, other: "Credentials") -> bool:
        """Return whether another cluster would be sent the same account and password."""
        same_account = self.username.casefold() == other.username.casefold()
        return same_account and self.password.reveal() == other.password.reveal()


def resolve_credentials(
    cluster: ClusterSettings,
    environ: Mapping[str, str],
    *,
    prompt: Callable[[str], str] | None = None,
    keyring: KeyringLookup | None = None,
) -> Credentials:
    """Return the account of a cluster with its password, from the first source that has one.

    The order: the cluster's own environment variable, AUDITOR_PASSWORD, the keyring,
    `password_command`, and `prompt` (None without a terminal). Raises CredentialError if no
    source has a password, or one has something that cannot be a password.
    """
    skipped = ""
    for variable in (password_variable_name(cluster.name), "AUDITOR_PASSWORD"):
        # Set but empty is a mistake in a unit or pipeline, and no reason to look elsewhere.
        if variable in environ:
            return _build_credentials(cluster, environ[variable], variable, variable)
    if keyring is not None:
        try:
            stored = _find_stored_password(cluster, keyring)
        except CredentialError as exc:
            # A keyring that is locked, as for a timer, must not hide the sources after it.
            skipped = f" (the keyring failed: {exc})"
        else:
            if stored is not None:
                return _build_credentials(
                    cluster, stored, "the keyring's entry", "the system keyring"
                )
    if cluster.password_command is not None:
        printed = _run_password_command(cluster)
        return _build_credentials(
            cluster, printed, "the output of password_command", "password_command"
        )
    if prompt is not None:
        return _build_credentials(
            cluster, _prompt_for_password(cluster, prompt), "what was typed", "the prompt"
        )
    raise NoPassword(
        f'cluster "{cluster.name}": no password for "{cluster.username}"{skipped}; there are four '
        f"ways to give it: the environment variable {password_variable_name(cluster.name)} or "
        "AUDITOR_PASSWORD, the system keyring, the key `password_command`, or a terminal to type it"
    )


def keyring_services(cluster: str) -> tuple[str, str]:
    """Return the service names under which a keyring is asked: the cluster's own, then that of all.

    The user name there is the account's.
    """
    return f"auditor/{cluster}", "auditor"


def system_keyring() -> KeyringLookup | None:
    """Return how to look into the system's keyring, None if the package `keyring` is missing.

    The package is loaded at the first use only, because that takes time.
    """
    return _read_keyring_password if importlib.util.find_spec("keyring") is not None else None


def _read_keyring_password(service: str, username: str) -> str | None:
    with _open_keyring() as package:
        stored = package.get_password(service, username)
    return stored if isinstance(stored, str) else None


def store_password(service: str, username: str, password: Secret) -> None:
    """Store a password in the system's keyring, and read it again to be sure.

    Raises:
        CredentialError: it was not stored; says why.
    """
    fault = ""
    try:
        with _open_keyring() as package:
            package.set_password(service, username, password.reveal())
            # keyring's null backend accepts everything and keeps nothing.
            stored = package.get_password(service, username)
    except CredentialError as exc:
        fault = Redactor([password.reveal()]).redact_text(str(exc))
    else:
        fault = "" if stored == password.reveal() else "it did not keep the password"
    if fault:  # raised outside of the handler: a backend's exception may hold what it was given
        raise CredentialError(fault)


def delete_password(service: str, username: str) -> bool:
    """Delete a password from the system's keyring; return whether there was one.

    Raises:
        CredentialError: it could not be deleted; says why.
    """
    if _read_keyring_password(service, username) is None:
        return False
    with _open_keyring() as package:
        package.delete_password(service, username)
    return True


@contextmanager
def _open_keyring() -> Iterator[Any]:
    """Give the package, and turn what its backends raise into one error without secrets."""
    try:
        package = importlib.import_module("keyring")
        # Backends let these of the system through in place of the package's own error.
        failures = (importlib.import_module("keyring.errors").KeyringError, OSError, RuntimeError)
    except ImportError as exc:
        raise CredentialError("the package `keyring` is not installed") from exc
    try:
        yield package
    except failures as exc:
        raise CredentialError(_first_line(str(exc)) or type(exc).__name__) from exc


def _find_stored_password(cluster: ClusterSettings, keyring: KeyringLookup) -> str | None:
    stored = (keyring(service, cluster.username) for service in keyring_services(cluster.name))
    return next((password for password in stored if password is not None), None)


def _prompt_for_password(cluster: ClusterSettings, prompt: Callable[[str], str]) -> str:
    try:
        return prompt(f'Password of {cluster.username} for cluster "{cluster.name}": ')
    except EOFError:
        raise CredentialError(
            f'cluster "{cluster.name}": the terminal was closed before a password was typed'
        ) from None


def _build_credentials(
    cluster: ClusterSettings, password: str, where: str, source: str
) -> Credentials:
    """Refuse what cannot be a password without quoting it; `where` is what held it."""
    fault = "is empty" if not password else ""
    if any(sign in password for sign in "\r\n\0"):
        fault = "holds a line break or a NUL; a password is one line"
    if fault:
        raise CredentialError(f'cluster "{cluster.name}": {where} {fault}')
    return Credentials(cluster.username, Secret(password), source)


def _run_password_command(cluster: ClusterSettings) -> str:
    """Run `password_command` without a shell and return the line that it prints.

    The error is raised outside of any handler: exceptions of `subprocess` keep the output.
    """
    words = split_command(cluster.password_command or "")
    printed, fault = _capture_command_output(words)
    if fault:
        raise CredentialError(
            f'cluster "{cluster.name}": password_command {words[0]} {fault}; run it by hand'
        )
    # One line end and no more: blanks may be part of a password.
    return printed.removesuffix("\n").removesuffix("\r")


def _capture_command_output(words: list[str]) -> tuple[str, str]:
    """Return what a command printed, and what went wrong (empty if nothing)."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, split without a shell
            words,
            # A command that asks something must fail at once, for a timer has no person to answer.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
        printed = done.stdout.decode()
    except subprocess.TimeoutExpired:
        return "", f"did not end within {_COMMAND_TIMEOUT_S:g} s"
    except UnicodeDecodeError:
        return "", "printed something that is not UTF-8 text"
    except OSError as exc:
        return "", f"cannot be run: {exc.strerror}"
    if done.returncode != 0:
        # A command that fails may repeat the password in its error.
        stderr = Redactor(printed.splitlines()).redact_text(done.stderr.decode(errors="replace"))
        line = _first_line(stderr)
        return "", f"ended with exit code {done.returncode}" + (f' ("{line}")' if line else "")
    if printed.count("\n") > 1:
        return "", "printed more than one line; it must print the password alone"
    return printed, "" if printed.strip() else "printed nothing"


def _first_line(text: str) -> str:
    """Return the first line of text that is not blank, printable and short; empty if none."""
    line = next((line for line in map(printable, text.splitlines()) if line), "")
    return shorten_text(line, _MAX_ERROR_LENGTH)
