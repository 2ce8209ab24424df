"""One reply of a node's AXL means the same in audit, failover-check, precheck and doctor."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from auditor.models.findings import Verdict
from auditor.service_names import SIP_PROXY_SERVICE
from tests.lab import PAIR, PUB, Lab, finding

Start = Callable[..., Lab]

INTERCLUSTER = {
    **PAIR,
    "deployment": {"intercluster": True},
    "intercluster_peer": [{"address": "imp-1.peer.test"}],
}

# Every way in which the AXL of a node may answer the probe, and what it proves of AXL.
REPLIES: dict[str, tuple[dict[str, object] | None, Verdict]] = {
    "one row": (None, Verdict.PASS),
    "no database": ({"fault": "database-fault"}, Verdict.DRIFT),
    "connect error": ({"fault": "database-fault", "code": -930}, Verdict.DRIFT),
    "no memory": ({"fault": "database-fault", "code": -1}, Verdict.DRIFT),
    "pool": (
        {"fault": "database-fault", "code": 0, "text": "Connection pool exhausted"},
        Verdict.DRIFT,
    ),
    "http 404": ({"fault": "http-404"}, Verdict.DRIFT),
    "http 503": ({"fault": "http-503"}, Verdict.DRIFT),
    "no row": ({"fault": "empty-list"}, Verdict.DRIFT),
    "zero": ({"fault": "odd-number", "text": "0"}, Verdict.DRIFT),
    "no number": ({"fault": "odd-number", "text": "many"}, Verdict.DRIFT),
    "nil": ({"fault": "nil-values"}, Verdict.DRIFT),
    "several rows": ({"fault": "contradicting-rows"}, Verdict.DRIFT),
    "other fault": (
        {"fault": "database-fault", "code": -206, "text": "The table is not in the database."},
        Verdict.UNKNOWN,
    ),
    "http 401": ({"fault": "http-401"}, Verdict.UNKNOWN),
    "http 403": ({"fault": "http-403"}, Verdict.UNKNOWN),
    "rate control": ({"fault": "rate-control"}, Verdict.UNKNOWN),
    "version": ({"fault": "unsupported-version"}, Verdict.UNKNOWN),
}


def _failover_verdict(running: Lab) -> str:
    document = json.loads(running.run("failover-check", "-o", "json").stdout)
    (check,) = [
        check
        for cluster in document["clusters"]
        for group in cluster["groups"]
        for check in group["points"]
        if (check["aspect"], check["node"]) == ("AXL", PUB)
    ]
    return str(check["verdict"])


def _doctor_verdict(running: Lab) -> str:
    document = json.loads(running.run("doctor", "-o", "json").stdout)
    (cluster,) = document["clusters"]
    (server,) = [server for server in cluster["servers"] if server["name"] == PUB]
    outcomes: dict[str, Any] = {step["check"]: step["outcome"] for step in server["steps"]}
    # A role, a password or a version to fix says nothing about whether AXL works.
    if outcomes["axl_service"] == "mend":
        return Verdict.DRIFT
    is_proven = outcomes["axl_service"] == outcomes["axl_role"] == outcomes["version"] == "ok"
    return Verdict.PASS if is_proven else Verdict.UNKNOWN


def _precheck_drift(running: Lab) -> bool:
    """Return whether precheck notes that AXL-04 differs; it notes no other verdict."""
    words = ("pair", "--deactivate", SIP_PROXY_SERVICE, "--on", PUB, "-o", "json")
    document = json.loads(running.run("precheck", *words).stdout)
    return any(point["text"].startswith("AXL-04 ") for point in document["points"])


@pytest.mark.parametrize(("fault", "verdict"), REPLIES.values(), ids=REPLIES)
def test_a_reply_means_the_same_to_every_command(
    lab: Start, fault: dict[str, object] | None, verdict: Verdict
) -> None:
    faults = [] if fault is None else [{"node": PUB, "interface": "imp-axl", **fault}]
    running = lab({**INTERCLUSTER, "fault": faults})
    running.defaults = {**running.defaults, "backoff_s": [0]}
    verdicts = {
        "audit": finding(running.cluster(), "AXL-04", PUB).verdict,
        "failover-check": _failover_verdict(running),
        "doctor": _doctor_verdict(running),
    }
    assert verdicts == dict.fromkeys(verdicts, verdict)
    assert _precheck_drift(running) is (verdict is Verdict.DRIFT)
