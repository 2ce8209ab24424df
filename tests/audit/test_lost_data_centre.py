"""An estate of two clusters, one of which has lost a data centre with its CUCM publisher."""

import json
from pathlib import Path

from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.simulator import Simulator, write_joint_config
from tests.lab import QUICK, scenario


def test_what_is_left_is_audited_and_the_other_cluster_is_none_the_worse(tmp_path: Path) -> None:
    """The CUCM subscriber names the nodes; those of the lost site are unknown, never passed."""
    with (
        Simulator(scenario("lost-data-centre"), tmp_path / "two-sites") as two_sites,
        Simulator(scenario("one-node"), tmp_path / "one-node") as other,
    ):
        config = write_joint_config([two_sites, other], tmp_path / "auditor.toml", QUICK)
        runner = CliRunner(env={"AUDITOR_PASSWORD": two_sites.password})
        result = runner.invoke(app, ["audit", "-c", str(config), "-o", "json"])
        asked = {request.node for request in two_sites.requests}
    assert result.exit_code == 3
    hurt, well = json.loads(result.stdout)["clusters"]
    assert (hurt["name"], hurt["status"]) == ("two-sites", "drift")
    assert (well["name"], well["status"]) == (other.cluster_name, "compliant")
    routers = {
        finding["subject"]["name"]: finding["verdict"]
        for finding in hurt["findings"]
        if finding["recommendation"] == "RTR-01"
    }
    assert routers == {
        "imp1.north.test": "unknown",
        "imp2.north.test": "unknown",
        "imp1.south.test": "pass",
        "imp2.south.test": "pass",
    }
    assert asked == {"cucm-sub.south.test", "imp1.south.test", "imp2.south.test"}
