"""`auditor login` on a terminal, with a keyring of its own behind the real package."""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from tests.cli.terminal import on_terminal
from tests.lab import CUCM, PAIR, Lab

Start = Callable[..., Lab]

PROMPT = "Password of audit-lab"


class Desk:
    """A lab, and the keyring of whoever sits before it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.keyring = folder / "keyring.json"
        self.environment = {
            **os.environ,
            "PYTHON_KEYRING_BACKEND": "tests.cli.file_keyring.FileKeyring",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TEST_KEYRING": str(self.keyring),
        }

    def login(self, *words: str, typed: str | None = None) -> tuple[int, str]:
        """Run the command on a terminal, and type a password if one is given."""
        command = [sys.executable, "-m", "auditor", "login", "-c", str(self.lab.config), *words]
        answers = {} if typed is None else {PROMPT: typed}
        return on_terminal(command, self.environment, answers)

    def stored(self) -> dict[str, str]:
        """Return what the keyring holds."""
        found: dict[str, str] = (
            json.loads(self.keyring.read_text()) if self.keyring.exists() else {}
        )
        return found


@pytest.fixture
def desk(lab: Start, tmp_path: Path) -> Desk:
    """Return a desk before a pair."""
    return Desk(lab(PAIR), tmp_path)


def test_a_password_is_tried_once_stored_and_found_by_the_audit(desk: Desk) -> None:
    """The screen never shows it."""
    password = desk.lab.simulator.password
    code, screen = desk.login(typed=password)
    assert code == 0, screen
    assert desk.stored() == {"auditor/pair audit-lab": password}
    assert desk.lab.asked() == [(CUCM, "getCCMVersion")] * len(desk.lab.asked())
    assert password not in screen
    command = [sys.executable, "-m", "auditor", "audit", "-c", str(desk.lab.config)]
    code, screen = on_terminal(command, desk.environment, {})
    assert code == 0, screen
    assert PROMPT not in screen


def test_a_refused_password_is_not_stored(desk: Desk) -> None:
    """3, after one request."""
    code, screen = desk.login(typed="wrong horse")
    assert code == 3, screen
    assert desk.stored() == {}
    assert [request.status for request in desk.lab.simulator.requests] == [401]
    assert "wrong horse" not in screen


def test_an_unchecked_password_is_stored_and_reported_as_unchecked(desk: Desk) -> None:
    """4: CUCM is down, the password may be right."""
    desk.lab.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    code, screen = desk.login(typed="some words")
    assert code == 4, screen
    assert "not checked" in screen
    assert desk.stored() == {"auditor/pair audit-lab": "some words"}


@pytest.mark.parametrize("fault", ["soap-fault", "unsupported-version"])
def test_an_answer_that_may_come_before_the_password_is_no_check(desk: Desk, fault: str) -> None:
    """A wrong password must not be called taken."""
    desk.lab.simulator.change({"fault": {"fault": fault, "node": CUCM}})
    code, screen = desk.login(typed="wrong horse")
    assert code == 4, screen
    assert "not checked" in screen


@pytest.mark.parametrize("right", [True, False])
def test_a_missing_role_proves_no_password(desk: Desk, right: bool) -> None:
    """It is stored, for it may be right; what is said is the role, and that nobody knows."""
    desk.lab.simulator.change({"fault": {"fault": "http-403", "interface": "cucm-axl"}})
    code, screen = desk.login(typed=desk.lab.simulator.password if right else "wrong horse")
    assert code == 4, screen
    assert "the password was not proven: " in screen
    assert "Standard AXL API Access" in screen


def test_no_check_sends_no_request(desk: Desk) -> None:
    """For a machine that reaches no cluster."""
    assert desk.login("--no-check", typed="some words")[0] == 0
    assert desk.lab.asked() == []
    assert desk.stored() == {"auditor/pair audit-lab": "some words"}


def test_one_password_can_serve_all_clusters_of_one_account(desk: Desk) -> None:
    """It goes by the name that all ask for; with two accounts, one has to be named."""
    second = '\n[[cluster]]\nname = "east"\ncucm_publisher = "cucm.east.test"\n'
    desk.lab.edit = lambda text: text + second
    assert desk.login("--no-check", typed="for all")[0] == 0
    assert desk.stored() == {"auditor audit-lab": "for all"}
    desk.lab.edit = lambda text: f'{text}{second}username = "other"\n'
    code, screen = desk.login("--no-check")
    assert code == 2
    assert "east (other)" in screen


def test_a_password_is_deleted(desk: Desk) -> None:
    """A second time there is none."""
    desk.login("--no-check", typed="some words")
    assert "Deleted" in desk.login("--delete")[1]
    assert desk.stored() == {}
    code, screen = desk.login("--delete")
    assert code == 0
    assert "Nothing was stored" in screen


def test_an_empty_password_is_refused(desk: Desk) -> None:
    """Nothing is asked of anybody."""
    code, screen = desk.login(typed="")
    assert code == 2, screen
    assert "is empty" in screen
    assert desk.lab.asked() == []


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.fail.Keyring", "password_command"),
        ("keyring.backends.null.Keyring", "did not keep"),
    ],
)
def test_without_a_keyring_the_error_says_what_to_do(desk: Desk, backend: str, said: str) -> None:
    """2, as for everything that is missing."""
    desk.environment["PYTHON_KEYRING_BACKEND"] = backend
    code, screen = desk.login("--no-check", typed="some words")
    assert code == 2, screen
    assert said in " ".join(screen.split())
    assert "Traceback" not in screen


def test_a_locked_keyring_is_reported_before_the_prompt(desk: Desk) -> None:
    """In the words of the keyring."""
    desk.keyring.write_text("locked")
    code, screen = desk.login()
    assert code == 2, screen
    assert "is locked" in screen
    assert PROMPT not in screen


def test_without_a_terminal_the_way_through_a_pipe_is_named(desk: Desk) -> None:
    """A password is never an option."""
    result = CliRunner().invoke(app, ["login", "-c", str(desk.lab.config)], input="secret\n")
    assert result.exit_code == 2
    assert 'keyring set "auditor/pair" audit-lab' in result.stderr


def test_without_the_package_its_extra_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of a plain installation."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    result = CliRunner().invoke(app, ["login", "-c", str(desk.lab.config)])
    assert result.exit_code == 2
    assert "the extra `keyring`" in result.stderr
