"""Deployment keys given on the command line, over those of the file."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from auditor.config.overrides import load_with_features
from auditor.errors import ConfigError
from auditor.models.settings import Setting

FILE = """
[[cluster]]
name = "lab"
cucm_publisher = "cucm.lab.test"
username = "audit"
[cluster.deployment]
chat = true
web_clients = false

[[cluster]]
name = "other"
cucm_publisher = "cucm.other.test"
username = "audit"
[cluster.deployment]
chat = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with two clusters."""
    path = tmp_path / "auditor.toml"
    path.write_text(FILE)
    return path


def told(path: Path, features: Iterable[str], cluster: str = "lab") -> dict[str, Setting]:
    """Return what a cluster declares with features of the first given anew."""
    configuration = load_with_features(path, "LAB", features)
    (settings,) = configuration.select([cluster])
    return {key: setting for key, (setting,) in settings.settings.items()}


def test_a_feature_takes_the_place_of_the_files(file: Path) -> None:
    """It says where it comes from, since it is not in the file."""
    found = told(file, ['chat=["imp1.lab.test"]'])
    assert found["chat"].nodes == frozenset({"imp1.lab.test"})
    assert found["chat"].source == "--feature chat"
    assert "auditor.toml" in found["web_clients"].source


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("imp1", {"imp1"}),
        ("imp1.lab.test", {"imp1.lab.test"}),
        ("imp1, imp2", {"imp1", "imp2"}),
        ("imp1,", {"imp1"}),
        ('"imp1"', {"imp1"}),
        ("10.1.1.5", {"10.1.1.5"}),
    ],
)
def test_nodes_are_named_without_brackets(file: Path, text: str, nodes: set[str]) -> None:
    """One or several, as people write them."""
    assert told(file, [f"chat={text}"])["chat"].nodes == frozenset(nodes)


def test_expressway_is_no_node(file: Path) -> None:
    assert told(file, ["xmpp_federation=expressway"])["xmpp_federation"].expressway


def test_other_clusters_keep_what_they_declare(file: Path) -> None:
    """The change is one of a single cluster."""
    assert told(file, ["chat=false"])["chat"].on is False
    other = told(file, ["chat=false"], "other")["chat"]
    assert other.on
    assert "auditor.toml" in other.source


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (["chat"], "write KEY=VALUE"),
        (["chat="], "write KEY=VALUE"),
        (["chat=true", "chat=false"], "has two values"),
        (["chatt=true"], "chat"),
        (["chat=ture"], "must be true, false or a list of node names"),
        (["chat=yes"], "must be true, false or a list of node names"),
        (["web_clients=imp1"], "must be true or false"),
        (["xmpp_federation=expresway"], "did you mean"),
    ],
)
def test_what_is_no_feature_is_refused(file: Path, features: list[str], said: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigError, match=said):
        load_with_features(file, "lab", features)


def test_the_same_value_twice_is_no_contradiction(file: Path) -> None:
    """As a script may give it."""
    assert told(file, ["web_clients=true", "web_clients=true"])["web_clients"].on
