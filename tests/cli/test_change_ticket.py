"""A change from its ticket: the commands of the document are those that the engineer runs."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.lab import PAIR, SUB, Lab

Start = Callable[..., Lab]
SIP = "Cisco SIP Proxy"


def commands(document: str) -> dict[str, list[str]]:
    """Return the commands of the last table, each as words, by when they are to be run."""
    reader = MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(document.rpartition("## Check and verify")[2])
    cells = [
        "".join(child.content for child in token.children or ())
        for token in tokens
        if token.type == "inline"
    ]
    rows = [cells[n : n + 3] for n in range(3, len(cells) - 1, 3)]
    return {when: shlex.split(command) for when, command, _ in rows}


def test_a_ticket_leads_through_the_change(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check, snapshot, change, compare: and what the steps say is what was expected."""
    monkeypatch.chdir(tmp_path)
    running = lab({**PAIR, "node": [{"name": SUB, "not_activated": [SIP]}]})
    words = ("--activate", f"{SIP}@{SUB}")
    result = running.run("precheck", "pair", *words, "-o", "markdown:ticket.md")
    assert result.exit_code == 4, result.output
    table = commands(Path("ticket.md").read_text(encoding="utf-8"))
    for when in ("Before", "Right before"):
        auditor, *line = table[when]
        assert auditor == "auditor"
        result = running.run(*line)
        assert result.exit_code in (0, 3), result.output
    for act in ("activate", "start"):
        running.simulator.change({act: {"node": SUB, "service": SIP}})
    result = running.run(*table["Afterwards"][1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Nothing unexpected changed.")
    result = running.run(*table["For this record"][1:])
    assert result.exit_code == 0, result.output
    record = Path("after.md").read_text(encoding="utf-8")
    assert record.startswith("# Nothing unexpected: what changed on pair\n")
    assert f"- `{SUB}`: {SIP} was not activated, is started. (better)\n  - so " in record


def test_a_no_go_is_no_ticket_to_follow(lab: Start) -> None:
    """It leads with the reason; what would be done is in the JSON alone."""
    running = lab(PAIR)
    words = ("precheck", "pair", "--deactivate", f"{SIP}@{SUB}", "--confirm")
    document = running.run(*words, "-o", "markdown").stdout
    assert document.startswith(f"# NO-GO: deactivate {SIP} on {SUB}\n")
    assert "utils service" not in document
    assert "utils service" not in running.run(*words).stdout.partition("No steps")[2]
    data = json.loads(running.run(*words, "-o", "json").stdout)
    assert (data["approved"], bool(data["rollback"]["steps"])) == (False, True)


def test_the_way_back_leads_to_the_state_before(lab: Start, tmp_path: Path) -> None:
    """What the roll-back names is done, and its comparison finds no difference."""
    running = lab({**PAIR, "node": [{"name": SUB, "not_activated": [SIP]}]})
    before = str(tmp_path / "before.json")
    words = ("precheck", "pair", "--activate", f"{SIP}@{SUB}", "--confirm", "-o", "json")
    rollback = json.loads(running.run(*words).stdout)["rollback"]
    running.run("snapshot", "pair", "--to", before)
    for act in ("activate", "start"):
        running.simulator.change({act: {"node": SUB, "service": SIP}})
    (undo,) = [step for step in rollback["steps"] if step["service"]]
    assert (undo["kind"], undo["nodes"], undo["cli"]) == (
        "deactivate",
        [SUB],
        f"utils service deactivate {SIP}",
    )
    running.simulator.change({"deactivate": {"node": SUB, "service": SIP}})
    result = running.run("diff", before, "live", "pair")
    assert result.exit_code == 0, result.output
    assert "0 events; " in result.stdout
