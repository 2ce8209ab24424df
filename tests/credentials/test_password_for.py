"""Where a password comes from, in which order, and that it never comes out again."""

import copy
import importlib.util
import pickle
import shlex
import subprocess
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor.config.loader import build_configuration
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials, Secret, resolve_credentials, system_keyring
from auditor.errors import CredentialError

PASSWORD = "hunter2-xyzzy"


def a_cluster(command: str | None = None) -> ClusterSettings:
    """Return the settings of a cluster with two words in its name."""
    table = {"name": "eu west", "cucm_publisher": "cucm.example.test", "username": "audit-ro"}
    if command is not None:
        table["password_command"] = command
    return build_configuration({"cluster": [table]}, Path("auditor.toml")).clusters[0]


def printing(script: str) -> ClusterSettings:
    """Return a cluster whose password_command runs a Python script."""
    return a_cluster(shlex.join([sys.executable, "-c", script]))


def holding(**entries: str) -> Callable[[str, str], str | None]:
    """Return a keyring with entries by service, for the one account."""
    stored = {("auditor/eu west", "audit-ro"): entries.get("own")}
    stored["auditor", "audit-ro"] = entries.get("shared")
    return lambda service, username: stored.get((service, username))


def refused(cluster: ClusterSettings, environ: Mapping[str, str] | None = None) -> str:
    """Return what is said when no password can be had."""
    with pytest.raises(CredentialError) as error:
        resolve_credentials(cluster, environ or {})
    assert PASSWORD not in repr(error.value)
    assert error.value.__context__ is None
    return str(error.value)


def test_an_account_names_what_its_password_came_from() -> None:
    """The source alone, for whoever has to correct it."""
    command = printing("print('command')")
    both = {"AUDITOR_PASSWORD_EU_WEST": "own", "AUDITOR_PASSWORD": "shared"}
    accounts = [
        resolve_credentials(a_cluster(), both),
        resolve_credentials(a_cluster(), {"AUDITOR_PASSWORD": "shared"}),
        resolve_credentials(command, {}, keyring=holding(own="ring")),
        resolve_credentials(command, {}),
        resolve_credentials(a_cluster(), {}, prompt=lambda _: "typed"),
    ]
    assert [account.source for account in accounts] == [
        "AUDITOR_PASSWORD_EU_WEST",
        "AUDITOR_PASSWORD",
        "the system keyring",
        "password_command",
        "the prompt",
    ]


def test_the_sources_are_asked_in_order() -> None:
    environ = {"AUDITOR_PASSWORD_EU_WEST": "own", "AUDITOR_PASSWORD": "shared"}
    keyring = holding(own="ring", shared="shared ring")
    command = printing("print('command')")
    order = []
    for environment in (environ, {"AUDITOR_PASSWORD": "shared"}, {}):
        account = resolve_credentials(
            command, environment, keyring=keyring, prompt=lambda _: "typed"
        )
        order.append(account.password.reveal())
    for ring in (holding(shared="shared ring"), holding(), None):
        account = resolve_credentials(command, {}, keyring=ring, prompt=lambda _: "typed")
        order.append(account.password.reveal())
    order.append(resolve_credentials(a_cluster(), {}, prompt=lambda _: "typed").password.reveal())

    assert order == [
        "own",
        "shared",
        "ring",
        "shared ring",
        "command",
        "command",
        "typed",
    ]


def test_the_prompt_names_account_and_cluster() -> None:
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return PASSWORD

    account = resolve_credentials(a_cluster(), {}, prompt=prompt)
    assert (account.username, asked) == (
        "audit-ro",
        ['Password of audit-ro for cluster "eu west": '],
    )


def test_without_any_source_the_four_ways_are_named() -> None:
    assert refused(a_cluster()) == (
        'cluster "eu west": no password for "audit-ro"; there are four ways to give it: the '
        "environment variable AUDITOR_PASSWORD_EU_WEST or AUDITOR_PASSWORD, the system keyring, "
        "the key `password_command`, or a terminal to type it"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("\n  The agent\tis locked.\nMore.", '("The agent is locked.")'),
        ("x" * 130, '("' + "x" * 120 + '…")'),
    ],
)
def test_the_first_line_of_an_error_is_quoted_and_short(said: str, told: str) -> None:
    text = refused(printing(f"import sys; sys.exit({said!r})"))

    assert text.endswith(f" ended with exit code 1 {told}; run it by hand")


