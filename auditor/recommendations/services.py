"""What a row may expect of a node, and the verdict that follows from what was seen there."""

from collections.abc import Callable, Mapping

from auditor.models.facts import (
    STEADY_UPTIME_S,
    AxlAvailability,
    Evidence,
    Identity,
    Origin,
    RunState,
    Source,
)
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.ha import explain_by_ha, judge_group_membership
from auditor.recommendations.prerequisites import (
    judge_database_configured,
    judge_database_reachable,
    judge_file_server,
    judge_ldap_search,
    judge_xmpp_federation,
)
from auditor.recommendations.view import Judgement, NodeView, ServiceView, explain_no_response
from auditor.recommendations.vocabulary import Expectation

_RESTARTED_TEXT = "started anew between two looks"
_SETTLE_HINT = "Audit again once the service has settled."


def judge_node(view: NodeView) -> Judgement:
    """Return what a row that applies comes to on a node."""
    return _EXPECTATION_JUDGES[view.row.expects](view)


def _unknown_judgement(expected: str, seen: ServiceView, because: str, hint: str) -> Judgement:
    return Judgement(
        Verdict.UNKNOWN, expected, seen.observed, because, hint=hint, evidence=seen.evidence
    )


def _judge_running(view: NodeView) -> Judgement:
    service, name = view.row.service, view.node.name
    seen = view.service
    verb = "runs" if view.row.network else "is activated and runs"
    expected = f"{service} {verb} on {name}."
    match seen.run:
        case RunState.STARTED if view.row.network or seen.state.activated is not False:
            if seen.state.restarted:
                return _unstable_judgement(view, expected, _RESTARTED_TEXT)
            return Judgement(Verdict.PASS, expected, seen.observed, evidence=seen.evidence)
        case RunState.STARTED:
            because = "It runs and is told to be not activated, which contradict each other."
            return _unknown_judgement(expected, seen, because, _activation_hint(view))
        case RunState.STOPPED:
            return _judge_stopped(view, seen, expected)
        case RunState.STARTING | RunState.STOPPING:
            return _judge_transition(view, expected)
        case RunState.UNKNOWN:
            return _unknown_judgement(expected, seen, seen.why, seen.hint)


def _judge_stopped(view: NodeView, seen: ServiceView, expected: str) -> Judgement:
    """Judge a service that does not run; that it is stopped is known even if activation is not."""
    if not view.row.network and seen.state.activated is False:
        return Judgement(
            Verdict.DRIFT,
            expected,
            seen.observed,
            kind=FindingKind.NOT_ACTIVATED,
            evidence=seen.evidence,
        )
    excuse = explain_by_ha(view.facts, view.node, seen, expected)
    if excuse is not None:
        return excuse
    if seen.state.restarted:
        return _unstable_judgement(view, expected, "ran at one look and was stopped at the next")
    observed = seen.observed
    if not view.row.network and seen.state.activated is None:
        observed = f"{observed.rstrip('.')}, and whether it is activated is not known."
    return Judgement(
        Verdict.DRIFT, expected, observed, kind=FindingKind.STOPPED, evidence=seen.evidence
    )


def _judge_transition(view: NodeView, expected: str) -> Judgement:
    """Judge a service that is still starting or stopping after the settle pause.

    One that the run before found in the same state is stuck there, and one that ran at the look
    before does not stay up.
    """
    seen = view.service
    if seen.state.restarted:
        return _unstable_judgement(
            view, expected, f"ran at one look and was {seen.run} at the next"
        )
    before = view.facts.moved_before.get((view.node.name.lower(), seen.state.name))
    if before is seen.run:
        return _unstable_judgement(view, expected, f"is {seen.run}, as it was in the run before")
    because = f"It was still {seen.run} at the last look of this run."
    return _unknown_judgement(expected, seen, because, _SETTLE_HINT)


def _unstable_judgement(view: NodeView, expected: str, what: str) -> Judgement:
    seen = view.service
    observed = f"{view.row.service} on {view.node.name} {what}."
    return Judgement(
        Verdict.DRIFT, expected, observed, kind=FindingKind.UNSTABLE, evidence=seen.evidence
    )


def _activation_hint(view: NodeView) -> str:
    return f"Look at {view.row.service} in Service Activation of {view.node.name}."


