"""The checks of a precheck: each function yields those of one topic, in the report's order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.change.advice import load_activation_advice
from auditor.change.change_check import (
    RESULTS_BY_VERDICT,
    ChangeCheck,
    CheckKind,
    PrecheckResult,
    PrecheckTopic,
)
from auditor.change.needed_checks import needed_service_checks
from auditor.change.what_if import (
    RequestedChange,
    WhatIfFindings,
    find_changed_node,
    findings_for_change,
    is_already_made,
)
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts
from auditor.models.findings import (
    Finding,
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
)
from auditor.models.nodes import CHANGING_STATES, NodeFacts, RunState
from auditor.recommendations.conditions import evaluate_condition
from auditor.recommendations.logic import Evaluation, any_of
from auditor.recommendations.view import NodeView, explain_no_response
from auditor.recommendations.vocabulary import Expectation
from auditor.service_names import PRESENCE_ENGINE_SERVICE, SYNC_AGENT

PREREQUISITE_EXPECTATIONS = frozenset(
    {
        Expectation.DATABASE_CONFIGURED,
        Expectation.DATABASE_REACHABLE,
        Expectation.XMPP_FEDERATION_ON,
        Expectation.LDAP_SEARCH_CONFIGURED,
        Expectation.FILE_SERVER_AND_DATABASE,
    }
)
_NEEDED_SURROUNDINGS = {
    PRESENCE_ENGINE_SERVICE: Expectation.GROUPED,
    SYNC_AGENT: Expectation.RELEASE_OF_CUCM,
}
"""What a service does not start without, beside other services and its own settings."""
_PLACEMENT_EXPECTATIONS = frozenset(
    {Expectation.RUNNING, Expectation.NOT_ACTIVATED, Expectation.OPTIONAL}
)


def check_finding(
    topic: PrecheckTopic, finding: Finding, kind: CheckKind = CheckKind.FINDING
) -> ChangeCheck:
    """Return a check whose result is the verdict of a finding."""
    result = RESULTS_BY_VERDICT[finding.verdict]
    about = finding.subject.name
    return ChangeCheck(topic=topic, result=result, kind=kind, about=about, finding=finding)


def apply_threshold(check: ChangeCheck, fail_on: Severity) -> ChangeCheck:
    """Return the check as a note if its finding is drift below the threshold."""
    if check.result is PrecheckResult.NO_GO and not check.severity.reaches(fail_on):
        return replace(check, result=PrecheckResult.NOTE, is_below_threshold=True)
    return check


def state_check(change: RequestedChange, facts: ClusterFacts) -> ChangeCheck:
    """Return the check of the service's state now."""
    node = find_changed_node(facts, change)
    state = node.services.get(change.service)
    check = ChangeCheck(
        topic=PrecheckTopic.NOW,
        result=PrecheckResult.UNDECIDED,
        kind=CheckKind.STATE_UNKNOWN,
        about=node.name,
        service=change.service,
        state=state,
    )
    if state is None or state.state is RunState.UNKNOWN:
        if node.planned:
            return replace(check, kind=CheckKind.NODE_PLANNED)
        if not node.services:
            reason = explain_no_response(facts, node, Source.CONTROL_CENTER)
            return replace(check, kind=CheckKind.NODE_UNREAD, details=(reason,))
        return check
    # It may still fail to start, so no result is known yet.
    if state.state in CHANGING_STATES:
        return replace(check, kind=CheckKind.SERVICE_MOVING)
    if change.restarts:
        is_stopped = state.state is RunState.STOPPED
        kind = CheckKind.RESTART_OF_STOPPED if is_stopped else CheckKind.RESTART_OF_RUNNING
        return replace(check, result=PrecheckResult.GO, kind=kind)
    kind = CheckKind.SERVICE_STATE
    if is_already_made(change, facts):
        kind = CheckKind.ALREADY_CHANGED
    elif change.activates and state.activated:
        kind = CheckKind.ACTIVATED_BUT_STOPPED
    return replace(check, result=PrecheckResult.GO, kind=kind)


def prerequisite_checks(
    change: RequestedChange,
    facts: ClusterFacts,
    judged: WhatIfFindings,
    changes: Sequence[RequestedChange],
) -> Iterator[ChangeCheck]:
    """Yield what must be so before the change is made."""
    node = find_changed_node(facts, change)
    if change.deactivates:
        yield from _dependent_service_checks(change, node, changes)
        return
    today = {finding.id: finding.verdict for finding in judged.current}
    for finding in _prerequisite_findings(change, facts, judged):
        # A row that does not apply is no prerequisite; a go for it would look like a check.
        if finding.verdict is Verdict.NOT_APPLICABLE:
            continue
        is_off = today.get(finding.id) is Verdict.NOT_APPLICABLE
        yield _prerequisite_check(change, finding, judged, is_off=is_off)
    yield from needed_service_checks(change, node, judged, changes)


def _prerequisite_check(
    change: RequestedChange, finding: Finding, judged: WhatIfFindings, *, is_off: bool
) -> ChangeCheck:
    """Return the check of a prerequisite; what is missing is said of a start to come.

    `is_off`: no feature needs the service today. The finding's own remedy turns off a service that
    runs for none; this one does not run yet.
    """
    kind = CheckKind.FINDING_WITHOUT_FEATURE if is_off else CheckKind.FINDING
    check = check_finding(PrecheckTopic.PREREQUISITE, finding, kind)
    if finding.kind is not FindingKind.PREREQUISITE_MISSING:
        return check
    # The finding is on facts that do not exist yet; only the evidence of the present ones counts.
    present_evidence = {e for f in judged.current if f.id == finding.id for e in f.evidence}
    observed = replace(
        finding, evidence=tuple(e for e in finding.evidence if e in present_evidence)
    )
    expects = judged.rows[finding.recommendation].expects
    stays_up = expects is not Expectation.LDAP_SEARCH_CONFIGURED
    kind = CheckKind.WOULD_NOT_START if stays_up else CheckKind.WOULD_NOT_STAY_UP
    if is_off:
        kind = CheckKind.WOULD_NOT_RUN_WITHOUT_FEATURE
    return replace(check, kind=kind, service=change.service, finding=observed)


