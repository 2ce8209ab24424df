"""Two clusters of one file: the database of one shows which groups of the other are synced from."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.models.evidence import Origin
from auditor.models.findings import Finding, Verdict
from auditor.report.sentences import render_sentence, render_source
from auditor.simulator import Simulator
from tests.lab import QUICK, Lab, finding

Pair = Callable[..., "Both"]
GROUPS = [
    {"name": "Default", "nodes": ["b1.lab.test", "b2.lab.test"]},
    {"name": "East", "nodes": ["b3.lab.test", "b4.lab.test"]},
]


def side(name: str, **changes: Any) -> dict[str, Any]:
    """Return a cluster that uses intercluster and says nothing of its peers in the file."""
    group = [{"name": "Default", "nodes": [f"{name}1.lab.test", f"{name}2.lab.test"]}]
    base = {
        "cluster": {"name": name, "cucm": f"cucm-{name}.lab.test"},
        "group": group,
        "deployment": {"chat": True, "intercluster": True},
    }
    return base | changes


def peers(*addresses: str) -> dict[str, Any]:
    """Return the table of peers."""
    rows = [[str(number), address] for number, address in enumerate(addresses)]
    return {"name": "cupsinterclusterpeers", "columns": ["pkid", "hostname"], "rows": rows}


class Both(Lab):
    """Two clusters in one file; the first answers for the account."""

    other: Simulator

    @property
    def config(self) -> Path:
        """Write one file for both."""
        texts = []
        for name, simulator in (("a", self.simulator), ("b", self.other)):
            path = self.folder / f"{name}.toml"
            simulator.write_config(path, QUICK)
            texts.append(path.read_text())
        both = self.folder / "auditor.toml"
        both.write_text(texts[0] + "[[cluster]]" + texts[1].partition("[[cluster]]")[2])
        return both

    def judge(self, recommendation: str, subject: str) -> Finding:
        """Return a finding on cluster b."""
        _, b = self.audit().clusters
        return finding(b, recommendation, subject)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Pair]:
    """Return what starts two clusters."""
    with ExitStack() as running:

        def start(a: dict[str, Any], b: dict[str, Any]) -> Both:
            folders = [tmp_path / name for name in ("a", "b")]
            one, other = (
                running.enter_context(Simulator(scenario, folder))
                for scenario, folder in zip((a, b), folders, strict=True)
            )
            lab = Both(one, folders[0])
            lab.other = other
            return lab

        yield start


def test_a_discovered_peer_says_which_group_is_synced_from(both: Pair) -> None:
    """Nobody declared it, so AXL-02 asks for a declaration instead of passing by."""
    b = side("b", group=GROUPS, undeclared=["intercluster_synced_from"])
    lab = both(side("a", table=[peers("b3.lab.test")]), b)

    result = lab.judge("AXL-02", "b4.lab.test")
    assert result.verdict is Verdict.UNKNOWN
    assert "intercluster_synced_from" in render_sentence(result.because)
    assert any(
        e.origin is Origin.DISCOVERED and "cluster a" in render_source(e) for e in result.evidence
    )


def test_axl_off_in_a_group_that_a_discovered_peer_syncs_from_is_drift(both: Pair) -> None:
    off = [{"name": "b4.lab.test", "stopped": ["Cisco AXL Web Service"]}]
    b = side("b", group=GROUPS, node=off, undeclared=["intercluster_synced_from"])
    lab = both(side("a", table=[peers("B3.lab.test")]), b)

    assert lab.judge("AXL-02", "b4.lab.test").verdict is Verdict.DRIFT


@pytest.mark.parametrize("entry", ["East", "b3.lab.test", "b4.lab.test"])
def test_a_declared_group_that_covers_the_peer_agrees(both: Pair, entry: str) -> None:
    declared = {"chat": True, "intercluster": True, "intercluster_synced_from": [entry]}
    lab = both(
        side("a", table=[peers("b3.lab.test")]), side("b", group=GROUPS, deployment=declared)
    )

    key = "deployment.intercluster_synced_from"
    assert lab.judge("PROFILE-01", key).verdict is Verdict.PASS
    assert lab.judge("AXL-02", "b4.lab.test").verdict is Verdict.PASS


def test_a_peer_outside_the_declared_groups_is_a_conflict(both: Pair) -> None:
    lab = both(side("a", table=[peers("b3.lab.test")]), side("b", group=GROUPS))

    result = lab.judge("PROFILE-01", "deployment.intercluster_synced_from")
    assert (result.verdict, result.kind) == (Verdict.DRIFT, "profile_conflict")


def test_the_publishers_group_needs_no_entry(both: Pair) -> None:
    lab = both(side("a", table=[peers("b2.lab.test")]), side("b", group=GROUPS))

    result = lab.judge("PROFILE-01", "deployment.intercluster_synced_from")
    assert result.verdict is Verdict.PASS


def test_a_cluster_that_declares_no_intercluster_is_contradicted_by_its_peer(both: Pair) -> None:
    b = side("b", deployment={"chat": True, "intercluster": False})
    lab = both(side("a", table=[peers("b1.lab.test")]), b)

    result = lab.judge("PROFILE-01", "deployment.intercluster")
    assert result.verdict is Verdict.DRIFT
    assert lab.judge("AXL-02", "b2.lab.test").verdict is Verdict.NOT_APPLICABLE


def test_peers_in_other_clusters_show_nothing(both: Pair) -> None:
    b = side("b", group=GROUPS, undeclared=["intercluster_synced_from"])
    lab = both(side("a", table=[peers("elsewhere.test")]), b)

    assert lab.judge("AXL-02", "b4.lab.test").verdict is Verdict.NOT_APPLICABLE


def test_the_command_prints_the_same(both: Pair) -> None:
    """The step is in the use case, so that every command has it."""
    lab = both(side("a", table=[peers("b3.lab.test")]), side("b", group=GROUPS))
    result: Result = CliRunner(env=lab.environment).invoke(
        app, ["audit", "--full", "-c", str(lab.config)]
    )

    assert result.exit_code == 3
    assert "peers in the database of cluster a" in " ".join(result.stdout.split())
