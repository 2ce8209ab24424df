"""Clusters whose nodes have short names, in CUCM's list or in the file, and a `domain`."""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.models.findings import Verdict
from tests.lab import CUCM, GROUP, PAIR, PUB, SUB, Lab, finding

Start = Callable[..., Lab]
DOMAIN = "lab.test"


def _shorten(text: str) -> str:
    """Return the configuration with every name without its domain, which is given once."""
    for name in (CUCM, PUB, SUB):
        text = text.replace(name, name.removesuffix(f".{DOMAIN}"))
    return text.replace("cucm_publisher", f'domain = "{DOMAIN}"\ncucm_publisher', 1)


def test_short_names_of_the_file_mean_the_nodes_that_cucm_lists_in_full(lab: Start) -> None:
    running = lab({**PAIR, "deployment": {"chat": [PUB]}})
    declared = f'\n[[cluster.node]]\nname = "{SUB}"\nrole = "subscriber"\n'
    running.edit = lambda text: _shorten(text + declared).replace(
        "planned_nodes = []", 'planned_nodes = ["imp2"]'
    )
    # A planned node that answers is a contradiction: the name of the file reached the node.
    cluster = running.cluster()
    assert [node.name for node in cluster.nodes] == [PUB, SUB]
    assert finding(cluster, "PROFILE-02", "planned_nodes").verdict is Verdict.DRIFT
    assert finding(cluster, "PROFILE-02", "addresses").verdict is Verdict.PASS
    assert finding(cluster, "PROFILE-02", "deployment.chat").verdict is Verdict.PASS


def test_a_file_of_short_names_is_as_good_as_one_of_full_names(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = _shorten
    assert running.cluster().status == "compliant"


def test_short_names_of_cucm_are_asked_in_full(lab: Start) -> None:
    """And keep their name: findings and history know the node by it."""
    simulated: Mapping[str, Any] = {
        "cluster": {"name": "pair"},
        "group": [{"name": GROUP, "nodes": ["imp1", "imp2"]}],
    }
    running = lab(simulated)
    full = {f'"{name}" = ': f'"{name}.{DOMAIN}" = ' for name in ("imp1", "imp2")}

    def edit(text: str) -> str:
        for short, long in full.items():
            text = text.replace(short, long)
        return text.replace("cucm_publisher", f'domain = "{DOMAIN}"\ncucm_publisher', 1)

    running.edit = edit
    # The certificates of the simulator have the short names, which prove nothing here.
    (cluster,) = running.audit(insecure=True).clusters
    assert [node.name for node in cluster.nodes] == ["imp1", "imp2"]
    assert finding(cluster, "SIP-01", "imp1").verdict is Verdict.PASS
    assert finding(cluster, "HA-01", GROUP).verdict is Verdict.PASS
    assert finding(cluster, "PROFILE-02", "addresses").verdict is Verdict.PASS