def _prerequisite_findings(
    change: RequestedChange, facts: ClusterFacts, judged: WhatIfFindings
) -> Iterator[Finding]:
    # That a service runs already proves what it does not start without.
    runs = change.restarts or is_already_made(change, facts)
    findings = judged.current if runs else judged.not_started
    for finding in findings_for_change(change, findings):
        if judged.rows[finding.recommendation].expects in PREREQUISITE_EXPECTATIONS:
            yield finding
    # Neither finding has a service, so that of the change does not find it.
    yield from _findings_on_surroundings(change, judged)


def _findings_on_surroundings(change: RequestedChange, judged: WhatIfFindings) -> Iterator[Finding]:
    """Yield what the node or the cluster lacks for the service to start (TAC document 217304)."""
    expected = _NEEDED_SURROUNDINGS.get(change.service)
    node = FindingSubject(SubjectKind.NODE, change.node)
    for finding in judged.complete:
        is_here = finding.subject == node or finding.subject.kind is SubjectKind.CLUSTER
        if judged.complete_rows[finding.recommendation].expects is expected and is_here:
            yield finding


def _dependent_service_checks(
    change: RequestedChange, node: NodeFacts, changes: Sequence[RequestedChange]
) -> Iterator[ChangeCheck]:
    """Yield the services on the node that need the one that is to be turned off."""
    leaving = {c.service for c in changes if c.node == change.node and c.deactivates}
    for name, advice in sorted(load_activation_advice().items()):
        state = node.services.get(name)
        if change.service not in advice.needs or name in leaving or state is None:
            continue
        # An unknown state counts as running: to stop what may need the service does more harm.
        if state.state is not RunState.STOPPED:
            yield ChangeCheck(
                topic=PrecheckTopic.PREREQUISITE,
                result=PrecheckResult.NO_GO,
                kind=CheckKind.STILL_NEEDED,
                about=node.name,
                service=change.service,
                needed=name,
                state=state,
            )


def placement_checks(
    change: RequestedChange, facts: ClusterFacts, judged: WhatIfFindings
) -> Iterator[ChangeCheck]:
    """Yield what the recommendations that place the service find here, after the change."""
    # A restart leaves every service where it is.
    if change.restarts:
        return
    findings = [
        finding
        for finding in findings_for_change(change, judged.changed)
        if judged.rows[finding.recommendation].expects in _PLACEMENT_EXPECTATIONS
    ]
    applicable = [f for f in findings if f.verdict is not Verdict.NOT_APPLICABLE]
    # Judged after the change: the same row is drift before it, which is the reason to make it.
    for finding in applicable:
        yield check_finding(PrecheckTopic.PLACEMENT, finding, CheckKind.FINDING_WITH_CHANGE)
    if not applicable:
        yield _not_needed_check(change, facts, judged, findings)


def _not_needed_check(
    change: RequestedChange,
    facts: ClusterFacts,
    judged: WhatIfFindings,
    findings: Sequence[Finding],
) -> ChangeCheck:
    """Return the check of a service that no recommendation asks for: it may go, but not come."""
    check = ChangeCheck(
        topic=PrecheckTopic.PLACEMENT,
        result=PrecheckResult.UNDECIDED,
        kind=CheckKind.NO_RECOMMENDATION,
        about=change.node,
        service=change.service,
        findings=tuple(findings),
    )
    if not findings:
        return check
    if change.activates:
        return replace(check, result=PrecheckResult.NO_GO, kind=CheckKind.FEATURE_NOT_DECLARED)
    other_use = _evaluate_other_use(change, facts, judged)
    if other_use.value is False:
        return replace(check, result=PrecheckResult.NOTE, kind=CheckKind.NOT_NEEDED)
    return replace(check, kind=CheckKind.NEEDED_BY_OTHER_FEATURE, other_use=other_use)


def _evaluate_other_use(
    change: RequestedChange, facts: ClusterFacts, judged: WhatIfFindings
) -> Evaluation:
    """Return whether another feature uses the service on any node, as PROFILE-03 excepts it."""
    uses = [
        evaluate_condition(condition, NodeView(facts, node, row))
        for row in judged.rows.values()
        for watch in row.watches
        if change.service in watch.services
        for condition in watch.unless
        for node in facts.installed_nodes
    ]
    return any_of(*uses) if uses else Evaluation(False)


def confirmation_checks(change: RequestedChange, *, is_confirmed: bool) -> Iterator[ChangeCheck]:
    """Yield what only an engineer can look up before a service is turned on (CAU-01)."""
    advice = load_activation_advice().get(change.service)
    for text in advice.confirm if advice and change.activates else ():
        yield ChangeCheck(
            topic=PrecheckTopic.CONFIRM,
            result=PrecheckResult.GO if is_confirmed else PrecheckResult.UNDECIDED,
            kind=CheckKind.CONFIRMED if is_confirmed else CheckKind.TO_CONFIRM,
            about=change.node,
            details=(text,),
        )
