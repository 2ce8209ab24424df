"""Workers that would send in the clear: a scheduler with TLS takes them too."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.fleet.privacy import Privacy, is_private
from tests.fleet.audits import report_of, start_audit
from tests.fleet.parts import GENEROUS_S, Fleet, start_fleet, write_certificates
from tests.lab import PAIR, Lab

Start = Callable[..., Lab]

PLAIN = ("--protocol", "tcp")
LATE = "from auditor.fleet import connection; connection._refuse_open_workers = lambda *_: None"
"""What makes an audit see its workers as if they had come after its start."""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Fleet]:
    """Run a scheduler with TLS for one test, because one such worker is enough to refuse it."""
    with start_fleet(tmp_path, write_certificates(tmp_path)) as running:
        yield running


def test_a_scheduler_with_a_worker_in_the_clear_is_refused(own: Fleet, lab: Start) -> None:
    running = lab(PAIR)
    own.add_worker("", *PLAIN, environment=running.environment)
    audit = start_audit(own, running.config)
    out, error = audit.communicate(timeout=GENEROUS_S)
    assert (audit.returncode, out, error.count("\n")) == (2, "", 1), error
    assert "worker tcp://127.0.0.1:" in error
    assert running.simulator.requests == []
    accepted = start_audit(own, running.config, "--insecure-scheduler")
    assert report_of(accepted)["clusters"][0]["status"] == "compliant"


def test_a_worker_in_the_clear_that_comes_late_asks_nothing(own: Fleet, lab: Start) -> None:
    running = lab(PAIR)
    own.add_worker("", *PLAIN, environment=running.environment)
    (cluster,) = report_of(start_audit(own, running.config, change=LATE))["clusters"]
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "no_worker")
    assert "in the clear" in entry["detail"]
    assert running.simulator.requests == []


@pytest.mark.parametrize(
    ("address", "good_for"),
    [
        ("tls://192.0.2.1:8786", {Privacy.ANY, Privacy.LOOPBACK, Privacy.TLS}),
        ("wss://dask.example.test:8786", {Privacy.ANY, Privacy.LOOPBACK, Privacy.TLS}),
        ("tcp://127.0.0.1:8786", {Privacy.ANY, Privacy.LOOPBACK}),
        ("tcp://[::1]:8786", {Privacy.ANY, Privacy.LOOPBACK}),
        ("localhost:8786", {Privacy.ANY, Privacy.LOOPBACK}),
        ("tcp://192.0.2.1:8786", {Privacy.ANY}),
        ("tcp://localhost.example.test:8786", {Privacy.ANY}),
        ("ucx://192.0.2.1:8786", {Privacy.ANY}),
        ("", {Privacy.ANY}),
    ],
)
def test_an_address_is_private_by_tls_or_where_it_stays_on_a_machine(
    address: str, good_for: set[Privacy]
) -> None:
    assert {needed for needed in Privacy if is_private(address, needed)} == good_for
