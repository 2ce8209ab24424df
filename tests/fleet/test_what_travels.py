"""What leaves this machine, byte for byte, and what comes back."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import auditor.judging
from auditor.config.loader import load_configuration
from auditor.config.settings import ClusterSettings
from auditor.failure_reasons import Reason
from auditor.failures import Failure
from auditor.fleet.messages import (
    BrokenMessage,
    ClusterResult,
    ClusterTask,
    OtherVersion,
    pack_message,
    unpack_message,
    unpack_result,
)
from auditor.fleet.unaudited import facts_of_result
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem
from tests.fleet.parts import GENEROUS_S, audit_command, own_environment, start_fleet
from tests.lab import CUCM, PAIR, SUB, Lab

Start = Callable[..., Lab]


@contextmanager
def relay(port: int) -> Iterator[tuple[int, bytearray]]:
    """Pass every connection on to a port of loopback; give the own port and what was sent there."""
    sent, ends = bytearray(), list[socket.socket]()

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
                ends.extend((near, far))
                for source, sink, kept in ((near, far, sent), (far, near, bytearray())):
                    threads.append(threading.Thread(target=_pump, args=(source, sink, kept)))
                    threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=accept)]
        threads[0].start()
        yield listener.getsockname()[1], sent
        for end in (listener, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(GENEROUS_S)
        for end in ends:
            end.close()


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            kept.extend(data)
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def test_no_secret_and_no_path_of_this_machine_is_sent(lab: Start, tmp_path: Path) -> None:
    """The password is in this environment too, and further secrets are in the file."""
    running = lab(PAIR)
    running.defaults = {**running.defaults, "notify": ["json://token-of-ours@127.0.0.1:9/"]}
    history = {"AUDITOR_HISTORY": f"sqlite:///{tmp_path}/runs-of-ours.sqlite3"}
    secret = running.simulator.password
    plain = {"DASK_DISTRIBUTED__COMM__COMPRESSION": "null"}
    with start_fleet(tmp_path, {}) as fleet:
        fleet.add_worker(environment=running.environment)
        with relay(int(fleet.address.rpartition(":")[2])) as (port, sent):
            done = subprocess.run(
                audit_command(running.config, f"tcp://127.0.0.1:{port}", "-o", "json"),
                env=own_environment({**plain, **running.environment, **history}),
                capture_output=True,
                text=True,
                timeout=GENEROUS_S,
                check=False,
            )
    assert json.loads(done.stdout)["clusters"][0]["status"] == "compliant", done.stderr
    assert CUCM.encode() in sent
    for hidden in (secret, json.dumps(secret)[1:-1], "token-of-ours", "runs-of-ours"):
        assert hidden.encode() not in sent
    assert str(running.folder).encode() not in sent


@pytest.mark.parametrize("name", ["demo", "all-drift", "lost-data-centre", "one-node"])
def test_settings_and_facts_survive_the_journey_as_they_were(
    lab: Start, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[tuple[ClusterSettings, ClusterFacts]] = []
    build = auditor.judging.build_report

    def keep(clusters: Sequence[ClusterSettings], facts: Sequence[ClusterFacts], *rest: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
        seen.extend(zip(clusters, facts, strict=True))
        return build(clusters, facts, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(auditor.judging, "build_report", keep)
    lab(name).audit()
    for settings, facts in seen:
        assert unpack_message(ClusterResult, pack_message(ClusterResult(facts))).facts == facts
        task = ClusterTask(settings, 16, ("auditor", "run", settings.name))
        assert unpack_message(ClusterTask, pack_message(task)) == task
    assert seen


def test_a_failure_within_a_failure_survives_too() -> None:
    values = {"host": CUCM, "error": "not known"}
    earlier = Failure(Reason.UNREACHABLE, Problem.NO_ADDRESS, CUCM, is_cucm=True, values=values)
    failure = Failure(Reason.NOT_ASKED, Problem.AFTER_FAILURE, SUB, earlier=earlier, names=("x",))
    entry = Coverage(Source.PERFMON, SUB, Outcome.SKIPPED, Reason.NOT_ASKED, failure=failure)
    facts = ClusterFacts("pair", (), coverage=(entry,))
    travelled = unpack_message(ClusterResult, pack_message(ClusterResult(facts))).facts
    assert travelled == facts
    assert travelled.coverage[0].detail == entry.detail


def _drop_coverage(message: dict[str, Any]) -> None:
    del message["content"]["facts"]["coverage"]


def _drop_services(message: dict[str, Any]) -> None:
    message["content"]["facts"]["nodes"] = []
    del message["content"]["facts"]["topology_observed"]


def _name_another_cluster(message: dict[str, Any]) -> None:
    message["content"]["facts"]["name"] = "other"


def _send_nothing(message: dict[str, Any]) -> None:
    message["content"]["facts"] = None


def _add_a_field(message: dict[str, Any]) -> None:
    message["content"]["facts"]["more"] = True


@pytest.mark.parametrize(
    "spoil",
    [_drop_coverage, _drop_services, _name_another_cluster, _send_nothing, _add_a_field, None],
)
def test_a_result_that_is_not_whole_is_not_believed(
    spoil: Callable[[dict[str, Any]], None] | None,
) -> None:
    """Without the failures in its coverage a cluster would look read."""
    entry = Coverage(Source.PERFMON, SUB, Outcome.FAILED, Reason.TIMED_OUT)
    whole = pack_message(ClusterResult(ClusterFacts("pair", (), coverage=(entry,))))
    assert unpack_result("pair", whole).facts
    message = json.loads(whole)
    if spoil is not None:
        spoil(message)
    with pytest.raises(BrokenMessage):
        unpack_result("pair", whole[:-9] if spoil is None else json.dumps(message))


@pytest.mark.parametrize(
    ("problem", "values"),
    [
        (Problem.NO_PASSWORD.name, {"worker": "w", "username": "u", "more": "x"}),
        (Problem.NO_PASSWORD.name, None),
        (Problem.NO_ADDRESS.name, {"host": "h", "error": "e"}),
        ("NO_SUCH_PROBLEM", {}),
    ],
)
def test_a_problem_that_no_worker_has_is_not_believed(
    lab: Start, problem: str, values: dict[str, str] | None
) -> None:
    (settings,) = load_configuration(lab(PAIR).config).clusters
    with pytest.raises(BrokenMessage):
        facts_of_result(settings, ClusterResult(problem=problem, values=values))


@pytest.mark.parametrize("text", ["[" * 100_000, "null", "", '{"version": 1}', "9" * 5000])
def test_a_result_of_any_shape_breaks_nothing(text: str) -> None:
    with pytest.raises((BrokenMessage, OtherVersion)):
        unpack_result("pair", text)
