"""What a change is expected to do: also the content of an expectation file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PlainSerializer, with_config

from auditor.models.findings import FindingKind, Verdict
from auditor.models.statements import Statement
from auditor.snapshots import SnapshotFinding


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """A service on a node that is to be activated and running, or not activated.

    `restarted`: it is to be restarted, and may be a network service.
    """

    node: str
    service: str
    activated: bool
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class ServiceOnNode:
    """A service on one node."""

    node: str
    service: str


@dataclass(frozen=True, slots=True)
class ExpectedSetting:
    """A deployment key that was tested; `was` is its value in the file, None if it had none."""

    key: str
    was: str | None
    tested: str


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """A finding that the change causes only until the profile has the tested settings."""

    id: str
    verdict: Verdict
    kind: FindingKind | None
    observed: Statement

    def matches(self, finding: SnapshotFinding) -> bool:
        """Return whether a finding is this one, or the part of it that was done so far."""
        same = (self.id, self.verdict, self.kind)
        return (
            same == (finding.id, finding.judged_verdict, finding.kind)
            and finding.statement is not None
            and _observed_parts(finding.statement) <= _observed_parts(self.observed)
        )


def _observed_parts(observed: Statement) -> frozenset[Statement]:
    """Return what was observed, one service on one node each.

    Control Center's reason for a state is left out: it is unknown before a service really stops.
    """
    return frozenset(part.without("reason", "detail") for part in observed.parts)


# A misspelt key would be ignored, and what was expected would come out as unexpected.
@with_config(ConfigDict(extra="forbid", strict=True))
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeExpectation:
    """What a change is expected to do to a cluster; also the content of an expectation file.

    `drift` are the ids of findings that become drift by the change itself, `temporary` those that
    last until the profile has the tested `features`. `may_restart` are services that restart
    because of the change, beside those that it names.
    """

    kind: Literal["auditor-expectation"] = "auditor-expectation"
    schema_version: Literal["1.0"] = "1.0"
    cluster: str
    services: tuple[ExpectedChange, ...]
    drift: Annotated[frozenset[str], PlainSerializer(sorted)]
    features: tuple[ExpectedSetting, ...] = ()
    temporary: Annotated[tuple[ExpectedFinding, ...], Field(alias="foreseen")] = ()
    may_restart: tuple[ServiceOnNode, ...] = ()

    def service_change(self, node: str, service: str) -> ExpectedChange | None:
        """Return what is expected of a service on a node, None if nothing is."""
        for change in self.services:
            if (change.node.casefold(), change.service) == (node.casefold(), service):
                return change
        return None

    def allows_restart(self, node: str, service: str) -> bool:
        """Return whether a restart of a service is part of the change, or follows from it."""
        return self.service_change(node, service) is not None or any(
            (allowed.node.casefold(), allowed.service) == (node.casefold(), service)
            for allowed in self.may_restart
        )

    def setting(self, key: str) -> ExpectedSetting | None:
        """Return what was tested of a deployment key, None if it was not tested."""
        return next((setting for setting in self.features if setting.key == key), None)

    def is_temporary(self, finding: SnapshotFinding, profile: Mapping[str, str]) -> bool:
        """Return whether a finding is due to a profile that still is as it was before the check."""
        # Once the profile was edited it is no longer the cause, also if it has a third value.
        is_unchanged = all(profile.get(setting.key) == setting.was for setting in self.features)
        return (
            bool(self.features)
            and is_unchanged
            and any(expected.matches(finding) for expected in self.temporary)
        )


NO_EXPECTATION = ChangeExpectation(cluster="", services=(), drift=frozenset())
