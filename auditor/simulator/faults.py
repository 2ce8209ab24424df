"""Faults that can be switched on, and the rules that say which requests get them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

ANY_NODE = "*"


class SimulatedInterface(StrEnum):
    """The interfaces that a fault can apply to."""

    CUCM_AXL = "cucm-axl"
    CONTROL_CENTER = "control-center"
    PERFMON = "perfmon"
    IMP_AXL = "imp-axl"
    ALL = "all"


class Fault(StrEnum):
    """Every fault, by the name that scenarios and the control address use."""

    CONNECTION_REFUSED = "connection-refused"
    EXPIRED_CERTIFICATE = "expired-certificate"
    WRONG_CERTIFICATE = "wrong-certificate"
    SELF_SIGNED_CERTIFICATE = "self-signed-certificate"
    LOST = "lost"
    HANG = "hang"
    RESET = "reset"
    SLOW_DRIP = "slow-drip"
    CUT = "cut"
    HUGE_REPLY = "huge-reply"
    HTTP_401 = "http-401"
    HTTP_403 = "http-403"
    HTTP_404 = "http-404"
    HTTP_500 = "http-500"
    HTTP_503 = "http-503"
    REDIRECT = "redirect"
    LOGIN_PAGE = "login-page"
    UNSUPPORTED_VERSION = "unsupported-version"
    RATE_CONTROL = "rate-control"
    SOAP_FAULT = "soap-fault"
    DATABASE_FAULT = "database-fault"
    UNION_REFUSED = "union-refused"
    DTD_ENTITY = "dtd-entity"
    ENTITY_BOMB = "entity-bomb"
    NO_BODY = "no-body"
    OTHER_OPERATION = "other-operation"
    DOUBLED_LIST = "doubled-list"
    DOUBLED_BODY = "doubled-body"
    EMPTY_LIST = "empty-list"
    MISSING_ROW = "missing-row"
    CONTRADICTING_ROWS = "contradicting-rows"
    MISSING_VALUE = "missing-value"
    ODD_STATUS = "odd-status"
    PADDED_TEXT = "padded-text"
    NIL_VALUES = "nil-values"
    ODD_NUMBER = "odd-number"
    STARTING = "starting"
    STOPPING = "stopping"
    OTHER_NODE = "other-node"


LISTENER_FAULTS = frozenset(
    {
        Fault.CONNECTION_REFUSED,
        Fault.EXPIRED_CERTIFICATE,
        Fault.WRONG_CERTIFICATE,
        Fault.SELF_SIGNED_CERTIFICATE,
    }
)
"""Faults of a whole node: they hold from the first packet on, for every interface alike."""


REPLACING_FAULTS = frozenset(
    {
        Fault.CONNECTION_REFUSED,
        Fault.LOST,
        Fault.HANG,
        Fault.HTTP_401,
        Fault.HTTP_403,
        Fault.HTTP_404,
        Fault.HTTP_500,
        Fault.HTTP_503,
        Fault.REDIRECT,
        Fault.LOGIN_PAGE,
        Fault.UNSUPPORTED_VERSION,
        Fault.RATE_CONTROL,
        Fault.SOAP_FAULT,
    }
)
"""Faults that replace the reply; the others change a good reply."""

INTERFACES_BY_FAULT = {
    Fault.DATABASE_FAULT: frozenset(
        {SimulatedInterface.ALL, SimulatedInterface.CUCM_AXL, SimulatedInterface.IMP_AXL}
    ),
    Fault.UNION_REFUSED: frozenset(
        {SimulatedInterface.ALL, SimulatedInterface.CUCM_AXL, SimulatedInterface.IMP_AXL}
    ),
    Fault.STARTING: frozenset({SimulatedInterface.ALL, SimulatedInterface.CONTROL_CENTER}),
    Fault.STOPPING: frozenset({SimulatedInterface.ALL, SimulatedInterface.CONTROL_CENTER}),
    Fault.OTHER_NODE: frozenset(
        {SimulatedInterface.ALL, SimulatedInterface.CONTROL_CENTER, SimulatedInterface.PERFMON}
    ),
}
"""The interfaces of faults that not every interface can show."""

_FAULTS_OF_ELEMENTS = frozenset({Fault.MISSING_VALUE, Fault.ODD_STATUS, Fault.NIL_VALUES})
"""Faults that can be about one element of a row."""

_INTERFACES_WITH_OBJECTS = frozenset({SimulatedInterface.ALL, SimulatedInterface.PERFMON})


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a request asks, as far as a fault can depend on it; `object` is PerfMon's, or ""."""

    interface: SimulatedInterface
    operation: str
    object: str = ""


