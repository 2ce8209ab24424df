"""Waivers as the operator gives them: by option, by variable, by key of the file."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.resources import read_schema
from tests.lab import DRIFTED_PAIR, Lab

Start = Callable[..., Lab]


@pytest.fixture(autouse=True)
def _in_march(monkeypatch: pytest.MonkeyPatch) -> None:
    night = datetime(2026, 3, 1, 2, tzinfo=UTC)
    monkeypatch.setattr("auditor.soap.network.LiveNetwork.now", lambda _wire: night)


def waiver(**changed: str) -> str:
    """Return a block that accepts the one difference of DRIFTED_PAIR."""
    keys = {
        "recommendation": '"RPT-02"',
        "cluster": '"pair"',
        "subject": '"imp2.lab.test"',
        "reason": '"Moves to the publisher in May."',
        "owner": '"uc-team"',
        "expires": "2026-06-30",
    }
    lines = (f"{key} = {value}" for key, value in (keys | changed).items())
    return "\n".join(("[[waiver]]", *lines, ""))


def write(folder: Path, *blocks: str, name: str = "waivers.toml") -> Path:
    path = folder / name
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def test_a_waived_difference_is_compliant_and_keeps_its_verdict_in_sight(
    lab: Start, tmp_path: Path
) -> None:
    """The exit code is 0, and every reader still sees what was judged."""
    running = lab(DRIFTED_PAIR)
    path = write(tmp_path, waiver())
    result = running.run("audit", "--waivers", str(path))
    assert result.exit_code == 0, result.output
    assert "Moves to the publisher in May. (uc-team, until 2026-06-30)" in result.stdout
    assert "drift without the waiver" in result.stdout

    told = running.json("--waivers", str(path))
    jsonschema.validate(told, json.loads(read_schema("audit")))
    (waived,) = [f for f in told["clusters"][0]["findings"] if f["verdict"] == "waived"]
    assert waived["waiver"]["verdict"] == "drift"
    assert waived["kind"] == "misplaced"
    assert told["summary"]["exit_code"] == 0


def test_the_file_of_the_configuration_is_found_beside_it(lab: Start) -> None:
    """By the key of all clusters, or of one, which outranks it."""
    running = lab(DRIFTED_PAIR)
    write(running.folder, waiver())
    running.defaults = {**running.defaults, "waivers": "waivers.toml"}
    assert running.run("audit").exit_code == 0
    write(running.folder, name="none.toml")
    running.edit = lambda text: text.replace("[[cluster]]", '[[cluster]]\nwaivers = "none.toml"')
    assert running.run("audit").exit_code == 3


def test_the_option_takes_the_place_of_the_file(lab: Start, tmp_path: Path) -> None:
    """As every option does; so an audit without waivers is one with an empty file."""
    running = lab(DRIFTED_PAIR)
    write(running.folder, waiver())
    running.defaults = {**running.defaults, "waivers": "waivers.toml"}
    empty = write(tmp_path, name="empty.toml")
    assert running.run("audit", "--waivers", str(empty)).exit_code == 3


def test_the_monitoring_plugin_knows_the_waivers_too(lab: Start) -> None:
    """Nobody is to be woken for what was accepted."""
    running = lab(DRIFTED_PAIR)
    assert running.run("nagios").exit_code == 1
    write(running.folder, waiver())
    running.defaults = {**running.defaults, "waivers": "waivers.toml"}
    assert running.run("nagios").exit_code == 0


def test_a_snapshot_ends_as_an_audit_with_the_waivers_of_the_file(
    lab: Start, tmp_path: Path
) -> None:
    """Its facts are what was seen, so it compares with one from before the waiver."""
    running = lab(DRIFTED_PAIR)
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    assert running.run("snapshot", "--to", str(before)).exit_code == 3
    write(running.folder, waiver())
    running.defaults = {**running.defaults, "waivers": "waivers.toml"}
    result = running.run("snapshot", "--to", str(after))
    assert result.exit_code == running.run("audit", "--history", "off").exit_code == 0
    told_end = "An audit with --history off would end with exit code 0."
    assert told_end in " ".join(result.stdout.split())

    told = [json.loads(path.read_text()) for path in (before, after)]
    assert services(told[0]) == services(told[1])
    verdicts = {f["verdict"] for f in told[1]["report"]["clusters"][0]["findings"]}
    assert "waived" in verdicts
    assert "drift" not in verdicts

    compared = running.run("diff", str(before), "live")
    assert compared.exit_code == 0, compared.stdout
    assert "Fixed drift" not in compared.stdout
    assert "RPT-02 [low]: drift (activated where it does not belong), waived. " in compared.stdout


def services(content: dict[str, Any]) -> object:
    """Return the services in the facts of a snapshot, uptime apart."""
    return [
        {name: (known["activated"], known["state"]) for name, known in node["services"].items()}
        for node in content["facts"]["pair"]["nodes"]
    ]


def test_an_expired_waiver_has_no_effect_and_is_reported(lab: Start, tmp_path: Path) -> None:
    """It held through its whole last day."""
    running = lab(DRIFTED_PAIR)
    last_day = write(tmp_path, waiver(expires="2026-03-01"))
    assert running.run("audit", "--waivers", str(last_day)).exit_code == 0
    result = running.run("audit", "--waivers", str(write(tmp_path, waiver(expires="2026-02-28"))))
    assert result.exit_code == 3
    assert "the waiver expired on 2026-02-28" in " ".join(result.stdout.split())


def test_a_waiver_that_has_no_effect_is_reported(lab: Start, tmp_path: Path) -> None:
    """Whatever it misses: finding, cluster, or the need for it."""
    running = lab(DRIFTED_PAIR)
    path = write(
        tmp_path,
        waiver(subject='"imp9.lab.test"'),
        waiver(cluster='"pear"'),
        waiver(recommendation='"SIP-01"'),
    )
    told = running.json("--waivers", str(path))
    notices = "\n".join(told["clusters"][0]["notices"])
    assert "RPT-02 on imp9.lab.test matches no finding" in notices
    assert 'waivers.toml, waiver 2: there is no cluster "pear"; write "pair"' in notices
    assert "SIP-01 on imp2.lab.test is no longer needed (pass now)" in notices


def test_a_waiver_in_the_file_of_another_cluster_is_reported(lab: Start) -> None:
    """It stands in a file that is read, for a cluster that another file is for."""
    running = lab(DRIFTED_PAIR)
    write(running.folder, waiver(cluster='"other"'))
    running.defaults = {**running.defaults, "waivers": "waivers.toml"}
    other = '[[cluster]]\nname = "other"\ncucm_publisher = "cucm.other.test"\n'
    running.edit = lambda text: f'{text}\n{other}username = "u"\nwaivers = "own.toml"\n'
    notices = running.json("pair")["clusters"][0]["notices"]
    assert notices == [
        'waivers.toml, waiver 1 has no effect: cluster "other" takes its waivers from own.toml; '
        "move the waiver or correct the key `waivers`."
    ]


def test_what_is_unknown_cannot_be_waived(lab: Start, tmp_path: Path) -> None:
    """The audit stays incomplete, and the waiver is said to have no effect."""
    running = lab(
        {**DRIFTED_PAIR, "node": [], "fault": [{"fault": "http-500", "node": "imp2.lab.test"}]}
    )
    told = running.json("--waivers", str(write(tmp_path, waiver())))
    assert told["summary"]["exit_code"] == 4
    assert told["summary"]["waived"] == 0
    assert any("unknown cannot be waived" in n for n in told["clusters"][0]["notices"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (waiver(expires='"soon"'), "key `expires`: must be a date"),
        (waiver(expires="2026-02-30"), "key `expires`: 2026-02-30 is not a date"),
        (waiver(reason='""'), "key `reason`"),
        (waiver(recommendation='"RPT-99"'), 'there is no "RPT-99"'),
        (waiver().replace("owner", "ower"), "did you mean `owner`?"),
        (waiver() + waiver(), "is about the same finding as waiver 1"),
    ],
    ids=["bad-date", "impossible-date", "no-reason", "no-such-id", "misspelt", "twice"],
)
def test_a_mistake_in_the_file_stops_before_any_request(
    lab: Start, tmp_path: Path, text: str, said: str
) -> None:
    """Nothing is taken for "no expiry"."""
    running = lab(DRIFTED_PAIR)
    result = running.run("audit", "--waivers", str(write(tmp_path, text)))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "waivers.toml" in result.stderr
    assert running.simulator.requests == []


def test_a_file_that_is_not_there_stops_before_any_request(lab: Start, tmp_path: Path) -> None:
    """Whether the option or the configuration names it."""
    running = lab(DRIFTED_PAIR)
    assert running.run("audit", "--waivers", str(tmp_path / "gone.toml")).exit_code == 2
    running.defaults = {**running.defaults, "waivers": "gone.toml"}
    result = running.run("audit")
    assert result.exit_code == 2
    assert "gone.toml: cannot be read" in result.stderr
    assert running.simulator.requests == []
