"""What `--scheduler` refuses before anything is asked, in one line, and what works with it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fleet.audits import at_site
from tests.fleet.parts import GENEROUS_S, Fleet, audit_command, own_environment, write_certificates
from tests.lab import CUCM, PAIR, Lab

Start = Callable[..., Lab]

_UNUSED = "127.0.0.1:9"
_TLS = f"tls://{_UNUSED}"
DASK_GIVES_UP_S = 30.0


def run(command: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        env=own_environment(environment),
        capture_output=True,
        text=True,
        timeout=GENEROUS_S,
        check=False,
    )


@pytest.mark.parametrize(
    ("address", "words", "said"),
    [
        ("tcp://192.0.2.1:8786", [], "--insecure-scheduler"),
        ("dask.example.test:8786", [], "--insecure-scheduler"),
        (f"tls://{_UNUSED}", [], "distributed.comm.tls.ca-file"),
        (f"tcp://{_UNUSED}", [], f"{_UNUSED} refused the connection"),
        ("nosuch://127.0.0.1:9", [], "no scheduler could be reached there"),
        (f"tcp://{_UNUSED}", ["--evidence", "kept"], "audit the cluster without --scheduler"),
        (f"tcp://{_UNUSED}", ["--replay", "kept"], "a replay asks nothing"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(
    lab: Start, address: str, words: list[str], said: str
) -> None:
    running = lab(PAIR)
    short = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = run(audit_command(running.config, address, *words), **short)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr
    assert running.simulator.requests == []


def test_a_scheduler_of_another_authority_is_refused(
    fleet: Fleet, lab: Start, tmp_path: Path
) -> None:
    others = {**write_certificates(tmp_path), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}
    done = run(audit_command(lab(PAIR).config, fleet.address), **others)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_a_name_that_nobody_knows_is_told_before_dask_gives_up(lab: Start, tmp_path: Path) -> None:
    began = time.monotonic()
    address = "tls://dask.fleet.invalid:8786"
    done = run(audit_command(lab(PAIR).config, address), **write_certificates(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "no address is known for the name dask.fleet.invalid" in done.stderr
    assert time.monotonic() - began < DASK_GIVES_UP_S


def test_a_scheduler_without_tls_is_told_from_one_that_cannot_be_reached(
    plain: Fleet, lab: Start, tmp_path: Path
) -> None:
    address = plain.address.replace("tcp:", "tls:")
    done = run(audit_command(lab(PAIR).config, address), **write_certificates(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "does not speak TLS; check the port" in done.stderr


@pytest.mark.parametrize(
    ("required", "said"), [("False", "write tls:// in place of tcp://"), ("True", "write tls://")]
)
def test_an_address_without_tls_of_a_scheduler_with_it_is_corrected(
    fleet: Fleet, lab: Start, required: str, said: str
) -> None:
    address = fleet.address.replace("tls:", "tcp:")
    own = {**fleet.settings, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": required}
    done = run(audit_command(lab(PAIR).config, address), **own)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_scheduler_that_hangs_is_told_from_one_that_is_not_there(
    plain: Fleet, lab: Start, tmp_path: Path, encrypted: bool
) -> None:
    plain.scheduler.stop()
    own = write_certificates(tmp_path) if encrypted else {}
    address = plain.address.replace("tcp:", "tls:") if encrypted else plain.address
    short = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "0.5s"}
    done = run(audit_command(lab(PAIR).config, address), **own, **short)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "accepts connections but does not answer" in done.stderr


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 99])
def test_a_server_that_is_no_scheduler_is_refused(lab: Start, greeting: bytes) -> None:
    short = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "0.5s"}
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as beside:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        audit = beside.submit(run, audit_command(lab(PAIR).config, address), **short)
        with server.accept()[0] as connection:
            connection.sendall(greeting)
            done = audit.result(GENEROUS_S)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "no scheduler could be reached there" in done.stderr


@pytest.mark.parametrize(
    ("address", "name", "value", "said"),
    [
        (_TLS, "DISTRIBUTED__COMM__TLS__CA_FILE", "/no/ca.pem", "look at ca-file /no/ca.pem"),
        (_TLS, "DISTRIBUTED__COMM__TLS__MIN_VERSION", "9", "min-version=9 is not supported"),
        ("local", "DISTRIBUTED__COMM__TLS__MIN_VERSION", "9", "min-version=9 is not supported"),
        (_TLS, "DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "soon", "Invalid time unit: soon"),
        ("local", "CONFIG", __file__, "cannot read its configuration"),
    ],
)
def test_a_setting_of_dask_that_is_wrong_is_named(
    lab: Start, tmp_path: Path, address: str, name: str, value: str, said: str
) -> None:
    settings = {**write_certificates(tmp_path), f"DASK_{name}": value}
    done = run(audit_command(lab(PAIR).config, address), **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr


def test_a_fault_of_the_program_while_it_connects_is_told_at_once(lab: Start) -> None:
    change = "from auditor.fleet import connection; connection.Client = lambda *_, **__: {}.nothing"
    program = f"{change}; from auditor.__main__ import main; main()"
    words = audit_command(lab(PAIR).config, f"tcp://{_UNUSED}")[3:]
    done = run([sys.executable, "-c", program, *words])
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "this is a bug in auditor (AttributeError" in done.stderr


def test_without_the_extra_the_command_that_adds_it_is_printed(lab: Start, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError('distributed')\n")
    command = audit_command(lab(PAIR).config, f"tcp://{_UNUSED}")
    done = run(command, PYTHONPATH=f"{tmp_path}:{Path.cwd()}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "auditor[fleet]" in done.stderr


def test_a_worker_of_another_version_is_not_believed(fleet: Fleet, lab: Start) -> None:
    running = lab(PAIR)
    fleet.add_worker(environment=running.environment)
    other = "import auditor; auditor.__version__ = '9.9'; from auditor.__main__ import main; main()"
    words = audit_command(running.config, fleet.address, "-o", "json")[3:]
    done = run([sys.executable, "-c", other, *words], **fleet.settings)
    (cluster,) = json.loads(done.stdout)["clusters"]
    (entry,) = cluster["coverage"]
    assert (done.returncode, entry["reason"]) == (5, "worker_version")
    assert "Install auditor 9.9 there" in entry["detail"]
    assert running.simulator.requests == []


def test_the_worker_that_has_a_wrong_password_is_named(fleet: Fleet, lab: Start) -> None:
    running = lab(PAIR)
    fleet.add_worker("wrong", environment={"AUDITOR_PASSWORD": "wrong"})
    config = at_site(running, "wrong")
    done = run(audit_command(config, fleet.address, "-o", "json"), **fleet.settings)
    (cluster,) = json.loads(done.stdout)["clusters"]
    said = f"the password came from AUDITOR_PASSWORD on {socket.gethostname()}"
    assert said in cluster["coverage"][0]["detail"]


def test_options_of_the_survey_hold_on_the_worker(fleet: Fleet, lab: Start) -> None:
    """The certificates do not verify without the authority; every service is read twice."""
    running = lab(PAIR)
    # At a site of its own: a worker of another test has a wrong password.
    lines = at_site(running, "survey").read_text().splitlines()
    config = running.folder / "without-authority.toml"
    config.write_text("\n".join(line for line in lines if not line.startswith("ca_bundle")))
    fleet.add_worker("survey", environment=running.environment)
    words = ["-o", "json", "--insecure", "--settle", "0"]
    done = run(audit_command(config, fleet.address, *words), **fleet.settings)
    report = json.loads(done.stdout)
    assert report["run"]["insecure"] is True
    assert report["clusters"][0]["status"] == "compliant"
    asked = [(r.node, r.operation) for r in running.simulator.requests]
    readings = [operation for node, operation in asked if node != CUCM]
    assert readings.count("soapGetServiceStatus") == 4


def test_a_scheduler_of_its_own_on_this_machine(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = lambda text: text.replace("[[cluster]]\n", '[[cluster]]\nsite = "here"\n')
    done = run(audit_command(running.config, "local", "-o", "json"), **running.environment)
    assert done.stderr == ""
    assert json.loads(done.stdout)["clusters"][0]["status"] == "compliant"
