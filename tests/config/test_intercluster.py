"""Clusters in one file show of each other which groups are synced from."""

from pathlib import Path

from auditor.config.loader import load_configuration
from auditor.config.settings import Configuration
from auditor.models.settings import Setting

FILE = """
[defaults]
username = "audit-ro"

[[cluster]]
name = "a"
cucm_publisher = "cucm-a.example.test"
{a}

[[cluster]]
name = "b"
cucm_publisher = "cucm-b.example.test"
{b}
"""
PEER = '[[cluster.intercluster_peer]]\naddress = "{}"\n'


def read(tmp_path: Path, a: str, b: str) -> Configuration:
    """Load a file of two clusters."""
    path = tmp_path / "auditor.toml"
    path.write_text(FILE.format(a=a, b=b))
    return load_configuration(path)


def told(configuration: Configuration, key: str) -> list[Setting | None]:
    """Return what each cluster has for a key."""
    return [(c.settings.get(key) or (None,))[0] for c in configuration.clusters]


def test_a_peer_implies_intercluster(tmp_path: Path) -> None:
    a, b = told(read(tmp_path, PEER.format("elsewhere.example.test"), ""), "intercluster")

    assert a is not None
    assert (a.on, a.source) == (True, 'auditor.toml, cluster "a", intercluster_peer')
    assert b is None


def test_a_peer_that_is_a_declared_node_is_synced_from(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        PEER.format("IMP-B.example.test"),
        '[[cluster.node]]\nname = "imp-b.example.test"\nrole = "publisher"\n',
    )
    _, synced = told(configuration, "intercluster_synced_from")
    _, intercluster = told(configuration, "intercluster")

    assert synced is not None
    assert (synced.on, synced.nodes) == (True, frozenset({"imp-b.example.test"}))
    assert synced.source == 'auditor.toml, cluster "a", intercluster_peer'
    assert intercluster is not None
    assert intercluster.on


def test_a_peer_adds_to_what_the_cluster_declares_itself(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        PEER.format("imp-b.example.test"),
        '[cluster.addresses]\n"imp-b.example.test" = "127.0.0.1:1"\n'
        '[cluster.deployment]\nintercluster = true\nintercluster_synced_from = ["Group1"]\n',
    )
    _, synced = told(configuration, "intercluster_synced_from")
    _, intercluster = told(configuration, "intercluster")

    assert synced is not None
    assert synced.nodes == frozenset({"Group1", "imp-b.example.test"})
    assert synced.source == (
        'auditor.toml, cluster "b", deployment.intercluster_synced_from; '
        'auditor.toml, cluster "a", intercluster_peer'
    )
    assert intercluster is not None
    assert intercluster.source == 'auditor.toml, cluster "b", deployment.intercluster'


def test_a_peer_address_may_be_the_host_at_which_one_node_is_dialled(tmp_path: Path) -> None:
    _, synced = told(
        read(
            tmp_path,
            PEER.format("10.0.0.7"),
            '[cluster.addresses]\n"imp-b.example.test" = "10.0.0.7"\n',
        ),
        "intercluster_synced_from",
    )

    assert synced is not None
    assert synced.nodes == frozenset({"imp-b.example.test"})


def test_a_host_at_which_many_nodes_are_dialled_names_none_of_them(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        PEER.format("127.0.0.1") + '[cluster.addresses]\n"imp-a.example.test" = "127.0.0.1:1"\n',
        '[cluster.addresses]\n"imp-b.example.test" = "127.0.0.1:2"\n',
    )

    assert told(configuration, "intercluster_synced_from") == [None, None]


def test_peer_addresses_reach_the_other_clusters_for_nodes_that_only_axl_knows(
    tmp_path: Path,
) -> None:
    configuration = read(tmp_path, PEER.format("imp-b.example.test"), "")

    assert [c.peered_from for c in configuration.clusters] == [(), (("a", "imp-b.example.test"),)]
    assert [c.peers for c in configuration.clusters] == [("imp-b.example.test",), ()]


def test_neither_its_own_nodes_nor_a_cucm_publisher_make_a_cluster_synced_from(
    tmp_path: Path,
) -> None:
    configuration = read(
        tmp_path,
        PEER.format("imp-a.example.test")
        + PEER.format("cucm-b.example.test")
        + '[cluster.addresses]\n"imp-a.example.test" = "127.0.0.1:1"\n',
        '[cluster.addresses]\n"cucm-b.example.test" = "127.0.0.1:2"\n',
    )

    assert told(configuration, "intercluster_synced_from") == [None, None]
