"""Which node of another cluster a discovered peer address is."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collect.intercluster import add_peer_settings
from auditor.config.loader import load_configuration
from auditor.models.facts import ClusterFacts
from auditor.models.settings import Setting
from tests.factories import cluster, node, subscriber

FILE = """
[defaults]
username = "audit-ro"
[[cluster]]
name = "a"
cucm_publisher = "cucm-a.test"
[cluster.addresses]
"a1" = "10.1.1.1:8443"
[[cluster]]
name = "b"
cucm_publisher = "cucm-b.test"
[cluster.addresses]
"b1" = "10.2.2.2:8443"
"b2" = "10.2.2.2:9443"
"b3" = "10.2.2.3:8443"
"""


def synced_from(tmp_path: Path, *peers: str) -> list[frozenset[str] | None]:
    """Return which nodes of a and of b are synced from, by the peers of a."""
    path = tmp_path / "auditor.toml"
    path.write_text(FILE)
    a = replace(cluster(node("a1")), name="a", settings={}, peers=peers)
    b = replace(cluster(node("b1"), subscriber("b2"), subscriber("b3")), name="b", settings={})
    return [
        _synced_nodes(facts)
        for facts in add_peer_settings(load_configuration(path).clusters, [a, b])
    ]


def _synced_nodes(facts: ClusterFacts) -> frozenset[str] | None:
    settings: tuple[Setting, ...] = facts.settings.get("intercluster_synced_from", ())
    return settings[0].nodes if settings else None


@pytest.mark.parametrize(
    ("peer", "nodes"),
    [
        ("b3", {"b3"}),
        ("B3", {"b3"}),
        ("10.2.2.3", {"b3"}),
        ("10.2.2.2", None),
        ("elsewhere.test", None),
    ],
)
def test_a_peer_address_is_a_node_by_name_or_unshared_host(
    tmp_path: Path, peer: str, nodes: set[str] | None
) -> None:
    """An address that two nodes share stands for neither."""
    assert synced_from(tmp_path, peer) == [None, nodes]


def test_a_cluster_is_no_peer_of_itself(tmp_path: Path) -> None:
    assert synced_from(tmp_path, "10.1.1.1", "a1") == [None, None]
