"""Sentences on a cluster that no recommendation covers."""

from collections.abc import Iterator

from auditor.models.facts import ClusterFacts
from auditor.service_names import is_service_name


def cluster_notices(facts: ClusterFacts) -> tuple[str, ...]:
    """Return all of them, those on what the facts are worth first."""
    return (*_origin_notices(facts), *_unlisted_service_notices(facts), *facts.notes)


def _origin_notices(facts: ClusterFacts) -> Iterator[str]:
    if facts.cucm_stand_in is not None:
        yield stand_in_notice(facts.cucm_stand_in)
    if facts.topology_recorded_at is not None:
        yield recorded_topology_notice(facts.name, facts.topology_recorded_at)


def _unlisted_service_notices(facts: ClusterFacts) -> Iterator[str]:
    nodes_by_service: dict[str, list[str]] = {}
    for node in facts.nodes:
        for service in node.services:
            # A later release may have services that our lists lack; silence would look like a pass.
            if not is_service_name(service):
                nodes_by_service.setdefault(service, []).append(node.name)
    for service, names in sorted(nodes_by_service.items()):
        yield (
            f'Service "{service}" is on no list that auditor has, so it was not judged '
            f"({', '.join(sorted(names))})."
        )


def stand_in_notice(server: str) -> str:
    """Return which CUCM server answered in place of the publisher."""
    return f"{server} answered in place of the CUCM publisher, which could not be reached."


def recorded_topology_notice(cluster: str, recorded_at: str) -> str:
    """Return from when the nodes and groups of a cluster are, where CUCM did not list them."""
    return (
        f"No CUCM server listed the nodes of {cluster}, so nodes and groups are those of the run "
        f"of {recorded_at}. What depends on today's list is unknown."
    )
