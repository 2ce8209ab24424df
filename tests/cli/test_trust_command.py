"""`auditor trust` as somebody uses it whose servers show certificates that nothing vouches for."""

import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.simulator import certificates
from tests.cli.terminal import on_terminal
from tests.lab import CUCM, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]

UNTRUSTED_PAIR = {
    **PAIR,
    "fault": [{"fault": "self-signed-certificate", "node": PUB}],
}
OTHER = ":".join(["AB"] * 32)
REMARK = "# a remark that must stay\n"


@pytest.fixture
def pair(lab: Start) -> Lab:
    """Return a pair whose publisher shows a self-signed certificate."""
    running = lab(UNTRUSTED_PAIR)
    running.edit = lambda text: REMARK + text
    return running


def _run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["trust", *words, "-c", str(config)])


def _pins(config: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(config.read_text())["cluster"][0].get("pins", {})
    return found


def _shown(config: Path) -> str:
    """Return the fingerprint of the publisher, as the command shows it."""
    lines = _run(config, PUB).stdout.splitlines()
    at = lines.index("  SHA-256:")
    return (lines[at + 1] + lines[at + 2]).replace(" ", "")


def test_without_a_terminal_it_shows_what_to_paste_and_records_nothing(pair: Lab) -> None:
    """2: somebody has to compare."""
    config = pair.config
    before = config.read_bytes()
    result = _run(config, PUB)
    assert result.exit_code == 2
    assert "signed by: itself" in result.stdout
    assert "  Cisco Unified IM and Presence OS Administration > Security" in result.stdout
    assert "  Cisco Unified OS Administration > Security" in _run(config, CUCM).stdout
    assert "--fingerprint" in result.stderr
    assert config.read_bytes() == before
    pasted = tomllib.loads(result.stdout[result.stdout.index("[cluster.pins]") :])
    assert pasted == {"cluster": {"pins": {PUB: [_shown(config)]}}}


def test_the_fingerprint_that_was_expected_is_recorded(pair: Lab) -> None:
    """And an audit believes the server from then on; no request, no password was sent for it."""
    config = pair.config
    result = _run(config, PUB, "--fingerprint", _shown(config).lower().replace(":", ""))
    assert result.exit_code == 0, result.output
    assert _pins(config) == {PUB: [_shown(config)]}
    assert config.read_text().startswith(REMARK)
    assert pair.simulator.requests == []
    pair.edit = lambda _: text
    text = config.read_text()
    assert pair.run("audit").exit_code == 0


def test_a_long_sentence_is_broken_between_words(pair: Lab) -> None:
    """A hundred columns where nobody says how many there are."""
    lines = _run(pair.config, SUB).stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("It is trusted already"))
    assert max(len(line) for line in lines[at : at + 2]) <= 100
    assert " ".join(lines[at : at + 2]).endswith("be renewed with the certificate.")


def test_another_fingerprint_than_the_expected_is_refused(pair: Lab) -> None:
    """3, with both told."""
    config = pair.config
    before = config.read_bytes()
    result = _run(config, PUB, "--fingerprint", OTHER, "--yes")
    assert result.exit_code == 3
    assert OTHER in result.stderr
    assert config.read_bytes() == before


def test_yes_alone_is_trust_on_first_use_with_a_warning(pair: Lab) -> None:
    """A second time nothing is to be done."""
    config = pair.config
    result = _run(config, PUB, "--yes")
    assert result.exit_code == 0
    assert "was not compared" in result.stderr
    before = config.read_bytes()
    again = _run(config, PUB, "--yes")
    assert again.exit_code == 0
    assert "recorded already" in again.stdout
    assert config.read_bytes() == before


def test_a_certificate_that_changed_is_never_taken_blindly(pair: Lab) -> None:
    """It takes a comparison, and the old one goes only when asked."""
    pair.edit = lambda text: f'{text}\n[cluster.pins]\n"{PUB}" = ["{OTHER}"]\n'
    config = pair.config
    before = config.read_bytes()
    blind = _run(config, PUB, "--yes")
    assert blind.exit_code == 3
    assert "CHANGED" in blind.stdout
    assert config.read_bytes() == before
    shown = _shown(config)
    beside = _run(config, PUB, "--fingerprint", shown)
    assert beside.exit_code == 0
    assert _pins(config) == {PUB: [OTHER, shown]}
    assert "are still accepted" in beside.stderr
    assert _run(config, PUB, "--fingerprint", shown, "--replace").exit_code == 0
    assert _pins(config) == {PUB: [shown]}


def test_the_certificate_of_another_node_is_never_recorded(lab: Start) -> None:
    """A pin for it would make one machine pass for two."""
    running = lab(
        {**UNTRUSTED_PAIR, "fault": [{"fault": "wrong-certificate", "node": PUB, "of": SUB}]}
    )
    config = running.config
    before = config.read_bytes()
    for words in ((), ("--yes",)):
        result = _run(config, PUB, *words)
        assert result.exit_code == 3
        assert f"certificate of {SUB}" in result.stdout
    assert config.read_bytes() == before


def test_a_verified_server_needs_no_pin(pair: Lab) -> None:
    """Its authority does it."""
    assert "so it needs no pin" in _run(pair.config, SUB).stdout


def test_an_address_finds_the_name_that_the_file_has_for_it(pair: Lab) -> None:
    """The name is what counts in an audit."""
    config = pair.config
    host, port = pair.simulator.nodes[PUB]
    result = _run(config, f"{host}:{port}", "--yes")
    assert result.exit_code == 0, result.output
    assert list(_pins(config)) == [PUB]


