"""What a recommendation is judged on: a node, its service there, and the judgement made of them."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from auditor.failure_reasons import Reason
from auditor.failures import FailureWords, failure_advice, failure_place
from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import Identity, NodeFacts, RunState, ServiceState
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.packs import Recommendation


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service on a node; `why` and `hint` say why it is unknown and what to do about it."""

    state: ServiceState
    observed: Statement
    evidence: tuple[Evidence, ...]
    why: Statement | None = None
    hint: Statement | None = None

    @property
    def run(self) -> RunState:
        """Return whether it runs."""
        return self.state.state

    @property
    def hints(self) -> tuple[Statement, ...]:
        """Return the hint as a tuple, empty if the state is known."""
        return () if self.hint is None else (self.hint,)


@dataclass(frozen=True)  # without slots, for the cached property
class NodeView:
    """A node of a cluster on which a recommendation is judged."""

    facts: ClusterFacts
    node: NodeFacts
    row: Recommendation

    @cached_property
    def service(self) -> ServiceView:
        """Return the service of the recommendation on this node."""
        return view_service(self.facts, self.node, self.row.service or "")

    def service_statement(self, form: Form) -> Statement:
        """Return a statement about the recommendation's service on this node."""
        return make_statement(form, service=self.row.service or "", node=self.node.name)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one subject, with its statements.

    `because` None: the reason why the recommendation applies is enough. `hints` say how to find
    out what is unknown.
    """

    verdict: Verdict
    expected: Statement
    observed: Statement
    because: Statement | None = None
    kind: FindingKind | None = None
    hints: tuple[Statement, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def not_applicable_judgement(expected: Statement, because: Statement) -> Judgement:
    """Return that there is nothing to judge."""
    return Judgement(Verdict.NOT_APPLICABLE, expected, because, because)


def view_service(facts: ClusterFacts, node: NodeFacts, service: str) -> ServiceView:
    """Return the state of a service on a node; unknown if the node or its row was not read."""
    name = node.name
    # Before the rest: its rows were dropped, and that it did not answer would be the wrong reason.
    if node.identity is Identity.CONTRADICTED:
        why = make_statement(Form.WRONG_NODE, node=name)
        return _unknown_service_view(name, service, why, Form.CHECK_ADDRESS)
    state = node.services.get(service)
    if state is not None:
        return _read_service_view(name, state)
    # A list without the row is no proof that the node lacks the service: rows may be missing.
    if node.services:
        why = make_statement(Form.NO_SERVICE_ROW, node=name)
        return _unknown_service_view(name, service, why, Form.CHECK_SERVICE_LIST)
    why = explain_no_response(facts, node, Source.CONTROL_CENTER)
    view = _unknown_service_view(name, service, why, Form.BRING_BACK)
    access = access_hint(facts, node, Source.CONTROL_CENTER)
    return view if access is None else replace(view, hint=access)


def explain_no_response(facts: ClusterFacts, node: NodeFacts, source: Source) -> Statement:
    """Return why a source gave nothing for a node."""
    gap = facts.gap(node.name, source)
    if gap is None:
        return make_statement(Form.SOURCE_SILENT, source=source, node=node.name)
    return make_statement(
        Form.SOURCE_FAILED,
        source=source,
        node=node.name,
        reason=gap.reason or "",
        detail=gap.detail,
    )


# Of these nothing can be fixed from here but the node itself.
_DOWN_REASONS = frozenset(
    {Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.UNAVAILABLE, Reason.NO_SUCH_SERVICE}
)


def access_hint(facts: ClusterFacts, node: NodeFacts, source: Source) -> Statement | None:
    """Return what lets the audit read a source: the role, the password, the certificate.

    The words are those of the failure, as the coverage and `doctor` have them. None: the node did
    not answer, or no failure is known.
    """
    gap = facts.gap(node.name, source)
    if gap is None or gap.failure is None or gap.reason in _DOWN_REASONS:
        return None
    words = FailureWords(cluster=facts.name)
    advice, place = failure_advice(gap.failure, words), failure_place(gap.failure, words)
    return (
        make_statement(Form.FIX_ACCESS, source=source, node=node.name, advice=advice, place=place)
        if advice
        else None
    )


def _unknown_service_view(node: str, service: str, why: Statement, hint: Form) -> ServiceView:
    fact = make_statement(Form.SERVICE_UNKNOWN_BECAUSE, service=service, why=why)
    return ServiceView(
        ServiceState(service, None, None, RunState.UNKNOWN),
        make_statement(Form.SERVICE_STATE_UNKNOWN, service=service, node=node),
        (Evidence(Origin.OBSERVED, make_statement(Form.CONTROL_CENTER_OF, node=node), fact),),
        why,
        make_statement(hint, node=node),
    )


def service_evidence(node: str, state: ServiceState) -> tuple[Evidence, ...]:
    """Return what Control Center of a node showed of a service."""
    fact = make_statement(
        Form.SERVICE_OBSERVATION,
        service=state.name,
        state=state.state,
        reason=_state_reason_text(state),
        detail=state.note,
    )
    return (Evidence(Origin.OBSERVED, _control_center_of(node), fact),)


@lru_cache(maxsize=64)
def _control_center_of(node: str) -> Statement:
    return make_statement(Form.CONTROL_CENTER_OF, node=node)


# Several rows ask for one service, and each row may be judged twice.
@lru_cache(maxsize=512)
def _read_service_view(node: str, state: ServiceState) -> ServiceView:
    reason = _state_reason_text(state)
    # One word for both axes: "stopped" would suggest to start what must be activated first.
    off = state.state is RunState.STOPPED and state.activated is False
    observed = make_statement(
        Form.SERVICE_STATE,
        service=state.name,
        node=node,
        state="not_activated" if off else state.state,
        reason=reason,
    )
    evidence = service_evidence(node, state)
    if state.state is not RunState.UNKNOWN:
        return ServiceView(state, observed, evidence)
    why = make_statement(Form.NOTE, detail=state.note) if state.note else None
    return ServiceView(
        state,
        observed,
        evidence,
        why or make_statement(Form.STATE_UNCLEAR),
        make_statement(Form.LOOK_IN_CONTROL_CENTER, service=state.name, node=node),
    )


def _state_reason_text(state: ServiceState) -> str:
    """Return Control Center's reason code and words, empty for a service that runs."""
    if state.state is RunState.STARTED:
        return ""
    code = "" if state.reason_code is None else str(state.reason_code)
    return " ".join(part for part in (code, state.reason or "") if part)