def test_a_keyring_that_fails_is_passed_over_with_its_reason() -> None:
    def locked(*_: str) -> str | None:
        raise CredentialError("the collection is locked")

    account = resolve_credentials(a_cluster(), {}, keyring=locked, prompt=lambda _: "typed")
    assert account.password.reveal() == "typed"
    with pytest.raises(CredentialError, match=r"\(the keyring failed: the collection is locked\)"):
        resolve_credentials(a_cluster(), {}, keyring=locked)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "is empty"),
        (f"{PASSWORD}\n", "holds a line break or a NUL; a password is one line"),
        (f"{PASSWORD}\rx", "holds a line break or a NUL; a password is one line"),
        (f"{PASSWORD}\0", "holds a line break or a NUL; a password is one line"),
    ],
)
def test_what_cannot_be_a_password_is_refused(value: str, fault: str) -> None:
    told = refused(a_cluster(), {"AUDITOR_PASSWORD": value})

    assert told == f'cluster "eu west": AUDITOR_PASSWORD {fault}'


def test_the_prompt_and_the_keyring_are_held_to_the_same() -> None:
    with pytest.raises(CredentialError, match="what was typed is empty"):
        resolve_credentials(a_cluster(), {}, prompt=lambda _: "")
    with pytest.raises(CredentialError, match="the keyring's entry is empty"):
        resolve_credentials(a_cluster(), {}, keyring=holding(own=""))


def test_a_terminal_that_closes_is_no_password() -> None:
    def closed(text: str) -> str:
        raise EOFError(text)

    with pytest.raises(CredentialError, match="closed before a password was typed"):
        resolve_credentials(a_cluster(), {}, prompt=closed)


@pytest.mark.parametrize(
    ("script", "password"),
    [
        ("print('p w')", "p w"),
        ("print('p', end='')", "p"),
        ("print('p', end='\\r\\n')", "p"),
        ("print(' padded ')", " padded "),
        ("import sys; sys.stdout.buffer.write('gr\\u00fcn'.encode())", "gr\u00fcn"),
    ],
)
def test_the_line_that_the_command_prints_is_the_password(script: str, password: str) -> None:
    assert resolve_credentials(printing(script), {}).password.reveal() == password


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("pass", "printed nothing"),
        ("print()", "printed nothing"),
        (f"print('{PASSWORD}\\nuser: x\\n')", "printed more than one line"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "printed something that is not UTF-8"),
        ("import sys; sys.exit(3)", "ended with exit code 3; run it by hand"),
        (
            f"import sys; print('{PASSWORD}'); sys.exit('\\n bad {PASSWORD}\\x1b[31m \\nmore')",
            'ended with exit code 1 ("bad ***\\x1b[31m"); run it by hand',
        ),
    ],
)
def test_a_failed_command_is_reported_without_the_password(script: str, told: str) -> None:
    assert told in refused(printing(script))


def test_a_command_that_prints_two_lines_without_an_end_is_refused() -> None:
    told = refused(printing(f"print('{PASSWORD}\\nmore', end='')"))

    assert "the output of password_command holds a line break" in told


def test_a_command_that_does_not_exist_is_named_without_its_arguments() -> None:
    told = refused(a_cluster(f"/nowhere/vault read -token={PASSWORD}"))

    assert told == (
        'cluster "eu west": password_command /nowhere/vault cannot be run: '
        "No such file or directory; run it by hand"
    )


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **options: object) -> None:
        assert options["timeout"] == 30
        assert options["stdin"] == subprocess.DEVNULL
        raise subprocess.TimeoutExpired("x", 30, output=PASSWORD.encode())

    monkeypatch.setattr(subprocess, "run", hang)

    assert "did not end within 30 s" in refused(a_cluster("pass show x"))


def test_a_command_sees_no_shell(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = "import sys; print(' '.join(sys.argv[1:]))"
    cluster = a_cluster(f"{sys.executable} -c {shlex.quote(script)} $HOME ; touch {mark}")

    assert resolve_credentials(cluster, {}).password.reveal() == f"$HOME ; touch {mark}"
    assert not mark.exists()


def test_the_systems_keyring_is_passed_over_where_its_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert system_keyring() is None


def test_the_systems_keyring_is_read_and_its_failures_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KeyringError(Exception):
        pass

    def get_password(service: str, username: str) -> str | None:
        if service == "locked":
            raise KeyringError("no backend\nmore")
        return f"{service}:{username}" if service == "auditor" else None

    package = types.ModuleType("keyring")
    errors = types.ModuleType("keyring.errors")
    monkeypatch.setattr(package, "get_password", get_password, raising=False)
    monkeypatch.setattr(errors, "KeyringError", KeyringError, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())

    look_up = system_keyring()
    assert look_up is not None
    assert (look_up("auditor", "a"), look_up("other", "a")) == ("auditor:a", None)
    with pytest.raises(CredentialError, match=r"^no backend$"):
        look_up("locked", "a")


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(PASSWORD)
    account = Credentials("audit-ro", secret)

    for shown in (repr(secret), str(secret), f"{secret}", repr(account), f"{account}"):
        assert PASSWORD not in shown
    assert secret.reveal() == PASSWORD
    for store in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not to be stored"):
            store(account)
