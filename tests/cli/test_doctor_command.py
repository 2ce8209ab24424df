"""`auditor doctor` on clusters whose set-up is wrong in one way or several."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from auditor.simulator import Simulator
from tests.lab import CUCM, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]
Golden = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden" / "doctor"

_CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"([0-9A-F]{2}:){15}[0-9A-F]{2}(?=:?$)", "DIGEST"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d+ days", "N days"),
)


def _steady(text: str) -> str:
    """Return a page without what differs from run to run; the lines stay where they are."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def _steps(lab: Lab, code: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Run the check-up; return its steps by server and check."""
    result = lab.run("doctor", "-o", "json")
    assert result.exit_code == code, result.output
    document = json.loads(result.stdout)
    (checkup,) = document["clusters"]
    assert document["exit_code"] == checkup["exit_code"] == code
    return {
        (server["name"], step["check"]): step
        for server in checkup["servers"]
        for step in server["steps"]
    }


def _outcomes(lab: Lab, code: int, server: str) -> dict[str, str]:
    return {
        check: step["outcome"]
        for (name, check), step in _steps(lab, code).items()
        if name == server
    }


def test_a_good_set_up_is_ready(lab: Start, compare_golden: Golden) -> None:
    """Every step of every server, with what the certificates say."""
    running = lab(PAIR)
    result = running.run("doctor")
    assert result.exit_code == 0
    compare_golden(GOLDEN / "ready.txt", _steady(result.stdout))
    assert result.stderr == ""


def test_a_certificate_that_ends_soon_is_noted_and_the_server_asked_all_the_same(
    lab: Start,
) -> None:
    """By the rule of CERT-01 and CERT-02, and no reason to call the set-up wrong."""
    running = lab({**PAIR, "node": [{"name": SUB, "certificate_days": 3}]})
    steps = _steps(running, 0)

    soon = steps[SUB, "certificate"]
    assert soon["outcome"] == "note"
    assert f"it proves {SUB}. It expires on 20" in soon["text"]
    assert soon["text"].endswith(": renew it (`auditor explain CERT-01`).")
    assert soon["certificate"]["days_left"] == 3
    assert steps[SUB, "credentials"]["outcome"] == "ok"
    assert steps[PUB, "certificate"]["outcome"] == "ok"


def test_a_bad_set_up_shows_what_to_change_and_where(lab: Start, compare_golden: Golden) -> None:
    """Four things at once; none hides another."""
    running = lab(
        {
            **PAIR,
            "fault": [
                {"fault": "http-403", "interface": "perfmon", "node": PUB},
                {"fault": "http-404", "interface": "imp-axl", "node": PUB},
                {"fault": "self-signed-certificate", "node": SUB},
                {"fault": "http-503", "interface": "cucm-axl"},
            ],
        }
    )
    result = running.run("doctor")
    assert result.exit_code == 3
    compare_golden(GOLDEN / "mend.txt", _steady(result.stdout))


def test_it_sends_at_most_four_requests_to_a_server_and_writes_nothing(lab: Start) -> None:
    """One at a time, on one connection a server."""
    running = lab(PAIR)
    running.run("doctor")
    asked = running.asked()
    servers = [server for server, _ in groupby(node for node, _ in asked)]
    assert servers[0] == CUCM
    assert sorted(servers) == sorted([CUCM, PUB, SUB])
    counts = {name: sum(node == name for node, _ in asked) for name in (CUCM, PUB, SUB)}
    assert counts[CUCM] <= 4
    assert max(counts[PUB], counts[SUB]) <= 4
    assert not any(request.writes for request in running.simulator.requests)


def test_a_wrong_password_is_tried_once(lab: Start) -> None:
    """All servers are checked as far as possible without it."""
    running = lab({**PAIR, "fault": [{"fault": "http-401"}]})
    steps = _steps(running, 3)
    assert running.asked() == [(CUCM, "listProcessNode")]
    assert steps[CUCM, "credentials"]["reason"] == "credentials"
    assert "password came from AUDITOR_PASSWORD." in steps[CUCM, "credentials"]["text"]
    assert "Application User" in steps[CUCM, "credentials"]["where"]
    for node in (PUB, SUB):
        assert steps[node, "certificate"]["outcome"] == "ok"
        assert steps[node, "credentials"]["outcome"] == "skipped"
        assert CUCM in steps[node, "credentials"]["text"]


def test_a_password_that_one_node_refuses_goes_to_no_other(lab: Start) -> None:
    """CUCM took it; the account may not have reached IM and Presence."""
    running = lab({**PAIR, "fault": [{"fault": "http-401", "node": node} for node in (PUB, SUB)]})
    steps = _steps(running, 3)
    (refused_by,) = (node for node, _ in running.asked() if node != CUCM)
    (spared,) = {PUB, SUB} - {refused_by}
    assert steps[refused_by, "credentials"]["outcome"] == "mend"
    assert steps[spared, "credentials"]["outcome"] == "skipped"


