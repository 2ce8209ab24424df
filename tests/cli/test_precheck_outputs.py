"""The whole output of `auditor precheck`: narrow and wide terminal, JSON, and the document."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from auditor import __version__
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
OUTPUTS = (
    ("80.txt", 80, ()),
    ("160.txt", 160, ()),
    ("json", 100, ("-o", "json")),
    ("md", 100, ("-o", "markdown")),
)
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
    for suffix, width, output in OUTPUTS:
        monkeypatch.setattr("auditor.cli.output.terminal_width", partial(int, width))
        running.undisturbed().simulator.change(fault)
        result = running.run("precheck", "pair", *words, *output)
        assert result.exit_code == code, result.output
        compare_golden(GOLDEN / f"{name}.{suffix}", hide_moments(result.stdout))


def hide_moments(text: str) -> str:
    """Return an output without what differs from run to run and from version to version."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z|\+00:00| UTC)", "MOMENT", text)
    return text.replace(f"auditor {__version__}", "auditor VERSION").replace(
        f'"version": "{__version__}"', '"version": "VERSION"'
    )
