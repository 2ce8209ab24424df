"""Infers a deployment profile from the activated services and discovered settings. No I/O.

The result describes what the cluster is, not what it should be. Keys that would contradict each
other become questions, because the loader would refuse them.
"""

from collections.abc import Collection

from auditor.models.deployment import (
    DEPLOYMENT_KEYS,
    INTERCLUSTER_KEY,
    INTERCLUSTER_ONLY_KEYS,
    KEYS_ASKED_AFTER,
)
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.models.settings import Setting
from auditor.recommendations.inference_rules import INFERENCE_RULES
from auditor.recommendations.observed_cluster import ObservedCluster
from auditor.recommendations.profile_questions import PROFILE_QUESTIONS, question_entry


def infer_profile(facts: ClusterFacts) -> dict[str, ProfileEntry]:
    """Return an entry for every deployment key, in the order of the file; declared ones hold."""
    cluster = ObservedCluster(facts)
    entries: dict[str, ProfileEntry] = {}
    # In this order, because a rule reads the entries of keys before its own.
    for key in DEPLOYMENT_KEYS:
        declared = cluster.setting(key, Origin.DECLARED)
        entries[key] = (
            ProfileEntry(key, _declared_value(declared))
            if declared
            else INFERENCE_RULES[key](cluster, key, entries)
        )
    return entries


def _declared_value(setting: Setting) -> ProfileValue:
    if setting.expressway:
        return "expressway"
    return setting.on if setting.nodes is None else tuple(sorted(setting.nodes))


def propose_answers(facts: ClusterFacts, awaited: Collection[str]) -> tuple[ProfileEntry, ...]:
    """Return what the cluster shows for deployment keys that checks wait for.

    Keys that would be asked for next are among them, so that one round of answers is enough. None
    contradicts what the file declares.
    """
    peers = INTERCLUSTER_KEY not in awaited and bool(facts.peers)
    entries = ask_about_contradictions(infer_profile(facts), peers=peers)
    declared = {
        key
        for key, settings in facts.settings.items()
        if any(setting.origin is Origin.DECLARED for setting in settings)
    }
    asked = set(awaited)
    # In the order of the file, in which no key comes before one that it is asked after.
    for key in DEPLOYMENT_KEYS:
        if key in asked and not entries[key].off:
            asked |= set(KEYS_ASKED_AFTER.get(key, ()))
    return tuple(entries[key] for key in DEPLOYMENT_KEYS if key in asked - declared)


_KEY_DEPENDENCIES = (("permanent_chat", "chat"), ("permanent_chat_ha", "permanent_chat"))


def ask_about_contradictions(
    entries: dict[str, ProfileEntry], *, peers: bool
) -> dict[str, ProfileEntry]:
    """Return entries that do not contradict each other; `peers`: the file will list peers."""
    consistent = dict(entries)
    if peers and consistent["intercluster"].off:
        entry = consistent["intercluster"]
        why = f"{entry.why} Yet its database lists peers, below."
        consistent["intercluster"] = question_entry("intercluster", why, True)
    for key, needed in _KEY_DEPENDENCIES:
        if consistent[key].on and not consistent[needed].on:
            entry = consistent[key]
            why = f"{entry.why} It needs `{needed}`."
            consistent[key] = question_entry(key, why, entry.value)
    for key in INTERCLUSTER_ONLY_KEYS:
        if consistent[key].on and consistent["intercluster"].off:
            consistent[key] = consistent[key].asking(PROFILE_QUESTIONS[key])
    return consistent
