"""What is activated and discovered on a cluster, as the rules of the profile ask for it."""

from dataclasses import dataclass

from auditor import names
from auditor.cluster import ClusterFacts, Setting
from auditor.facts import NodeFacts, Origin, ServiceState
from auditor.inference.lines import Value, listed
from auditor.recommendations.conditions import release_within


@dataclass(frozen=True, slots=True)
class Where:
    """On which nodes a service is activated, is not, and may be; `absent`: no release has it."""

    service: str
    on: tuple[str, ...]
    off: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say where it is activated."""
        if self.unknown:
            known = f" It is activated on {listed(self.on)}." if self.on else ""
            open_ones = listed(self.unknown)
            return f"Whether {self.service} is activated on {open_ones} is not known.{known}"
        place = listed(self.on) if self.off else f"every node ({listed(self.on)})"
        return f"{self.service} is activated on {place if self.on else 'no node'}."

    @property
    def anywhere(self) -> bool | None:
        """Tell whether it is activated on any node."""
        return True if self.on else None if self.unknown else False

    @property
    def nodes(self) -> Value | None:
        """Return true for every node, false for none, else the nodes; None if one is unknown."""
        if self.unknown:
            return None
        return self.on if self.on and self.off else bool(self.on)


class Seen:
    """A cluster's facts, as the rules below ask for them."""

    def __init__(self, facts: ClusterFacts) -> None:
        """Look at the nodes that are installed."""
        self.facts = facts
        self.nodes = tuple(node for node in facts.nodes if not node.planned)

    def where(self, service: str) -> Where:
        """Return on which nodes a service is activated."""
        told = {node.name: _activated(node, service) for node in self.nodes}
        on, off, unknown = (
            tuple(name for name, state in told.items() if state is wanted)
            for wanted in (True, False, None)
        )
        return Where(service, on, off, unknown if self.nodes else ("any node",))

    def states(self, where: Where) -> list[ServiceState]:
        """Return the service on the nodes where it is activated."""
        return [node.services[where.service] for node in self.nodes if node.name in where.on]

    def discovered(self, key: str) -> Setting | None:
        """Return what the database told of a key."""
        told = self.facts.settings.get(key, ())
        return next((one for one in told if one.origin is Origin.DISCOVERED), None)

    @property
    def release(self) -> str | None:
        """Return the release of the cluster."""
        return self.facts.release


def _activated(node: NodeFacts, service: str) -> bool | None:
    state = node.services.get(service)
    if state is not None:
        return state.activated
    before = service == names.FILE_TRANSFER and _older(node.release, "11.0")
    return False if before and node.services else None


def _older(release: str | None, than: str) -> bool:
    return release_within(release, None, than).value is True
