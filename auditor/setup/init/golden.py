"""Applies the profile of a golden cluster to another cluster. No I/O.

A switch is copied. A list of nodes is copied only where it has one meaning on the other cluster:
all nodes, the publisher, or all subscribers. Keys on how one cluster is set up (a prerequisite, its
peers, its routing nodes) are never copied: the new cluster shows them, or its people answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.config.settings import ClusterSettings
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import Role
from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.models.settings import Setting
from auditor.recommendations.profile_questions import PROFILE_QUESTIONS
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
"""Keys that describe how one cluster is set up."""


@dataclass(frozen=True, slots=True)
class _NodesByRole:
    """The names of a cluster's nodes by role, in lower case. `complete`: every role is known."""

    publisher: frozenset[str]
    subscribers: frozenset[str]
    complete: bool

    @property
    def all(self) -> frozenset[str]:
        """Return all nodes."""
        return self.publisher | self.subscribers


def apply_golden_profile(
    golden: ClusterSettings, facts: ClusterFacts, inferred: Mapping[str, ProfileEntry]
) -> dict[str, ProfileEntry]:
    """Return the golden cluster's profile for the cluster of `facts`.

    A key that the golden cluster does not declare, or whose list has no single meaning here, is a
    question; what was inferred is written beside it.
    """
    return {
        key: entry if key in CLUSTER_SPECIFIC_KEYS else _golden_profile_entry(golden, facts, entry)
        for key, entry in inferred.items()
    }


def _golden_profile_entry(
    golden: ClusterSettings, facts: ClusterFacts, inferred: ProfileEntry
) -> ProfileEntry:
    key, here = inferred.key, f" Here: {inferred.why}" if inferred.why else ""
    setting = next(iter(golden.settings.get(key, ())), None)
    if setting is None:
        why = f'The golden cluster "{golden.name}" does not declare it.{here}'
        return ProfileEntry(key, inferred.value, why, PROFILE_QUESTIONS[key])
    translated = _translate_golden_setting(golden, facts, setting)
    if translated is None:
        named = join_names(sorted(setting.nodes or ()))
        why = f'The golden cluster "{golden.name}" names {named}.{here}'
        return ProfileEntry(
            key, inferred.value, why, f"Which nodes are these here? {PROFILE_QUESTIONS[key]}"
        )
    value, words = translated
    return ProfileEntry(key, value, f'From the golden cluster "{golden.name}": {words}.{here}')


def _translate_golden_setting(
    golden: ClusterSettings, facts: ClusterFacts, setting: Setting
) -> tuple[ProfileValue, str] | None:
    """Return the value on the other cluster, with words for it; None if it is ambiguous."""
    if setting.expressway:
        return "expressway", "through Expressway"
    if setting.nodes is None or not setting.on:
        return setting.on, "on" if setting.on else "off"
    there = _group_nodes_by_role((node.name, node.role) for node in golden.nodes)
    here = _group_nodes_by_role((node.name, node.role) for node in facts.installed_nodes)
    named = frozenset(name.casefold() for name in setting.nodes)
    meanings = _possible_node_meanings(named, there)
    if len(meanings) != 1 or not here.complete:
        return None
    (meaning,) = meanings
    # Not as a list, so that it holds for a node that is added later.
    if meaning == "all":
        return True, "all of its nodes"
    names_here = here.publisher if meaning == "publisher" else here.subscribers
    names = tuple(node.name for node in facts.nodes if node.name.casefold() in names_here)
    words = "its publisher" if meaning == "publisher" else "its subscribers"
    return (names, words) if names else None


def _possible_node_meanings(named: frozenset[str], there: _NodesByRole) -> list[str]:
    """Return each meaning that a list of nodes can have; on a cluster of one node there are two."""
    if not there.complete:
        return []
    readings = {"all": there.all, "publisher": there.publisher, "subscribers": there.subscribers}
    return [meaning for meaning, nodes in readings.items() if nodes == named]


def _group_nodes_by_role(nodes: Iterable[tuple[str, Role]]) -> _NodesByRole:
    folded = [(name.casefold(), role) for name, role in nodes]
    publisher = frozenset(name for name, role in folded if role is Role.PUBLISHER)
    subscribers = frozenset(name for name, role in folded if role is Role.SUBSCRIBER)
    # A node whose role is unknown could belong to either list.
    complete = len(publisher) == 1 and len(publisher | subscribers) == len(folded)
    return _NodesByRole(publisher, subscribers, complete)
