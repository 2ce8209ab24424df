"""What is compared of a cluster: everything that a change may affect, and nothing unknown."""

from dataclasses import replace

from auditor.change.diff.nodes import group_attributes, node_attributes
from auditor.change.diff.profile import declared_profile, external_attributes, observed_settings
from auditor.models.evidence import Origin
from auditor.models.nodes import HaState, Identity, Role
from tests import factories as make


def test_every_attribute_of_a_healthy_cluster_is_compared() -> None:
    """Attributes of nodes, groups, profile and databases."""
    facts = make.cluster()
    assert group_attributes(facts) == {
        make.GROUP: {"nodes": "imp1 and imp2", "high availability": "on"}
    }
    assert node_attributes(facts.nodes[0]) == {
        "role": "publisher",
        "redundancy group": make.GROUP,
        "HA state": "normal",
        "release": make.RELEASE,
        "database replication": "good (2)",
    }
    profile = declared_profile(facts)
    assert profile["chat"] == "true"
    assert profile["xmpp_federation_enabled_on"] == '["imp1", "imp2"]'
    assert profile["routing_nodes"] == "false"
    assert profile["high_availability"] == "true"
    assert profile["external database files1"] == "postgresql for managed_file_transfer on imp1"
    assert observed_settings(facts) == {}


def test_discovered_facts_are_not_part_of_the_profile() -> None:
    """The cluster shows them; the file does not declare them."""
    discovered = make.setting(True, "discovered")
    declared = make.deployment(compliance=None)
    facts = make.cluster(
        profile={
            **declared,
            "compliance": (discovered,),
            "intercluster": (*declared["intercluster"], discovered),
        },
        stores=[make.database("compliance", origin=Origin.DISCOVERED)],
        peers=("b.example.test", "a.example.test"),
        high_availability=frozenset({"East"}),
    )
    assert "compliance" not in declared_profile(facts)
    assert observed_settings(facts) == {"compliance": "true", "intercluster": "true"}
    assert external_attributes(facts) == {
        "intercluster peers": "a.example.test and b.example.test",
        "external database compliance-db": "postgresql for compliance on every node",
    }
    assert declared_profile(facts)["high_availability"] == '["east"]'


def test_an_unknown_value_is_no_attribute() -> None:
    """Otherwise a value that becomes readable would look like a change."""
    nothing = make.node("imp1", role=Role.UNKNOWN, ha=HaState.UNKNOWN, identity=Identity.UNPROVEN)
    proven = make.subscriber(identity=Identity.CERTIFICATE)
    assert not node_attributes(nothing).keys() & {"role", "HA state", "identity"}
    assert node_attributes(proven)["identity"] == "certificate"


def test_an_unread_node_has_no_attributes() -> None:
    """A missing answer is not a value."""
    unread = make.node(
        services={}, ha=None, release=None, replication=None, group=None, group_known=False
    )
    assert node_attributes(unread) == {"role": "publisher"}
    undeclared = replace(make.cluster(unread), high_availability=None)
    assert "high_availability" not in declared_profile(undeclared)


def test_a_node_outside_every_group_is_known_to_be_in_none() -> None:
    """That differs from an unknown group."""
    facts = make.cluster(make.node(group=None), groups=[])
    assert node_attributes(facts.nodes[0])["redundancy group"] == "none"
    assert group_attributes(facts) == {}
