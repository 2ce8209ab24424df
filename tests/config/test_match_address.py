"""Which nodes a peer address means: the one rule for files, surveys and databases."""

import pytest

from auditor.config.hosts import NodeAddress, match_address

NODES = (
    NodeAddress("imp1", "10.0.0.1"),
    NodeAddress("imp2", "10.0.0.9"),
    NodeAddress("imp3", "10.0.0.9"),
    NodeAddress("imp4", "imp1"),
)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("imp3", ["imp3"]),
        ("IMP3", ["imp3"]),
        ("10.0.0.1", ["imp1"]),
        ("10.0.0.9", []),
        ("imp1", ["imp1"]),
        ("elsewhere", []),
    ],
)
def test_an_address_is_a_node_by_name_or_by_an_unshared_host(
    address: str, names: list[str]
) -> None:
    """A name counts before a host, and a host of two nodes is neither of them."""
    assert [node.name for node in match_address(address, NODES)] == names
