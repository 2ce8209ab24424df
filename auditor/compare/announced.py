"""What was said beforehand of a change: the services it is for, and the drift it would make."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One change that was announced: a service on a node is to be activated, or not."""

    node: str
    service: str
    activated: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """What a change was to do: services to change, and fingerprints of the drift it would make."""

    services: tuple[Expected, ...] = ()
    drift: frozenset[str] = frozenset()

    def of(self, node: str, service: str) -> Expected | None:
        """Return what was announced of a service on a node."""
        for one in self.services:
            if (one.node.casefold(), one.service) == (node.casefold(), service):
                return one
        return None


NOTHING = Announced()