def test_a_node_can_be_named_beside_its_address(pair: Lab) -> None:
    """The file need not know it yet; that is remarked upon."""
    pair.edit = lambda text: "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(f'"{PUB}"')
    )
    config = pair.config
    host, port = pair.simulator.nodes[PUB]
    result = _run(config, f"{host}:{port}", "--node", "imp9.lab.test", "--yes")
    assert list(_pins(config)) == ["imp9.lab.test"]
    assert "does not name imp9.lab.test" in result.stderr


def test_the_cucm_publisher_can_be_trusted_too(pair: Lab) -> None:
    """By its name."""
    config = pair.config
    assert _run(config, CUCM, "--yes").exit_code == 0
    assert list(_pins(config)) == [CUCM]


def test_a_server_that_is_not_there_is_4(pair: Lab) -> None:
    """Nothing is known then."""
    pair.simulator.change({"fault": {"fault": "connection-refused", "node": PUB}})
    result = _run(pair.config, PUB, "--yes")
    assert result.exit_code == 4
    assert "refused" in result.stderr
    assert _pins(pair.config) == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no host",), "must be a host"),
        (("imp1.lab.test:99999",), "port"),
        ((PUB, "--fingerprint", "AB:CD"), "64 hexadecimal digits"),
        ((PUB, "pare"), "did you mean `pair`"),
        ((PUB, "--node", "a b"), "--node"),
    ],
)
def test_bad_input_is_a_usage_error(pair: Lab, words: tuple[str, ...], said: str) -> None:
    """Nothing is asked of anybody."""
    result = _run(pair.config, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_failed_write_leaves_the_file_and_prints_the_block(
    pair: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, for one."""
    config = pair.config
    before = config.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auditor.files.os.fsync", full)
    result = _run(config, PUB, "--yes")
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert "[cluster.pins]" in result.stderr
    assert config.read_bytes() == before


@pytest.mark.parametrize(
    ("answer", "code"),
    [("yes", 0), ("Y", 0), ("the fingerprint", 0), ("no", 3), ("n", 3), (OTHER, 3)],
)
def test_a_terminal_is_asked(pair: Lab, answer: str, code: int) -> None:
    """Yes, no, or the fingerprint, as ssh has it."""
    config = pair.config
    shown = _shown(config)
    command = [sys.executable, "-m", "auditor", "trust", PUB, "-c", str(config)]
    typed = shown if answer == "the fingerprint" else answer
    ended, screen = on_terminal(command, os.environ, {"fingerprint to compare)": typed})
    assert ended == code, screen
    assert _pins(config) == ({PUB: [shown]} if code == 0 else {})


@pytest.mark.parametrize(
    ("odd", "then", "code"), [("maybe", "y", 0), ("", "no", 3), ("AB:CD", "n", 3)]
)
def test_an_odd_answer_is_asked_again(pair: Lab, odd: str, then: str, code: int) -> None:
    """A slip of the finger neither records nor ends the command."""
    config = pair.config
    command = [sys.executable, "-m", "auditor", "trust", PUB, "-c", str(config)]
    answers = {"fingerprint to compare)": odd, "64 digits:": then}
    ended, screen = on_terminal(command, os.environ, answers)
    assert ended == code, screen
    assert list(_pins(config)) == ([PUB] if code == 0 else [])


def test_an_answer_that_never_comes_records_nothing(pair: Lab) -> None:
    """Ctrl-D, or a terminal that is closed."""
    config = pair.config
    command = [sys.executable, "-m", "auditor", "trust", PUB, "-c", str(config)]
    ended, screen = on_terminal(command, os.environ, {"fingerprint to compare)": "\x04"})
    assert ended == 3, screen
    assert "nothing was recorded" in screen
    assert _pins(config) == {}


def test_hostile_names_in_a_certificate_do_nothing_to_the_terminal(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers chose them."""
    build = certificates.build_common_name
    monkeypatch.setattr(
        certificates, "build_common_name", lambda text: build(f"\x1b[2J{text}\nREADY")
    )
    result = _run(lab(UNTRUSTED_PAIR).config, SUB)
    assert "\x1b" not in result.output
    assert "\\x1b[2J" in result.stdout
    assert "\nREADY" not in result.stdout


@pytest.fixture
def no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand in a folder without a configuration, with none in the user's own either."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))


@pytest.mark.usefixtures("no_file")
def test_without_a_file_it_is_shown_with_the_option_of_init(pair: Lab) -> None:
    """A newcomer who has to know the fingerprint before the file can be written."""
    host, port = pair.simulator.nodes[PUB]
    result = CliRunner().invoke(app, ["trust", f"{host}:{port}", "--node", PUB])
    assert result.exit_code == 0, result.output
    assert "signed by: itself" in result.stdout
    assert f"--username USER --pin {PUB}={_shown(pair.config)}\n" in result.stdout
    assert pair.simulator.requests == []


@pytest.mark.usefixtures("no_file")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--yes",), 2, "nothing was recorded, because there is no auditor.toml"),
        (("--fingerprint", OTHER), 3, "REFUSED"),
        (("-c", "nowhere.toml"), 2, "nowhere.toml: cannot be read"),
        (("lab",), 2, "no auditor.toml"),
    ],
)
def test_without_a_file_nothing_is_recorded(
    pair: Lab, words: tuple[str, ...], code: int, said: str
) -> None:
    """And none is made."""
    host, port = pair.simulator.nodes[PUB]
    result = CliRunner().invoke(app, ["trust", f"{host}:{port}", "--node", PUB, *words])
    assert result.exit_code == code
    assert said in result.stderr
    assert list(Path.cwd().iterdir()) == []
