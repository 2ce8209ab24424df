"""Two snapshots of one cluster side by side: every difference, each filed where it belongs."""

from collections.abc import Iterator

from auditor.change.diff.model import (
    NO_EXPECTATION,
    ChangeExpectation,
    ComparedCluster,
    ComparedFinding,
    Difference,
    DifferenceCategory,
)
from auditor.change.diff.nodes import (
    compare_coverage,
    compare_groups,
    compare_nodes,
    compare_observed_settings,
    compare_profile,
    newly_unread_nodes,
)
from auditor.change.diff.services import find_missing_changes
from auditor.models.findings import Severity

_VERDICTS_WITHOUT_CONCERN = frozenset({"pass", "not_applicable", "explained"})
"""Verdicts that ask for nothing."""


def compare_clusters(
    before: ComparedCluster, after: ComparedCluster, announced: ChangeExpectation = NO_EXPECTATION
) -> tuple[Difference, ...]:
    """Return every difference between two snapshots of one cluster, gravest sort first.

    Of what can no longer be told, the reasons come first. An announced change that did not happen
    is a difference too.
    """
    reasons = list(compare_coverage(before, after))
    found = [
        *reasons,
        *compare_groups(before, after),
        *compare_nodes(before, after, announced),
        *find_missing_changes(after, announced),
        *compare_profile(before, after, announced),
        *compare_observed_settings(before, after, announced),
        *_compare_findings(before, after, announced),
    ]
    ranks = tuple(DifferenceCategory)
    return tuple(
        sorted(found, key=lambda d: (ranks.index(d.sort), d not in reasons, d.about.lower()))
    )


def _compare_findings(
    before: ComparedCluster, after: ComparedCluster, announced: ChangeExpectation
) -> Iterator[Difference]:
    quiet = newly_unread_nodes(before, after)
    yield from _keys_no_longer_judged(before, after)
    every = {**before.findings, **after.findings}
    for key in sorted(every, key=lambda key: (every[key].recommendation, every[key].subject)):
        was, now = before.findings.get(key), after.findings.get(key)
        if now is not None:
            yield from _compare_finding(was, now, after, announced, quiet)
        elif was is not None:
            yield from _finding_no_longer_judged(was, after)


def _compare_finding(
    was: ComparedFinding | None,
    now: ComparedFinding,
    after: ComparedCluster,
    announced: ChangeExpectation,
    quiet: frozenset[str],
) -> Iterator[Difference]:
    sort = _categorize_verdicts(was.verdict if was else "pass", now.verdict)
    told_once = _is_on_any_node(now, quiet) or _depends_on_node_list(now, after)
    if sort is None or (sort is DifferenceCategory.UNAUDITABLE and told_once):
        return
    text = _compared_finding_text(now)
    if sort in (DifferenceCategory.NEW, DifferenceCategory.UNAUDITABLE) and announced.explains(
        now, after
    ):
        yield Difference(
            DifferenceCategory.FORESEEN, now.subject, f"{text} {_pending_settings_text(announced)}"
        )
    elif sort is DifferenceCategory.NEW and (now.waived or now.id in announced.drift):
        yield Difference(DifferenceCategory.EXPECTED, now.subject, text)
    else:
        yield Difference(sort, now.subject, text, Severity(now.severity))


def _is_on_any_node(finding: ComparedFinding, nodes: frozenset[str]) -> bool:
    return finding.subject_kind == "node" and finding.subject.casefold() in nodes


def _depends_on_node_list(finding: ComparedFinding, after: ComparedCluster) -> bool:
    return finding.subject_kind == "key" and not after.complete


def _keys_no_longer_judged(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield once for each recommendation what is open because nobody listed the nodes."""
    open_keys: dict[str, list[str]] = {}
    for key, now in after.findings.items():
        was = before.findings[key].verdict if key in before.findings else "pass"
        if (
            _depends_on_node_list(now, after)
            and _categorize_verdicts(was, now.verdict) is DifferenceCategory.UNAUDITABLE
        ):
            open_keys.setdefault(now.recommendation, []).append(now.subject)
    for recommendation, keys in sorted(open_keys.items()):
        text = f"{recommendation} can no longer be judged for {', '.join(sorted(keys))}."
        yield Difference(DifferenceCategory.UNAUDITABLE, after.name, text)


def _pending_settings_text(announced: ChangeExpectation) -> str:
    has = " and ".join(f"{f.key} = {f.was}" if f.was else f"no {f.key}" for f in announced.features)
    meant = " and ".join(f"{f.key} = {f.tested}" for f in announced.features)
    return f"The profile still has {has}; set {meant}."


def _finding_no_longer_judged(was: ComparedFinding, after: ComparedCluster) -> Iterator[Difference]:
    """Tell of a finding that is not there any more; with its node, only where it had drifted."""
    there = _is_on_any_node(was, frozenset(after.nodes))
    if was.verdict == "drift" or there:
        why = "is no longer judged" if there else "is no longer judged, for its subject is gone"
        text = f"{was.recommendation} {why}."
        yield Difference(DifferenceCategory.UNAUDITABLE, was.subject, text)


def _categorize_verdicts(was: str, now: str) -> DifferenceCategory | None:
    if now == "unknown":
        return None if was == "unknown" else DifferenceCategory.UNAUDITABLE
    if now == "drift":
        return DifferenceCategory.PERSISTING if was == "drift" else DifferenceCategory.NEW
    return DifferenceCategory.FIXED if was == "drift" and now in _VERDICTS_WITHOUT_CONCERN else None


def _compared_finding_text(finding: ComparedFinding) -> str:
    kind = f" ({finding.kind})" if finding.kind else ""
    verdict = f"{finding.verdict}{kind}{', waived' if finding.waived else ''}"
    return f"{finding.recommendation} [{finding.severity}]: {verdict}. {finding.observed}"
