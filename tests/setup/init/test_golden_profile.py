"""What of a golden cluster's profile holds for another cluster."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.config.loader import load_configuration
from auditor.config.settings import ClusterSettings
from auditor.models.facts import ClusterFacts
from auditor.models.profile import ProfileEntry
from auditor.recommendations.inference import infer_profile
from auditor.setup.init.golden import CLUSTER_SPECIFIC_KEYS, apply_golden_profile
from tests.factories import cluster, node, subscriber

FILE = """
[[cluster]]
name = "golden"
username = "audit-ro"
cucm_publisher = "cucm.golden.test"
{nodes}
[cluster.deployment]
{profile}
"""
NODES = """
[[cluster.node]]
name = "g1"
role = "publisher"
[[cluster.node]]
name = "g2"
role = "subscriber"
[[cluster.node]]
name = "g3"
role = "subscriber"
"""


def golden(tmp_path: Path, profile: str, nodes: str = NODES) -> ClusterSettings:
    """Return a golden cluster of three nodes with a profile."""
    path = tmp_path / "golden.toml"
    path.write_text(FILE.format(nodes=nodes, profile=profile))
    return load_configuration(path).clusters[0]


def here() -> ClusterFacts:
    """Return a cluster of four nodes on which every service runs."""
    nodes = (node("n1"), subscriber("n2"), subscriber("n3"), subscriber("n4"))
    return replace(cluster(*nodes), settings={}, databases=())


def line(tmp_path: Path, profile: str, key: str, nodes: str = NODES) -> ProfileEntry:
    """Return what becomes of a key."""
    facts = here()
    return apply_golden_profile(golden(tmp_path, profile, nodes), facts, infer_profile(facts))[key]


def test_a_switch_is_carried_with_what_this_cluster_shows(tmp_path: Path) -> None:
    told = line(tmp_path, "web_clients = false", "web_clients")

    assert (told.value, told.question) == (False, "")
    assert told.why.startswith('From the golden cluster "golden": off. Here: Cisco XCP Web')


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('["g1", "g2", "g3"]', True),
        ('["G1"]', ("n1",)),
        ('["g3", "g2"]', ("n2", "n3", "n4")),
        ("[]", False),
        ("true", True),
    ],
)
def test_a_list_is_carried_where_it_means_one_thing(
    tmp_path: Path, written: str, value: object
) -> None:
    told = line(tmp_path, f"compliance = {written}", "compliance")

    assert (told.value, told.question) == (value, "")


@pytest.mark.parametrize("written", ['["g2"]', '["g1", "g2"]', '["elsewhere"]'])
def test_a_list_that_could_be_any_nodes_here_is_asked(tmp_path: Path, written: str) -> None:
    told = line(tmp_path, f"compliance = {written}", "compliance")

    assert told.question.startswith("Which nodes are these here?")


def test_without_roles_there_no_list_is_carried(tmp_path: Path) -> None:
    assert line(tmp_path, 'chat = ["g1"]', "chat", "").question


def test_a_golden_cluster_of_one_node_leaves_two_readings(tmp_path: Path) -> None:
    """All of its nodes, or its publisher."""
    one = '[[cluster.node]]\nname = "g1"\nrole = "publisher"\n'

    assert line(tmp_path, 'chat = ["g1"]', "chat", one).question


def test_without_roles_here_no_list_is_carried(tmp_path: Path) -> None:
    facts = here()
    doubtful = replace(facts, nodes=(node("n1", role="unknown"), *facts.nodes[1:]))
    told = apply_golden_profile(
        golden(tmp_path, 'compliance = ["g1"]'), doubtful, infer_profile(doubtful)
    )

    assert told["compliance"].question


def test_expressway_is_carried_as_a_word(tmp_path: Path) -> None:
    told = line(tmp_path, 'xmpp_federation = "expressway"', "xmpp_federation")

    assert (told.value, told.question) == ("expressway", "")


def test_what_the_golden_cluster_leaves_open_is_asked(tmp_path: Path) -> None:
    told = line(tmp_path, "chat = true", "web_clients")

    assert told.question
    assert 'The golden cluster "golden" does not declare it.' in told.why


def test_how_the_golden_cluster_is_set_up_is_never_carried(tmp_path: Path) -> None:
    """A prerequisite that is met there is not met here."""
    profile = (
        "third_party_ldap_search_configured = true\nfile_server_configured = true\n"
        'xmpp_federation_enabled_on = ["g1"]\nrouting_nodes = ["g1"]\n'
        'intercluster_synced_from = ["g1"]\n'
    )
    facts = here()
    told = apply_golden_profile(golden(tmp_path, profile), facts, infer_profile(facts))

    assert {key: told[key] for key in CLUSTER_SPECIFIC_KEYS} == {
        key: infer_profile(facts)[key] for key in CLUSTER_SPECIFIC_KEYS
    }
