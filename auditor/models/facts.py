"""The facts of a cluster: its nodes, groups and settings, and what could not be read.

Frozen data: the survey fills it, the engine judges it. Whatever is unknown is explicit: `None`, an
`unknown` token or a failed `Coverage`. The names of fields are the keys of a snapshot file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import Field

from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.coverage import Coverage, Outcome, Source, asked_cucm_servers
from auditor.models.evidence import Origin
from auditor.models.nodes import NodeFacts, Role, RunState
from auditor.models.settings import ExternalDatabase, KeyComparison, Setting
from auditor.models.statements import Statement


@dataclass(frozen=True, slots=True)
class Group:
    """A presence redundancy group; `ha_enabled` None means that it is unknown.

    `switch_origin` is the origin of `ha_enabled` where it differs from that of the group.
    """

    name: str
    nodes: tuple[str, ...]
    ha_enabled: bool | None
    origin: Origin
    switch_origin: Origin | None = None

    @property
    def switch_discovered(self) -> bool:
        """Return whether the HA switch is known only from a database."""
        return (self.switch_origin or self.origin) is Origin.DISCOVERED

    def is_ha_declared(self, high_availability: bool | frozenset[str] | None) -> bool | None:
        """Return whether its HA should be on, None where that is not declared.

        `high_availability` is as in `ClusterFacts`.
        """
        if high_availability is None or isinstance(high_availability, bool):
            return high_availability
        return self.name.casefold() in {group.casefold() for group in high_availability}


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Everything that the engine judges.

    `settings` maps each deployment key to its values, in order of trust; an unknown key is
    absent. `high_availability` is where HA is declared on: a bool, group names, or None if
    undeclared. `named` maps keys of the file (`deployment.chat`, `addresses`, ...) to the nodes,
    groups and addresses that they name.

    `nodes_listed_by` is the CUCM server that listed nodes to this run, None where none did.
    `topology_observed`: the nodes are known to be all of the cluster, because a CUCM server listed
    them, or because it is older than AXL 10.0, cannot list IM&P nodes, and the file declares
    them. `peers` are the addresses of intercluster peers in the cluster's database.
    `notes` are sentences on what the database does not show, or shows and no recommendation
    covers. `axl_version` is the one that was used with CUCM, and `cucm_release` is what its
    publisher reports of itself. `topology_recorded_at` is the start of the earlier run from which
    nodes and groups are, None if they are not from the history. `cucm_subscribers` are the CUCM
    servers that CUCM lists beside its publisher.

    `changing_before` holds the services that the previous run found Starting or Stopping, by node
    in lower case and service. `disputed` holds, by key of the file, in what declared nodes differ
    from the list of CUCM; `compared` has the results for declared keys that are not features.

    `cucm_certificate_not_after` is when the certificate that the CUCM publisher presented ends (as
    for a node), `certificate_days` for how many more days certificates are to be valid, and
    `started_at` when the run began, from which these days count; None: unknown.
    """

    name: str
    nodes: tuple[NodeFacts, ...]
    groups: tuple[Group, ...] = ()
    groups_known: bool = False
    topology_observed: bool = False
    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    databases: tuple[ExternalDatabase, ...] = ()
    high_availability: bool | frozenset[str] | None = None
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()
    peers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axl_version: str | None = None
    changing_before: Mapping[tuple[str, str], RunState] = field(default_factory=dict)
    disputed: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    compared: Mapping[str, KeyComparison] = field(default_factory=dict)
    topology_recorded_at: str | None = None
    cucm_certificate_not_after: str | None = None
    certificate_days: int = DEFAULT_CERTIFICATE_DAYS
    started_at: Annotated[datetime | None, Field(exclude=True)] = None
    cucm_subscribers: tuple[str, ...] = ()
    cucm_release: str | None = None
    nodes_listed_by: Annotated[str | None, Field(exclude=True)] = None

    @property
    def installed_nodes(self) -> tuple[NodeFacts, ...]:
        """Return the nodes that are not only planned."""
        return tuple(node for node in self.nodes if not node.planned)

    @property
    def release(self) -> str | None:
        """Return the IM&P release: the publisher's, else that of all other nodes if they agree."""
        # Nodes differ during an upgrade, and a guess could judge by the wrong table.
        publishers = {n.release for n in self.nodes if n.role is Role.PUBLISHER and n.release}
        releases = publishers or {n.release for n in self.nodes if n.release}
        return releases.pop() if len(releases) == 1 else None

    @property
    def cucm_stand_in(self) -> str | None:
        """Return the CUCM server that listed the nodes in place of the publisher, None if none."""
        return None if self.nodes_listed_by == self.cucm_publisher else self.nodes_listed_by

    @property
    def are_nodes_listed(self) -> bool:
        """Return whether the nodes are known to be all of the cluster today."""
        return self.topology_observed and self.topology_recorded_at is None

    @property
    def cucm_publisher(self) -> str | None:
        """Return the CUCM publisher that was asked for the nodes, None where none was."""
        return next(iter(asked_cucm_servers(self.coverage)), None)

    def gap(self, node: str, source: Source) -> Coverage | None:
        """Return why a source of a node was not read, None if it was, or did not have to be."""
        for entry in self.coverage:
            if (entry.node, entry.source) == (node, source) and entry.reason is not None:
                return entry
        return None


def list_unread_servers(
    nodes: Iterable[NodeFacts], coverage: Iterable[Coverage]
) -> tuple[str, ...]:
    """Return the CUCM servers that failed, then the unread nodes."""
    cucm = (
        entry.node
        for entry in coverage
        if entry.source is Source.CUCM_AXL and entry.outcome is Outcome.FAILED
    )
    return tuple(dict.fromkeys((*cucm, *(node.name for node in nodes if node.is_unread))))