FAILURES = """
fault                   interface      server            check                  reason              where
connection-refused      -              imp1.lab.test     connection             unreachable         [cluster.addresses]
expired-certificate     -              imp1.lab.test     certificate            tls                 Certificate Management > tomcat
self-signed-certificate -              cucm-pub.lab.test certificate            tls                 auditor trust cucm-pub.lab.test pair
wrong-certificate       -              imp1.lab.test     certificate            wrong_node          [cluster.addresses]
http-403                cucm-axl       cucm-pub.lab.test axl_role               not_authorised      Access Control Group
http-403                imp-axl        imp1.lab.test     axl_role               not_authorised      Access Control Group
http-403                control-center imp1.lab.test     serviceability_role    not_authorised      Access Control Group
http-403                perfmon        imp2.lab.test     serviceability_role    not_authorised      Access Control Group
http-404                cucm-axl       cucm-pub.lab.test axl_service            no_such_service     Cisco Unified Serviceability > Tools > Service Activation
http-404                imp-axl        imp1.lab.test     axl_service            no_such_service     Cisco Unified IM and Presence Serviceability > Tools > Service Activation
http-404                control-center imp1.lab.test     serviceability_service no_such_service     Control Center - Network Services
login-page              imp-axl        imp1.lab.test     axl_service            bad_reply           [cluster.addresses]
unsupported-version     cucm-axl       cucm-pub.lab.test version                unsupported_version axl_version
"""  # noqa: E501 - a table is read by its columns
DETAILS = {"wrong-certificate": {"of": SUB}, "unsupported-version": {"text": "4.2"}}


@pytest.mark.parametrize(
    "line", FAILURES.splitlines()[2:], ids=lambda line: " ".join(line.split()[:3])
)
def test_each_failure_is_found_at_one_step_with_the_place_to_fix_it(lab: Start, line: str) -> None:
    """No other step needs a fix."""
    name, interface, server, check, reason, where = line.split(maxsplit=5)
    fault = {"fault": name, "node": server, **DETAILS.get(name, {})}
    if interface != "-":
        fault["interface"] = interface
    steps = _steps(lab({**PAIR, "fault": [fault]}), 3)
    step = steps[server, check]
    assert (step["outcome"], step["reason"]) == ("mend", reason)
    assert where in step["where"]
    assert step["remedy"]
    to_fix = [key for key, other in steps.items() if other["outcome"] == "mend"]
    assert to_fix == [(server, check)]


def test_a_refused_certificate_is_shown(lab: Start) -> None:
    """It has to be compared."""
    running = lab({**PAIR, "fault": [{"fault": "self-signed-certificate", "node": PUB}]})
    shown = _steps(running, 3)[PUB, "certificate"]["certificate"]
    assert shown["self_signed"] is True
    assert shown["names"] == [PUB]
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", shown["sha256"])
    assert shown["days_left"] > 700


def test_an_unknown_authority_is_named(lab: Start, tmp_path: Path) -> None:
    """The CA file is good, and of another cluster."""
    running = lab(PAIR)
    other = Simulator({**PAIR, "cluster": {"name": "other"}}, tmp_path / "other")
    with other:
        foreign = other.ca_path
        running.edit = lambda text: text.replace('"auditor-ca.pem"', f'"{foreign}"')
        step = _steps(running, 3)[CUCM, "certificate"]
    assert 'signed by "pair lab CA"' in step["text"]
    assert "ca_bundle" in step["where"]


def test_a_pinned_server_is_trusted_by_its_pin(lab: Start) -> None:
    """As a self-signed one needs it."""
    running = lab({**PAIR, "fault": [{"fault": "self-signed-certificate", "node": PUB}]})
    shown = _steps(running, 3)[PUB, "certificate"]["certificate"]
    pins = f'\n[cluster.pins]\n"{PUB}" = ["{shown["sha256"]}"]\n'
    running.edit = lambda text: text + pins
    step = _steps(running, 0)[PUB, "certificate"]
    assert "pinned in [cluster.pins]" in step["text"]


def test_a_subscriber_without_axl_is_a_note(lab: Start) -> None:
    """The table leaves it to the operator."""
    running = lab({**PAIR, "fault": [{"fault": "http-404", "interface": "imp-axl", "node": SUB}]})
    step = _steps(running, 0)[SUB, "axl_service"]
    assert step["outcome"] == "note"
    assert "Service Activation" in step["where"]