def _judge_not_activated(view: NodeView) -> Judgement:
    """Judge activation alone: a service that is starting where it must not be is drift."""
    seen, name = view.service, view.node.name
    expected = f"{view.row.service} is not activated on {name}."
    match seen.state.activated:
        case False:
            return Judgement(Verdict.PASS, expected, seen.observed, evidence=seen.evidence)
        case True:
            observed = f"{view.row.service} is activated on {name}, and is {seen.run}."
            return Judgement(
                Verdict.DRIFT, expected, observed, kind=view.row.kind, evidence=seen.evidence
            )
        case None:
            because = seen.why or "Whether it is activated could not be told."
            return _unknown_judgement(expected, seen, because, seen.hint or _activation_hint(view))


def _judge_optional(view: NodeView) -> Judgement:
    seen = view.service
    expected = f"{view.row.service} may be on or off on {view.node.name}."
    if seen.run is RunState.UNKNOWN:
        return _unknown_judgement(expected, seen, seen.why, seen.hint)
    because = "It is on by default, and on this node it is the operator's choice."
    return Judgement(Verdict.PASS, expected, seen.observed, because, evidence=seen.evidence)


def _judge_stays_up(view: NodeView) -> Judgement:
    seen, name = view.service, view.node.name
    expected = f"{view.row.service} stays up on {name} once it has started."
    if seen.state.restarted:
        return _unstable_judgement(view, expected, _RESTARTED_TEXT)
    match seen.run:
        case RunState.STARTED:
            return _judge_uptime(seen, expected)
        case RunState.STOPPED:
            because = "A service that is stopped is judged by the row that wants it running."
            return Judgement(
                Verdict.NOT_APPLICABLE, expected, seen.observed, because, evidence=seen.evidence
            )
        case RunState.STARTING | RunState.STOPPING:
            return _judge_transition(view, expected)
        case RunState.UNKNOWN:
            return _unknown_judgement(expected, seen, seen.why, seen.hint)


def _judge_uptime(seen: ServiceView, expected: str) -> Judgement:
    """Judge a service that runs; no words tell how long, for they would differ in every run."""
    uptime = seen.state.uptime_s
    if uptime is None or (uptime < STEADY_UPTIME_S and seen.state.restarted is not False):
        because = "Whether it stays up could not be told: it needs a second look."
        return _unknown_judgement(expected, seen, because, "Audit again in a while.")
    because = "It stayed up for long enough, or over two looks."
    return Judgement(Verdict.PASS, expected, seen.observed, because, evidence=seen.evidence)


def _judge_axl_response(view: NodeView) -> Judgement:
    name, probe = view.node.name, view.node.axl
    expected = f"AXL of {name} answers an authenticated request."
    hint = f"Ask AXL of {name} by hand with the account of the audit."
    if probe is None or view.node.identity is Identity.CONTRADICTED:
        because = f"{explain_no_response(view.facts, view.node, Source.IMP_AXL)}."
        if view.node.identity is Identity.CONTRADICTED:
            because = f"Another machine answered in place of {name} (wrong_node)."
        observed = f"Whether AXL of {name} answers is not known."
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint)
    evidence = (Evidence(Origin.OBSERVED, f"AXL of {name}", probe.text),)
    match probe.answer:
        case AxlAvailability.ANSWERED:
            observed = f"AXL of {name} answered."
            return Judgement(Verdict.PASS, expected, observed, evidence=evidence)
        case AxlAvailability.NOT_ANSWERING:
            observed = f"AXL of {name} did not answer, though its service runs."
            return Judgement(
                Verdict.DRIFT, expected, observed, kind=FindingKind.NOT_ANSWERING, evidence=evidence
            )
        case AxlAvailability.UNKNOWN:
            observed = f"Whether AXL of {name} answers is not known."
            return Judgement(
                Verdict.UNKNOWN, expected, observed, probe.text, hint=hint, evidence=evidence
            )


_EXPECTATION_JUDGES: Mapping[Expectation, Callable[[NodeView], Judgement]] = {
    Expectation.RUNNING: _judge_running,
    Expectation.NOT_ACTIVATED: _judge_not_activated,
    Expectation.OPTIONAL: _judge_optional,
    Expectation.STAYS_UP: _judge_stays_up,
    Expectation.ANSWERS: _judge_axl_response,
    Expectation.DATABASE_CONFIGURED: judge_database_configured,
    Expectation.DATABASE_REACHABLE: judge_database_reachable,
    Expectation.XMPP_FEDERATION_ON: judge_xmpp_federation,
    Expectation.LDAP_SEARCH_CONFIGURED: judge_ldap_search,
    Expectation.FILE_SERVER_AND_DATABASE: judge_file_server,
    Expectation.GROUPED: judge_group_membership,
}
