"""One thing that stands in the way is one check, whatever the number of nodes or services."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic

_OBSTACLES = (PrecheckResult.NO_GO, PrecheckResult.UNDECIDED)
_MISSING_SERVICES = (CheckKind.NEEDED_DOWN, CheckKind.NEEDED_TURNED_OFF, CheckKind.NEEDED_UNKNOWN)


def merge_checks(checks: Iterable[ChangeCheck]) -> list[ChangeCheck]:
    """Return the checks in their order; those that say the same of several nodes become one.

    A service that is missing on a node is one check too, whichever services need it, and so is a
    difference with all that it explains.
    """
    merged: dict[Hashable, ChangeCheck] = {}
    for number, check in enumerate(_fold_into_causes(tuple(checks))):
        key = _subject_of(check) or number
        first = merged.get(key)
        merged[key] = check if first is None else _join(first, check)
    return list(merged.values())


def _fold_into_causes(checks: Sequence[ChangeCheck]) -> list[ChangeCheck]:
    """Return the checks without those that another one of their topic explains, and that add none.

    A note says no more than its cause; anything else needs a cause with the same result.
    """
    by_finding = {(check.topic, check.finding.id): check for check in checks if check.finding}
    explained: dict[Hashable, list[str]] = {}
    remaining = []
    for check in checks:
        root = _root_of(check, by_finding)
        if root is check or root.finding is None or check.finding is None:
            remaining.append(check)
        else:
            key = root.topic, root.finding.id
            explained.setdefault(key, []).append(check.finding.recommendation)
    return [
        replace(check, explains=tuple(dict.fromkeys(explained[key])))
        if check.finding and (key := (check.topic, check.finding.id)) in explained
        else check
        for check in remaining
    ]


def _root_of(
    check: ChangeCheck, by_finding: Mapping[tuple[PrecheckTopic, str], ChangeCheck]
) -> ChangeCheck:
    """Return the check of the first cause that is listed too, or of that one's first cause."""
    # No rule makes a circle, so that this ends.
    for cause in check.finding.caused_by if check.finding else ():
        cause_check = by_finding.get((check.topic, cause))
        if cause_check and check.result in (cause_check.result, PrecheckResult.NOTE):
            return _root_of(cause_check, by_finding)
    return check


def _subject_of(check: ChangeCheck) -> Hashable:
    """Return what equal checks have in common, None if the check stands for itself."""
    # The state of one group says nothing of another, and a go of each node is worth its line.
    if check.result not in _OBSTACLES or check.topic is PrecheckTopic.GROUP:
        return None
    if check.kind in _MISSING_SERVICES:
        return check.kind, check.about, check.needed, check.also_needed
    finding = check.finding
    about = (finding.recommendation, finding.kind, finding.service) if finding else check.details
    return (
        check.topic,
        check.kind,
        check.result,
        check.service,
        check.needed,
        about,
        check.explains,
        check.is_below_threshold,
    )


def _join(first: ChangeCheck, other: ChangeCheck) -> ChangeCheck:
    if first.kind in _MISSING_SERVICES:
        names = dict.fromkeys((*first.other_services, other.service))
        names.pop(first.service, None)
        return replace(first, other_services=tuple(names))
    names = dict.fromkeys((*first.also, other.about, *other.also))
    names.pop(first.about, None)
    return replace(first, also=tuple(names))
