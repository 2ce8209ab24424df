"""Twelve simulated clusters in one run: short, worst first, and without losing a difference."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor import __version__
from auditor.cli.app import app
from auditor.simulator import Simulator, write_joint_config
from tests.lab import QUICK, scenario

GOLDEN = Path(__file__).parent / "golden"
CITIES = {
    "berlin": "healthy",
    "boston": "one-node",
    "cairo": "demo",
    "delhi": "broken-foundation",
    "geneva": "failed-over",
    "lagos": "lost-data-centre",
    "lima": "mixed-releases",
    "london": "healthy",
    "madrid": "all-drift-absent",
    "osaka": "all-drift-9x",
    "paris": "failover",
    "sydney": "demo",
}


@dataclass
class Estate:
    """The clusters, and the command line pointed at them."""

    simulators: list[Simulator]
    config: Path

    def run(self, *words: str, columns: int = 100) -> Result:
        """Run a command in a terminal's width, without history."""
        environment = {
            "AUDITOR_CONFIG": str(self.config),
            "AUDITOR_PASSWORD": self.simulators[0].password,
            "AUDITOR_HISTORY": "off",
            "COLUMNS": str(columns),
        }
        return CliRunner(env=environment).invoke(app, list(words))

    def page(self, *words: str, columns: int = 100) -> str:
        """Return what a command prints, without what differs from run to run."""
        text = self.run(*words, columns=columns).stdout.replace(f" {__version__},", " VERSION,")
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
        text = re.sub(r"audit [0-9a-f-]{36},", "audit RUN,", text)
        text = re.sub(r"(127\.0\.0\.1:)\d+", r"\g<1>18443", text)
        return re.sub(r"\b82[0-9] d\b", "825 d", text)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Serve the clusters for all tests of this module, which change nothing."""
    folder = tmp_path_factory.mktemp("estate")
    with ExitStack() as running:
        simulators = []
        for city, name in CITIES.items():
            content = tomllib.loads(scenario(name).read_text())
            content["cluster"]["name"] = city
            (folder / city).mkdir()
            simulators.append(running.enter_context(Simulator(content, folder / city)))
        yield Estate(simulators, write_joint_config(simulators, folder / "auditor.toml", QUICK))


@pytest.mark.parametrize("columns", [80, 100, 160])
@pytest.mark.parametrize("command", ["audit", "failover-check"])
def test_whole_page_of_twelve_clusters(
    estate: Estate,
    compare_golden: Callable[[Path, str], None],
    command: str,
    columns: int,
) -> None:
    page = estate.page(command, columns=columns)
    compare_golden(GOLDEN / f"fleet-{command}-{columns}.txt", page)
    assert len(page.splitlines()) < 180


def test_every_difference_of_the_json_report_is_on_the_short_page(estate: Estate) -> None:
    document = json.loads(estate.run("audit", "-o", "json").stdout)
    page = " ".join(estate.page("audit").split())
    sections = re.split(r"[✗?✓] (?:DRIFT|INCOMPLETE|UNAUDITABLE) ([a-z]+) (?=\d+ )", page)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))
    for cluster in document["clusters"]:
        drift = {f["recommendation"] for f in cluster["findings"] if f["verdict"] == "drift"}
        missing = {row for row in drift if row not in told.get(cluster["name"], "")}
        assert not missing, cluster["name"]


@pytest.mark.parametrize(("north", "worst"), [(5200, "DefaultCUPSubCluster"), (100, "Branches")])
def test_both_commands_put_the_group_with_the_most_users_first(
    tmp_path: Path, north: int, worst: str
) -> None:
    content: dict[str, Any] = tomllib.loads(scenario("lost-data-centre").read_text())
    content["node"][0]["sessions"] = north
    with Simulator(content, tmp_path) as simulator:
        config = write_joint_config([simulator], tmp_path / "auditor.toml", QUICK)
        lost = Estate([simulator], config)
        audit, check = lost.page("audit"), lost.page("failover-check", "-o", "json")
    users = f"{max(north, 1800):,} sessions"
    assert f"Worst: HA-01 on {worst} ({users}): HA state not normal." in " ".join(audit.split())
    node = "imp1" if worst == "DefaultCUPSubCluster" else "imp2"
    verdict = json.loads(check)["verdict"]
    assert verdict.startswith(f"Failed over and broken: {node}.south.test serves")


def test_a_lost_cucm_is_in_the_headline(estate: Estate) -> None:
    page = " ".join(estate.page("audit", "lagos").split())
    assert "cucm-pub.north.test, imp1.north.test and imp2.north.test could not be audited." in page


def test_readiness_of_twelve_clusters_names_the_cluster_of_each_group(estate: Estate) -> None:
    page = estate.page("failover-check", "--readiness", columns=200)
    lost = re.findall(r"^  [✗?] (?:East|DefaultCUPSubCluster|Branches)\b(.*)$", page, re.MULTILINE)
    assert len(lost) > 10
    assert all(line.startswith(" (cluster ") for line in lost)
    assert page.startswith("Not ready: DefaultCUPSubCluster (cluster lagos) is broken already")
    assert page.endswith("Next, lagos: auditor failover-check --readiness --full lagos\n")


def summary_of(page: str) -> str:
    """Return what a failover check says before what to do, as one line."""
    return " ".join(page.split("\nDo: ")[0].split())


def test_readiness_calls_no_group_normal_that_would_lose_something(estate: Estate) -> None:
    page = estate.page("failover-check", "--readiness", "london", "lima", columns=200)
    table = dict(re.findall(r"^((?:london|lima) +\w+) +(. [a-z ]+?)  ", page, re.MULTILINE))
    assert {" ".join(row.split()): state for row, state in table.items()} == {
        "lima DefaultCUPSubCluster": "✗ not ready",
        "lima East": "✓ normal",
        "london DefaultCUPSubCluster": "✗ not ready",
        "london East": "✗ not ready",
    }
    first = summary_of(page)
    assert "in DefaultCUPSubCluster (cluster lima) imp2.lab.test runs" in first
    # Every group loses something else: none is named with what it does not lose.
    assert "would lose managed file transfer in East (cluster london)" in first
    assert "XMPP federation in 2 groups" in first
    command = "auditor failover-check --readiness --full london lima"
    assert page.endswith(f"All groups: {command}\n")


def test_the_summary_of_readiness_stays_readable_for_twelve_clusters(estate: Estate) -> None:
    first = summary_of(estate.page("failover-check", "--readiness"))
    assert len(first) < 900
    assert "DefaultCUPSubCluster (cluster lima) is not ready either (REL-01)" in first
