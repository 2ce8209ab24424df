"""What replies hold, in the server's own words.

None always means that the server sent no value: a nil element, an empty one, or none at all.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One row of Control Center, in the node's own words.

    `reason_code` is None where the node sent none or no number; `reason_code_text` is what it
    sent. `uptime_s` is -1 for a service that is not started.
    """

    name: str
    status: str | None
    reason_code: int | None
    reason_code_text: str
    reason: str | None
    start_time: str | None
    uptime_s: int | None


@dataclass(frozen=True, slots=True)
class ServiceStatusReply:
    """All rows in the node's order, including duplicates and rows that contradict each other."""

    rows: tuple[ServiceRow, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceSpecification:
    """A service that the node knows; `deployable`: it can be activated."""

    name: str
    type: str | None
    deployable: bool | None
    group: str | None


@dataclass(frozen=True, slots=True)
class ProductInformation:
    """The release that runs on a node, the services that it knows, and its primary node.

    `primary_node` is a name or an address, as the node gives it.
    """

    active_version: str | None
    services: tuple[ServiceSpecification, ...]
    primary_node: str | None = None


@dataclass(frozen=True, slots=True)
class PerfmonCounter:
    """One PerfMon counter; `name` is `\\\\host\\Object\\Counter` or `...(Instance)\\Counter`."""

    name: str
    value: int | None
    status: int | None


@dataclass(frozen=True, slots=True)
class ProcessNode:
    """One entry of CUCM's server list; `usage` is Publisher or Subscriber, `role` the product."""

    name: str
    description: str | None
    usage: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class RedundancyGroup:
    """One presence redundancy group; a group of one node has `server2` None."""

    name: str
    server1: str | None
    server2: str | None
    ha_enabled: bool | None


@dataclass(frozen=True, slots=True)
class ProcessNodeService:
    """One service of one node in CUCM's database; `is_active` means activated."""

    node: str
    service: str
    is_active: bool | None
