"""Applies waivers to a judged cluster, and says which of them have outlived their reason.

Finds the waivers of a run: which file speaks for which cluster.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.models.facts import Source
from auditor.models.findings import ClusterReport, Finding, Verdict, Waiver
from auditor.text import nearest_choice
from auditor.waivers.load import WaiverRule, load_waiver_file

EXPIRY_NOTICE_PERIOD = timedelta(days=14)
"""How long before its end a waiver is reported."""

_WAIVABLE_VERDICTS = frozenset({Verdict.DRIFT, Verdict.EXPLAINED})
_RESOLVED_VERDICTS = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})


def apply_waivers(
    cluster: ClusterReport, rules: Sequence[WaiverRule], today: date, judged: Collection[str]
) -> ClusterReport:
    """Return the cluster with its waived findings, and a notice for each waiver to look after.

    Drift and explained become waived where recommendation, cluster and subject agree and `today`
    is not past the end; every other verdict stays. `judged` holds the ids that this run judged: a
    waiver for another pack is not stale.
    """
    ours = {r.scope: r for r in rules if r.cluster.casefold() == cluster.name.casefold()}
    before = {_finding_scope(finding): finding for finding in cluster.findings}
    notices = [
        notice
        for scope, rule in ours.items()
        if rule.recommendation in judged
        for notice in _waiver_notices(rule, before.get(scope), cluster, today)
    ]
    return replace(
        cluster,
        findings=tuple(_waive_finding(f, ours, today) for f in cluster.findings),
        notices=(*cluster.notices, *notices),
    )


def unknown_cluster_notices(
    rules: Sequence[WaiverRule], clusters: Collection[str]
) -> tuple[str, ...]:
    """Return a notice for each waiver whose cluster is not in the configuration at all.

    `clusters` names every cluster of the configuration, selected for this run or not.
    """
    known = {name.casefold() for name in clusters}
    return tuple(
        f'{rule.place}: there is no cluster "{rule.cluster}";'
        f" {_correction_hint(rule.cluster, clusters)}."
        for rule in rules
        if rule.cluster.casefold() not in known
    )


def _finding_scope(finding: Finding) -> tuple[str, str, str]:
    subject = finding.subject.name.casefold()
    return finding.recommendation, finding.cluster.casefold(), subject


def _waive_finding(
    finding: Finding, rules: Mapping[tuple[str, str, str], WaiverRule], today: date
) -> Finding:
    rule = rules.get(_finding_scope(finding))
    if rule is None or today > rule.expires or finding.verdict not in _WAIVABLE_VERDICTS:
        return finding
    waiver = Waiver(rule.reason, rule.owner, rule.expires.isoformat(), finding.verdict)
    return replace(finding, verdict=Verdict.WAIVED, waiver=waiver)


def _waiver_notices(
    rule: WaiverRule, finding: Finding | None, cluster: ClusterReport, today: date
) -> Iterator[str]:
    """Say what is to be done about one waiver; `finding` is the one it matches, unwaived."""
    what = f"{rule.place}: {rule.recommendation} on {rule.subject}"
    if finding is None:
        if not _is_topology_unread(cluster):
            subjects = {
                f.subject.name for f in cluster.findings if f.recommendation == rule.recommendation
            }
            yield f"{what} matches no finding; {_correction_hint(rule.subject, subjects)}."
        return
    if finding.verdict in _RESOLVED_VERDICTS:
        yield f"{what} is no longer needed ({finding.verdict.words} now); remove it."
        return
    if finding.verdict is Verdict.UNKNOWN:
        yield f"{what} has no effect: it is unknown now, and what is unknown cannot be waived."
    yield from _expiry_notices(rule, what, today)


def _expiry_notices(rule: WaiverRule, what: str, today: date) -> Iterator[str]:
    if today > rule.expires:
        yield (
            f"{what}: the waiver expired on {rule.expires}, so it is judged without it; "
            f"{rule.owner} mends the difference or renews the waiver."
        )
    elif rule.expires - today <= EXPIRY_NOTICE_PERIOD:
        yield (
            f"{what}: the waiver ends on {rule.expires}; {rule.owner} mends the difference "
            "or renews the waiver."
        )


def _is_topology_unread(cluster: ClusterReport) -> bool:
    """Tell whether the CUCM publisher did not say which nodes there are."""
    return any(e.source is Source.CUCM_AXL and e.reason is not None for e in cluster.coverage)


def _correction_hint(word: str, choices: Collection[str]) -> str:
    close = nearest_choice(word, choices)
    return f'write "{close}" if you mean that, or remove it' if close else "correct or remove it"


@dataclass(frozen=True, slots=True)
class ClusterWaivers:
    """What the waivers of one cluster are; `notices` are on blocks that can never have effect."""

    rules: tuple[WaiverRule, ...] = ()
    notices: tuple[str, ...] = ()


def load_cluster_waivers(
    chosen: Sequence[ClusterSettings],
    configured: Sequence[ClusterSettings],
    option: Path | None,
    known: Collection[str],
) -> Mapping[str, ClusterWaivers]:
    """Return the waivers of the chosen clusters by name; those without a file are left out.

    `option` takes the place of every file that the configuration names. `configured` are all
    clusters of the configuration, `known` the ids of all recommendations that exist.

    Raises:
        ConfigError: a file cannot be read, or one line for every mistake in all of them.
    """
    homes = {settings.name: option or settings.waivers for settings in configured}
    rules = _load_waiver_files({path: None for s in chosen if (path := homes[s.name])}, known)
    accepted: dict[str, ClusterWaivers] = {}
    told: set[Path] = set()
    for settings in chosen:
        path = homes[settings.name]
        if path is None:
            continue
        notices = (
            () if path in told else tuple(_ineffective_waiver_notices(rules[path], path, homes))
        )
        accepted[settings.name] = ClusterWaivers(rules[path], notices)
        told.add(path)
    return accepted


def _load_waiver_files(
    paths: Collection[Path], known: Collection[str]
) -> Mapping[Path, tuple[WaiverRule, ...]]:
    read: dict[Path, tuple[WaiverRule, ...]] = {}
    problems: list[str] = []
    for path in paths:
        try:
            read[path] = load_waiver_file(path, known)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return read


def _ineffective_waiver_notices(
    rules: Sequence[WaiverRule], path: Path, homes: Mapping[str, Path | None]
) -> Iterator[str]:
    """Say which waivers of a file are about no cluster, or about one that another file is for."""
    yield from unknown_cluster_notices(rules, homes)
    elsewhere = {name.casefold(): home for name, home in homes.items() if home != path}
    for rule in rules:
        if rule.cluster.casefold() in elsewhere:
            home = elsewhere[rule.cluster.casefold()]
            place = f"takes its waivers from {home.name}" if home else "names no waiver file"
            yield (
                f'{rule.place} has no effect: cluster "{rule.cluster}" {place}; move the waiver '
                "or correct the key `waivers`."
            )
