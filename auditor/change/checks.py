"""The service of a change: how it stands, what it needs first, and who needs it.

What the recommendations say of a service on its node, once the change is made.

How the redundancy groups of the changed nodes stand, and what differs there already.

A profile that is tested before it is true: what it asks for besides the change.

What Cisco says to do before a service is turned on: data, one block a service.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from auditor.change.decision import (
    ChangeCheck,
    PrecheckResult,
    PrecheckTopic,
    apply_threshold,
    check_from_finding,
    check_with_change,
)
from auditor.change.diff.model import ExpectedSetting
from auditor.change.what_if import (
    RequestedChange,
    WhatIfFindings,
    find_changed_node,
    findings_for_change,
)
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.facts import ClusterFacts, NodeFacts, Origin, RunState, Source
from auditor.models.findings import Finding, FindingSubject, Severity, SubjectKind, Verdict
from auditor.recommendations.conditions import evaluate_condition
from auditor.recommendations.ha_states import GROUP_HINT, find_group
from auditor.recommendations.logic import Evaluation, any_of
from auditor.recommendations.view import NodeView, explain_no_response
from auditor.recommendations.vocabulary import Expectation
from auditor.service_names import PRESENCE_ENGINE_SERVICE


@dataclass(frozen=True, slots=True)
class ActivationAdvice:
    """`needs` are services that must run first; `confirm` is what no interface shows (CAU-01)."""

    name: str
    needs: tuple[str, ...]
    confirm: tuple[str, ...]
    steps: tuple[str, ...]
    source: str


@cache
def load_activation_advice() -> Mapping[str, ActivationAdvice]:
    """Return the advice by canonical service name."""
    text = (files("auditor.change") / "services.toml").read_text(encoding="utf-8")
    return {
        block["name"]: ActivationAdvice(
            name=block["name"],
            needs=tuple(block.get("needs", ())),
            confirm=tuple(block["confirm"]),
            steps=tuple(block["steps"]),
            source=block["source"],
        )
        for block in tomllib.loads(text)["service"]
    }


_PREREQUISITE_EXPECTATIONS = frozenset(
    {
        Expectation.DATABASE_CONFIGURED,
        Expectation.DATABASE_REACHABLE,
        Expectation.XMPP_FEDERATION_ON,
        Expectation.LDAP_SEARCH_CONFIGURED,
        Expectation.FILE_SERVER_AND_DATABASE,
    }
)
_UNSETTLED_RUN_STATES = (RunState.STARTING, RunState.STOPPING)


def state_checks(
    change: RequestedChange,
    facts: ClusterFacts,
    judged: WhatIfFindings,
    changes: Sequence[RequestedChange],
) -> Iterator[ChangeCheck]:
    """Yield how the service of a change stands, and what must be so before it is made."""
    node = find_changed_node(facts, change)
    yield _current_state_check(change, facts, node)
    if change.activate:
        yield from _prerequisite_checks(change, judged)
        yield from _required_service_checks(change, node, changes)
    else:
        yield from _dependent_service_checks(change, node, changes)


def is_already_changed(change: RequestedChange, facts: ClusterFacts) -> bool:
    """Tell whether the service is activated, or not, as the change would have it."""
    state = find_changed_node(facts, change).services.get(change.service)
    return state is not None and state.activated is change.activate


def _current_state_check(
    change: RequestedChange, facts: ClusterFacts, node: NodeFacts
) -> ChangeCheck:
    state = node.services.get(change.service)
    if state is None or state.state is RunState.UNKNOWN:
        return _unknown_state_check(change, facts, node)
    words = {True: "activated", False: "not activated", None: "activated or not, nobody tells"}
    text = f"{change.service} is {words[state.activated]}, and {state.state}."
    if state.state in _UNSETTLED_RUN_STATES:
        remedy = "Wait until it has settled, then check again."
        return ChangeCheck(PrecheckTopic.NOW, PrecheckResult.CANNOT_TELL, node.name, text, remedy)
    if state.activated is change.activate:
        text += " There is nothing to change."
    return ChangeCheck(PrecheckTopic.NOW, PrecheckResult.GO, node.name, text)


def _unknown_state_check(
    change: RequestedChange, facts: ClusterFacts, node: NodeFacts
) -> ChangeCheck:
    text = f"The state of {change.service} is not known"
    remedy = f"Make Control Center of {node.name} answer, then check again."
    if node.planned:
        text += f": {node.name} is declared in `planned_nodes`, and was not asked"
        remedy = "Take it out of `planned_nodes` once it is installed, then check again."
    elif not node.services:
        text += f": {explain_no_response(facts, node, Source.CONTROL_CENTER)}"
    return ChangeCheck(PrecheckTopic.NOW, PrecheckResult.CANNOT_TELL, node.name, f"{text}.", remedy)


def _prerequisite_checks(change: RequestedChange, judged: WhatIfFindings) -> Iterator[ChangeCheck]:
    found = [
        f
        for f in findings_for_change(change, judged.before_start)
        if judged.rows[f.recommendation].expects in _PREREQUISITE_EXPECTATIONS
    ]
    if change.service == PRESENCE_ENGINE_SERVICE:
        found += _group_membership_findings(change, judged)
    for finding in found:
        if finding.verdict is not Verdict.NOT_APPLICABLE:
            yield check_from_finding(PrecheckTopic.PREREQUISITE, finding)


def _group_membership_findings(change: RequestedChange, judged: WhatIfFindings) -> list[Finding]:
    subject = FindingSubject(SubjectKind.NODE, change.node)
    return [
        f
        for f in judged.now
        if judged.rows[f.recommendation].expects is Expectation.GROUPED and f.subject == subject
    ]


def _required_service_checks(
    change: RequestedChange, node: NodeFacts, changes: Sequence[RequestedChange]
) -> Iterator[ChangeCheck]:
    along = {c.service: c.activate for c in changes if c.node == change.node}
    known = load_activation_advice().get(change.service)
    for name in known.needs if known else ():
        yield _required_service_check(change, node, name, along.get(name))


def _required_service_check(
    change: RequestedChange, node: NodeFacts, name: str, along: bool | None
) -> ChangeCheck:
    """Tell whether a service that another needs runs; `along`: what the same change makes of it."""
    state = node.services.get(name)
    if along:
        text = f"{name} is turned on by the same change; it comes first."
        return ChangeCheck(PrecheckTopic.PREREQUISITE, PrecheckResult.GO, node.name, text)
    if along is False:
        text = f"{change.service} needs {name}, which the same change turns off."
        return ChangeCheck(PrecheckTopic.PREREQUISITE, PrecheckResult.NO_GO, node.name, text)
    if state is None or state.state is RunState.UNKNOWN:
        text = f"{change.service} needs {name}, whose state is not known."
        return ChangeCheck(PrecheckTopic.PREREQUISITE, PrecheckResult.CANNOT_TELL, node.name, text)
    if state.state is not RunState.STARTED:
        text = f"{change.service} needs {name}, which is {state.state}."
        remedy = f"Start {name} on {node.name} first."
        return ChangeCheck(
            PrecheckTopic.PREREQUISITE, PrecheckResult.NO_GO, node.name, text, remedy
        )
    return ChangeCheck(
        PrecheckTopic.PREREQUISITE, PrecheckResult.GO, node.name, f"{name} runs, as needed."
    )


def _dependent_service_checks(
    change: RequestedChange, node: NodeFacts, changes: Sequence[RequestedChange]
) -> Iterator[ChangeCheck]:
    """Yield the services on the node that cannot do without the one that is to be turned off."""
    leaving = {c.service for c in changes if c.node == change.node and not c.activate}
    for name, one in sorted(load_activation_advice().items()):
        state = node.services.get(name)
        if change.service not in one.needs or name in leaving or state is None:
            continue
        if state.state is not RunState.STOPPED:
            text = f"{name} is {state.state} here, and needs {change.service}."
            remedy = f"Turn {name} off with the same change, or leave {change.service} on."
            yield ChangeCheck(
                PrecheckTopic.PREREQUISITE, PrecheckResult.NO_GO, node.name, text, remedy
            )


_PLACEMENT_EXPECTATIONS = frozenset(
    {Expectation.RUNNING, Expectation.NOT_ACTIVATED, Expectation.OPTIONAL}
)


def placement_checks(
    change: RequestedChange, facts: ClusterFacts, judged: WhatIfFindings
) -> Iterator[ChangeCheck]:
    """Yield what the rows that place the service say of it here, with the change made."""
    rows = [
        f
        for f in findings_for_change(change, judged.then)
        if judged.rows[f.recommendation].expects in _PLACEMENT_EXPECTATIONS
    ]
    asking = [f for f in rows if f.verdict is not Verdict.NOT_APPLICABLE]
    for finding in asking:
        yield check_with_change(PrecheckTopic.TABLE, finding)
    if not rows:
        yield _no_recommendation_check(change)
    elif not asking:
        yield _not_recommended_check(change, rows, _evaluate_other_use(change, facts, judged))


def _no_recommendation_check(change: RequestedChange) -> ChangeCheck:
    """Say that nothing which was judged speaks of the service at all."""
    text = f"None of the recommendations that were judged speaks of {change.service}."
    remedy = "Leave out --pack, then check again."
    return ChangeCheck(PrecheckTopic.TABLE, PrecheckResult.CANNOT_TELL, change.node, text, remedy)


def _not_recommended_check(
    change: RequestedChange, rows: Sequence[Finding], other: Evaluation
) -> ChangeCheck:
    """Say that nothing asks for the service here: fine to turn off, no reason to turn on."""
    reasons = " ".join(f"{f.recommendation}: {f.because}" for f in rows)
    text = f"No recommendation asks for {change.service} on this node. {reasons}"
    if change.activate:
        remedy = "If the feature is to come, say so with --feature KEY=VALUE."
        return ChangeCheck(PrecheckTopic.TABLE, PrecheckResult.NO_GO, change.node, text, remedy)
    if other.value is False:
        return ChangeCheck(PrecheckTopic.TABLE, PrecheckResult.NOTE, change.node, text)
    text += f" But {other.clause}, and that may need the service too."
    remedy = other.hint or "Make sure that nothing here uses it; no recommendation settles that."
    return ChangeCheck(PrecheckTopic.TABLE, PrecheckResult.CANNOT_TELL, change.node, text, remedy)


def _evaluate_other_use(
    change: RequestedChange, facts: ClusterFacts, judged: WhatIfFindings
) -> Evaluation:
    """Tell whether another feature uses the service on any node (PROFILE-03 spares these)."""
    uses = [
        evaluate_condition(condition, NodeView(facts, node, row))
        for row in judged.rows.values()
        for watch in row.watches
        if change.service in watch.services
        for condition in watch.unless
        for node in facts.nodes
        if not node.planned
    ]
    return any_of(*uses) if uses else Evaluation(False)


def group_checks(
    facts: ClusterFacts, changes: Sequence[RequestedChange], judged: WhatIfFindings
) -> Iterator[ChangeCheck]:
    """Yield the HA state of each group that is touched, and its drift that the change leaves."""
    touched = {change.node: find_changed_node(facts, change) for change in changes}
    named = {node.redundancy_group for node in touched.values()} - {None}
    members = {n.name for n in facts.nodes if n.redundancy_group in named} | touched.keys()
    yield from _missing_group_checks(facts, touched.values())
    told = {after.id for _, after in judged.pairs() if after.verdict is Verdict.PASS}
    told |= {finding.id for finding in judged.asked_besides()}
    for finding in judged.now:
        row = judged.rows[finding.recommendation]
        if row.expects is Expectation.PAIR_HEALTHY:
            if finding.subject.name in named:
                yield _pair_check(finding, facts)
        elif _is_remaining_drift(finding, members) and finding.id not in told:
            text = f"{finding.recommendation} [{finding.severity}] differs without the change: "
            yield ChangeCheck(
                PrecheckTopic.GROUP,
                PrecheckResult.NOTE,
                finding.subject.name,
                text + finding.observed,
            )


def _is_remaining_drift(finding: Finding, members: set[str]) -> bool:
    return finding.verdict is Verdict.DRIFT and finding.subject.name in members


def _missing_group_checks(facts: ClusterFacts, nodes: Iterable[NodeFacts]) -> Iterator[ChangeCheck]:
    """Yield the changed nodes whose group nobody told: its pair was not looked at."""
    for node in nodes:
        name = node.name
        listed = node.redundancy_group and find_group(facts, node.redundancy_group)
        if not node.group_known or (node.redundancy_group and not listed):
            text = f"The redundancy group of {name} is not known, nor how its pair stands."
            yield ChangeCheck(
                PrecheckTopic.GROUP, PrecheckResult.CANNOT_TELL, name, text, GROUP_HINT
            )
        elif node.redundancy_group is None:
            text = f"{name} is in no redundancy group, so there is no pair to fail over."
            yield ChangeCheck(PrecheckTopic.GROUP, PrecheckResult.NOTE, name, text)


def _pair_check(finding: Finding, facts: ClusterFacts) -> ChangeCheck:
    """Say how a pair stands; with its switch off, no change of a service can provoke a failover."""
    point = check_from_finding(PrecheckTopic.GROUP, finding)
    group = find_group(facts, finding.subject.name)
    off = group is not None and group.ha_enabled is False and not group.switch_discovered
    return replace(point, answer=PrecheckResult.NOTE) if off else point


def find_changed_settings(facts: ClusterFacts, filed: ClusterFacts) -> tuple[ExpectedSetting, ...]:
    """Return the deployment keys that the tested profile has and the file has otherwise."""
    both = (
        (key, _declared_setting_text(filed, key), _declared_setting_text(facts, key))
        for key in DEPLOYMENT_KEYS
    )
    return tuple(ExpectedSetting(key, was, told) for key, was, told in both if told and told != was)


def _declared_setting_text(facts: ClusterFacts, key: str) -> str | None:
    tellings = facts.settings.get(key, ())
    return next((told.as_toml() for told in tellings if told.origin is Origin.DECLARED), None)


def feature_checks(
    judged: WhatIfFindings,
    changes: Sequence[RequestedChange],
    tested: Sequence[ExpectedSetting],
    fail_on: Severity,
) -> Iterator[ChangeCheck]:
    """Yield what the tested profile asks for where the change does not reach."""
    told = " and ".join(f"{feature.key} = {feature.tested}" for feature in tested)
    for finding in feature_findings(judged, changes):
        point = check_with_change(PrecheckTopic.FEATURE, finding, f"With {told}")
        if point.answer is PrecheckResult.NO_GO:
            point = replace(point, remedy=_feature_remedy(finding, judged, changes))
        yield apply_threshold(point, finding, fail_on)


def feature_findings(judged: WhatIfFindings, changes: Sequence[RequestedChange]) -> list[Finding]:
    """Return what the tested profile makes differ or unknown, the services of the change apart."""
    about = {(change.node, change.service) for change in changes}
    return [f for f in judged.asked_besides() if (f.subject.name, f.service) not in about]


def _feature_remedy(
    finding: Finding, judged: WhatIfFindings, changes: Sequence[RequestedChange]
) -> str:
    expects = judged.rows[finding.recommendation].expects
    if expects is Expectation.PROFILE_AGREES:
        return "Configure it so in the administration of the cluster first, then check again."
    changed = {change.service for change in changes if change.activate}
    on_node = finding.subject.kind is SubjectKind.NODE
    if on_node and expects is Expectation.RUNNING and finding.service in changed:
        name = finding.subject.name
        return (
            f"Name {name} with --on too; or, if {name} is not to have it, give the feature as the "
            "list of nodes that are."
        )
    return finding.remedy
