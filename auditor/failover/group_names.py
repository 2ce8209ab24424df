"""Names of groups, as printed and as typed with --group, and the groups that they select."""

import re
from collections.abc import Collection, Iterable, Sequence

from auditor.errors import ConfigError
from auditor.models.facts import ClusterFacts, Group
from auditor.text import did_you_mean


def group_title(group: str, cluster: str) -> str:
    """Return the name of a group as a check of several clusters shows it."""
    return f"{group} (cluster {cluster})"


_GROUP_TITLE = re.compile(r"(?P<group>.+) \(cluster (?P<cluster>.+)\)")


def parse_group_title(text: str) -> tuple[str, str | None]:
    """Return group and cluster of a title; of a group's name alone, the cluster is None."""
    match = _GROUP_TITLE.fullmatch(text)
    return (match["group"], match["cluster"]) if match else (text, None)


def clusters_with_groups(
    clusters: Sequence[ClusterFacts], names: Sequence[str]
) -> Sequence[ClusterFacts]:
    """Return the clusters that have one of the groups, or may have one that is not found.

    Raises:
        ConfigError: the groups of all clusters are known, and one of the names is not among them.
    """
    if not names:
        return clusters
    unmatched = unmatched_groups(clusters, names)
    # While CUCM does not answer, the group may exist. An error would then look like a typing error
    # of the user, although CUCM is what needs attention.
    if unmatched and all(map(are_groups_complete, clusters)):
        existing = [group.name for facts in clusters for group in facts.groups]
        raise ConfigError([_unknown_group_message(name, existing) for name in unmatched])
    return [
        facts
        for facts in clusters
        if select_groups(facts, names) or (unmatched and not are_groups_complete(facts))
    ]


def unmatched_groups(clusters: Iterable[ClusterFacts], names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are a known group of no cluster."""
    groups = [(facts, group) for facts in clusters for group in facts.groups]
    return tuple(
        name for name in names if not any(_is_group(facts, group, name) for facts, group in groups)
    )


def select_groups(facts: ClusterFacts, names: Collection[str]) -> tuple[Group, ...]:
    """Return the groups of a cluster with these names, in any case; no names means all.

    A name may also be the title that a check of several clusters shows.
    """
    return tuple(
        group
        for group in facts.groups
        if not names or any(_is_group(facts, group, name) for name in names)
    )


def _is_group(facts: ClusterFacts, group: Group, name: str) -> bool:
    wanted, cluster = parse_group_title(name)
    is_cluster = cluster is None or cluster.casefold() == facts.name.casefold()
    return is_cluster and wanted.casefold() == group.name.casefold()


def are_groups_complete(facts: ClusterFacts) -> bool:
    """Return whether the cluster itself listed its groups: a file may declare only some of them."""
    return facts.groups_known and facts.topology_observed


def _unknown_group_message(name: str, existing: Sequence[str]) -> str:
    suggestion = did_you_mean(name, existing) or "."
    groups = ", ".join(dict.fromkeys(existing)) or "none"
    return f"--group {name}: no redundancy group of that name{suggestion} There is {groups}."
