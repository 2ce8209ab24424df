"""What a cluster shows of its use: where services are activated, what its database suggests."""

from dataclasses import dataclass

from auditor import service_names
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts, ServiceState
from auditor.models.profile import ProfileValue
from auditor.models.settings import Setting
from auditor.recommendations.releases import evaluate_release_range
from auditor.text import join_names


@dataclass(frozen=True, slots=True)
class ServiceActivation:
    """The nodes on which a service is activated, not activated, or unknown."""

    service: str
    on: tuple[str, ...]
    off: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return where it is activated, as a sentence."""
        if self.unknown:
            elsewhere = f" It is activated on {join_names(self.on)}." if self.on else ""
            nodes = join_names(self.unknown)
            return f"It is not known whether {self.service} is activated on {nodes}.{elsewhere}"
        place = join_names(self.on) if self.off else f"every node ({join_names(self.on)})"
        return f"{self.service} is activated on {place if self.on else 'no node'}."

    @property
    def anywhere(self) -> bool | None:
        """Return whether it is activated on any node; None is unknown."""
        return True if self.on else None if self.unknown else False

    @property
    def nodes(self) -> ProfileValue | None:
        """Return true for every node, false for none, else the nodes; None if one is unknown."""
        if self.unknown:
            return None
        return self.on if self.on and self.off else bool(self.on)


class ObservedCluster:
    """A cluster's facts in the form that the inference rules need."""

    def __init__(self, facts: ClusterFacts) -> None:
        """Keep the facts; planned nodes are left out."""
        self.facts = facts
        self.nodes = facts.installed_nodes

    def activation(self, service: str) -> ServiceActivation:
        """Return on which nodes a service is activated."""
        activated = {node.name: _is_service_activated(node, service) for node in self.nodes}
        on, off, unknown = (
            tuple(name for name, state in activated.items() if state is value)
            for value in (True, False, None)
        )
        return ServiceActivation(service, on, off, unknown if self.nodes else ("any node",))

    def states(self, activation: ServiceActivation) -> list[ServiceState]:
        """Return the service on the nodes where it is activated."""
        return [
            node.services[activation.service] for node in self.nodes if node.name in activation.on
        ]

    def discovered(self, key: str) -> Setting | None:
        """Return the setting of a key that the IM&P database suggests."""
        return self.setting(key, Origin.DISCOVERED)

    def setting(self, key: str, origin: Origin) -> Setting | None:
        """Return the setting of a key that has an origin."""
        settings = self.facts.settings.get(key, ())
        return next((s for s in settings if s.origin is origin), None)

    @property
    def release(self) -> str | None:
        """Return the release of the cluster."""
        return self.facts.release


def _is_service_activated(node: NodeFacts, service: str) -> bool | None:
    state = node.services.get(service)
    if state is not None:
        return state.activated
    # AXL's enumeration has the service from 11.0 on, so an older node without it is not unknown.
    is_older = evaluate_release_range(node.release, None, "11.0").value is True
    lacks_service = service == service_names.FILE_TRANSFER_MANAGER and is_older
    return False if lacks_service and node.services else None
