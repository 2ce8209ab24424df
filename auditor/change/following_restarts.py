"""The restarts that a change brings with it, so that a comparison does not call them unexpected."""

from collections.abc import Iterator, Sequence

from auditor.change.advice import load_activation_advice
from auditor.change.diff.expected import ServiceOnNode
from auditor.change.stops import ServiceStop, find_stops
from auditor.change.what_if import RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.service_names import XCP_ROUTER


def find_following_restarts(
    facts: ClusterFacts, changes: Sequence[RequestedChange]
) -> tuple[ServiceOnNode, ...]:
    """Return the services that may restart because of the change, beside those it names."""
    stops = find_stops(facts, changes)
    return tuple(dict.fromkeys(service for stop in stops for service in _restarting_with(stop)))


def _restarting_with(stop: ServiceStop) -> Iterator[ServiceOnNode]:
    if not stop.is_requested:
        yield ServiceOnNode(stop.node, stop.service)
    # A restart of Router stops all XCP services, and starts them again (administration guide 15).
    if stop.service == XCP_ROUTER:
        for name, advice in load_activation_advice().items():
            if XCP_ROUTER in advice.needs:
                yield ServiceOnNode(stop.node, name)
