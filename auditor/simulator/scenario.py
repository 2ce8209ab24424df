"""The scenario: what it may hold, entry by entry, and what follows from what it leaves out."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from auditor.simulator.catalogue import MajorMinor
from auditor.simulator.faults import FaultRule
from auditor.simulator.validation_errors import choice_hint, shorten_value

HA_STATES = (
    "unknown",
    "initializing",
    "idle",
    "normal",
    "backup",
    "taking_over",
    "taking_back",
    "failing_over",
    "failed_over",
    "failed_over_services_down",
    "falling_back",
    "failed",
    "down",
)
"""The states by their number in PerfMon's `SRMState` (Cisco RTMT guide 15)."""

_AXL_VERSIONS_BY_RELEASE: tuple[tuple[MajorMinor, tuple[str, ...]], ...] = (
    ((15, 0), ("15.0", "14.0", "12.5", "12.0")),
    ((14, 0), ("14.0", "12.5", "12.0", "11.5", "11.0")),
    ((12, 5), ("12.5", "12.0", "11.5", "11.0", "10.5", "10.0")),
    ((11, 5), ("11.5", "11.0", "10.5", "10.0", "9.1", "9.0")),
    ((11, 0), ("11.0", "10.5", "10.0", "9.1", "9.0")),
    ((10, 0), ("10.0", "9.1", "9.0")),
    ((0, 0), ("9.1", "9.0", "8.5", "8.0")),
)


class ScenarioError(ValueError):
    """The scenario or a change is wrong; each argument is a sentence about one mistake."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return every mistake."""
        return self.args

    def __str__(self) -> str:
        return " ".join(self.args)


def ha_state_number(value: object) -> object:
    """Return the number of an HA state given as a token; anything but a text as it came.

    Raises ValueError for a text that is none.
    """
    if isinstance(value, str) and value not in HA_STATES:
        raise ValueError(
            f"there is no HA state `{shorten_value(value)}`{choice_hint(value, HA_STATES)}"
        )
    return HA_STATES.index(value) if isinstance(value, str) else value


CertificateDays = Annotated[int, Field(ge=-3650, le=3650)]
"""Whole days until a server's certificate ends; of one that has expired, less than zero."""

CertificateNames = Annotated[list[str], Field(min_length=1)]
"""The names in a server's certificate; several in one that all servers share."""

USUAL_CERTIFICATE_DAYS = 825
USUAL_REPLICATION = 2
"""`Replicate_State` of a database whose replication is good (RTMT guide 15)."""


class _ScenarioModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# Strict: pydantic would take the text "yes" or the number 1 for true.
FeatureNodes = StrictBool | list[str]


class ScenarioDeployment(_ScenarioModel):
    """What the cluster is used for: the keys of the configuration's deployment profile.

    The services that each node has activated follow from it, so that a scenario states only
    what differs.
    """

    bulk_administration: StrictBool = False
    chat: FeatureNodes = False
    permanent_chat: StrictBool = False
    permanent_chat_ha: StrictBool = False
    web_clients: StrictBool = False
    xmpp_clients: StrictBool = True
    third_party_ldap_search: StrictBool = False
    third_party_ldap_search_configured: StrictBool = False
    sip_federation: FeatureNodes = False
    partitioned_intradomain_federation: StrictBool = False
    xmpp_federation: FeatureNodes | Literal["expressway"] = False
    xmpp_federation_enabled_on: list[str] = []
    compliance: FeatureNodes = False
    compliance_third_party: FeatureNodes = False
    managed_file_transfer: FeatureNodes = False
    file_server_configured: StrictBool = False
    routing_nodes: list[str] = []
    intercluster: StrictBool = False
    intercluster_synced_from: list[str] = []
    intercluster_cup86: StrictBool = False


class ServiceEntry(_ScenarioModel):
    """How one service of one node differs; `status`, `reason` and `text` may be any text."""

    status: str | None = None
    reason: int | str | None = None
    text: str | None = None
    uptime: int | None = None
    active_in_axl: StrictBool | None = None
    restarting: StrictBool = False


class NodeEntry(_ScenarioModel):
    """How one node differs from what the deployment asks for; a node in no group is listed here.

    `sessions` are those of the users that are assigned to it; `replication` is the number of
    PerfMon's `Replicate_State`, of which 2 is good.
    """

    name: str
    activated: list[str] = []
    not_activated: list[str] = []
    stopped: list[str] = []
    starting: list[str] = []
    stopping: list[str] = []
    missing: list[str] = []
    service: dict[str, ServiceEntry] = {}
    perfmon: dict[str, dict[str, int]] = {}
    sessions: int = 120
    replication: int = USUAL_REPLICATION
    release: str | None = None
    certificate_days: CertificateDays = USUAL_CERTIFICATE_DAYS
    certificate_names: CertificateNames | None = None
    corrupted_product_row: StrictBool = False


