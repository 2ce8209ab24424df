"""Nodes as people type them, on the command line of a precheck."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.change.node_names import name_feature_nodes
from auditor.change.request import find_unknown_nodes
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.config.hosts import match_names
from auditor.config.overrides import load_with_features
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.models.facts import ClusterFacts
from auditor.service_names import SIP_PROXY_SERVICE
from tests import factories as make

NAMES = ("imp1.north.test", "imp2.north.test", "imp1.south.test", "solo")
FACTS = make.cluster(*(make.node(name) for name in NAMES))
FILE = """
[[cluster]]
name = "lab"
cucm_publisher = "cucm.lab.test"
username = "audit"
"""


def told(folder: Path, *features: str) -> ClusterSettings:
    """Return the settings of a cluster with these features."""
    path = folder / "auditor.toml"
    path.write_text(FILE)
    (settings,) = load_with_features(path, "lab", features).select(["lab"])
    return settings


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        ("imp2", ("imp2.north.test",)),
        ("IMP2.North.test", ("imp2.north.test",)),
        ("solo", ("solo",)),
        ("imp1", ("imp1.north.test", "imp1.south.test")),
        ("imp1.north", ()),
        ("imp", ()),
    ],
)
def test_a_first_label_means_its_node(typed: str, matches: tuple[str, ...]) -> None:
    """Nothing shorter and nothing in between."""
    assert match_names(typed, NAMES) == matches


def test_a_whole_name_wins_over_a_first_label() -> None:
    assert match_names("solo", (*NAMES, "solo.north.test")) == ("solo",)


def test_the_nodes_of_a_feature_get_their_whole_names(tmp_path: Path) -> None:
    settings = name_feature_nodes(told(tmp_path, "chat=imp2,solo"), FACTS)
    (chat,) = settings.settings["chat"]
    assert chat.nodes == frozenset({"imp2.north.test", "solo"})
    assert set(settings.named["deployment.chat"]) == chat.nodes


def test_a_group_may_stand_where_the_key_takes_groups(tmp_path: Path) -> None:
    settings = name_feature_nodes(
        told(tmp_path, "intercluster=true", f"intercluster_synced_from={make.GROUP},imp2"), FACTS
    )
    (synced,) = settings.settings["intercluster_synced_from"]
    assert synced.nodes == frozenset({make.GROUP, "imp2.north.test"})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "imp1",
            "--feature chat: 'imp1' may be imp1[.]north[.]test or imp1[.]south[.]test: give",
        ),
        ("imp9", "--feature chat: cluster lab has no node 'imp9'"),
    ],
)
def test_a_name_of_no_node_or_of_several_is_refused(
    name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        name_feature_nodes(told(tmp_path, f"chat={name}"), FACTS)


def test_a_name_that_nobody_can_look_up_stays(tmp_path: Path) -> None:
    """CUCM did not list the nodes, so that it may exist."""
    unlisted = replace(FACTS, topology_observed=False)
    (chat,) = name_feature_nodes(told(tmp_path, "chat=imp9"), unlisted).settings["chat"]
    assert chat.nodes == frozenset({"imp9"})


@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, topology_observed=False)])
def test_an_ambiguous_node_of_a_change_is_refused(facts: ClusterFacts) -> None:
    change = RequestedChange("imp1", SIP_PROXY_SERVICE, ChangeAction.RESTART)
    with pytest.raises(ConfigError, match=r"may be imp1[.]north[.]test or imp1[.]south[.]test"):
        find_unknown_nodes(facts, [change])
