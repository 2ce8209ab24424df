"""Whether the cluster has what the file names (PROFILE-02)."""

from auditor.cluster import ClusterFacts
from auditor.facts import Evidence, Origin
from auditor.findings import Kind, Verdict
from auditor.recommendations.draft import Draft
from auditor.recommendations.profile import listed, nothing

_NAMES_GROUPS = ("high_availability", "intercluster_synced_from", "redundancy_group")


def names_exist(facts: ClusterFacts, key: str) -> Draft:
    """Judge whether the cluster has every node, group and address of a key (PROFILE-02)."""
    expected = f"Every name in `{key}` is a node or group of the cluster."
    named = facts.named.get(key, ())
    if not named:
        return nothing(expected, f"`{key}` names no node and no group.")
    evidence = (Evidence(Origin.DECLARED, key, f"It names {listed(named)}."),)
    strange = [name for name in named if name.casefold() not in _known(facts)]
    groups_missing = not facts.groups_known and any(word in key for word in _NAMES_GROUPS)
    if not facts.topology_observed or (strange and groups_missing):
        observed = f"What the cluster has of {listed(named)} is not known."
        because = "The CUCM publisher did not tell the nodes and groups of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    disputed = facts.disputed.get(key, ())
    if not (strange or disputed):
        observed = f"The cluster has {listed(named)}."
        return Draft(Verdict.PASS, expected, observed, observed, evidence=evidence)
    missing = (f"The cluster has no {listed(strange)}",) if strange else ()
    observed = f"{'; '.join((*missing, *disputed))}."
    because = "A name that the cluster does not have leaves its key without effect."
    if not strange:
        because = "What was seen counts, and the file says otherwise."
    return Draft(
        Verdict.DRIFT, expected, observed, because, Kind.PROFILE_CONFLICT, evidence=evidence
    )


def _known(facts: ClusterFacts) -> set[str]:
    """Return what the cluster has; a group that it did not tell itself proves no name right."""
    nodes = {word for node in facts.nodes for word in (node.name, node.address)}
    groups = {group.name for group in facts.groups} if facts.groups_known else set()
    return {word.casefold() for word in nodes | groups}
