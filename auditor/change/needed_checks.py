"""The services that a service waits for when it starts: what needs it, and Cisco's start order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auditor.change.advice import load_activation_advice
from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.what_if import RequestedChange, WhatIfFindings, findings_for_change
from auditor.models.findings import Finding, FindingSubject, SubjectKind, Verdict
from auditor.models.nodes import NodeFacts, RunState
from auditor.service_names import DATABASE, FEATURE_SERVICES, START_ORDER, start_position

_JOINED_KINDS = (CheckKind.NEEDED_DOWN, CheckKind.NEEDED_UNKNOWN)


def needed_service_checks(
    change: RequestedChange,
    node: NodeFacts,
    judged: WhatIfFindings,
    changes: Sequence[RequestedChange],
) -> Iterator[ChangeCheck]:
    """Yield whether what the service waits for runs; all that are down, or unknown, are one check.

    A restart starts the service too, so it waits for the same as an activation.
    """
    # A restart leaves a service as it is now.
    planned = {c.service: c.activates for c in changes if c.node == change.node and not c.restarts}
    advice = load_activation_advice().get(change.service)
    named = {*(advice.needs if advice else ()), *_causing_services(change, judged)}
    ordered = set(_services_to_start_before(change, node, judged))
    joined: dict[CheckKind, ChangeCheck] = {}
    for needed in sorted(named | ordered, key=lambda service: (start_position(service), service)):
        check = _needed_service_check(change, node, needed, planned.get(needed))
        if check.kind not in _JOINED_KINDS:
            # That the whole start order runs would be a page of lines on nothing.
            if needed in named or check.kind is not CheckKind.NEEDED_RUNS:
                yield check
        elif check.kind in joined:
            first = joined[check.kind]
            joined[check.kind] = replace(first, also_needed=(*first.also_needed, needed))
        else:
            joined[check.kind] = check
    yield from joined.values()


def _causing_services(change: RequestedChange, judged: WhatIfFindings) -> Iterator[str]:
    """Yield the services of the node that explain why the one to start would stay down."""
    # `complete` too: `not_started` has only the rows of the packs that the change is judged by.
    findings = (*judged.not_started, *judged.complete)
    causes = {cause for f in findings_for_change(change, findings) for cause in f.caused_by}
    for finding in _node_findings(change, judged):
        if finding.id in causes and finding.service not in (None, change.service):
            yield finding.service


def _services_to_start_before(
    change: RequestedChange, node: NodeFacts, judged: WhatIfFindings
) -> Iterator[str]:
    """Yield what Cisco starts before the service, as far as the node has it.

    Feature services come after all network services; those that Cisco puts in no order need only
    the database.
    """
    if change.service in START_ORDER:
        earlier: Iterable[str] = START_ORDER[: START_ORDER.index(change.service)]
    else:
        earlier = START_ORDER if change.service in FEATURE_SERVICES else (DATABASE,)
    findings = tuple(_node_findings(change, judged))
    own = {f.id for f in findings if f.service == change.service}
    # Two that wait for each other would never start; the causes say which one is first.
    waiting = {f.service for f in findings if own.intersection(f.caused_by)}
    unknown = {f.service for f in findings if f.verdict in (Verdict.DRIFT, Verdict.UNKNOWN)}
    for service in earlier:
        # A node that gave nothing is undecided already, and not every release has every service.
        is_there = service in node.services or (node.services and service in unknown)
        if is_there and service not in waiting:
            yield service


def _node_findings(change: RequestedChange, judged: WhatIfFindings) -> Iterator[Finding]:
    subject = FindingSubject(SubjectKind.NODE, change.node)
    return (finding for finding in judged.complete if finding.subject == subject)


def _needed_service_check(
    change: RequestedChange, node: NodeFacts, needed: str, planned: bool | None
) -> ChangeCheck:
    """Return whether a service that another one needs runs.

    `planned`: what the same change does to it, None for nothing.
    """
    state = node.services.get(needed)
    # What the same change does counts more than the state now, which will not last.
    if planned:
        result, kind = PrecheckResult.GO, CheckKind.NEEDED_COMES_FIRST
    elif planned is False:
        result, kind = PrecheckResult.NO_GO, CheckKind.NEEDED_TURNED_OFF
    elif state is None or state.state is RunState.UNKNOWN:
        result, kind = PrecheckResult.UNDECIDED, CheckKind.NEEDED_UNKNOWN
    elif state.state is not RunState.STARTED:
        result, kind = PrecheckResult.NO_GO, CheckKind.NEEDED_DOWN
    else:
        result, kind = PrecheckResult.GO, CheckKind.NEEDED_RUNS
    return ChangeCheck(
        topic=PrecheckTopic.PREREQUISITE,
        result=result,
        kind=kind,
        about=node.name,
        service=change.service,
        needed=needed,
        state=state,
    )
