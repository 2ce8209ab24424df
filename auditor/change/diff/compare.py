"""Two snapshots of one cluster side by side: every difference, with its category."""

from collections.abc import Iterator

from auditor.change.diff.expected import NO_EXPECTATION, ChangeExpectation
from auditor.change.diff.model import ComparedCluster, Difference, DifferenceCategory, Topic
from auditor.change.diff.nodes import (
    compare_coverage,
    compare_cucm_release,
    compare_groups,
    compare_nodes,
    newly_unread_nodes,
)
from auditor.change.diff.profile import (
    compare_observed_settings,
    compare_profile,
    declared_profile,
)
from auditor.change.diff.services import find_missing_changes
from auditor.change.diff.sessions import compare_sessions
from auditor.models.findings import SubjectKind, Verdict
from auditor.report.wording import kind_note
from auditor.snapshots import SnapshotFinding
from auditor.text import join_names

# Unknown is not among them: what can no longer be judged is not fixed.
_VERDICTS_WITHOUT_CONCERN = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED)


def compare_clusters(
    before: ComparedCluster,
    after: ComparedCluster,
    expectation: ChangeExpectation = NO_EXPECTATION,
) -> tuple[Difference, ...]:
    """Return every difference between two snapshots of one cluster, most serious category first.

    Within a category, the failures that explain what is unknown come first.
    """
    failures = list(compare_coverage(before, after))
    differences = [
        *failures,
        *compare_cucm_release(before, after),
        *compare_groups(before, after),
        *compare_nodes(before, after, expectation),
        *find_missing_changes(before, after, expectation),
        *compare_sessions(before, after),
        *compare_profile(before, after, expectation),
        *compare_observed_settings(before, after, expectation),
        *_compare_findings(before, after, expectation),
    ]
    ranks = tuple(DifferenceCategory)
    return tuple(
        sorted(
            differences,
            key=lambda d: (ranks.index(d.category), d not in failures, d.about.lower()),
        )
    )


def _compare_findings(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    yield from _keys_no_longer_judged(before, after)
    both = {**before.findings, **after.findings}
    for key in sorted(both, key=lambda key: (both[key].recommendation, both[key].subject.name)):
        if key in after.findings:
            yield from _compare_finding(key, before, after, expectation)
        else:
            yield from _finding_no_longer_judged(before.findings[key], after)


def _compare_finding(
    key: str, before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    now = after.findings[key]
    category = _categorize_finding(key, before, now)
    # These are reported once for their node, or once for their recommendation.
    is_reported_once = _is_on_any_node(now, newly_unread_nodes(before, after)) or (
        _depends_on_node_list(now, after)
    )
    if category is None or (category is DifferenceCategory.NEWLY_UNKNOWN and is_reported_once):
        return
    text = _finding_text(now)
    is_new = category is DifferenceCategory.NEW_DRIFT
    if (is_new or category is DifferenceCategory.NEWLY_UNKNOWN) and expectation.is_temporary(
        now, declared_profile(after.facts)
    ):
        text = f"{text} {_pending_settings_text(expectation)}"
        category = DifferenceCategory.UNTIL_PROFILE_FOLLOWS
    # By the waiver too: somebody has accepted the difference, so it is no surprise.
    elif is_new and (now.waiver or now.id in expectation.drift):
        category = DifferenceCategory.EXPECTED
    yield _finding_difference(category, now, text)


def _finding_difference(
    category: DifferenceCategory, finding: SnapshotFinding, text: str
) -> Difference:
    return Difference(
        category,
        finding.subject.name,
        text,
        finding.severity,
        topic=Topic.FINDING,
        service=finding.service or "",
        finding=finding.id,
    )


def _categorize_finding(
    key: str, before: ComparedCluster, now: SnapshotFinding
) -> DifferenceCategory | None:
    """Return the category of a finding that changed its verdict, or that is drift still."""
    # A subject that is new had no drift, so its first one is new.
    was = before.findings[key].judged_verdict if key in before.findings else Verdict.PASS
    match now.judged_verdict:
        case Verdict.UNKNOWN:
            return None if was is Verdict.UNKNOWN else DifferenceCategory.NEWLY_UNKNOWN
        case Verdict.DRIFT if was is Verdict.DRIFT:
            return DifferenceCategory.PERSISTING
        case Verdict.DRIFT:
            return DifferenceCategory.NEW_DRIFT
    is_fixed = was is Verdict.DRIFT and now.judged_verdict in _VERDICTS_WITHOUT_CONCERN
    return DifferenceCategory.FIXED if is_fixed else None


def _is_on_any_node(finding: SnapshotFinding, nodes: frozenset[str]) -> bool:
    return finding.subject.kind is SubjectKind.NODE and finding.subject.name.casefold() in nodes


def _depends_on_node_list(finding: SnapshotFinding, after: ComparedCluster) -> bool:
    return finding.subject.kind is SubjectKind.KEY and not after.lists_all_nodes


def _keys_no_longer_judged(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield, once for each recommendation, the keys that need a list of nodes to be judged."""
    keys: dict[str, list[str]] = {}
    for key, now in after.findings.items():
        category = _categorize_finding(key, before, now)
        if _depends_on_node_list(now, after) and category is DifferenceCategory.NEWLY_UNKNOWN:
            keys.setdefault(now.recommendation, []).append(now.subject.name)
    for recommendation, names in sorted(keys.items()):
        text = f"{recommendation} can no longer be judged for {join_names(sorted(names))}."
        yield Difference(DifferenceCategory.NEWLY_UNKNOWN, after.name, text)


def _pending_settings_text(expectation: ChangeExpectation) -> str:
    settings = expectation.features
    has = " and ".join(f"{s.key} = {s.was}" if s.was else f"no {s.key}" for s in settings)
    tested = " and ".join(f"{s.key} = {s.tested}" for s in settings)
    return f"The profile still has {has}; set {tested}."


def _finding_no_longer_judged(was: SnapshotFinding, after: ComparedCluster) -> Iterator[Difference]:
    """Yield a finding that the later snapshot lacks; if its node is gone too, only drift."""
    # Drift whose subject is gone was not fixed. The rest of a node that is gone is one difference
    # of the node.
    is_on_listed_node = _is_on_any_node(was, frozenset(after.nodes))
    if was.judged_verdict is Verdict.DRIFT or is_on_listed_node:
        reason = "" if is_on_listed_node else ", for its subject is gone"
        text = f"{was.recommendation} is no longer judged{reason}."
        yield _finding_difference(DifferenceCategory.NEWLY_UNKNOWN, was, text)


def _finding_text(finding: SnapshotFinding) -> str:
    verdict = (
        f"{finding.judged_verdict}{kind_note(finding.kind)}{', waived' if finding.waiver else ''}"
    )
    return f"{finding.recommendation} [{finding.severity}]: {verdict}. {finding.observed}"
