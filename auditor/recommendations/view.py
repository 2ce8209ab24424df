"""What one judgement looks at: a cluster, a node of it, a row, and the row's service there."""

from dataclasses import dataclass

from auditor.cluster import ClusterFacts
from auditor.facts import Evidence, Identity, NodeFacts, Origin, RunState, ServiceState, Source
from auditor.recommendations.model import Recommendation

_SOURCE_NAMES = {
    Source.CONTROL_CENTER: "Control Center",
    Source.PERFMON: "PerfMon",
    Source.IMP_AXL: "AXL",
    Source.CUCM_AXL: "AXL",
    Source.TCP: "the TCP test",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A service on a node. `observed` is a sentence; `why` and `hint` are empty if all is known."""

    state: ServiceState
    observed: str
    why: str
    hint: str
    evidence: tuple[Evidence, ...]

    @property
    def run(self) -> RunState:
        """Return whether it runs."""
        return self.state.state


@dataclass(frozen=True, slots=True)
class View:
    """A node of a cluster, seen for the sake of one row."""

    facts: ClusterFacts
    node: NodeFacts
    row: Recommendation

    @property
    def service(self) -> Seen:
        """Return the row's own service on the node."""
        return look(self.facts, self.node, self.row.service or "")


def look(facts: ClusterFacts, node: NodeFacts, service: str) -> Seen:
    """Return what is known of a service on a node; an unread node or a missing row is unknown."""
    if node.identity is Identity.CONTRADICTED:
        return _unread(node, service, "another machine answered in its place (wrong_node)")
    state = node.services.get(service)
    if state is not None:
        return _read(node, state)
    if node.services:
        return _unread(node, service, "Control Center returned no row for it")
    return _unread(node, service, silence(facts, node, Source.CONTROL_CENTER))


def silence(facts: ClusterFacts, node: NodeFacts, source: Source) -> str:
    """Return the clause that says why a source told nothing of a node."""
    who = f"{_SOURCE_NAMES[source]} of {node.name}"
    gap = facts.gap(node.name, source)
    if gap is None:
        return f"{who} told nothing"
    detail = gap.detail.strip().rstrip(".")
    return f"{who} gave no answer ({gap.reason}{': ' + detail if detail else ''})"


def _unread(node: NodeFacts, service: str, why: str) -> Seen:
    text = f"{service}: nothing known, because {why}."
    return Seen(
        ServiceState(service, None, None, RunState.UNKNOWN),
        f"The state of {service} on {node.name} is not known.",
        f"{why[0].upper()}{why[1:]}.",
        f"Make Control Center of {node.name} answer for this service, then audit again.",
        (Evidence(Origin.OBSERVED, f"Control Center of {node.name}", text),),
    )


def _read(node: NodeFacts, state: ServiceState) -> Seen:
    reason = _reason(state)
    words = f"{state.state.capitalize()}{', reason ' + reason if reason else ''}"
    told = f"{state.name}: {words}.{' ' + state.note if state.note else ''}"
    evidence = (Evidence(Origin.OBSERVED, f"Control Center of {node.name}", told),)
    observed = f"{state.name} is {_state_word(state)} on {node.name}{_brackets(reason)}."
    if state.state is RunState.UNKNOWN:
        why = state.note or "Control Center gave a state that says nothing certain."
        hint = f"Look at {state.name} in Control Center of {node.name}, then audit again."
        return Seen(state, observed, why, hint, evidence)
    return Seen(state, observed, "", "", evidence)


def _state_word(state: ServiceState) -> str:
    if state.state is RunState.UNKNOWN:
        return "in a state that is not known"
    if state.state is RunState.STOPPED and state.activated is False:
        return "not activated"
    return str(state.state)


def _reason(state: ServiceState) -> str:
    if state.state is RunState.STARTED:
        return ""
    code = "" if state.reason_code is None else str(state.reason_code)
    return " ".join(part for part in (code, state.reason or "") if part)


def _brackets(text: str) -> str:
    return f" ({text})" if text else ""
