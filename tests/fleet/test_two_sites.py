"""Two workers with TLS, each at its site: one report, as if one machine had asked."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.simulator import Simulator, write_joint_config
from auditor.simulator.service import ManualClock
from tests.fleet.parts import (
    GENEROUS_S,
    Fleet,
    audit_command,
    own_environment,
    start_fleet,
    write_certificates,
)
from tests.lab import DRIFTED_PAIR, PAIR, QUICK

SITES = {"oslo": "emea", "austin": "us", "paris": "emea", "mars": "mars"}


@dataclass
class Run:
    """The clusters, the fleet, and what an audit of all clusters on it came to."""

    fleet: Fleet
    config: Path
    simulators: dict[str, Simulator]
    report: dict[str, Any]
    code: int
    error: str

    def cluster(self, name: str) -> dict[str, Any]:
        """Return the cluster of a name in the report."""
        return cluster_of(self.report, name)


def cluster_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    (cluster,) = (c for c in report["clusters"] if c["name"] == name)
    found: dict[str, Any] = cluster
    return found


def without_times(cluster: dict[str, Any]) -> dict[str, Any]:
    """Return a cluster without the one thing that differs: how long its answers took."""
    coverage = [{**entry, "elapsed_ms": 0} for entry in cluster["coverage"]]
    return {**cluster, "coverage": coverage}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Audit once for all tests: paris lacks its password, and nobody serves mars."""
    folder = tmp_path_factory.mktemp("sites")
    with ExitStack() as running:
        simulators = {}
        for number, name in enumerate(SITES):
            content = {**(DRIFTED_PAIR if number else PAIR), "cluster": {"name": name}}
            simulators[name] = running.enter_context(
                Simulator(content, folder / name, clock=ManualClock(), password=f"pw-of-{name}")
            )
        config = write_joint_config(list(simulators.values()), folder / "auditor.toml", QUICK)
        text = config.read_text()
        for name, site in SITES.items():
            text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nsite = "{site}"\n')
        config.write_text(text)
        fleet = running.enter_context(start_fleet(folder, write_certificates(folder)))
        fleet.add_worker("emea", environment={"AUDITOR_PASSWORD_OSLO": "pw-of-oslo"})
        fleet.add_worker("us", environment={"AUDITOR_PASSWORD": "pw-of-austin"})
        done = subprocess.run(
            audit_command(config, fleet.address, "-o", "json", "--worker-wait", "1"),
            env=own_environment(fleet.settings),
            capture_output=True,
            text=True,
            timeout=GENEROUS_S,
            check=False,
        )
        yield Run(fleet, config, simulators, json.loads(done.stdout), done.returncode, done.stderr)


def test_the_report_is_that_of_one_machine(run: Run) -> None:
    """Also the order is that of the file, whichever worker was quicker."""
    one = subprocess.run(
        [*audit_command(run.config, "")[:6], "oslo", "austin", "-o", "json"],
        env=own_environment({f"AUDITOR_PASSWORD_{n.upper()}": f"pw-of-{n}" for n in SITES}),
        capture_output=True,
        text=True,
        check=False,
    )
    alone = [without_times(cluster) for cluster in json.loads(one.stdout)["clusters"]]
    assert [without_times(run.cluster(name)) for name in ("oslo", "austin")] == alone
    assert [cluster["name"] for cluster in run.report["clusters"]] == list(SITES)
    assert run.code == one.returncode == 3


def test_a_worker_without_the_password_leaves_its_cluster_unauditable(run: Run) -> None:
    cluster = run.cluster("paris")
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "no_password")
    assert "AUDITOR_PASSWORD_PARIS" in entry["detail"]
    assert run.simulators["paris"].requests == []


def test_a_site_that_nobody_serves_is_given_up_after_a_while(run: Run) -> None:
    cluster = run.cluster("mars")
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "no_worker")
    assert '--resources "site-mars=1"' in entry["detail"]
    assert "emea and us" in entry["detail"]
    assert run.simulators["mars"].requests == []


@pytest.mark.parametrize(
    ("clusters", "is_in_environment", "said"),
    [
        (
            ("austin", "mars"),
            False,
            "Next, austin: auditor audit -c {c} --scheduler {s} --full austin",
        ),
        (("austin", "mars"), True, "Next, austin: auditor audit -c {c} --full austin"),
        (
            ("oslo", "mars"),
            False,
            "Next, mars: look on the machine of its worker: auditor docs fleets",
        ),
        (("mars",), False, "Next: look on the machine of its worker: auditor docs fleets"),
    ],
)
def test_the_next_command_asks_the_fleet_again(
    run: Run, clusters: tuple[str, ...], is_in_environment: bool, said: str
) -> None:
    """Where the audit runs is no password, and no way to the servers."""
    command = audit_command(run.config, run.fleet.address, "--worker-wait", "0", *clusters)
    environment = dict(run.fleet.settings)
    if is_in_environment:
        place = command.index("--scheduler")
        del command[place : place + 2]
        environment["AUDITOR_SCHEDULER"] = run.fleet.address
    done = subprocess.run(
        command,
        env=own_environment({**environment, "COLUMNS": "400"}),
        capture_output=True,
        text=True,
        timeout=GENEROUS_S,
        check=False,
    )
    said = said.format(c=run.config.as_posix(), s=run.fleet.address)
    assert said in done.stdout, done.stdout + done.stderr


def test_nothing_but_the_report_is_printed(run: Run) -> None:
    assert run.error == ""
