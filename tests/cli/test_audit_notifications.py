"""Knowing without looking: `--notify`, and the silence of `--quiet`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from tests.lab import PAIR, Lab
from tests.notify.hook import TOKEN, Hook, listening

Start = Callable[..., Lab]

SUB, SIP = "imp2.lab.test", "Cisco SIP Proxy"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def change(lab: Lab, what: str) -> None:
    lab.simulator.change({what: {"node": SUB, "service": SIP}})


def test_only_new_and_resolved_findings_are_notified(lab: Start, hook: Hook) -> None:
    """A night like the one before is none of their business, and neither is the first."""
    running = lab(PAIR)

    def night() -> Result:
        result = running.run("audit", "--notify", hook.url)
        assert result.stderr == ""
        assert TOKEN not in result.output
        return result

    change(running, "stop")
    assert night().exit_code == 3
    assert hook.told == []
    change(running, "start")
    night()
    assert hook.told[0]["title"] == "auditor: 1 resolved on pair"
    night()
    change(running, "stop")
    assert night().exit_code == 3
    night()
    assert [told["title"] for told in hook.told[1:]] == ["auditor: 1 new on pair"]
    body = hook.told[1]["message"]
    assert f"new: critical SIP-01 {SIP} on {SUB} (pair): stopped" in body
    assert running.simulator.password not in json.dumps(hook.told)
    assert TOKEN not in json.dumps(hook.told)
    assert [told["type"] for told in hook.told] == ["success", "failure"]
    first, step, _, end = body.splitlines()
    assert first.startswith("new: ")
    assert step.startswith("first step: ")
    assert f"`utils service start {SIP}`" in step
    assert end.startswith("Exit code 3: drift.")


def test_the_link_is_that_of_the_option_else_of_the_file(lab: Start, hook: Hook) -> None:
    running = lab(PAIR)
    running.defaults = {**running.defaults, "report_url": "https://reports.test/file.html"}
    running.run("audit", "--notify", hook.url)
    change(running, "stop")
    running.run("audit", "--notify", hook.url)
    change(running, "start")
    option = ("--report-url", "https://reports.test/option.html")
    running.run("audit", "--notify", hook.url, *option)
    links = [line for told in hook.told for line in told["message"].splitlines()]
    assert [line for line in links if line.startswith("report: ")] == [
        "report: https://reports.test/file.html",
        "report: https://reports.test/option.html",
    ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("reports.test/file.html", "must be an address such as https://"),
        ("ftp://reports.test/file.html", "must be an address such as https://"),
        ("https:///file.html", "must be an address such as https://"),
        ("https://reports.test:port/", "must be an address such as https://"),
        ("https://reports.test/a file.html", "must be an address such as https://"),
        ("https://user:s3cret@reports.test/", "must not hold a user name or password"),
        ("https://s3cret@reports.test/", "must not hold a user name or password"),
        ("https://reports.test/\n", "must be one line of text"),
    ],
)
def test_a_wrong_link_stops_before_any_request(lab: Start, wrong: str, why: str) -> None:
    """Nothing of it is repeated: it may hold a password."""
    running = lab(PAIR)
    results = [running.run("audit", "--report-url", wrong)]
    runner = CliRunner(env={**running.environment, "AUDITOR_REPORT_URL": wrong})
    results.append(runner.invoke(app, ["audit", "-c", str(running.config)]))
    running.defaults = {**running.defaults, "report_url": wrong}
    results.append(running.run("audit"))
    for result in results:
        assert result.exit_code == 2, result.output
        assert why in " ".join(result.stderr.split())
        assert "s3cret" not in result.output
        assert "reports.test" not in result.output
    assert running.simulator.requests == []


def nights(running: Lab, hook: Hook, faults: list[dict[str, str] | None]) -> list[str]:
    """Audit once a fault, None for a night without; return all titles and first lines told."""
    for fault in faults:
        running.simulator.change({"clear": {}})
        if fault:
            running.simulator.change({"fault": fault})
        assert running.run("audit", "--notify", hook.url).exit_code in (0, 4, 5)
    return [line for told in hook.told for line in (told["title"], told["message"].split("\n")[0])]


def test_an_unreachable_node_is_notified_once_and_its_return_once(lab: Start, hook: Hook) -> None:
    """One line, however many of its checks have no answer now."""
    lost = {"fault": "http-503", "node": SUB}
    assert nights(lab(PAIR), hook, [None, lost, lost, None, None]) == [
        "auditor: 1 unread on pair",
        f"unread: {SUB} (pair) can no longer be read, 37 checks unknown: "
        f"the web service of {SUB} was not available",
        "auditor: 1 back on pair",
        f"back: {SUB} (pair) can be read again",
    ]


def test_an_unreachable_cluster_is_notified_once_and_its_return_once(
    lab: Start, hook: Hook
) -> None:
    refused = {"fault": "http-401", "node": "cucm-pub.lab.test"}
    assert nights(lab(PAIR), hook, [None, refused, refused, None, None]) == [
        "auditor: 1 unread on pair",
        "unread: cluster pair can no longer be audited: cucm-pub.lab.test refused the user name or "
        "password",
        "auditor: 1 back on pair",
        "back: cluster pair can be audited again",
    ]


def test_quiet_reports_the_return_of_a_node(lab: Start) -> None:
    """Although all is well then: somebody knows that it was not."""
    running = lab(PAIR)
    running.run("audit", "--quiet")
    running.simulator.change({"fault": {"fault": "http-503", "node": SUB}})
    assert "could be read then" in " ".join(running.run("audit", "--quiet").stdout.split())
    running.simulator.change({"clear": {}})
    result = running.run("audit", "--quiet")
    assert result.exit_code == 0
    assert f"{SUB} can be read again." in " ".join(result.stdout.split())
    assert running.run("audit", "--quiet").output == ""


def test_a_changed_publisher_is_reported(lab: Start) -> None:
    """Two clusters of one name would share one history."""
    running = lab(PAIR)

    def since() -> str:
        text = " ".join(running.run("audit").stdout.split())
        return text.partition("Since the run of ")[2].partition(": ")[2][:60]

    since()
    assert since().startswith("nothing changed.")
    running.edit = lambda text: text.replace("cucm-pub.lab.test", "cucm-old.lab.test")
    assert since().startswith("that run used another CUCM publisher, cucm-pub.lab.test;")
    assert "another CUCM" not in since()


def test_a_failed_notification_is_a_warning(lab: Start, hook: Hook) -> None:
    """By the key of the file this time."""
    hook.status = 500
    running = lab(PAIR)
    running.defaults = {**running.defaults, "notify": [hook.url]}
    assert running.run("audit").exit_code == 0
    change(running, "stop")
    result = running.run("audit")
    assert result.exit_code == 3
    assert result.stderr == (
        "auditor: warning: notification 1 was not delivered; test the address by hand.\n"
    )
    assert TOKEN not in result.output


def test_an_address_that_names_no_service_stops_before_any_request(lab: Start) -> None:
    """Whether the option, the variable or the file has it; it is not repeated."""
    running = lab(PAIR)
    wrong = f"nonsense://{TOKEN}"
    results = [running.run("audit", "--notify", wrong)]
    runner = CliRunner(env={**running.environment, "AUDITOR_NOTIFY": wrong})
    results.append(runner.invoke(app, ["audit", "-c", str(running.config)]))
    running.defaults = {**running.defaults, "notify": [wrong]}
    results.append(running.run("audit"))
    for result in results:
        assert result.exit_code == 2, result.output
        assert "address 1" in result.stderr
        assert TOKEN not in result.output
    assert running.simulator.requests == []


def test_notifications_need_the_history(lab: Start, hook: Hook) -> None:
    """Asked for on the command line it is a mistake; in the file it is said."""
    running = lab(PAIR)
    result = running.run("audit", "--notify", hook.url, "--history", "off")
    assert result.exit_code == 2
    assert "needs the history" in result.stderr
    assert running.simulator.requests == []
    running.defaults = {**running.defaults, "notify": [hook.url]}
    result = running.run("audit", "--history", "off")
    assert result.exit_code == 0
    assert "no notification is sent" in result.stderr


def test_quiet_prints_nothing_without_changes(lab: Start, tmp_path: Path) -> None:
    """The files are written all the same."""
    running = lab(PAIR)
    path = tmp_path / "report.json"
    words = ["audit", "--quiet", "-o", "terminal", "-o", f"json:{path}"]
    result = running.run(*words)
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads(path.read_text())["summary"]["exit_code"] == 0

    change(running, "stop")
    result = running.run(*words)
    assert result.exit_code == 3
    assert "1 difference is new." in " ".join(result.stdout.split())
    assert running.run(*words).stdout, "drift that stands is no silence: the exit code is 3"

    change(running, "start")
    result = running.run(*words)
    assert result.exit_code == 0
    assert "1 difference is resolved." in " ".join(result.stdout.split())
    assert running.run(*words).output == ""


def test_quiet_keeps_what_matters_on_standard_error(lab: Start) -> None:
    """A warning about certificates, and every error."""
    running = lab(PAIR)
    result = running.run("audit", "--quiet", "--insecure", "--allow-unknown")
    assert "--insecure" in result.stderr
    result = running.run("audit", "--quiet", "--waivers", "gone.toml")
    assert result.exit_code == 2
    assert "gone.toml" in result.stderr


def test_quiet_prints_what_is_unknown(lab: Start) -> None:
    """An incomplete audit is never silent."""
    running = lab({**PAIR, "fault": [{"fault": "http-500", "node": SUB}]})
    result = running.run("audit", "--quiet")
    assert result.exit_code == 4
    assert result.stdout
