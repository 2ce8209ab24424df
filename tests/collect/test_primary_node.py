"""The primary node of the product information, and which node of the cluster it means."""

import pytest

from auditor.collect.node import NodeResult, may_be_publisher
from auditor.collect.roles import find_primary_node
from auditor.models.nodes import NodeFacts, Role

PLACES = {
    "imp1.lab.test": "imp1.lab.test:8443",
    "imp2.lab.test": "192.0.2.2:8443",
    "imp3.lab.test": "192.0.2.9:8443",
    "imp4.lab.test": "192.0.2.9:9443",
}


def _find(*named: str | None) -> str | None:
    results = [
        NodeResult(NodeFacts(name, place, Role.UNKNOWN), (), primary_node=primary)
        for (name, place), primary in zip(PLACES.items(), (*named, None, None, None), strict=False)
    ]
    return find_primary_node(results)


@pytest.mark.parametrize(
    ("named", "node"),
    [
        ("imp1.lab.test", "imp1.lab.test"),
        ("IMP1", "imp1.lab.test"),
        ("192.0.2.2", "imp2.lab.test"),
        ("192.0.2.9", None),  # two nodes behind one address
        ("192.0.2.77", None),  # the CUCM publisher, perhaps
        ("cucm.lab.test", None),
        ("", None),
    ],
)
def test_a_name_or_an_address_means_a_node_or_nobody(named: str, node: str | None) -> None:
    assert _find(named) == node


def test_replies_that_differ_show_nothing() -> None:
    assert _find("imp1.lab.test", "imp1") == "imp1.lab.test"
    assert _find("imp1.lab.test", "imp2.lab.test") is None
    assert _find("imp1.lab.test", "cucm.lab.test") is None


@pytest.mark.parametrize(
    ("role", "named", "is_read"),
    [
        (Role.UNKNOWN, "IMP2", True),
        (Role.UNKNOWN, "192.0.2.2", True),
        (Role.UNKNOWN, "imp1.lab.test", False),
        (Role.UNKNOWN, None, False),
        (Role.SUBSCRIBER, "imp2.lab.test", False),
    ],
)
def test_a_node_of_unknown_role_is_the_publisher_by_the_same_match(
    role: Role, named: str | None, is_read: bool
) -> None:
    nodes = [NodeFacts(name, place, role) for name, place in PLACES.items()]
    assert may_be_publisher(nodes[1], named, nodes) is is_read
