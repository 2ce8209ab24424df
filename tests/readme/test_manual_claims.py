"""The words and tables of the manual are compared with the program."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from typer.main import get_group

from auditor.cli.app import COMMAND_MODULES, app, load_command
from auditor.config.loader import build_configuration
from auditor.config.schema import TABLES_BY_PATH
from auditor.errors import Reason
from auditor.models.findings import FindingKind, Verdict
from auditor.notify.send import parse_recipients
from auditor.report import prometheus
from auditor.report.formats import ReportFormat
from auditor.resources import scenario_folder
from auditor.simulator import Fault, SimulatedInterface, Simulator
from auditor.simulator.certificates import CertificateAuthority
from auditor.simulator.changes import CHANGE_MODELS
from auditor.simulator.faults import FaultRule
from auditor.simulator.scenario import (
    HA_STATES,
    ClusterEntry,
    DatabaseEntry,
    GroupEntry,
    NodeEntry,
    PeerEntry,
    Scenario,
    ScenarioDeployment,
    ServiceEntry,
    TableEntry,
)
from auditor.simulator.sequences import HaSequence
from auditor.waivers.load import parse_waivers
from tests.benchmarks.__main__ import MEASUREMENTS
from tests.readme.generate import BLOCK, DOCS, README
from tests.report import samples

TEXT = "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md")))
TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLES = TOML.findall(TEXT)
WORD = re.compile(r"`([^`]+)`")
COMMANDS: Mapping[str, Any] = {name: load_command(name) for name in COMMAND_MODULES}
ALL_OPTIONS = {
    option
    for command in (get_group(app), *COMMANDS.values())
    for parameter in command.params
    for option in parameter.opts
} | {"--help", "--install-completion"}


def section(title: str) -> str:
    """Return the text below a heading, down to the next one of its level or above."""
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
    (text,) = [text for text in EXAMPLES if text.startswith(beginning)]
    return tomllib.loads(text)


def keys_of(table: type[BaseModel]) -> set[str]:
    """Return the keys that a table takes."""
    return set(table.model_fields)


def test_every_key_of_the_configuration_is_in_a_table() -> None:
    cluster, account = (
        keys_of(TABLES_BY_PATH["cluster",]),
        keys_of(TABLES_BY_PATH["defaults",]),
    )
    shown = {word.strip("[]").removeprefix("cluster.") for word in keys("key of `[[cluster]]`")}

    assert account == {key for key in keys("key of `[defaults]`") if not key.startswith("[")}
    # The deployment and the databases have tables of their own.
    assert cluster - account == shown | {"deployment", "external_database"}
    assert keys_of(TABLES_BY_PATH["cluster", "deployment"]) == set(
        keys("key of `[cluster.deployment]`")
    )
    databases = keys("key of `[[cluster.external_database]]`")
    assert keys_of(TABLES_BY_PATH["cluster", "external_database"]) == set(databases)


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
        ("key of `[[fault]]`", FaultRule),
    ],
)
def test_every_key_of_a_scenario_is_in_its_table_and_no_other(
    head: str, table: type[BaseModel]
) -> None:
    assert sorted(keys(head)) == sorted(keys_of(table))


def test_a_scenario_s_deployment_takes_the_keys_of_the_configuration() -> None:
    assert keys_of(ScenarioDeployment) == keys_of(TABLES_BY_PATH["cluster", "deployment"])


def test_every_change_to_a_running_simulator_is_described_with_what_it_takes() -> None:
    changes = section("Changing it while it runs")
    rows = {row.split(" | ")[0]: row for row in changes.splitlines() if row.startswith("| `")}
    described = {name: row for first, row in rows.items() for name in WORD.findall(first)}
    assert set(described) == set(CHANGE_MODELS)
    for name in {"sessions", "database", "row", "play", "ha", "clear"}:
        assert set(CHANGE_MODELS[name].model_fields) <= set(WORD.findall(described[name]))
    assert all(sequence in described["play"] for sequence in HaSequence)


def _listed(beginning: str) -> set[str]:
    """Return the words of the sentence that begins so."""
    sentence = TEXT.partition(f"\n{beginning}: ")[2].partition(".\n")[0]
    return set(re.split(r",\s+", sentence))


def test_every_fault_interface_and_state_of_a_scenario_is_listed() -> None:
    assert _listed("Faults") == set(Fault)
    scenario = section("A scenario of your own")
    assert all(interface in scenario for interface in SimulatedInterface)
    assert all(state in scenario for state in HA_STATES)


def test_every_scenario_that_ships_is_listed() -> None:
    listed = set(WORD.findall(section("Scenarios that ship")))
    assert {path.stem for path in scenario_folder().glob("*.toml")} == listed


def test_the_example_of_a_scenario_can_be_served(tmp_path: Path) -> None:
    with Simulator(example("title"), tmp_path) as simulator:
        assert list(simulator.nodes) == ["imp1.mine.test", "imp2.mine.test"]


def test_the_examples_of_a_configuration_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "lab-ca.pem").write_bytes(CertificateAuthority.create("lab").pem())
    (least,) = TOML.findall(README.read_text(encoding="utf-8"))
    for values in (example("[defaults]"), tomllib.loads(least)):
        (cluster,) = build_configuration(values, tmp_path / "auditor.toml").clusters
        assert cluster.name == "lab"


def test_the_example_of_a_waiver_is_accepted() -> None:
    (text,) = [text for text in EXAMPLES if text.startswith("[[waiver]]")]
    (rule,) = parse_waivers(text, Path("waivers.toml"), ["RPT-02"])
    assert rule.cluster == "lab"


@pytest.mark.parametrize(
    ("head", "words"), [("verdict", list(Verdict)), ("kind of drift", list(FindingKind))]
)
def test_every_word_of_a_report_is_defined(head: str, words: Collection[str]) -> None:
    assert set(keys(head)) == set(words)


def test_troubleshooting_knows_every_reason_for_a_gap() -> None:
    assert set(Reason) <= set(WORD.findall(section("Why a source gave no answer")))


def test_the_formats_in_the_manual_are_those_of_the_program() -> None:
    assert sorted(keys("format")) == sorted(ReportFormat)


def test_the_metrics_in_the_manual_are_those_of_the_report() -> None:
    families = text_string_to_metric_families(prometheus.render(samples.waived()))
    assert sorted(keys("metric")) == sorted(family.name for family in families)


def test_apprise_knows_every_address_in_the_manual() -> None:
    """The words in capitals are for the reader to replace."""
    (block,) = re.findall(r"^```apprise\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    urls = block.replace("BOTTOKEN", "a" * 80).splitlines()
    assert [recipient.url for recipient in parse_recipients(urls)] == urls


def test_the_placeholders_of_messages_are_words_of_their_own() -> None:
    """One that is glued to a word is a part of a sentence, and needs a value in the generator."""
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    assert re.findall(r"[a-z][A-Z_]{3,}", text) == []


REPLACED = {"--cluster", "--json", "--export"}
"""What the changelog names as gone."""

OF_OTHERS = {
    "--resources",
    "--nthreads",
    "--nworkers",
    "--worker-port",
    "--nanny-port",
    "--port",
    "--no-dashboard",
    "--dashboard-address",
    "--memory-limit",
    "--protocol",
    "--now",
}
"""What the page on fleets says of the commands of Dask and systemd."""


def test_every_command_and_option_in_the_manual_exists() -> None:
    """Generated parts apart: those come from the program."""
    pages = f"{README.read_text(encoding='utf-8')}\n{TEXT}"
    code = re.findall(r"`[^`\n]+`|^ {4,6}auditor .*$", BLOCK.sub("", pages), re.MULTILINE)
    commands = {name for text in code for name in re.findall(r"\bauditor ([a-z][a-z-]+)", text)}
    options = {name for text in code for name in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}
    assert commands <= set(COMMANDS)
    assert options - REPLACED - OF_OTHERS <= ALL_OPTIONS
    assert not REPLACED & ALL_OPTIONS


def test_the_measurements_in_the_manual_are_those_that_run() -> None:
    sentence = section(r"Speed[^\n]*").partition("one of them alone: ")[2].partition(".")[0]
    assert set(WORD.findall(sentence)) == set(MEASUREMENTS)
