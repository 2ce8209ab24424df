"""PerfMon of one node: its HA state, its database replication, and as best effort its sessions.

Sessions that cannot be read are left out: nothing is judged by them alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from auditor.collect.coverage import REASONS_OF_ONE_REQUEST, CoverageLog
from auditor.config.hosts import first_label, is_ip
from auditor.errors import REDACTED, BadReply, WrongNode
from auditor.failure_reasons import Interface
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.nodes import REPLICATION_STATES, HaReading, HaState, NodeFacts
from auditor.models.sessions import CLIENT_SOCKETS, PRESENCE_SESSIONS
from auditor.problems import Problem
from auditor.soap.client import Client
from auditor.soap.records import PerfmonCounter

HA_STATE_OBJECT = "Cisco Server Recovery Manager"
HA_STATE_COUNTER = "SRMState"
"""Cisco RTMT guide, performance counters; documented from 12.5(1)."""

VALID_COUNTER_STATUS = frozenset({None, 0, 1})
"""Numbers of Windows PDH for valid and new data; with any other, the counter was not read."""


def read_ha_state(client: Client, node: str, others: frozenset[str]) -> HaReading:
    """Ask one node for its HA state.

    `others` are the cluster's other nodes, lower case: a counter that names one of them comes from
    another node. Sends one request.

    Raises:
        WrongNode: a counter names another node of the cluster.
        BadReply: there is no such counter, or its value is no documented state.
    """
    counters = client.perfmon_counters(HA_STATE_OBJECT, node)
    refuse_foreign_counters(counters, node, others)
    values = {
        c.value for c in counters if _is_ha_state_counter(c) and c.status in VALID_COUNTER_STATUS
    }
    # Equal rows are one reading; rows that differ leave the state unknown.
    if len(values) != 1:
        counter = f"{HA_STATE_OBJECT} \\ {HA_STATE_COUNTER}"
        raise BadReply(Problem.NO_STATE, node, Interface.PERFMON, counter=counter)
    number = values.pop()
    state = None if number is None else HaState.from_number(number)
    if state is None:
        counter = f"{HA_STATE_COUNTER} {number}"
        raise BadReply(Problem.UNKNOWN_STATE, node, Interface.PERFMON, counter=counter)
    return HaReading(state, Origin.OBSERVED, f"PerfMon of {node}, {HA_STATE_COUNTER}")


def _is_ha_state_counter(counter: PerfmonCounter) -> bool:
    return _is_counter_of(counter, HA_STATE_OBJECT, HA_STATE_COUNTER)


def _is_counter_of(counter: PerfmonCounter, object_name: str, counter_name: str) -> bool:
    """Return whether this is that counter of that object: `\\\\host\\Object(Instance)\\Counter`."""
    *_, instance, name = ("", *counter.name.split("\\"))
    return (
        name.strip().casefold() == counter_name.casefold()
        and instance.partition("(")[0].strip().casefold() == object_name.casefold()
    )


REPLICATION_OBJECT = "Number of Replicates Created and State of Replication"
REPLICATE_STATE = "Replicate_State"


def read_replication(client: Client, node: str, others: frozenset[str]) -> int:
    """Ask one node for the state of its database replication, 0 to 4 (RTMT guide); 2 is good.

    `others` are the cluster's other nodes, lower case. Sends one request.

    Raises:
        WrongNode: a counter names another node of the cluster.
        BadReply: there is not one such counter, or its value is no documented state.
    """
    counters = client.perfmon_counters(REPLICATION_OBJECT, node)
    refuse_foreign_counters(counters, node, others)
    values = [
        counter.value if counter.status in VALID_COUNTER_STATUS else None
        for counter in counters
        if _is_counter_of(counter, REPLICATION_OBJECT, REPLICATE_STATE)
    ]
    # A node replicates once. Of several instances nobody says which one is the database's.
    number = values[0] if len(values) == 1 else None
    if number is None:
        raise BadReply(Problem.NO_REPLICATION, node, Interface.PERFMON, counter=REPLICATE_STATE)
    if number not in REPLICATION_STATES:
        counter = f"{REPLICATE_STATE} {number}"
        raise BadReply(Problem.UNKNOWN_REPLICATION, node, Interface.PERFMON, counter=counter)
    return number


def refuse_foreign_counters(
    counters: Iterable[PerfmonCounter], node: str, others: frozenset[str]
) -> None:
    """Raise WrongNode if a counter names one of the cluster's other nodes, lower case.

    Both may be without a domain; a first label that the node has too proves nothing. A host that
    was redacted in part may be any of them, and is refused too.
    """
    own = first_label(node)
    for counter in counters:
        host = counter.name.lstrip("\\").partition("\\")[0].casefold()
        if REDACTED in host:
            raise WrongNode(Problem.REDACTED_HOST, node, Interface.PERFMON)
        if host in others or any(_is_same_host(host, other, own) for other in others):
            raise WrongNode(Problem.OTHER_HOST, node, Interface.PERFMON, host=host)


def _is_same_host(host: str, other: str, own: str) -> bool:
    """Return whether two names, at least one without a domain, are the same other node."""
    # Names with different domains are different hosts, and an address has no first label.
    if is_ip(host) or is_ip(other) or ("." in host and "." in other):
        return False
    return first_label(host) == first_label(other) != own


SESSION_COUNTERS = (("Cisco Presence Engine", PRESENCE_SESSIONS), ("Cisco XCP CM", CLIENT_SOCKETS))
"""Objects and counters: RTMT guide 9.0 to 15, performance monitoring for IM and Presence; the HA
chapter of the upgrade guides counts users' sessions by the first."""


def read_sessions(
    log: CoverageLog, node: NodeFacts, others: frozenset[str], *, most_requests: int
) -> NodeFacts:
    """Return the node with its counts of users' sessions, as far as they can be read.

    `others` are the cluster's other nodes, lower case. Sends one request for each counter object,
    as long as the node was sent fewer than `most_requests`; raises no ExchangeError.
    """
    sessions: dict[str, int] = {}
    for object_name, name in SESSION_COUNTERS:
        if not log.may_answer(Source.PERFMON) or log.client.requests_sent >= most_requests:
            break
        reply = log.ask_optional(
            Source.PERFMON, partial(_request_counters, log, others, object_name)
        )
        if reply.error is not None and reply.error.reason not in REASONS_OF_ONE_REQUEST:
            break
        instances = [
            counter.value
            for counter in reply.value or ()
            if _has_counter_name(counter, name) and counter.status in VALID_COUNTER_STATUS
        ]
        if instances:
            sessions[name] = sum(value for value in instances if value is not None)
    return replace(node, sessions=sessions)


def _request_counters(
    log: CoverageLog, others: frozenset[str], object_name: str
) -> Sequence[PerfmonCounter]:
    counters = log.client.perfmon_counters(object_name, log.node)
    refuse_foreign_counters(counters, log.node, others)
    return [counter for counter in counters if counter.value is not None]


def _has_counter_name(counter: PerfmonCounter, name: str) -> bool:
    return counter.name.rpartition("\\")[2].strip().casefold() == name.casefold()
