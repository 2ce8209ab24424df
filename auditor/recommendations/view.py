"""What one judgement looks at: a cluster, a node of it, a row, and the row's service there.

A verdict on its way to a finding: what was seen and why, before the row's own words join it.
"""

from dataclasses import dataclass

from auditor.models.facts import (
    ClusterFacts,
    Evidence,
    Identity,
    NodeFacts,
    Origin,
    RunState,
    ServiceState,
    Source,
)
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.packs import Recommendation

_SOURCE_NAMES = {
    Source.CONTROL_CENTER: "Control Center",
    Source.PERFMON: "PerfMon",
    Source.IMP_AXL: "AXL",
    Source.CUCM_AXL: "AXL",
    Source.TCP: "the TCP test",
}


@dataclass(frozen=True, slots=True)
class ServiceView:
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
class NodeView:
    """A node of a cluster, seen for the sake of one row."""

    facts: ClusterFacts
    node: NodeFacts
    row: Recommendation

    @property
    def service(self) -> ServiceView:
        """Return the row's own service on the node."""
        return view_service(self.facts, self.node, self.row.service or "")


def view_service(facts: ClusterFacts, node: NodeFacts, service: str) -> ServiceView:
    """Return what is known of a service on a node; an unread node or a missing row is unknown."""
    if node.identity is Identity.CONTRADICTED:
        return _unknown_service_view(
            node, service, "another machine answered in its place (wrong_node)"
        )
    state = node.services.get(service)
    if state is not None:
        return _service_view_from_state(node, state)
    if node.services:
        return _unknown_service_view(node, service, "Control Center returned no row for it")
    return _unknown_service_view(
        node, service, explain_no_response(facts, node, Source.CONTROL_CENTER)
    )


def explain_no_response(facts: ClusterFacts, node: NodeFacts, source: Source) -> str:
    """Return the clause that says why a source told nothing of a node."""
    who = f"{_SOURCE_NAMES[source]} of {node.name}"
    gap = facts.gap(node.name, source)
    if gap is None:
        return f"{who} told nothing"
    detail = gap.detail.strip().rstrip(".")
    return f"{who} gave no answer ({gap.reason}{': ' + detail if detail else ''})"


def _unknown_service_view(node: NodeFacts, service: str, why: str) -> ServiceView:
    text = f"{service}: nothing known, because {why}."
    return ServiceView(
        ServiceState(service, None, None, RunState.UNKNOWN),
        f"The state of {service} on {node.name} is not known.",
        f"{why[0].upper()}{why[1:]}.",
        f"Make Control Center of {node.name} answer for this service, then audit again.",
        (Evidence(Origin.OBSERVED, f"Control Center of {node.name}", text),),
    )


def _service_view_from_state(node: NodeFacts, state: ServiceState) -> ServiceView:
    reason = _reason_code_text(state)
    words = f"{state.state.capitalize()}{', reason ' + reason if reason else ''}"
    told = f"{state.name}: {words}.{' ' + state.note if state.note else ''}"
    evidence = (Evidence(Origin.OBSERVED, f"Control Center of {node.name}", told),)
    observed = (
        f"{state.name} is {_run_state_text(state)} on {node.name}{_parenthesize_reason(reason)}."
    )
    if state.state is RunState.UNKNOWN:
        why = state.note or "Control Center gave a state that says nothing certain."
        hint = f"Look at {state.name} in Control Center of {node.name}, then audit again."
        return ServiceView(state, observed, why, hint, evidence)
    return ServiceView(state, observed, "", "", evidence)


def _run_state_text(state: ServiceState) -> str:
    if state.state is RunState.UNKNOWN:
        return "in a state that is not known"
    if state.state is RunState.STOPPED and state.activated is False:
        return "not activated"
    return str(state.state)


def _reason_code_text(state: ServiceState) -> str:
    if state.state is RunState.STARTED:
        return ""
    code = "" if state.reason_code is None else str(state.reason_code)
    return " ".join(part for part in (code, state.reason or "") if part)


def _parenthesize_reason(text: str) -> str:
    return f" ({text})" if text else ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judgement came to.

    `because` is a sentence, empty where the reason that the row applies says it all. `hint` tells
    how to find out what is unknown.
    """

    verdict: Verdict
    expected: str
    observed: str
    because: str = ""
    kind: FindingKind | None = None
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
