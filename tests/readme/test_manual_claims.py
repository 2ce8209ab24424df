"""What the manual says in its own words and tables is held to what the program knows."""

import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.main import get_command

from auditor.cli import app
from auditor.config.loader import build_configuration
from auditor.config.schema import TABLES_BY_PATH
from auditor.errors import Reason
from auditor.models.findings import FindingKind, Verdict
from auditor.resources import scenario_folder
from auditor.simulator import Fault, SimulatedInterface, Simulator
from auditor.simulator.certificates import CertificateAuthority
from auditor.simulator.control import CHANGE_MODELS, HaSequence
from auditor.simulator.scenario import (
    HA_STATES,
    ClusterEntry,
    DatabaseEntry,
    FaultEntry,
    GroupEntry,
    NodeEntry,
    PeerEntry,
    Scenario,
    ScenarioDeployment,
    ServiceEntry,
    TableEntry,
)
from auditor.waivers.load import parse_waivers
from tests.readme.generate import README

TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
WORD = re.compile(r"`([^`]+)`")


def section(title: str) -> str:
    """Return what stands below a heading, down to the next one of its level or above."""
    ((level, below),) = re.findall(rf"^(#+) {title}\n(.*)", TEXT, re.DOTALL | re.MULTILINE)
    return re.split(rf"^#{{1,{len(level)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def tables(head: str) -> Iterator[list[str]]:
    """Yield the first cells of every table whose first heading holds a text."""
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE):
        rows = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()]
        if head in rows[0]:
            yield rows[2:]


def keys(head: str) -> list[str]:
    """Return the words in the first column of these tables."""
    return [word for rows in tables(head) for row in rows for word in WORD.findall(row)]


def example(beginning: str) -> dict[str, Any]:
    """Return the one TOML example that begins so."""
    (found,) = [text for text in EXAMPLES if text.startswith(beginning)]
    return tomllib.loads(found)


def known(table: type[BaseModel]) -> set[str]:
    """Return the keys that a table takes."""
    return set(table.model_fields)


def test_every_key_of_the_configuration_is_in_a_table() -> None:
    cluster, account = known(TABLES_BY_PATH["cluster",]), known(TABLES_BY_PATH["defaults",])
    shown = {word.strip("[]").removeprefix("cluster.") for word in keys("key of `[[cluster]]`")}

    assert account == {key for key in keys("key of `[defaults]`") if not key.startswith("[")}
    # The deployment and the databases have tables of their own.
    assert cluster - account == shown | {"deployment", "external_database"}
    assert known(TABLES_BY_PATH["cluster", "deployment"]) == set(
        keys("key of `[cluster.deployment]`")
    )
    databases = keys("key of `[[cluster.external_database]]`")
    assert known(TABLES_BY_PATH["cluster", "external_database"]) == set(databases)


@pytest.mark.parametrize(
    ("head", "table"),
    [
        ("key at the top", Scenario),
        ("key of `[cluster]`", ClusterEntry),
        ("key of `[[group]]`", GroupEntry),
        ("key of `[[node]]`", NodeEntry),
        ('key of `[node.service."NAME"]`', ServiceEntry),
        ("key of `[[external_database]]`", DatabaseEntry),
        ("key of `[[intercluster_peer]]`", PeerEntry),
        ("key of `[[table]]`", TableEntry),
        ("key of `[[fault]]`", FaultEntry),
    ],
)
def test_every_key_of_a_scenario_is_in_its_table_and_no_other(
    head: str, table: type[BaseModel]
) -> None:
    told = keys(head)
    assert sorted(told) == sorted(known(table))


def test_a_scenario_s_deployment_takes_the_keys_of_the_configuration() -> None:
    assert known(ScenarioDeployment) == known(TABLES_BY_PATH["cluster", "deployment"])


def test_every_change_to_a_running_simulator_is_told_with_what_it_takes() -> None:
    changes = section("Changing it while it runs")
    rows = {row.split(" | ")[0]: row for row in changes.splitlines() if row.startswith("| `")}
    told = {name: row for first, row in rows.items() for name in WORD.findall(first)}
    assert set(told) == set(CHANGE_MODELS)
    for name in {"sessions", "database", "row", "play", "ha", "clear"}:
        assert set(CHANGE_MODELS[name].model_fields) <= set(WORD.findall(told[name]))
    assert all(scene in told["play"] for scene in HaSequence)


def _listed(beginning: str) -> set[str]:
    """Return the words of the sentence that begins so."""
    sentence = TEXT.partition(f"\n{beginning}: ")[2].partition(".\n")[0]
    return set(re.split(r",\s+", sentence))


def test_every_fault_interface_and_state_of_a_scenario_is_told() -> None:
    assert _listed("Faults") == set(Fault)
    scenario = section("A scenario of your own")
    assert all(interface in scenario for interface in SimulatedInterface)
    assert all(state in scenario for state in HA_STATES)


def test_every_scenario_that_ships_is_told() -> None:
    told = section("Scenarios for the simulator").partition("###")[0]
    assert {path.stem for path in scenario_folder().glob("*.toml")} <= set(WORD.findall(told))


def test_the_example_of_a_scenario_can_be_served(tmp_path: Path) -> None:
    with Simulator(example("title"), tmp_path) as simulator:
        assert list(simulator.nodes) == ["imp1.mine.test", "imp2.mine.test"]


def test_the_example_of_a_configuration_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "lab-ca.pem").write_bytes(CertificateAuthority.create("lab").pem())
    (cluster,) = build_configuration(example("[defaults]"), tmp_path / "auditor.toml").clusters
    assert cluster.name == "lab"


def test_the_example_of_a_waiver_is_accepted() -> None:
    text = next(text for text in EXAMPLES if text.startswith("[[waiver]]"))
    (rule,) = parse_waivers(text, Path("waivers.toml"), ["RPT-02"])
    assert rule.cluster == "lab"


@pytest.mark.parametrize(
    ("head", "words"), [("verdict", list(Verdict)), ("kind of drift", list(FindingKind))]
)
def test_every_word_of_a_report_is_defined(head: str, words: Collection[str]) -> None:
    assert set(keys(head)) == set(words)


def test_troubleshooting_knows_every_reason_for_a_gap() -> None:
    assert set(Reason) <= set(WORD.findall(section("Troubleshooting")))


def test_every_link_within_the_manual_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_every_command_has_a_real_output_in_the_manual() -> None:
    """What `demo` prints is the output of the audit."""
    commands = getattr(get_command(app), "commands")  # noqa: B009 - a group, whatever its class
    shown = set(re.findall(r"<!-- begin: output (\S+) -->", TEXT))
    assert set(commands) - shown == {"demo"}
