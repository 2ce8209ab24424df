"""`auditor history` after real audits: a waiver, a refused password, and a node that came back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_waivers_option import waiver, write
from tests.lab import DRIFTED_PAIR, SUB, Lab

Start = Callable[..., Lab]


class Nights:
    """Audits of one lab, one a night."""

    def __init__(self, running: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin in the night before the first of March."""
        self.running = running
        self.now = datetime(2026, 2, 28, 2, tzinfo=UTC)
        monkeypatch.setattr("auditor.soap.network.LiveNetwork.now", lambda _wire: self.now)
        monkeypatch.setattr("auditor.cli.history.current_time", lambda: self.now)

    def audit(self, *words: str) -> int:
        """Audit in the next night, and return the exit code."""
        self.now += timedelta(days=1)
        return self.running.run("audit", *self._record, *words).exit_code

    def estate(self) -> dict[str, Any]:
        """Return the figures of the next morning."""
        read: dict[str, Any] = json.loads(
            self.running.run("history", *self._record, "-o", "json").stdout
        )
        return read

    def terminal(self) -> str:
        return " ".join(self.running.run("history", *self._record).stdout.split())

    @property
    def _record(self) -> tuple[str, str]:
        return "--history", f"sqlite:///{self.running.folder}/history.sqlite3"


@pytest.fixture
def nights(lab: Start, monkeypatch: pytest.MonkeyPatch) -> Nights:
    return Nights(lab(DRIFTED_PAIR), monkeypatch)


def test_a_waiver_is_kept_with_its_end_its_owner_and_what_it_hides(
    nights: Nights, tmp_path: Path
) -> None:
    path = write(tmp_path, waiver())
    assert nights.audit() == 3
    assert nights.audit("--waivers", str(path)) == 0
    (entry,) = nights.estate()["differences"]
    assert (entry["verdict"], entry["since"][:10], entry["exists_since"][:10]) == (
        "waived",
        "2026-03-02",
        "2026-03-01",
    )
    assert entry["waiver"] == {
        "reason": "Moves to the publisher in May.",
        "owner": "uc-team",
        "expires": "2026-06-30",
        "verdict": "drift",
    }
    (low,) = (times for times in nights.estate()["fix_times"] if times["severity"] == "low")
    assert (low["fixed"], low["open"]) == (0, 1)


def test_a_refused_password_hides_no_difference_and_heals(nights: Nights) -> None:
    assert nights.audit() == 3
    nights.running.simulator.change({"fault": {"fault": "http-401"}})
    assert nights.audit() == 5
    lost = nights.estate()
    assert [(d["verdict"], d["state"]) for d in lost["differences"]] == [("drift", "not_judged")]
    assert [day["not_judged"] for day in lost["days"]] == [0, 1]
    assert "was drift" in nights.terminal()

    nights.running.undisturbed()
    assert nights.audit() == 3
    healed = nights.estate()
    (outage,) = (o for o in healed["outages"] if o["kind"] == "unauditable")
    assert (outage["reasons"], outage["healed_at"][:10]) == (["credentials"], "2026-03-03")
    assert [(d["verdict"], d["state"]) for d in healed["differences"]] == [("drift", "confirmed")]
    assert sum(times["fixed"] for times in healed["fix_times"]) == 0
    assert healed["flapping"] == []


def test_a_node_that_hung_is_an_outage_of_its_own(nights: Nights) -> None:
    assert nights.audit() == 3
    nights.running.simulator.change({"fault": {"fault": "http-500", "node": SUB}})
    nights.audit()
    (lost,) = (o for o in nights.estate()["outages"] if o["kind"] == "unread_node")
    assert (lost["node"], lost["healed_at"]) == (SUB, None)
    assert lost["reasons"]
    nights.running.undisturbed()
    nights.audit()
    (healed,) = (o for o in nights.estate()["outages"] if o["kind"] == "unread_node")
    assert healed["healed_at"][:10] == "2026-03-03"
    assert f"{SUB} could not be read" in nights.terminal()
