"""What rows of the IM&P database show of features, and what they leave unknown."""

import pytest

from auditor.collect.discovery.interpret import DiscoveredFacts, interpret_probe_results
from auditor.collect.discovery.probe_file import load_built_in_probes
from auditor.collect.discovery.reader import ProbeResults
from auditor.collect.discovery.sql import DatabaseRows
from auditor.models.evidence import Origin
from auditor.models.settings import Setting

NODES = ("imp1", "imp2")


def interpret(probe: str, rows: DatabaseRows) -> DiscoveredFacts:
    return interpret_probe_results(
        ProbeResults("imp1", load_built_in_probes(), {probe: rows}, {}), NODES
    )


def values(*texts: str | None) -> DatabaseRows:
    return tuple({"value": text} for text in texts)


def only(discovered: DiscoveredFacts, key: str) -> Setting:
    assert discovered.gaps == {}
    return discovered.settings[key]


@pytest.mark.parametrize(("rows", "on"), [(values("2"), True), (values("0", "0"), False)])
def test_a_listed_value_turns_a_feature_on_or_off(rows: DatabaseRows, on: bool) -> None:
    setting = only(interpret("managed_file_transfer", rows), "managed_file_transfer")
    assert (setting.on, setting.origin) == (on, Origin.DISCOVERED)


@pytest.mark.parametrize(
    "rows", [values("1"), values("0", "2"), values("2", "x"), values(None), ()]
)
def test_any_other_value_leaves_a_feature_unknown(rows: DatabaseRows) -> None:
    discovered = interpret("managed_file_transfer", rows)
    assert discovered.settings == {}
    assert set(discovered.gaps) == {"managed_file_transfer"}


def test_a_feature_of_some_nodes_is_on_without_a_place() -> None:
    assert not only(interpret("managed_file_transfer", values("2")), "managed_file_transfer").placed
    assert only(interpret("managed_file_transfer", values("0")), "managed_file_transfer").placed
    assert only(interpret("permanent_chat", values("t")), "permanent_chat").placed


def test_federation_on_other_hosts_runs_on_expressway() -> None:
    component = "cm-2_s2scp-1.{}".format
    ours = interpret("xmpp_federation", ({"host": component("imp1")},)).settings["xmpp_federation"]
    theirs = interpret("xmpp_federation", ({"host": component("exp")},)).settings["xmpp_federation"]
    none = interpret("xmpp_federation", ()).settings["xmpp_federation"]

    assert (ours.on, ours.expressway, ours.nodes) == (True, False, frozenset({"imp1"}))
    assert (theirs.on, theirs.expressway) == (True, True)
    assert (none.on, none.expressway) == (False, False)


def test_peers_are_listed_without_the_clusters_own_nodes() -> None:
    rows = ({"address": "IMP1"}, {"address": "b1.example.test"}, {"address": "no host"})
    discovered = interpret("intercluster_peers", rows)
    assert only(discovered, "intercluster").on
    assert discovered.peers == ("b1.example.test",)


def test_a_list_of_only_our_own_nodes_is_ambiguous() -> None:
    discovered = interpret("intercluster_peers", ({"address": "imp1"},))
    assert (discovered.settings, discovered.peers) == ({}, ())
    assert set(discovered.gaps) == {"intercluster_peers"}


def test_no_peer_means_no_intercluster() -> None:
    assert not only(interpret("intercluster_peers", ()), "intercluster").on
