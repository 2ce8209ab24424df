"""The checks of the redundancy groups that a change reaches: their state now, and its drift."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.checks import check_finding
from auditor.change.partner_checks import ServingFindings, partner_checks
from auditor.change.stops import find_stops, is_ha_off
from auditor.change.what_if import RequestedChange, WhatIfFindings, find_changed_node
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, Verdict
from auditor.models.nodes import NodeFacts
from auditor.recommendations.groups import find_group
from auditor.recommendations.vocabulary import Expectation

_JUDGED_ELSEWHERE = (Expectation.REPLICATION_GOOD, Expectation.PAIR_HEALTHY)
_VERSIONS_OF_CLUSTER = (Expectation.CLUSTER_ON_ONE_VERSION, Expectation.RELEASE_OF_CUCM)


def group_checks(
    facts: ClusterFacts,
    changes: Sequence[RequestedChange],
    judged: WhatIfFindings,
    service_checks: Sequence[ChangeCheck],
) -> Iterator[ChangeCheck]:
    """Yield the HA state of each affected group, whether it can serve, and the drift that stays.

    A pair that the change does not reach, and that is not healthy, is a note.

    `service_checks` are those of the changed services: what they say is not repeated.
    """
    nodes = {change.node: find_changed_node(facts, change) for change in changes}
    # A restart that follows, such as that of Router on all nodes, reaches other pairs too.
    stops = find_stops(facts, changes)
    stopped_on = {stop.node for stop in stops}
    reached = [n for n in facts.nodes if n.name in stopped_on or n.name in nodes]
    groups = {node.redundancy_group for node in reached} - {None}
    serving = ServingFindings(facts, judged)
    yield from _missing_group_checks(facts, reached)
    pairs = [
        finding
        for finding in judged.current
        if judged.rows[finding.recommendation].expects is Expectation.PAIR_HEALTHY
    ]
    for finding in pairs:
        if finding.subject.name in groups:
            yield _pair_check(finding, facts, serving)
    partners = tuple(partner_checks(facts, stops, serving))
    yield from partners
    yield from _existing_drift(facts, nodes.values(), judged, (*service_checks, *partners))
    yield from _other_group_checks(f for f in pairs if f.subject.name not in groups)


def _other_group_checks(findings: Iterable[Finding]) -> Iterator[ChangeCheck]:
    """Yield, as notes, the pairs that are not healthy, or not known to be, and that stay so."""
    for finding in findings:
        if finding.verdict in (Verdict.DRIFT, Verdict.UNKNOWN):
            check = check_finding(PrecheckTopic.GROUP, finding, CheckKind.OTHER_GROUP)
            yield replace(check, result=PrecheckResult.NOTE)


def _missing_group_checks(facts: ClusterFacts, nodes: Iterable[NodeFacts]) -> Iterator[ChangeCheck]:
    """Yield the changed nodes whose group is unknown, so that its pair was not judged."""
    for node in nodes:
        check = ChangeCheck(
            topic=PrecheckTopic.GROUP,
            result=PrecheckResult.UNDECIDED,
            kind=CheckKind.GROUP_UNKNOWN,
            about=node.name,
        )
        group = node.redundancy_group and find_group(facts, node.redundancy_group)
        if not node.group_known or (node.redundancy_group and not group):
            yield check
        elif node.redundancy_group is None:
            yield replace(check, result=PrecheckResult.NOTE, kind=CheckKind.NO_GROUP)


def _pair_check(finding: Finding, facts: ClusterFacts, serving: ServingFindings) -> ChangeCheck:
    """Return the state of a pair; with HA off, a change of a service cannot cause a failover."""
    check = check_finding(PrecheckTopic.GROUP, finding)
    group = find_group(facts, finding.subject.name)
    if group is not None and is_ha_off(group):
        return replace(check, result=PrecheckResult.NOTE)
    # Two nodes in state normal are no healthy pair while a service of theirs is down.
    if finding.verdict is Verdict.PASS and not (group and serving.is_whole(group)):
        return replace(check, kind=CheckKind.PAIR_STATES_NORMAL)
    return check


def _existing_drift(
    facts: ClusterFacts,
    nodes: Iterable[NodeFacts],
    judged: WhatIfFindings,
    others: Sequence[ChangeCheck],
) -> Iterator[ChangeCheck]:
    """Yield, as notes, the drift of the changed groups that the change neither makes nor fixes.

    The versions of the whole cluster too: a group that agrees may differ from all others.

    `others` are the checks that say it already.
    """
    changed_groups = {node.redundancy_group for node in nodes} - {None}
    # Both nodes of each pair: if the change causes a failover, the partner takes the users.
    members = {n.name for n in facts.nodes if n.redundancy_group in changed_groups}
    members |= {node.name for node in nodes} | {name for name in changed_groups if name}
    # What the change fixes, or the profile causes, has its own topic.
    elsewhere = {after.id for _, after in judged.pairs() if after.verdict is Verdict.PASS}
    elsewhere |= {finding.id for finding in judged.caused_by_profile()}
    elsewhere |= {check.finding.id for check in others if check.finding}
    for finding in judged.current:
        expects = judged.rows[finding.recommendation].expects
        is_reported = expects in _JUDGED_ELSEWHERE or finding.id in elsewhere
        is_near = finding.subject.name in members or expects in _VERSIONS_OF_CLUSTER
        if finding.verdict is Verdict.DRIFT and is_near and not is_reported:
            check = check_finding(PrecheckTopic.GROUP, finding, CheckKind.EXISTING_DRIFT)
            # It is there with the change and without it, so it is no reason against the change.
            yield replace(check, result=PrecheckResult.NOTE)
