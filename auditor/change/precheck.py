"""Go or no-go before a change: the engine judges the facts as they would be. Asks no server."""

from collections.abc import Iterator, Sequence

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.checks import (
    confirmation_checks,
    placement_checks,
    prerequisite_checks,
    state_check,
)
from auditor.change.cluster_checks import (
    backup_check,
    interruption_checks,
    read_replication_states,
    read_session_counts,
    replication_checks,
)
from auditor.change.decision import Decision
from auditor.change.effect_checks import (
    broken_checks,
    feature_checks,
    find_changed_settings,
    fixed_checks,
)
from auditor.change.following_restarts import find_following_restarts
from auditor.change.group_checks import group_checks
from auditor.change.merge import merge_checks
from auditor.change.node_names import name_feature_nodes
from auditor.change.request import find_unknown_nodes, resolve_changes
from auditor.change.rollback import plan_rollback
from auditor.change.steps import plan_steps
from auditor.change.stops import find_stops
from auditor.change.what_if import (
    RequestedChange,
    WhatIfFindings,
    is_already_made,
    judge_change,
)
from auditor.collect.facts import replace_profile
from auditor.config.settings import ClusterSettings
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity, Verdict
from auditor.recommendations.discovered import drop_contradicted_facts
from auditor.recommendations.packs import Recommendation
from auditor.snapshots import reason_nothing_read


def decide_request(
    facts: ClusterFacts,
    changes: Sequence[RequestedChange],
    recommendations: Sequence[Recommendation],
    *,
    fail_on: Severity,
    is_confirmed: bool,
    profile: ClusterSettings,
    filed: ClusterSettings,
) -> Decision:
    """Judge a change as it was typed; `profile` has the keys to be tested, `filed` those of now.

    Raises:
        ConfigError: a name means no node of the cluster, or several; or a service cannot be
            restarted.
    """
    # Where CUCM lists no nodes, it is unknown whether a name exists, and no usage error.
    if not facts.nodes:
        return decide_without_facts(facts, (), changes)
    tested = name_feature_nodes(profile, facts)
    if unknown_nodes := find_unknown_nodes(facts, changes):
        return decide_without_facts(facts, unknown_nodes, changes)
    return decide_change(
        replace_profile(facts, profile, tested),
        resolve_changes(facts, changes),
        recommendations,
        fail_on=fail_on,
        is_confirmed=is_confirmed,
        filed=replace_profile(facts, profile, filed),
    )


def decide_change(
    facts: ClusterFacts,
    changes: Sequence[RequestedChange],
    recommendations: Sequence[Recommendation],
    *,
    fail_on: Severity,
    is_confirmed: bool,
    filed: ClusterFacts | None = None,
) -> Decision:
    """Judge a change on the facts of its cluster; nodes and services must be the cluster's own.

    `is_confirmed`: the engineer says that the configuration which no interface shows is complete.
    `filed`: the facts with the profile of the file, if `facts` have one that is to be tested.
    """
    # The engine does this by itself, but the checks below read the nodes directly.
    facts = drop_contradicted_facts(facts)
    filed = facts if filed is None else drop_contradicted_facts(filed)
    judged = judge_change(facts, filed, changes, recommendations)
    features = find_changed_settings(facts, filed)
    # Made first, because the checks of each service must know what is listed as broken.
    broken = tuple(broken_checks(judged, changes, fail_on))
    by_change = {c: tuple(_service_checks(facts, judged, c, changes, broken)) for c in changes}
    service_checks = tuple(check for of_change in by_change.values() for check in of_change)
    blocked = {
        change
        for change, of_change in by_change.items()
        if any(check.result is PrecheckResult.NO_GO for check in of_change)
    }
    checks = (
        *service_checks,
        *replication_checks(facts, judged),
        *interruption_checks(facts, changes),
        *(check for check in broken if not _is_repeated(check, service_checks)),
        *feature_checks(judged, changes, features, fail_on),
        *fixed_checks(judged, blocked),
        *group_checks(facts, changes, judged, service_checks),
        backup_check(facts, is_confirmed=is_confirmed),
        *(
            check
            for change in changes
            for check in confirmation_checks(change, is_confirmed=is_confirmed)
        ),
    )
    return Decision(
        cluster=facts.name,
        changes=tuple(changes),
        checks=tuple(merge_checks(checks)),
        steps=plan_steps(facts, changes),
        rollback=plan_rollback(facts, changes),
        stops=find_stops(facts, changes),
        read_at={node.name: node.replied_at for node in facts.installed_nodes},
        replication=read_replication_states(facts),
        sessions=read_session_counts(facts),
        restarts=find_following_restarts(facts, changes),
        drift=tuple(sorted(f.id for f in judged.broken() if f.verdict is Verdict.DRIFT)),
        already_made=tuple(change for change in changes if is_already_made(change, facts)),
        features=features,
        temporary=tuple(judged.temporary()),
    )


def _service_checks(
    facts: ClusterFacts,
    judged: WhatIfFindings,
    change: RequestedChange,
    changes: Sequence[RequestedChange],
    broken: Sequence[ChangeCheck],
) -> Iterator[ChangeCheck]:
    """Yield the state of the service of one change, its prerequisites and its placement."""
    yield state_check(change, facts)
    yield from prerequisite_checks(change, facts, judged, changes)
    for check in placement_checks(change, facts, judged):
        # What turning a service off breaks is listed under that topic alone.
        if not change.deactivates or not _is_repeated(check, broken):
            yield check


def _is_repeated(check: ChangeCheck, others: Sequence[ChangeCheck]) -> bool:
    """Return whether another check has the same finding and result."""
    return any(
        check.finding is not None
        and (check.kind, check.result, check.finding) == (other.kind, other.result, other.finding)
        for other in others
    )


def decide_without_facts(
    facts: ClusterFacts, unknown_nodes: Sequence[str], requested: Sequence[RequestedChange] = ()
) -> Decision:
    """Return the decision if the cluster, or a node of the change, is unknown.

    Nothing is judged then: half an answer would look like a whole one.
    """
    if facts.nodes:
        checks = tuple(_unknown_node_check(facts, name) for name in unknown_nodes)
        return Decision(facts.name, (), checks, requested=tuple(requested))
    check = ChangeCheck(
        topic=PrecheckTopic.NOW,
        result=PrecheckResult.UNDECIDED,
        kind=CheckKind.CLUSTER_UNREAD,
        about=facts.name,
        details=tuple(entry.detail for entry in facts.coverage if entry.detail),
    )
    reason = reason_nothing_read(facts.coverage)
    return Decision(facts.name, (), (check,), unread_reason=reason, requested=tuple(requested))


def _unknown_node_check(facts: ClusterFacts, name: str) -> ChangeCheck:
    return ChangeCheck(
        topic=PrecheckTopic.NOW,
        result=PrecheckResult.UNDECIDED,
        kind=CheckKind.NODE_NOT_LISTED,
        about=name,
        details=tuple(
            entry.detail
            for entry in facts.coverage
            if entry.source is Source.CUCM_AXL and entry.detail
        ),
    )
