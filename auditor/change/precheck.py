"""Go or no-go before a change: the engine judges the facts as they would be. Asks nobody."""

from collections.abc import Iterator, Sequence

from auditor.change.checks import (
    feature_checks,
    find_changed_settings,
    group_checks,
    is_already_changed,
    load_activation_advice,
    placement_checks,
    state_checks,
)
from auditor.change.decision import (
    ChangeCheck,
    Decision,
    PrecheckResult,
    PrecheckTopic,
    apply_threshold,
    check_with_change,
)
from auditor.change.what_if import RequestedChange, WhatIfFindings, judge_change
from auditor.models.facts import ClusterFacts, Source
from auditor.models.findings import Severity, Verdict
from auditor.recommendations.engine import drop_contradicted_facts
from auditor.recommendations.packs import Recommendation
from auditor.snapshots import reason_nothing_read


def decide_change(
    facts: ClusterFacts,
    changes: Sequence[RequestedChange],
    recommendations: Sequence[Recommendation],
    *,
    fail_on: Severity,
    confirmed: bool,
    filed: ClusterFacts | None = None,
) -> Decision:
    """Judge a change on the facts of its cluster; nodes and services must be the cluster's own.

    `confirmed`: the engineer says that the configuration which no interface shows is done.
    `filed`: the facts with the profile of the file, where `facts` are with one to be tested.
    """
    facts = drop_contradicted_facts(facts)
    filed = facts if filed is None else drop_contradicted_facts(filed)
    found = judge_change(facts, filed, changes, recommendations)
    features = find_changed_settings(facts, filed)
    breaks = tuple(_broken_finding_checks(found, fail_on))
    about = tuple(
        p for change in changes for p in _checks_on_change(change, facts, found, changes, breaks)
    )
    points = (
        *about,
        *(point for point in breaks if not _is_repeated_check(point, about)),
        *feature_checks(found, changes, features, fail_on),
        *_fixed_finding_checks(found),
        *group_checks(facts, changes, found),
        *(
            point
            for change in changes
            for point in _confirmation_checks(change, confirmed=confirmed)
        ),
    )
    return Decision(
        cluster=facts.name,
        changes=tuple(changes),
        points=points,
        steps={
            c.service: load_activation_advice()[c.service].steps
            for c in changes
            if _has_activation_advice(c)
        },
        drift=tuple(sorted(f.id for f in found.broken() if f.verdict is Verdict.DRIFT)),
        already=tuple(c for c in changes if is_already_changed(c, facts)),
        features=features,
        temporary=tuple(found.temporary()),
    )


def decision_without_facts(facts: ClusterFacts, strangers: Sequence[str]) -> Decision:
    """Return the decision where not all nodes could be read; `strangers` are those of the change.

    Nothing is judged then, for half of an answer is none.
    """
    points = (
        [_unknown_node_check(facts, name) for name in strangers]
        if facts.nodes
        else [_unread_cluster_check(facts)]
    )
    unasked = "" if facts.nodes else reason_nothing_read(facts.coverage)
    return Decision(facts.name, (), tuple(points), {}, unasked=unasked)


def _unread_cluster_check(facts: ClusterFacts) -> ChangeCheck:
    why = " ".join(entry.detail for entry in facts.coverage if entry.detail)
    text = f"The nodes of {facts.name} could not be read. {why}".strip()
    return ChangeCheck(PrecheckTopic.NOW, PrecheckResult.CANNOT_TELL, facts.name, text)


def _unknown_node_check(facts: ClusterFacts, name: str) -> ChangeCheck:
    told = (e.detail for e in facts.coverage if e.source is Source.CUCM_AXL and e.detail)
    why = "The file does not declare it, and CUCM did not list all nodes of the cluster."
    remedy = (
        f"Make the CUCM publisher answer, or declare {name} as [[cluster.node]]; then check again."
    )
    return ChangeCheck(
        PrecheckTopic.NOW, PrecheckResult.CANNOT_TELL, name, " ".join((why, *told)), remedy
    )


def _checks_on_change(
    change: RequestedChange,
    facts: ClusterFacts,
    found: WhatIfFindings,
    changes: Sequence[RequestedChange],
    breaks: Sequence[ChangeCheck],
) -> Iterator[ChangeCheck]:
    """Yield how the service stands and belongs here; what turning it off breaks is told there."""
    yield from state_checks(change, facts, found, changes)
    for point in placement_checks(change, facts, found):
        if change.activate or not _is_repeated_check(point, breaks):
            yield point


def _is_repeated_check(point: ChangeCheck, others: Sequence[ChangeCheck]) -> bool:
    """Tell whether other points say the same, word for word and with the same answer."""
    same = point.answer, point.about, point.text
    return any(same == (other.answer, other.about, other.text) for other in others)


def _broken_finding_checks(found: WhatIfFindings, fail_on: Severity) -> Iterator[ChangeCheck]:
    for finding in found.broken():
        yield apply_threshold(check_with_change(PrecheckTopic.BREAKS, finding), finding, fail_on)


def _fixed_finding_checks(found: WhatIfFindings) -> Iterator[ChangeCheck]:
    """Yield what differs today, by the profile of the file too, and would not with the change."""
    today = {finding.id for finding in found.filed_now if finding.verdict is Verdict.DRIFT}
    for before, after in found.pairs():
        mends = before.verdict is Verdict.DRIFT and after.verdict is Verdict.PASS
        if mends and after.id in today:
            text = f"{after.recommendation}: would no longer differ."
            yield ChangeCheck(PrecheckTopic.SATISFIES, PrecheckResult.GO, after.subject.name, text)


def _has_activation_advice(change: RequestedChange) -> bool:
    return change.activate and change.service in load_activation_advice()


def _confirmation_checks(change: RequestedChange, *, confirmed: bool) -> Iterator[ChangeCheck]:
    answer = PrecheckResult.GO if confirmed else PrecheckResult.CANNOT_TELL
    for text in (
        load_activation_advice()[change.service].confirm if _has_activation_advice(change) else ()
    ):
        done = "Confirmed by the engineer: " if confirmed else ""
        remedy = "" if confirmed else "Look, and say --confirm once all of these are done."
        yield ChangeCheck(
            PrecheckTopic.CONFIRM, answer, change.node, f"CAU-01: {done}{text}", remedy
        )