class FaultRule(BaseModel):
    """One fault and the requests that get it: a `[[fault]]` of a scenario.

    Of the requests that fit, it skips the first `after` and then hits `times` (None: all). `row`,
    `element`, `text`, `code`, `of`, `megabytes` and `interval_s` are for the faults that take them.
    `object` is that of a PerfMon request; no other request fits then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: Fault
    node: str = ANY_NODE
    interface: SimulatedInterface = SimulatedInterface.ALL
    operation: str | None = None
    object: str | None = None
    times: int | None = None
    after: int = 0
    row: str | None = None
    element: str | None = None
    text: str | None = None
    code: int = -908
    of: str | None = None
    megabytes: int = 100
    interval_s: float = 0.1
    _matched: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        """Refuse a fault that would silently do nothing."""
        places = INTERFACES_BY_FAULT.get(self.fault)
        if places is not None and self.interface not in places:
            raise ValueError(f"{self.fault} cannot be shown on {self.interface}.")
        if self.object is not None and self.interface not in _INTERFACES_WITH_OBJECTS:
            raise ValueError(f"`object` is for PerfMon, and there is none on {self.interface}.")
        if self.element is not None and self.fault not in _FAULTS_OF_ELEMENTS:
            raise ValueError(f"{self.fault} takes no `element`.")
        return self

    def applies_to_node(self, node: str) -> bool:
        """Return whether the rule applies to this node."""
        return self.node in (ANY_NODE, node)

    def is_due_for(self, node: str, key: RequestKey) -> bool:
        """Count a request that fits the rule, and return whether it gets the fault."""
        if not self.applies_to_node(node) or self.interface not in (
            SimulatedInterface.ALL,
            key.interface,
        ):
            return False
        if self.operation not in (None, key.operation) or self.object not in (
            None,
            key.object,
        ):
            return False
        self._matched += 1
        due = self._matched - self.after
        return due > 0 and (self.times is None or due <= self.times)


@dataclass(slots=True)
class FaultPlan:
    """All rules in the order in which they were added; the last one that fits wins."""

    rules: list[FaultRule] = field(default_factory=list)

    def fault_in_place_of_reply(self, node: str, key: RequestKey) -> FaultRule | None:
        """Return the fault that replaces the reply, counting the request."""
        return self._due(node, key, replaces_reply=True)

    def fault_in_reply(self, node: str, key: RequestKey) -> FaultRule | None:
        """Return the fault that changes a good reply, counting the request.

        Call it only where there is a reply: a refused request does not count.
        """
        return self._due(node, key, replaces_reply=False)

    def on_listener(self, node: str) -> FaultRule | None:
        """Return the fault that holds for a whole node, if any."""
        due = [r for r in self.rules if _needs_listener(r) and r.applies_to_node(node)]
        return due[-1] if due else None

    def clear(self, node: str = ANY_NODE, fault: Fault | None = None) -> None:
        """Remove the rules of a node (`*`: of any), all faults or one."""
        self.rules = [
            rule
            for rule in self.rules
            if not (node in (ANY_NODE, rule.node) and fault in (None, rule.fault))
        ]

    def _due(self, node: str, key: RequestKey, *, replaces_reply: bool) -> FaultRule | None:
        # Every rule is asked and not only the last, because asking counts the request.
        due = [
            rule
            for rule in self.rules
            if not _needs_listener(rule)
            and (rule.fault in REPLACING_FAULTS) is replaces_reply
            and rule.is_due_for(node, key)
        ]
        return due[-1] if due else None


def _needs_listener(rule: FaultRule) -> bool:
    """Return whether the fault is one of the whole listener.

    All interfaces of a node share one port, so the listener cannot refuse one interface alone:
    there the connection is dropped when that interface is requested.
    """
    return rule.fault in LISTENER_FAULTS and (
        rule.interface is SimulatedInterface.ALL or rule.fault is not Fault.CONNECTION_REFUSED
    )
