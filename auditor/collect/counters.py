"""PerfMon of one node: users' sessions and database replication, best effort.

Counters that cannot be read are left out: nothing is judged by them alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from auditor.collect.asking import Ledger
from auditor.collect.ha import VALID_STATUS, refuse_foreign
from auditor.collect.topics import Topic
from auditor.errors import Reason
from auditor.facts import Source
from auditor.soap.replies import Counter

PRESENCE_SESSIONS = "ActiveJsmSessions"
CLIENT_SOCKETS = "CmConnectedSockets"
REPLICATE_STATE = "Replicate_State"

SESSIONS = (("Cisco Presence Engine", PRESENCE_SESSIONS), ("Cisco XCP CM", CLIENT_SOCKETS))
"""Objects and counters: RTMT guide 9.0 to 15, performance monitoring for IM and Presence; the HA
chapter of the upgrade guides counts users' sessions by the first."""

REPLICATION = (("Number of Replicates Created and State of Replication", REPLICATE_STATE),)
"""RTMT guide, "Replicates created and state of replication": 0 to 4, and 2 is good."""

_OF = {Topic.SESSIONS: SESSIONS, Topic.REPLICATION: REPLICATION}

_NOT_THERE = (Reason.SOAP_FAULT, Reason.BAD_REPLY)
"""Failures that say that this node has no such counter, after which another may be asked for."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What was told: counts by counter name, and the replication state's number."""

    sessions: Mapping[str, int]
    replication: int | None = None


def read(ledger: Ledger, others: frozenset[str], topics: frozenset[Topic]) -> Counters:
    """Ask one node for the counters of the topics, one request an object; raises no error of it.

    `others` are the cluster's other nodes, lower case. A node that answers nothing on PerfMon, or
    stops answering, is asked for nothing more.
    """
    known = ledger.entries.get(Source.PERFMON)
    if known is not None and known.reason not in (None, *_NOT_THERE):
        return Counters({})
    wanted = [pair for topic, pairs in _OF.items() if topic in topics for pair in pairs]
    found: dict[str, int] = {}
    for thing, name in wanted:
        answer = ledger.ask_besides(Source.PERFMON, partial(_counters, ledger, others, thing))
        if answer.error is not None and answer.error.reason not in _NOT_THERE:
            break
        values = [c.value for c in answer.value or () if _is(c, name) and c.status in VALID_STATUS]
        if values:
            found[name] = sum(value for value in values if value is not None)
    state = found.pop(REPLICATE_STATE, None)
    return Counters(found, state)


def _counters(ledger: Ledger, others: frozenset[str], thing: str) -> Sequence[Counter]:
    counters = ledger.client.perfmon_counters(thing, ledger.node)
    refuse_foreign(counters, ledger.node, others)
    return [counter for counter in counters if counter.value is not None]


def _is(counter: Counter, name: str) -> bool:
    return counter.name.rpartition("\\")[2].strip().casefold() == name.casefold()
