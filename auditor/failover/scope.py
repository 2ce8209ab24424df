"""Which clusters and redundancy groups a check is about."""

from collections.abc import Collection, Iterable, Sequence

from auditor.cluster import ClusterFacts, Group
from auditor.errors import ConfigError
from auditor.names import nearest


def with_groups(found: Sequence[ClusterFacts], wanted: Sequence[str]) -> Sequence[ClusterFacts]:
    """Return the clusters that have one of the groups, or where one that nobody has may be.

    Raises:
        ConfigError: the groups of all are known, and one that is wanted is not among them.
    """
    if not wanted:
        return found
    lacking = missing(found, wanted)
    if lacking and all(map(_all_told, found)):
        there = [known.name for facts in found for known in facts.groups]
        raise ConfigError([_unknown(group, there) for group in lacking])
    return [facts for facts in found if groups(facts, wanted) or (lacking and not _all_told(facts))]


def missing(found: Iterable[ClusterFacts], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the groups that are wanted and known in no cluster."""
    there = {known.name.casefold() for facts in found for known in facts.groups}
    return tuple(group for group in wanted if group.casefold() not in there)


def hidden(facts: ClusterFacts, lacking: Sequence[str]) -> tuple[str, ...]:
    """Return the groups that are missing everywhere and may be in this cluster."""
    return () if _all_told(facts) else tuple(dict.fromkeys(lacking))


def _all_told(facts: ClusterFacts) -> bool:
    """Tell whether the cluster itself told its groups: a file may declare a part of them."""
    return facts.groups_known and facts.topology_observed


def groups(facts: ClusterFacts, only: Collection[str]) -> tuple[Group, ...]:
    """Return the groups of a cluster, or those of these names; case makes no difference."""
    names = {name.casefold() for name in only}
    return tuple(group for group in facts.groups if not only or group.name.casefold() in names)


def _unknown(group: str, names: Sequence[str]) -> str:
    near = nearest(group, names)
    meant = f" Did you mean {near}?" if near else ""
    there = ", ".join(dict.fromkeys(names)) or "none"
    return f"--group {group}: no redundancy group of that name.{meant} There is {there}."
