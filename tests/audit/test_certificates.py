"""Certificates that end soon or have ended, over the whole program: live, and from evidence."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.audit.test_replay import assert_same
from tests.lab import CUCM, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]


def _scenario(**days: int) -> Mapping[str, Any]:
    """Return a pair; `sub` and `cucm` are the days that their certificates have left."""
    return {
        **PAIR,
        "node": [{"name": SUB, "certificate_days": days.get("sub", 400)}],
        "cucm_node": [{"name": CUCM, "certificate_days": days.get("cucm", 400)}],
    }


def _findings(report: Mapping[str, Any], id_: str) -> dict[str, tuple[Any, Any, Any]]:
    return {
        f["subject"]["name"]: (f["verdict"], f["kind"], f["severity"])
        for f in report["clusters"][0]["findings"]
        if f["recommendation"] == id_
    }


def test_certificates_that_end_soon_are_named_with_their_day(lab: Start, tmp_path: Path) -> None:
    """Judged again later, the evidence still gives the verdicts of its own day."""
    running = lab(_scenario(sub=3, cucm=20))
    report = assert_same(running, tmp_path / "kept")

    assert _findings(report, "CERT-01") == {
        PUB: ("pass", None, "medium"),
        SUB: ("drift", "expiring", "high"),
    }
    assert _findings(report, "CERT-02") == {"pair": ("drift", "expiring", "medium")}
    (cluster,) = report["clusters"]
    (node,) = (n for n in cluster["nodes"] if n["name"] == SUB)
    ends = datetime.fromisoformat(node["certificate_not_after"])
    assert timedelta(days=3) < ends - datetime.now(UTC) < timedelta(days=4)
    observed = [f["observed"] for f in cluster["findings"] if f["kind"] == "expiring"]
    assert observed[0] == f"The certificate of {SUB} is valid until {ends.date()}."
    # The handshakes that are made anyway showed it.
    assert len(running.simulator.requests) == sum(c["requests"] for c in cluster["coverage"])


@pytest.mark.parametrize("word", ["", "--insecure"])
def test_an_expired_certificate_is_drift_whether_or_not_the_node_could_be_read(
    lab: Start, tmp_path: Path, word: str
) -> None:
    running = lab(_scenario(sub=-2))
    report = assert_same(running, tmp_path / "kept", *([word] if word else []))

    assert _findings(report, "CERT-01")[SUB] == ("drift", "expired", "high")
    (node,) = (n for n in report["clusters"][0]["nodes"] if n["name"] == SUB)
    assert bool(node["services"]) is bool(word)


def test_an_expired_certificate_of_cucm_is_named(lab: Start, tmp_path: Path) -> None:
    """Nothing else of the cluster may be known then."""
    report = assert_same(lab(_scenario(cucm=-2)), tmp_path / "kept")

    assert _findings(report, "CERT-02") == {"pair": ("drift", "expired", "high")}


def test_the_file_says_for_how_long_certificates_must_be_valid(lab: Start) -> None:
    running = lab(_scenario(sub=60))
    assert _findings(running.json(), "CERT-01")[SUB][0] == "pass"
    running.defaults = {**running.defaults, "certificate_days": 90}
    assert _findings(running.json(), "CERT-01")[SUB] == ("drift", "expiring", "medium")


def test_a_node_that_cannot_be_reached_leaves_its_certificate_unknown(lab: Start) -> None:
    running = lab({**PAIR, "fault": [{"node": SUB, "fault": "connection-refused"}]})
    assert _findings(running.json(), "CERT-01")[SUB][0] == "unknown"


def test_every_interface_of_a_monitor_has_the_certificates(lab: Start) -> None:
    """Days for Nagios, moments for Prometheus."""
    running = lab(_scenario(sub=3, cucm=20))
    line = running.run("nagios").stdout
    assert f"high CERT-01 on {SUB} (pair) certificate expires soon" in line
    figures = line.partition(" | ")[2]
    assert f"'{CUCM} certificate'=20d;30:;7: '{PUB} certificate'=825d;30:;7: " in figures
    metrics = running.run("audit", "--history", "off", "-o", "prometheus").stdout
    ends = json.loads(running.run("audit", "--history", "off", "-o", "json").stdout)
    moment = datetime.fromisoformat(ends["clusters"][0]["cucm_certificate_not_after"]).timestamp()
    (sample,) = (
        line
        for line in metrics.splitlines()
        if line.startswith("auditor_certificate_not_after_timestamp_seconds{")
        and f'node="{CUCM}"' in line
    )
    assert float(sample.split()[-1]) == moment
