"""Applies waivers to the findings of a cluster, and reports those that need attention."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding, Verdict, Waiver
from auditor.text import nearest_choice
from auditor.waivers.load import WaiverRule, load_waiver_file

EXPIRY_NOTICE_PERIOD = timedelta(days=14)
"""How long before its end a waiver is reported."""

# Unknown is not among them: it may hide any difference, also one that was not accepted.
_WAIVABLE_VERDICTS = frozenset({Verdict.DRIFT, Verdict.EXPLAINED})
_RESOLVED_VERDICTS = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})


def apply_waivers(
    cluster: ClusterReport, rules: Sequence[WaiverRule], today: date, judged: Collection[str]
) -> ClusterReport:
    """Return the cluster with its waived findings, and a notice for each waiver to look after.

    Drift and explained become waived if recommendation, cluster and subject match and the waiver
    has not expired by `today`; every other verdict stays. `judged` are the ids that this run
    judged: a waiver for another pack is not stale.
    """
    # No rule is lost here: the loader refuses two waivers of one scope.
    rules_by_scope = {r.scope: r for r in rules if r.cluster.casefold() == cluster.name.casefold()}
    findings = {_finding_scope(finding): finding for finding in cluster.findings}
    notices = [
        notice
        for scope, rule in rules_by_scope.items()
        if rule.recommendation in judged
        for notice in _waiver_notices(rule, findings.get(scope), cluster, today)
    ]
    return replace(
        cluster,
        findings=tuple(_waive_finding(f, rules_by_scope, today) for f in cluster.findings),
        notices=(*cluster.notices, *notices),
    )


def unknown_cluster_notices(
    rules: Sequence[WaiverRule], clusters: Collection[str]
) -> tuple[str, ...]:
    """Return a notice for each waiver whose cluster is not in the configuration.

    `clusters` names every cluster of the configuration, selected for this run or not.
    """
    names = {name.casefold() for name in clusters}
    return tuple(
        f'{rule.place}: there is no cluster "{rule.cluster}";'
        f" {_correction_hint(rule.cluster, clusters)}."
        for rule in rules
        if rule.cluster.casefold() not in names
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
    """Yield what to do about one waiver; `finding` is the one that it matches, before waiving."""
    waiver = f"{rule.place}: {rule.recommendation} on {rule.subject}"
    if finding is None:
        # Where CUCM did not list all nodes, the subject may be one that is missing for that reason,
        # and the advice to remove the waiver would be wrong.
        if cluster.are_nodes_listed:
            subjects = {
                f.subject.name for f in cluster.findings if f.recommendation == rule.recommendation
            }
            yield f"{waiver} matches no finding; {_correction_hint(rule.subject, subjects)}."
        return
    if finding.verdict in _RESOLVED_VERDICTS:
        yield f"{waiver} is no longer needed ({finding.verdict.words} now); remove it."
        return
    # The end is reported too: the waiver may be needed again once the subject can be judged.
    if finding.verdict is Verdict.UNKNOWN:
        yield f"{waiver} has no effect: its verdict is unknown now, and unknown cannot be waived."
    yield from _expiry_notices(rule, waiver, today)


def _expiry_notices(rule: WaiverRule, waiver: str, today: date) -> Iterator[str]:
    if today > rule.expires:
        yield (
            f"{waiver}: the waiver expired on {rule.expires} and has no effect; "
            f"{rule.owner} fixes the difference or renews the waiver."
        )
    elif rule.expires - today <= EXPIRY_NOTICE_PERIOD:
        yield (
            f"{waiver}: the waiver ends on {rule.expires}; {rule.owner} fixes the difference "
            "or renews the waiver."
        )


def _correction_hint(word: str, choices: Collection[str]) -> str:
    close = nearest_choice(word, choices)
    return f'write "{close}" if you mean that, or remove it' if close else "correct or remove it"


@dataclass(frozen=True, slots=True)
class ClusterWaivers:
    """The waivers of one cluster; `notices` are on waivers of its file that can have no effect."""

    rules: tuple[WaiverRule, ...] = ()
    notices: tuple[str, ...] = ()


def load_cluster_waivers(
    chosen: Sequence[ClusterSettings],
    configured: Sequence[ClusterSettings],
    option: Path | None,
    recommendations: Collection[str],
) -> Mapping[str, ClusterWaivers]:
    """Return the waivers of the chosen clusters by name; those without a file are left out.

    `option` replaces every file that the configuration names. `configured` are all clusters of the
    configuration, `recommendations` the ids of all recommendations.

    Raises:
        ConfigError: a file cannot be read, or one line for every mistake in all of them.
    """
    # Of all clusters, not only the chosen ones: a waiver for another cluster that uses the same
    # file has its effect in another run, and is no mistake.
    paths = {settings.name: option or settings.waivers for settings in configured}
    # A dict and not a set: mistakes are reported in the order of the clusters.
    chosen_paths = {path: None for s in chosen if (path := paths[s.name])}
    rules = _load_waiver_files(chosen_paths, recommendations)
    waivers: dict[str, ClusterWaivers] = {}
    # Several clusters may share a file; its notices belong to the first of them.
    reported: set[Path] = set()
    for settings in chosen:
        path = paths[settings.name]
        if path is None:
            continue
        notices = (
            () if path in reported else tuple(_ineffective_waiver_notices(rules[path], path, paths))
        )
        waivers[settings.name] = ClusterWaivers(rules[path], notices)
        reported.add(path)
    return waivers


def _load_waiver_files(
    paths: Collection[Path], recommendations: Collection[str]
) -> Mapping[Path, tuple[WaiverRule, ...]]:
    rules: dict[Path, tuple[WaiverRule, ...]] = {}
    problems: list[str] = []
    # Not stopped by the first bad file: one run shows every mistake.
    for path in paths:
        try:
            rules[path] = load_waiver_file(path, recommendations)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return rules


def _ineffective_waiver_notices(
    rules: Sequence[WaiverRule], path: Path, paths: Mapping[str, Path | None]
) -> Iterator[str]:
    """Yield the waivers of a file for a cluster that does not exist, or that uses another file."""
    yield from unknown_cluster_notices(rules, paths)
    other_paths = {name.casefold(): other for name, other in paths.items() if other != path}
    for rule in rules:
        if rule.cluster.casefold() in other_paths:
            other = other_paths[rule.cluster.casefold()]
            place = f"takes its waivers from {other.name}" if other else "names no waiver file"
            yield (
                f'{rule.place} has no effect: cluster "{rule.cluster}" {place}; move the waiver '
                "or correct the key `waivers`."
            )
