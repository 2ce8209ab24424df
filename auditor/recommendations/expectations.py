"""What a row may expect of a node, and the verdict that follows from what was seen there."""

from collections.abc import Callable, Mapping

from auditor.facts import (
    STEADY_UPTIME_S,
    AxlAnswer,
    Evidence,
    Identity,
    Origin,
    RunState,
    Source,
)
from auditor.findings import Kind, Verdict
from auditor.recommendations import availability, prerequisites
from auditor.recommendations.draft import Draft
from auditor.recommendations.view import Seen, View, silence
from auditor.recommendations.vocabulary import Expectation

_ANEW = "started anew between two looks"
_SETTLE = "Audit again once the service has settled."


def judge_node(view: View) -> Draft:
    """Return what a row that applies comes to on a node."""
    return _MEANING[view.row.expects](view)


def _unknown(expected: str, seen: Seen, because: str, hint: str) -> Draft:
    return Draft(
        Verdict.UNKNOWN, expected, seen.observed, because, hint=hint, evidence=seen.evidence
    )


def _running(view: View) -> Draft:
    service, name = view.row.service, view.node.name
    seen = view.service
    verb = "runs" if view.row.network else "is activated and runs"
    expected = f"{service} {verb} on {name}."
    match seen.run:
        case RunState.STARTED if view.row.network or seen.state.activated is not False:
            if seen.state.restarted:
                return _unstable(view, expected, _ANEW)
            return Draft(Verdict.PASS, expected, seen.observed, evidence=seen.evidence)
        case RunState.STARTED:
            because = "It runs and is told to be not activated, which contradict each other."
            return _unknown(expected, seen, because, _look_at(view))
        case RunState.STOPPED:
            return _stopped(view, seen, expected)
        case RunState.STARTING | RunState.STOPPING:
            return _in_between(view, expected)
        case RunState.UNKNOWN:
            return _unknown(expected, seen, seen.why, seen.hint)


def _stopped(view: View, seen: Seen, expected: str) -> Draft:
    """Judge a service that does not run; that it is stopped is known even if activation is not."""
    if not view.row.network and seen.state.activated is False:
        return Draft(
            Verdict.DRIFT,
            expected,
            seen.observed,
            kind=Kind.NOT_ACTIVATED,
            evidence=seen.evidence,
        )
    excuse = availability.excuse(view.facts, view.node, seen, expected)
    if excuse is not None:
        return excuse
    if seen.state.restarted:
        return _unstable(view, expected, "ran at one look and was stopped at the next")
    observed = seen.observed
    if not view.row.network and seen.state.activated is None:
        observed = f"{observed.rstrip('.')}, and whether it is activated is not known."
    return Draft(Verdict.DRIFT, expected, observed, kind=Kind.STOPPED, evidence=seen.evidence)


def _in_between(view: View, expected: str) -> Draft:
    """Judge a service that is still starting or stopping after the settle pause.

    One that the run before found in the same state is stuck there, and one that ran at the look
    before does not stay up.
    """
    seen = view.service
    if seen.state.restarted:
        return _unstable(view, expected, f"ran at one look and was {seen.run} at the next")
    before = view.facts.moved_before.get((view.node.name.lower(), seen.state.name))
    if before is seen.run:
        return _unstable(view, expected, f"is {seen.run}, as it was in the run before")
    because = f"It was still {seen.run} at the last look of this run."
    return _unknown(expected, seen, because, _SETTLE)


def _unstable(view: View, expected: str, what: str) -> Draft:
    seen = view.service
    observed = f"{view.row.service} on {view.node.name} {what}."
    return Draft(Verdict.DRIFT, expected, observed, kind=Kind.UNSTABLE, evidence=seen.evidence)


def _look_at(view: View) -> str:
    return f"Look at {view.row.service} in Service Activation of {view.node.name}."


def _not_activated(view: View) -> Draft:
    """Judge activation alone: a service that is starting where it must not be is drift."""
    seen, name = view.service, view.node.name
    expected = f"{view.row.service} is not activated on {name}."
    match seen.state.activated:
        case False:
            return Draft(Verdict.PASS, expected, seen.observed, evidence=seen.evidence)
        case True:
            observed = f"{view.row.service} is activated on {name}, and is {seen.run}."
            return Draft(
                Verdict.DRIFT, expected, observed, kind=view.row.kind, evidence=seen.evidence
            )
        case None:
            because = seen.why or "Whether it is activated could not be told."
            return _unknown(expected, seen, because, seen.hint or _look_at(view))


