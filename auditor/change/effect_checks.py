"""What a change breaks and fixes, and what a tested feature needs beyond it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from auditor.change.change_check import (
    ChangeCheck,
    CheckKind,
    PrecheckTopic,
)
from auditor.change.checks import PREREQUISITE_EXPECTATIONS, apply_threshold, check_finding
from auditor.change.diff.expected import ExpectedSetting
from auditor.change.what_if import (
    RequestedChange,
    WhatIfFindings,
)
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import (
    Finding,
    Severity,
    SubjectKind,
    Verdict,
)
from auditor.recommendations.vocabulary import Expectation


def broken_checks(
    judged: WhatIfFindings, changes: Sequence[RequestedChange], fail_on: Severity
) -> Iterator[ChangeCheck]:
    """Yield the findings that the change makes drift or unknown."""
    started = {(change.node, change.service) for change in changes if not change.deactivates}
    for finding in judged.broken():
        expects = judged.rows[finding.recommendation].expects
        is_own = (finding.subject.name, finding.service) in started
        # What a service lacks is checked as its prerequisite; that it would run without is not so.
        if is_own and expects in PREREQUISITE_EXPECTATIONS:
            continue
        check = check_finding(PrecheckTopic.BREAKS, finding, CheckKind.FINDING_WITH_CHANGE)
        yield apply_threshold(check, fail_on)


def fixed_checks(
    judged: WhatIfFindings, blocked: Collection[RequestedChange]
) -> Iterator[ChangeCheck]:
    """Yield the drift, also by the profile of the file, that passes after the change.

    `blocked` are the changes with a no-go: their services would not run, and so fix nothing.
    """
    not_started = {(change.node, change.service) for change in blocked}
    # Drift that exists only by the tested profile is not there today, so nothing fixes it.
    drift = {finding.id for finding in judged.filed_current if finding.verdict is Verdict.DRIFT}
    for before, after in judged.pairs():
        is_fixed = before.verdict is Verdict.DRIFT and after.verdict is Verdict.PASS
        is_blocked = (after.subject.name, after.service) in not_started
        if is_fixed and after.id in drift and not is_blocked:
            check = check_finding(PrecheckTopic.FIXES, after, CheckKind.DRIFT_FIXED)
            yield replace(check, details=(before.observed,))


def find_changed_settings(facts: ClusterFacts, filed: ClusterFacts) -> tuple[ExpectedSetting, ...]:
    """Return the deployment keys whose tested value differs from that of the file."""
    settings = []
    for key in DEPLOYMENT_KEYS:
        was, tested = _declared_value(filed, key), _declared_value(facts, key)
        # A test only adds or replaces keys, so one that is not declared was not tested.
        if tested and tested != was:
            settings.append(ExpectedSetting(key, was, tested))
    return tuple(settings)


def _declared_value(facts: ClusterFacts, key: str) -> str | None:
    settings = facts.settings.get(key, ())
    return next((s.as_toml() for s in settings if s.origin is Origin.DECLARED), None)


def feature_checks(
    judged: WhatIfFindings,
    changes: Sequence[RequestedChange],
    settings: Sequence[ExpectedSetting],
    fail_on: Severity,
) -> Iterator[ChangeCheck]:
    """Yield what the tested profile needs beyond the services of the change."""
    changed = {(change.node, change.service) for change in changes}
    for finding in judged.caused_by_profile():
        # Those of the changed services are under their own topics, with their own remedies.
        if (finding.subject.name, finding.service) not in changed:
            kind = _feature_check_kind(finding, judged, changes)
            check = check_finding(PrecheckTopic.FEATURE, finding, kind)
            yield apply_threshold(replace(check, settings=tuple(settings)), fail_on)


def _feature_check_kind(
    finding: Finding, judged: WhatIfFindings, changes: Sequence[RequestedChange]
) -> CheckKind:
    """Return which remedy the finding needs: one of the change's own, or that of the finding."""
    if finding.verdict is not Verdict.DRIFT:
        return CheckKind.FEATURE_FINDING
    expects = judged.rows[finding.recommendation].expects
    if expects is Expectation.PROFILE_AGREES:
        return CheckKind.FEATURE_NOT_CONFIGURED
    activated = {change.service for change in changes if change.activates}
    is_on_node = finding.subject.kind is SubjectKind.NODE
    if is_on_node and expects is Expectation.RUNNING and finding.service in activated:
        return CheckKind.FEATURE_ON_OTHER_NODE
    return CheckKind.FEATURE_FINDING