@pytest.mark.parametrize(
    ("line", "code", "outcome"),
    [("intercluster = true", 3, "mend"), ("# intercluster is not declared", 4, "cannot_tell")],
)
def test_a_subscriber_without_axl_is_not_ready_where_peers_may_need_it(
    lab: Start, line: str, code: int, outcome: str
) -> None:
    """An audit calls it critical, so no check-up may say that everything is in place."""
    running = lab({**PAIR, "fault": [{"fault": "http-404", "interface": "imp-axl", "node": SUB}]})
    running.edit = lambda text: re.sub("(?m)^intercluster = false$", line, text)
    step = _steps(running, code)[SUB, "axl_service"]
    assert step["outcome"] == outcome
    assert "may be intended" not in step["text"]
    assert "start it if it is stopped" in step["remedy"]


@pytest.mark.parametrize("fault", ["http-500", "http-503", "rate-control"])
def test_a_passing_failure_is_unknown(lab: Start, fault: str) -> None:
    """Exit code 4, and the request is not repeated."""
    running = lab({**PAIR, "fault": [{"fault": fault, "interface": "control-center"}]})
    outcomes = _outcomes(running, 4, PUB)
    assert outcomes["serviceability_service"] == "cannot_tell"
    assert outcomes["serviceability_role"] == "skipped"
    assert outcomes["credentials"] == "ok"
    asked = [operation for node, operation in running.asked() if node == PUB]
    assert asked.count("getProductInformationList") == 1


def test_a_server_that_hangs_times_out(lab: Start) -> None:
    """The others are checked."""
    running = lab({**PAIR, "fault": [{"fault": "hang", "node": PUB, "interface": "perfmon"}]})
    running.defaults = {**running.defaults, "timeout_s": 2}
    steps = _steps(running, 4)
    assert steps[PUB, "serviceability_service"]["reason"] == "timed_out"
    assert steps[SUB, "version"]["outcome"] == "ok"


def test_nodes_that_hang_cost_the_others_nothing(lab: Start) -> None:
    """Each its own two time-outs, however many come before a node that takes the password."""
    hanging = ["imp1.lab.test", "imp2.lab.test", "imp3.lab.test"]
    running = lab(
        {
            **PAIR,
            "group": [
                {"name": "First", "nodes": hanging[:2]},
                {"name": "Second", "nodes": [hanging[2], "imp4.lab.test"]},
            ],
            "fault": [{"fault": "hang", "node": node} for node in hanging],
        }
    )
    timeout_s = 2
    running.defaults = {**running.defaults, "timeout_s": timeout_s}
    began = time.monotonic()
    steps = _steps(running, 4)
    assert time.monotonic() - began < 3 * timeout_s
    assert steps["imp4.lab.test", "version"]["outcome"] == "ok"


def test_an_unknown_name_fails_at_the_first_step(lab: Start) -> None:
    """Labels that long exist nowhere, so no name server has to be asked."""
    name = f"{'x' * 60}.invalid"
    running = lab({**PAIR, "config": {"addresses": {SUB: f"{name}:8443"}}})
    steps = _steps(running, 3)
    assert steps[SUB, "name"]["outcome"] == "mend"
    assert f'[cluster.addresses]: "{SUB}"' in steps[SUB, "name"]["where"]
    assert steps[SUB, "connection"]["outcome"] == "skipped"


