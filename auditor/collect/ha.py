"""PerfMon of one node: its high availability state, the only state that may explain anything."""

from collections.abc import Iterable

from auditor.config.hosts import is_ip
from auditor.errors import HIDDEN, BadReply, WrongNode
from auditor.facts import HaReading, HaState, Origin
from auditor.soap.client import Client
from auditor.soap.replies import Counter

OBJECT = "Cisco Server Recovery Manager"
COUNTER = "SRMState"
"""Cisco RTMT guide, performance counters; documented from 12.5(1)."""

VALID_STATUS = frozenset({None, 0, 1})
"""PDH's own numbers for valid and new data; anything else is a counter that was not read."""


def read_state(client: Client, node: str, others: frozenset[str]) -> HaReading:
    """Ask one node for its HA state.

    `others` are the cluster's other nodes, lower case: a counter that names one of them is
    another node's answer. Sends one request.

    Raises:
        WrongNode: a counter names another node of the cluster.
        BadReply: there is no such counter, or its value is no documented state.
    """
    counters = client.perfmon_counters(OBJECT, node)
    refuse_foreign(counters, node, others)
    values = {c.value for c in counters if _is_state(c) and c.status in VALID_STATUS}
    if len(values) != 1:
        raise BadReply(
            f"PerfMon of {node} gave no single value of {OBJECT} \\ {COUNTER}.",
            "The counter is documented from release 12.5; read the state with `utils ha status`.",
        )
    number = values.pop()
    state = None if number is None else HaState.from_number(number)
    if state is None:
        raise BadReply(
            f"PerfMon of {node} gave {COUNTER} {number}, which is no documented state.",
            "Read the state with `utils ha status` on the node.",
        )
    return HaReading(state, Origin.OBSERVED, f"PerfMon of {node}, {COUNTER}")


def _is_state(counter: Counter) -> bool:
    """Tell whether a counter is ours: `\\\\host\\Object\\Counter`, of no other object."""
    *_, thing, name = ("", *counter.name.split("\\"))
    told = thing.partition("(")[0].strip().casefold()
    return name.strip().casefold() == COUNTER.casefold() and told == OBJECT.casefold()


def refuse_foreign(counters: Iterable[Counter], node: str, others: frozenset[str]) -> None:
    """Raise WrongNode if a counter names one of the cluster's other nodes, lower case.

    Either may leave the domain out; a first label that the node has itself names nobody. A host
    in which something had to be hidden may be any of them.
    """
    own = _label(node.casefold())
    for counter in counters:
        host = counter.name.lstrip("\\").partition("\\")[0].casefold()
        if HIDDEN in host:
            raise WrongNode(
                f"PerfMon of {node} named a host that holds a secret: whose it is cannot be told.",
                "Read the state with `utils ha status`, and look at what stands before the node.",
            )
        if host in others or any(_same(host, other, own) for other in others):
            raise WrongNode(
                f"PerfMon answered for {host} when {node} was asked.",
                "Check `addresses` and the load balancers or NAT between here and the node.",
            )


def _same(host: str, other: str, own: str) -> bool:
    """Tell whether two names, one of them without a domain, are those of one other node."""
    if is_ip(host) or is_ip(other) or ("." in host and "." in other):
        return False
    return _label(host) == _label(other) != own


def _label(name: str) -> str:
    return name if is_ip(name) else name.partition(".")[0]
