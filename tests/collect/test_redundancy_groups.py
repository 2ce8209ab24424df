"""The list of redundancy groups, held against the list of nodes."""

from collections.abc import Sequence

import pytest

from auditor.collect.topology import build_redundancy_groups, find_unlisted_server
from auditor.errors import BadReply
from auditor.soap.records import RedundancyGroup

NODES = ("imp1", "imp2", "imp3", "imp4")
EAST = RedundancyGroup("East", "imp1", "imp2", ha_enabled=True)
WEST = RedundancyGroup("West", "imp3", "imp4", ha_enabled=False)
EMPTY = RedundancyGroup("Empty", None, None, ha_enabled=None)
LONE = RedundancyGroup("West", "imp3", None, ha_enabled=False)


def test_groups_are_those_that_axl_listed() -> None:
    """Servers in order, the switch as it stands, and a group that waits for its servers."""
    groups = build_redundancy_groups([EAST, WEST, EMPTY], NODES)
    assert [(g.name, g.nodes, g.ha_enabled) for g in groups] == [
        ("East", ("imp1", "imp2"), True),
        ("West", ("imp3", "imp4"), False),
        ("Empty", (), None),
    ]
    assert find_unlisted_server(groups, ("IMP1", "imp2", "imp3", "imp4")) is None


def test_a_group_without_a_node_is_accepted_beside_a_node_without_a_group() -> None:
    empty = RedundancyGroup("Empty", None, None, ha_enabled=False)
    groups = build_redundancy_groups([EAST, empty], NODES)
    assert [g.nodes for g in groups] == [("imp1", "imp2"), ()]


def test_a_node_may_be_in_no_group() -> None:
    """That is a finding of its own, not a fault of the list."""
    groups = build_redundancy_groups([EAST, LONE], NODES)
    assert [g.nodes for g in groups] == [("imp1", "imp2"), ("imp3",)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([], "no presence redundancy group at all", id="none"),
        pytest.param(
            [EAST, RedundancyGroup("EAST", "imp3", "imp4", ha_enabled=True)],
            "redundancy group east 2 times",
            id="one-name-twice",
        ),
        pytest.param([EAST, EAST], "redundancy group east 2 times", id="one-row-twice"),
        pytest.param(
            [EAST, RedundancyGroup("West", "IMP2", "imp4", ha_enabled=True)],
            "imp2 2 times",
            id="one-server-in-two-groups",
        ),
        pytest.param(
            [RedundancyGroup("East", "imp1", "Imp1", ha_enabled=True)],
            "imp1 2 times",
            id="one-server-is-its-own-partner",
        ),
        pytest.param(
            [EAST, EMPTY], "no server of redundancy group Empty, and imp3", id="servers-left-out"
        ),
    ],
)
def test_an_impossible_list_of_groups_is_refused(
    rows: Sequence[RedundancyGroup], said: str
) -> None:
    """Whatever is judged by groups is unknown then, never passed over."""
    with pytest.raises(BadReply, match=said):
        build_redundancy_groups(rows, NODES)


def test_a_server_that_is_no_node_shows_that_nodes_are_missing() -> None:
    """Else the node that is missing would be missed by nobody."""
    trouble = find_unlisted_server(
        build_redundancy_groups([EAST, WEST], NODES), ("imp1", "imp2", "imp3")
    )
    assert trouble is not None
    assert "imp4 in redundancy group West" in str(trouble)