def test_without_a_password_everything_before_it_is_checked(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the four ways to give one are named."""
    running = lab(PAIR)
    monkeypatch.setattr(Lab, "environment", {})
    steps = _steps(running, 3)
    assert running.asked() == []
    assert steps[CUCM, "certificate"]["outcome"] == "ok"
    assert "AUDITOR_PASSWORD" in steps[CUCM, "credentials"]["text"]
    assert steps[PUB, "certificate"]["outcome"] == "ok"


def test_without_cucm_the_nodes_of_the_file_are_checked(lab: Start) -> None:
    """Their addresses name them."""
    running = lab({**PAIR, "fault": [{"fault": "connection-refused", "node": CUCM}]})
    steps = _steps(running, 3)
    assert PUB in steps[CUCM, "nodes"]["text"]
    assert steps[PUB, "version"]["outcome"] == "ok"
    assert steps[SUB, "version"]["outcome"] == "ok"


def test_clusters_are_examined_one_after_the_other(lab: Start) -> None:
    """Those that are named, else all; the exit code is that of the worst."""
    running = lab(PAIR)
    second = '\n[[cluster]]\nname = "east"\ncucm_publisher = "127.0.0.1:1"\n'
    running.edit = lambda text: text + second
    result = running.run("doctor", "-o", "json")
    assert result.exit_code == 3
    clusters = json.loads(result.stdout)["clusters"]
    assert [(c["name"], c["exit_code"]) for c in clusters] == [("pair", 0), ("east", 3)]
    assert running.run("doctor", "PAIR").exit_code == 0
    pages = running.run("doctor").stdout
    assert pages.index("Cluster pair: ") < pages.index("Cluster east: ")
    # The summary is what is left on the screen, the worst first, and one exit code below it.
    summary = pages.partition("2 clusters, worst first\n")[2].splitlines()
    assert summary[0].startswith("  ✗ east  something to fix: ")
    assert summary[1] == "  ✓ pair  ready."
    assert summary[3] == "Exit code 3: something to fix."
    assert pages.count("Exit code") == 1


def test_a_refused_password_is_not_tried_on_the_next_cluster(lab: Start, tmp_path: Path) -> None:
    """Clusters may share their accounts, and each refusal counts towards a lock."""
    running = lab({**PAIR, "fault": [{"fault": "http-401", "node": CUCM}]})
    (tmp_path / "east").mkdir()
    with closing(Simulator({**PAIR, "cluster": {"name": "east"}}, tmp_path / "east")) as other:
        other.start()
        other.write_config(tmp_path / "east" / "auditor.toml", {})
        text = (tmp_path / "east" / "auditor.toml").read_text().partition("[[cluster]]")[2]
        east = text.replace('ca_bundle = "', f'ca_bundle = "{tmp_path}/east/')
        running.edit = lambda pair: f"{pair}\n[[cluster]]{east}"
        result = running.run("doctor", "-o", "json")
        page = running.run("doctor").stdout
        assert [request.operation for request in other.requests] == []
    assert result.exit_code == 3
    second = json.loads(result.stdout)["clusters"][1]
    assert second["exit_code"] == 4
    texts = [step["text"] for server in second["servers"] for step in server["steps"]]
    refused = f"{CUCM} of cluster pair refused it"
    assert any(refused in text for text in texts)
    assert refused in " ".join(page.split())


@pytest.mark.parametrize(
    "words", [("precheck", "--activate", "Cisco SIP Proxy", "--on", SUB), ("trust", SUB, "--yes")]
)
def test_a_command_for_one_cluster_names_those_of_the_file(
    lab: Start, words: tuple[str, ...]
) -> None:
    running = lab(PAIR)
    running.edit = lambda text: text + '\n[[cluster]]\nname = "east"\ncucm_publisher = "c.test"\n'
    refused = running.run(*words)
    assert refused.exit_code == 2
    assert "name one of its clusters: pair, east." in refused.stderr


@pytest.mark.parametrize("words", [(), ("-o", "json")])
def test_no_secret_is_in_any_output(lab: Start, words: tuple[str, ...]) -> None:
    """Not even where the server sends it back."""
    running = lab({**PAIR, "fault": [{"fault": "soap-fault", "interface": "imp-axl"}]})
    password = running.simulator.password
    running.simulator.change(
        {"fault": {"fault": "soap-fault", "interface": "imp-axl", "text": f"no {password}"}}
    )
    result = running.run("doctor", *words)
    assert result.exit_code == 4
    assert "no ***" in result.output
    assert password not in result.output


def test_an_axl_without_a_database_is_to_be_fixed(lab: Start) -> None:
    running = lab({**PAIR, "fault": [{"fault": "database-fault", "interface": "imp-axl"}]})
    result = running.run("doctor")
    text = " ".join(result.output.split())
    assert result.exit_code == 3
    assert f"AXL of {PUB} answered that it cannot reach its database" in text


def test_a_proxy_is_left_to_open_the_connections(lab: Start) -> None:
    """What this machine sees by itself proves nothing then."""
    running = lab(PAIR)
    running.defaults = {**running.defaults, "proxy": True}
    outcomes = _outcomes(running, 0, PUB)
    assert {outcomes[check] for check in ("name", "connection", "certificate")} == {"note"}
    assert outcomes["credentials"] == "ok"


def test_ctrl_c_ends_it_at_once(lab: Start) -> None:
    """Whatever it waits for."""
    running = lab({**PAIR, "fault": [{"fault": "hang", "node": PUB}]})
    running.defaults = {**running.defaults, "timeout_s": 60}
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "doctor", "-c", str(running.config)],
        env={**os.environ, **running.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while not any(request.node == PUB for request in running.simulator.requests):
        assert time.monotonic() < deadline, "it never asked"
        select.select([], [], [], 0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert time.monotonic() - began < 20
    assert "Traceback" not in err


def test_http_403_alone_proves_no_password(lab: Start) -> None:
    """The role is what to fix; whether the password is right is unknown."""
    running = lab({**PAIR, "fault": [{"fault": "http-403", "interface": "cucm-axl"}]})
    steps = _steps(running, 3)
    credentials = steps[CUCM, "credentials"]
    assert credentials["outcome"] == "skipped"
    assert "not proven: HTTP 403" in credentials["text"]
    assert steps[CUCM, "axl_role"]["outcome"] == "mend"
    assert steps[PUB, "credentials"]["outcome"] == "ok"