class CucmEntry(_ScenarioModel):
    """How one CUCM node differs: the publisher, or one of the cluster's `cucm_subscribers`."""

    name: str
    replication: int = USUAL_REPLICATION
    certificate_days: CertificateDays = USUAL_CERTIFICATE_DAYS
    certificate_names: CertificateNames | None = None


class GroupEntry(_ScenarioModel):
    """A presence redundancy group; `ha` holds its nodes' states, as tokens or numbers.

    `idle_stops_critical`: a node that idles has stopped every critical service, the Router and the
    agents too, and not the feature services alone.
    """

    name: str
    nodes: Annotated[list[str], Field(max_length=2)]
    ha_enabled: StrictBool = True
    idle_stops_critical: StrictBool = False
    ha: list[Annotated[int, BeforeValidator(ha_state_number)]] | None = None


class DatabaseEntry(_ScenarioModel):
    """An external database; the simulator listens for it, or holds a port closed."""

    name: str
    type: str = "postgresql"
    used_by: list[str]
    nodes: list[str] | None = None
    listening: StrictBool = True
    probe: StrictBool | None = None


class PeerEntry(_ScenarioModel):
    """A node of another cluster that this one syncs from."""

    address: str


class TableEntry(_ScenarioModel):
    """A table of the IM&P (or CUCM) database, in place of the one that is there by default."""

    name: str
    columns: list[str]
    rows: list[list[str | int | None]] = []
    side: Literal["imp", "cucm"] = "imp"


class ClusterEntry(_ScenarioModel):
    """The cluster itself; `lacks` names the roles (`axl`, `serviceability`) the account lacks."""

    name: str
    release: str = "14.0.1.13900-8"
    cucm: str | None = None
    cucm_subscribers: list[str] = []
    cucm_release: str | None = None
    axl_versions: list[str] | None = None
    axl_out_of_order: StrictBool = False
    planned: list[str] = []
    lacks: list[Literal["axl", "serviceability"]] = []
    drop_tables: list[str] = []


class Scenario(_ScenarioModel):
    """A whole scenario.

    `undeclared` names keys that the written configuration leaves out; `declared` and `config`
    hold what it says instead of the truth (deployment keys, keys of `[[cluster]]`).
    """

    title: str = ""
    cluster: ClusterEntry
    group: list[GroupEntry] = []
    node: list[NodeEntry] = []
    cucm_node: list[CucmEntry] = []
    deployment: ScenarioDeployment = ScenarioDeployment()
    external_database: list[DatabaseEntry] = []
    intercluster_peer: list[PeerEntry] = []
    table: list[TableEntry] = []
    fault: list[FaultRule] = []
    undeclared: list[str] = []
    declared: dict[str, StrictBool | str | list[str]] = {}
    config: dict[str, StrictBool | str | list[str] | dict[str, str | list[str]]] = {}

    @property
    def node_names(self) -> tuple[str, ...]:
        """Return all IM&P nodes, those of groups first; the first is the database publisher."""
        grouped = [name for group in self.group for name in group.nodes]
        return tuple(dict.fromkeys([*grouped, *(entry.name for entry in self.node)]))

    @property
    def cucm(self) -> str:
        """Return the AXL name of the CUCM publisher."""
        return self.cluster.cucm or "cucm-pub.lab.test"

    @property
    def cucm_names(self) -> tuple[str, ...]:
        """Return all CUCM nodes, the publisher first."""
        return (self.cucm, *self.cluster.cucm_subscribers)

    @property
    def cucm_release(self) -> str:
        """Return the CUCM's release, which is the nodes' own unless the scenario says."""
        return self.cluster.cucm_release or self.cluster.release

    def axl_versions(self, release: str) -> tuple[str, ...]:
        """Return the AXL versions that a server of this release accepts, newest first.

        Those of CUCM are published (DevNet AXL versioning); IM&P is taken to have the same.
        """
        if self.cluster.axl_versions is not None:
            return tuple(self.cluster.axl_versions)
        number = parse_release_text(release)
        return next(versions for since, versions in _AXL_VERSIONS_BY_RELEASE if number >= since)


def parse_release_text(text: str) -> MajorMinor:
    """Return major and minor of a release text such as `12.5.1.11900-146`."""
    match = re.match(r"(\d+)\.(\d+)", text)
    if not match:
        raise ScenarioError(f"`{shorten_value(text)}` is no release such as 14.0.1.13900-8.")
    return int(match[1]), int(match[2])
