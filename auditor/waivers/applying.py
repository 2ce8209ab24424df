"""Applies waivers to a judged cluster, and says which of them have outlived their reason."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from auditor.facts import Source
from auditor.findings import ClusterReport, Finding, Verdict, Waiver
from auditor.names import nearest
from auditor.waivers.rules import WaiverRule

SOON = timedelta(days=14)
"""How long before its end a waiver is reported."""

_WAIVABLE = frozenset({Verdict.DRIFT, Verdict.EXPLAINED})
_GONE = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})


def waive(
    cluster: ClusterReport, rules: Sequence[WaiverRule], today: date, judged: Collection[str]
) -> ClusterReport:
    """Return the cluster with its waived findings, and a notice for each waiver to look after.

    Drift and explained become waived where recommendation, cluster and subject agree and `today`
    is not past the end; every other verdict stays. `judged` holds the ids that this run judged: a
    waiver for another pack is not stale.
    """
    ours = {r.scope: r for r in rules if r.cluster.casefold() == cluster.name.casefold()}
    before = {_scope(finding): finding for finding in cluster.findings}
    notices = [
        notice
        for scope, rule in ours.items()
        if rule.recommendation in judged
        for notice in _notices(rule, before.get(scope), cluster, today)
    ]
    return replace(
        cluster,
        findings=tuple(_judged(f, ours, today) for f in cluster.findings),
        notices=(*cluster.notices, *notices),
    )


def strangers(rules: Sequence[WaiverRule], clusters: Collection[str]) -> tuple[str, ...]:
    """Return a notice for each waiver whose cluster is not in the configuration at all.

    `clusters` names every cluster of the configuration, selected for this run or not.
    """
    known = {name.casefold() for name in clusters}
    return tuple(
        f'{rule.place}: there is no cluster "{rule.cluster}"; {_way_out(rule.cluster, clusters)}.'
        for rule in rules
        if rule.cluster.casefold() not in known
    )


def _scope(finding: Finding) -> tuple[str, str, str]:
    subject = finding.subject.name.casefold()
    return finding.recommendation, finding.cluster.casefold(), subject


def _judged(
    finding: Finding, rules: Mapping[tuple[str, str, str], WaiverRule], today: date
) -> Finding:
    rule = rules.get(_scope(finding))
    if rule is None or today > rule.expires or finding.verdict not in _WAIVABLE:
        return finding
    waiver = Waiver(rule.reason, rule.owner, rule.expires.isoformat(), finding.verdict)
    return replace(finding, verdict=Verdict.WAIVED, waiver=waiver)


def _notices(
    rule: WaiverRule, finding: Finding | None, cluster: ClusterReport, today: date
) -> Iterator[str]:
    """Say what is to be done about one waiver; `finding` is the one it matches, unwaived."""
    what = f"{rule.place}: {rule.recommendation} on {rule.subject}"
    if finding is None:
        if not _nodes_unsure(cluster):
            subjects = {
                f.subject.name for f in cluster.findings if f.recommendation == rule.recommendation
            }
            yield f"{what} matches no finding; {_way_out(rule.subject, subjects)}."
        return
    if finding.verdict in _GONE:
        yield f"{what} is no longer needed ({finding.verdict.words} now); remove it."
        return
    if finding.verdict is Verdict.UNKNOWN:
        yield f"{what} has no effect: it is unknown now, and what is unknown cannot be waived."
    yield from _ending(rule, what, today)


def _ending(rule: WaiverRule, what: str, today: date) -> Iterator[str]:
    if today > rule.expires:
        yield (
            f"{what}: the waiver expired on {rule.expires}, so it is judged without it; "
            f"{rule.owner} mends the difference or renews the waiver."
        )
    elif rule.expires - today <= SOON:
        yield (
            f"{what}: the waiver ends on {rule.expires}; {rule.owner} mends the difference "
            "or renews the waiver."
        )


def _nodes_unsure(cluster: ClusterReport) -> bool:
    """Tell whether the CUCM publisher did not say which nodes there are."""
    return any(e.source is Source.CUCM_AXL and e.reason is not None for e in cluster.coverage)


def _way_out(word: str, choices: Collection[str]) -> str:
    close = nearest(word, choices)
    return f'write "{close}" if you mean that, or remove it' if close else "correct or remove it"
