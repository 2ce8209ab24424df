"""The whole output of `auditor precheck`: on a narrow and on a wide terminal, and as JSON."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.lab import PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]
GOLDEN = Path(__file__).parent / "golden" / "precheck"
ARCHIVER = "Cisco XCP Message Archiver"
WITHOUT_DATABASE: Mapping[str, Any] = {
    **PAIR,
    "deployment": {"compliance": [SUB]},
    "node": [{"name": SUB, "not_activated": [ARCHIVER]}],
}
PARTNER_DOWN: Mapping[str, Any] = {
    **PAIR,
    "node": [
        {
            "name": PUB,
            "stopped": ["Cisco Presence Datastore", "Cisco XCP Router", "Cisco SIP Proxy"],
            "release": "14.0.1.11900-1",
        }
    ],
}
BROKEN_REPLICATION: Mapping[str, Any] = {
    **PAIR,
    "node": [{"name": PUB, "replication": 4}, {"name": SUB, "replication": 3}],
}
# The first request to PerfMon of a node is for its HA state, the second for its replication.
UNREAD_REPLICATION = {
    "fault": {"fault": "soap-fault", "node": SUB, "interface": "perfmon", "after": 1, "times": 1}
}
RESTART = ("--restart", f"SIP Proxy@{SUB}", "--confirm")


@pytest.mark.parametrize(
    ("name", "scenario", "fault", "words", "code"),
    [
        ("restart", PAIR, {"clear": {}}, RESTART, 0),
        (
            "archiver-without-database",
            WITHOUT_DATABASE,
            {"clear": {}},
            ("--activate", f"{ARCHIVER}@{SUB}"),
            3,
        ),
        ("partner-down", PARTNER_DOWN, {"clear": {}}, RESTART, 3),
        ("replication-broken", BROKEN_REPLICATION, {"clear": {}}, RESTART, 3),
        ("replication-unread", PAIR, UNREAD_REPLICATION, RESTART, 4),
    ],
)
def test_the_whole_output(
    name: str,
    scenario: Mapping[str, Any],
    fault: Mapping[str, Any],
    words: Sequence[str],
    code: int,
    lab: Start,
    monkeypatch: pytest.MonkeyPatch,
    compare_golden: Callable[[Path, str], None],
) -> None:
    """A no-go says one reason, and the steps are those of Cisco in their order."""
    running = lab(scenario)
    for suffix, width in (("80.txt", 80), ("160.txt", 160), ("json", 0)):
        monkeypatch.setattr("auditor.cli.output.terminal_width", partial(int, width))
        running.undisturbed().simulator.change(fault)
        output = () if width else ("-o", "json")
        result = running.run("precheck", "pair", *words, *output)
        assert result.exit_code == code, result.output
        compare_golden(GOLDEN / f"{name}.{suffix}", result.stdout)
