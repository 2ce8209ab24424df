"""Two snapshots of one cluster side by side: every difference, each filed where it belongs."""

from collections.abc import Iterator

from auditor.compare.announced import NOTHING, Announced
from auditor.compare.difference import Difference, Sort
from auditor.compare.places import gaps, groups, nodes, silent
from auditor.compare.profile import profile, shown
from auditor.compare.seen import ClusterSeen, FindingSeen
from auditor.compare.services import undone
from auditor.findings import Severity

_SETTLED = frozenset({"pass", "not_applicable", "explained"})
"""Verdicts that ask for nothing."""


def compare(
    before: ClusterSeen, after: ClusterSeen, announced: Announced = NOTHING
) -> tuple[Difference, ...]:
    """Return every difference between two snapshots of one cluster, gravest sort first.

    Of what can no longer be told, the reasons come first. An announced change that did not happen
    is a difference too.
    """
    reasons = list(gaps(before, after))
    found = [
        *reasons,
        *groups(before, after),
        *nodes(before, after, announced),
        *undone(after, announced),
        *profile(before, after, announced),
        *shown(before, after, announced),
        *_findings(before, after, announced),
    ]
    ranks = tuple(Sort)
    return tuple(
        sorted(found, key=lambda d: (ranks.index(d.sort), d not in reasons, d.about.lower()))
    )


def _findings(
    before: ClusterSeen, after: ClusterSeen, announced: Announced
) -> Iterator[Difference]:
    quiet = silent(before, after)
    yield from _unjudged_keys(before, after)
    every = {**before.findings, **after.findings}
    for key in sorted(every, key=lambda key: (every[key].recommendation, every[key].subject)):
        was, now = before.findings.get(key), after.findings.get(key)
        if now is not None:
            yield from _judged(was, now, after, announced, quiet)
        elif was is not None:
            yield from _unjudged(was, after)


def _judged(
    was: FindingSeen | None,
    now: FindingSeen,
    after: ClusterSeen,
    announced: Announced,
    quiet: frozenset[str],
) -> Iterator[Difference]:
    sort = _sort(was.verdict if was else "pass", now.verdict)
    told_once = _of_one(now, quiet) or _of_unlisted(now, after)
    if sort is None or (sort is Sort.UNAUDITABLE and told_once):
        return
    text = _sentence(now)
    if sort in (Sort.NEW, Sort.UNAUDITABLE) and announced.explains(now, after):
        yield Difference(Sort.FORESEEN, now.subject, f"{text} {_to_set(announced)}")
    elif sort is Sort.NEW and (now.waived or now.id in announced.drift):
        yield Difference(Sort.EXPECTED, now.subject, text)
    else:
        yield Difference(sort, now.subject, text, Severity(now.severity))


def _of_one(finding: FindingSeen, nodes: frozenset[str]) -> bool:
    return finding.subject_kind == "node" and finding.subject.casefold() in nodes


def _of_unlisted(finding: FindingSeen, after: ClusterSeen) -> bool:
    return finding.subject_kind == "key" and not after.complete


def _unjudged_keys(before: ClusterSeen, after: ClusterSeen) -> Iterator[Difference]:
    """Yield once for each recommendation what is open because nobody listed the nodes."""
    open_keys: dict[str, list[str]] = {}
    for key, now in after.findings.items():
        was = before.findings[key].verdict if key in before.findings else "pass"
        if _of_unlisted(now, after) and _sort(was, now.verdict) is Sort.UNAUDITABLE:
            open_keys.setdefault(now.recommendation, []).append(now.subject)
    for recommendation, keys in sorted(open_keys.items()):
        text = f"{recommendation} can no longer be judged for {', '.join(sorted(keys))}."
        yield Difference(Sort.UNAUDITABLE, after.name, text)


def _to_set(announced: Announced) -> str:
    has = " and ".join(f"{f.key} = {f.was}" if f.was else f"no {f.key}" for f in announced.features)
    meant = " and ".join(f"{f.key} = {f.tested}" for f in announced.features)
    return f"The profile still has {has}; set {meant}."


def _unjudged(was: FindingSeen, after: ClusterSeen) -> Iterator[Difference]:
    """Tell of a finding that is not there any more; with its node, only where it had drifted."""
    there = _of_one(was, frozenset(after.nodes))
    if was.verdict == "drift" or there:
        why = "is no longer judged" if there else "is no longer judged, for its subject is gone"
        text = f"{was.recommendation} {why}."
        yield Difference(Sort.UNAUDITABLE, was.subject, text)


def _sort(was: str, now: str) -> Sort | None:
    if now == "unknown":
        return None if was == "unknown" else Sort.UNAUDITABLE
    if now == "drift":
        return Sort.PERSISTING if was == "drift" else Sort.NEW
    return Sort.FIXED if was == "drift" and now in _SETTLED else None


def _sentence(finding: FindingSeen) -> str:
    kind = f" ({finding.kind})" if finding.kind else ""
    verdict = f"{finding.verdict}{kind}{', waived' if finding.waived else ''}"
    return f"{finding.recommendation} [{finding.severity}]: {verdict}. {finding.observed}"
