"""One scheduler that several audits use, and that outlives them."""

from collections.abc import Callable

from distributed import Client

from tests.fleet.audits import report_of, start_audit
from tests.fleet.parts import Fleet
from tests.lab import PAIR, Lab


def test_two_audits_of_one_cluster_at_once_leave_nothing_behind(
    plain: Fleet, lab: Callable[..., Lab]
) -> None:
    """The name is one that Dask would take for a key of several parts."""
    running = lab({**PAIR, "cluster": {"name": "('zürich ost', 1)"}})
    plain.add_worker(environment=running.environment)
    audits = [start_audit(plain, running.config) for _ in range(2)]
    assert [report_of(audit)["clusters"][0]["status"] for audit in audits] == ["compliant"] * 2
    with Client(plain.address, set_as_default=False) as client:
        kept = client.get_metadata(["auditor"])
    assert list(kept.values()) == [None, None]
