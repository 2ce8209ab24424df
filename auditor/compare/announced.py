"""What a change was to do, as the check before it announced it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.compare.seen import ClusterSeen, FindingSeen


@dataclass(frozen=True, slots=True)
class Expected:
    """One change that was announced: a service on a node is to be activated, or not."""

    node: str
    service: str
    activated: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """A deployment key that was tested; `was` is what the file declared, None: nothing."""

    key: str
    was: str | None
    tested: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A finding that the change brings about only until the profile has the tested features."""

    id: str
    verdict: str
    kind: str | None
    observed: str

    def is_seen_in(self, finding: FindingSeen) -> bool:
        """Tell whether a finding is this very one, or as much of it as was done so far."""
        same = (finding.id, finding.verdict, finding.kind) == (self.id, self.verdict, self.kind)
        return same and _clauses(finding.observed) <= _clauses(self.observed)


def _clauses(observed: str) -> frozenset[str]:
    """Return what was observed, one service on one node each.

    Words in brackets are left out: nobody can know them before a service really stops.
    """
    plain = re.sub(r" \([^()]*\)", "", observed.rstrip("."))
    return frozenset(plain.split(" and "))


@dataclass(frozen=True, slots=True)
class Announced:
    """Services to change, fingerprints of the drift that follows, and features to come."""

    services: tuple[Expected, ...] = ()
    drift: frozenset[str] = frozenset()
    features: tuple[Feature, ...] = ()
    foreseen: tuple[Foreseen, ...] = ()

    def of(self, node: str, service: str) -> Expected | None:
        """Return what was announced of a service on a node."""
        for one in self.services:
            if (one.node.casefold(), one.service) == (node.casefold(), service):
                return one
        return None

    def feature(self, key: str) -> Feature | None:
        """Return what was announced of a deployment key."""
        return next((one for one in self.features if one.key == key), None)

    def lagging(self, profile: Mapping[str, str]) -> bool:
        """Tell whether a profile is still, in every tested key, as it was before the check."""
        return bool(self.features) and all(profile.get(f.key) == f.was for f in self.features)

    def explains(self, finding: FindingSeen, after: ClusterSeen) -> bool:
        """Tell whether a finding is exactly what the profile, not changed yet, brings about."""
        return self.lagging(after.profile) and any(f.is_seen_in(finding) for f in self.foreseen)


NOTHING = Announced()
