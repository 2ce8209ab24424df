"""What every option of every command has: a help text, an environment variable, a place in line."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from auditor.cli.app import app, load_command
from tests.lab import DRIFTED_PAIR, Lab

Start = Callable[..., Lab]


WITHOUT = {"--help", "--version", "--install-completion", "--show-completion"}
"""Options that say something and end: a variable for them would end every run."""

OWN = {
    **{
        f"{command} --output": f"AUDITOR_{command.upper()}_OUTPUT"
        for command in ("check", "diff", "doctor", "explain", "history", "precheck", "rules")
    },
    "failover-check --output": "AUDITOR_FAILOVER_OUTPUT",
    "failover-check --since": "AUDITOR_FAILOVER_SINCE",
}
"""Options that take other values than those of the same name in a nightly audit."""


def _options() -> Iterator[tuple[str, Any]]:
    root = get_group(app)
    commands: dict[str, Any] = {"auditor": root, **{n: load_command(n) for n in root.commands}}
    for name, command in commands.items():
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield f"{name} {parameter.opts[0]}", parameter


OPTIONS = dict(_options())


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_is_explained_and_has_a_variable(name: str) -> None:
    """The variable is named like the option, so that nobody has to look it up."""
    option = OPTIONS[name]
    assert option.help
    assert option.help.rstrip().endswith(".")
    word = name.split()[1]
    if word in WITHOUT:
        return
    usual = f"AUDITOR_{word.removeprefix('--').replace('-', '_').upper()}"
    assert option.envvar == OWN.get(name, usual)


def test_the_options_of_the_audit_are_all_there() -> None:
    """The test above would pass on none."""
    words = {name.split()[1] for name in OPTIONS if name.startswith("audit ")}
    assert words >= {
        "--config",
        "--output",
        "--fail-on",
        "--allow-unknown",
        "--insecure",
        "--pack",
    }


@pytest.mark.parametrize(
    "words",
    [
        ["--no-such-option"],
        ["audit", "--no-such-option"],
        ["no-such-command"],
        ["audit", "--fail-on", "terrible"],
        ["audit", "--pack", "nobody's"],
        ["audit", "-o", "no-such-format"],
        ["explain"],
        ["explain", "NO-1"],
        ["simulate", "no-such-scenario"],
        [],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_2(words: list[str]) -> None:
    """And says so on standard error, in one line; without any word, the help is the answer."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    if words:
        assert re.fullmatch(r"auditor: .+\n", result.stderr)
        assert result.stdout == ""
    else:
        assert "Usage" in result.stdout


def test_a_wrong_choice_names_the_choices_and_where_they_are_explained() -> None:
    result = CliRunner().invoke(app, ["audit", "--fail-on", "terrible"], prog_name="auditor")
    assert result.stderr == (
        "auditor: Invalid value for '--fail-on' (env var: 'AUDITOR_FAIL_ON'): 'terrible' is not "
        "one of 'critical', 'high', 'medium', 'low', 'info'. `auditor audit --help` explains.\n"
    )


def test_what_does_not_print_stays_out_of_the_line_about_it() -> None:
    result = CliRunner().invoke(app, ["audit", "--no\x1b[31m\nsuch"])
    assert re.fullmatch(r"auditor: [ -~]+\n", result.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ["audit", "--fail-on", "HIGH"],
        ["audit", "--pack", "Table"],
        ["audit", "-o", "JSON"],
        ["failover-check", "--accept", "Failed-Over"],
        ["failover-check", "-o", "Json"],
    ],
    ids=" ".join,
)
def test_a_choice_is_understood_however_it_is_written(words: list[str]) -> None:
    """What is refused in the end is the configuration, which nobody wrote."""
    result = CliRunner().invoke(app, [*words, "-c", "/no/such/auditor.toml"])
    assert (
        result.stderr
        == "auditor: /no/such/auditor.toml: cannot be read: No such file or directory\n"
    )


def _code(lab: Lab, environment: dict[str, str], *words: str) -> int:
    runner = CliRunner(env={**lab.environment, **environment})
    return runner.invoke(app, ["audit", "-c", str(lab.config), *words]).exit_code


def test_the_option_outranks_the_variable_and_that_the_file(lab: Start) -> None:
    """A drift of severity low fails at low, and not at medium."""
    running = lab(DRIFTED_PAIR)
    assert _code(running, {}) == 3
    running.defaults = {**running.defaults, "fail_on": "medium"}
    assert _code(running, {}) == 0
    assert _code(running, {"AUDITOR_FAIL_ON": "low"}) == 3
    assert _code(running, {"AUDITOR_FAIL_ON": "low"}, "--fail-on", "medium") == 0
    running.defaults = {**running.defaults, "fail_on": "low"}
    assert _code(running, {"AUDITOR_FAIL_ON": "medium"}) == 0
    assert _code(running, {"AUDITOR_FAIL_ON": "medium"}, "--fail-on", "low") == 3


def test_every_option_of_the_audit_can_be_given_by_its_variable(lab: Start, tmp_path: Path) -> None:
    """A timer sets variables more easily than a command line."""
    running = lab(DRIFTED_PAIR)
    path = tmp_path / "a folder" / "report.json"
    path.parent.mkdir()
    environment = {
        **running.environment,
        "AUDITOR_CONFIG": str(running.config),
        "AUDITOR_OUTPUT": f"terminal; json:{path}",
        "AUDITOR_FAIL_ON": "critical",
        "AUDITOR_ALLOW_UNKNOWN": "1",
        "AUDITOR_INSECURE": "yes",
        "AUDITOR_PACK": "table",
    }
    result = CliRunner(env=environment).invoke(app, ["audit"])
    assert result.exit_code == 0, result.output
    told = json.loads(path.read_text())
    assert told["run"]["fail_on"] == "critical"
    assert told["run"]["allow_unknown"] is True
    assert told["run"]["insecure"] is True
    assert not any(f["recommendation"] == "HA-01" for f in told["clusters"][0]["findings"])
    assert "COMPLIANT" in result.stdout


def test_the_outputs_of_the_nightly_audit_are_those_of_no_other_command(tmp_path: Path) -> None:
    """`doctor` would write over the report."""
    report = tmp_path / "report.json"
    runner = CliRunner(env={"AUDITOR_OUTPUT": f"json:{report}"})
    assert "AXL-02" in runner.invoke(app, ["explain", "AXL-02"]).stdout
    assert not report.exists()


def test_allow_unknown_is_reported(lab: Start) -> None:
    """It never forgives drift, and never a cluster of which nothing was read."""
    running = lab({**DRIFTED_PAIR, "node": []})
    fault: dict[str, object] = {"fault": "http-500", "interface": "perfmon"}
    running.simulator.change({"fault": fault})
    assert _code(running, {}) == 4
    assert _code(running, {}, "--allow-unknown") == 0
    assert "--allow-unknown" in running.run("audit", "--allow-unknown").stdout
    running.simulator.change(
        {"deactivate": {"node": "imp2.lab.test", "service": "Cisco SIP Proxy"}}
    )
    assert _code(running, {}, "--allow-unknown") == 3
    running.simulator.change({"fault": {"fault": "http-500"}})
    assert _code(running, {}, "--allow-unknown") == 5
