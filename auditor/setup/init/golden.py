"""Carries the profile of a golden cluster over to another: pure.

A switch is carried as it is. A list of nodes is carried only where it can mean one thing on the
other cluster: all nodes, the publisher, or all subscribers. Whatever states how a cluster itself is
set up (a prerequisite, its peers, its routing nodes) is never carried: the new cluster has to show
it or its people have to tell it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.config.settings import ClusterSettings
from auditor.models.facts import ClusterFacts, Role, Setting
from auditor.setup.init.questions import PROFILE_QUESTIONS, ProfileEntry, ProfileValue
from auditor.text import join_names

CLUSTER_SPECIFIC_KEYS = frozenset(
    {
        "third_party_ldap_search_configured",
        "xmpp_federation_enabled_on",
        "file_server_configured",
        "routing_nodes",
        "intercluster_synced_from",
    }
)
"""Keys that say how one cluster is set up, whatever it is meant to be."""


@dataclass(frozen=True, slots=True)
class _NodesByRole:
    """The names of a cluster's nodes by role, lower case; `known` if every role is."""

    publisher: frozenset[str]
    subscribers: frozenset[str]
    known: bool

    @property
    def all(self) -> frozenset[str]:
        """Return all nodes."""
        return self.publisher | self.subscribers


def apply_golden_profile(
    golden: ClusterSettings, facts: ClusterFacts, inferred: Mapping[str, ProfileEntry]
) -> dict[str, ProfileEntry]:
    """Return the lines of the golden cluster's profile for the cluster of `facts`.

    A key that the golden cluster leaves open, or whose list has no one meaning here, is a question;
    what was inferred is told beside it.
    """
    return {
        key: line if key in CLUSTER_SPECIFIC_KEYS else _golden_profile_entry(golden, facts, line)
        for key, line in inferred.items()
    }


def _golden_profile_entry(
    golden: ClusterSettings, facts: ClusterFacts, inferred: ProfileEntry
) -> ProfileEntry:
    key, here = inferred.key, f" Here: {inferred.why}" if inferred.why else ""
    told = next(iter(golden.settings.get(key, ())), None)
    if told is None:
        why = f'The golden cluster "{golden.name}" does not say.{here}'
        return ProfileEntry(key, inferred.value, why, PROFILE_QUESTIONS[key])
    carried = _translate_golden_setting(golden, facts, told)
    if carried is None:
        named = join_names(sorted(told.nodes or ()))
        why = f'The golden cluster "{golden.name}" names {named}.{here}'
        return ProfileEntry(
            key, inferred.value, why, f"Which nodes are these here? {PROFILE_QUESTIONS[key]}"
        )
    value, words = carried
    return ProfileEntry(key, value, f'From the golden cluster "{golden.name}": {words}.{here}')


def _translate_golden_setting(
    golden: ClusterSettings, facts: ClusterFacts, told: Setting
) -> tuple[ProfileValue, str] | None:
    """Return what a telling means on the other cluster, with words for it; None if unclear."""
    if told.expressway:
        return "expressway", "through Expressway"
    if told.nodes is None or not told.on:
        return told.on, "on" if told.on else "off"
    there = _group_nodes_by_role((node.name, node.role) for node in golden.nodes)
    here = _group_nodes_by_role((node.name, node.role) for node in facts.nodes if not node.planned)
    named = frozenset(name.casefold() for name in told.nodes)
    meanings = _possible_node_meanings(named, there)
    if len(meanings) != 1 or not here.known:
        return None
    (meaning,) = meanings
    if meaning == "all":
        return True, "all of its nodes"
    wanted = here.publisher if meaning == "publisher" else here.subscribers
    names = tuple(node.name for node in facts.nodes if node.name.casefold() in wanted)
    words = "its publisher" if meaning == "publisher" else "its subscribers"
    return (names, words) if names else None


def _possible_node_meanings(named: frozenset[str], there: _NodesByRole) -> list[str]:
    """Return everything that a list can mean; a cluster of one node leaves two readings."""
    if not there.known:
        return []
    readings = {"all": there.all, "publisher": there.publisher, "subscribers": there.subscribers}
    return [meaning for meaning, nodes in readings.items() if nodes == named]


def _group_nodes_by_role(nodes: Iterable[tuple[str, Role]]) -> _NodesByRole:
    told = [(name.casefold(), role) for name, role in nodes]
    publisher = frozenset(name for name, role in told if role is Role.PUBLISHER)
    subscribers = frozenset(name for name, role in told if role is Role.SUBSCRIBER)
    known = len(publisher) == 1 and len(publisher | subscribers) == len(told)
    return _NodesByRole(publisher, subscribers, known)
