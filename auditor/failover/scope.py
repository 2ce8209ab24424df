"""Which clusters and redundancy groups a check is about."""

from collections.abc import Sequence

from auditor.cluster import ClusterFacts, Group
from auditor.errors import ConfigError
from auditor.names import nearest


def with_group(found: Sequence[ClusterFacts], group: str | None) -> Sequence[ClusterFacts]:
    """Return the clusters that have the group, or whose groups nobody could tell.

    Raises:
        ConfigError: the groups of all are known, and none is called so.
    """
    if group is None:
        return found
    having = [facts for facts in found if groups(facts, group)]
    unclear = [facts for facts in found if not _all_told(facts) and facts not in having]
    if having or unclear:
        return having or unclear
    raise ConfigError([_unknown(group, [known.name for facts in found for known in facts.groups])])


def _all_told(facts: ClusterFacts) -> bool:
    """Tell whether the cluster itself told its groups: a file may declare a part of them."""
    return facts.groups_known and facts.topology_observed


def groups(facts: ClusterFacts, only: str | None) -> tuple[Group, ...]:
    """Return the groups of a cluster, or the one of this name; case makes no difference."""
    return tuple(
        group for group in facts.groups if only is None or group.name.casefold() == only.casefold()
    )


def _unknown(group: str, names: Sequence[str]) -> str:
    near = nearest(group, names)
    meant = f" Did you mean {near}?" if near else ""
    there = ", ".join(dict.fromkeys(names)) or "none"
    return f"--group {group}: no redundancy group of that name.{meant} There is {there}."