def _optional(view: View) -> Draft:
    seen = view.service
    expected = f"{view.row.service} may be on or off on {view.node.name}."
    if seen.run is RunState.UNKNOWN:
        return _unknown(expected, seen, seen.why, seen.hint)
    because = "It is on by default, and on this node it is the operator's choice."
    return Draft(Verdict.PASS, expected, seen.observed, because, evidence=seen.evidence)


def _stays_up(view: View) -> Draft:
    seen, name = view.service, view.node.name
    expected = f"{view.row.service} stays up on {name} once it has started."
    if seen.state.restarted:
        return _unstable(view, expected, _ANEW)
    match seen.run:
        case RunState.STARTED:
            return _steady(seen, expected)
        case RunState.STOPPED:
            because = "A service that is stopped is judged by the row that wants it running."
            return Draft(
                Verdict.NOT_APPLICABLE, expected, seen.observed, because, evidence=seen.evidence
            )
        case RunState.STARTING | RunState.STOPPING:
            return _in_between(view, expected)
        case RunState.UNKNOWN:
            return _unknown(expected, seen, seen.why, seen.hint)


def _steady(seen: Seen, expected: str) -> Draft:
    """Judge a service that runs; no words tell how long, for they would differ in every run."""
    uptime = seen.state.uptime_s
    if uptime is None or (uptime < STEADY_UPTIME_S and seen.state.restarted is not False):
        because = "Whether it stays up could not be told: it needs a second look."
        return _unknown(expected, seen, because, "Audit again in a while.")
    because = "It stayed up for long enough, or over two looks."
    return Draft(Verdict.PASS, expected, seen.observed, because, evidence=seen.evidence)


def _answers(view: View) -> Draft:
    name, probe = view.node.name, view.node.axl
    expected = f"AXL of {name} answers an authenticated request."
    hint = f"Ask AXL of {name} by hand with the account of the audit."
    if probe is None or view.node.identity is Identity.CONTRADICTED:
        because = f"{silence(view.facts, view.node, Source.IMP_AXL)}."
        if view.node.identity is Identity.CONTRADICTED:
            because = f"Another machine answered in place of {name} (wrong_node)."
        observed = f"Whether AXL of {name} answers is not known."
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint)
    evidence = (Evidence(Origin.OBSERVED, f"AXL of {name}", probe.text),)
    match probe.answer:
        case AxlAnswer.ANSWERED:
            observed = f"AXL of {name} answered."
            return Draft(Verdict.PASS, expected, observed, evidence=evidence)
        case AxlAnswer.NOT_ANSWERING:
            observed = f"AXL of {name} did not answer, though its service runs."
            return Draft(
                Verdict.DRIFT, expected, observed, kind=Kind.NOT_ANSWERING, evidence=evidence
            )
        case AxlAnswer.UNKNOWN:
            observed = f"Whether AXL of {name} answers is not known."
            return Draft(
                Verdict.UNKNOWN, expected, observed, probe.text, hint=hint, evidence=evidence
            )


_MEANING: Mapping[Expectation, Callable[[View], Draft]] = {
    Expectation.RUNNING: _running,
    Expectation.NOT_ACTIVATED: _not_activated,
    Expectation.OPTIONAL: _optional,
    Expectation.STAYS_UP: _stays_up,
    Expectation.ANSWERS: _answers,
    Expectation.DATABASE_CONFIGURED: prerequisites.database_configured,
    Expectation.DATABASE_REACHABLE: prerequisites.database_reachable,
    Expectation.XMPP_FEDERATION_ON: prerequisites.xmpp_federation_on,
    Expectation.LDAP_SEARCH_CONFIGURED: prerequisites.ldap_search_configured,
    Expectation.FILE_SERVER_AND_DATABASE: prerequisites.file_server_and_database,
    Expectation.GROUPED: availability.grouped,
}
