"""Whether what hangs on a feature that is declared absent is off (PROFILE-03)."""

from dataclasses import replace

from auditor.cluster import ClusterFacts, Setting
from auditor.facts import Evidence, Origin, RunState
from auditor.findings import Kind, Verdict
from auditor.recommendations.conditions import deciding, holds
from auditor.recommendations.draft import Draft
from auditor.recommendations.model import Recommendation, Watch
from auditor.recommendations.profile import PREFIX, installed, nothing
from auditor.recommendations.scopes import within
from auditor.recommendations.truth import Truth, either
from auditor.recommendations.view import Seen, View, look


def absent_is_off(
    facts: ClusterFacts, row: Recommendation, key: str, loaded: frozenset[str]
) -> Draft:
    """Judge whether the services of a feature that is declared absent are off (PROFILE-03).

    `loaded` holds the ids of all rows that are judged: where one of them asks for the service
    whatever the feature, this row yields.
    """
    expected = f"No service runs for the feature that `{key}` declares absent."
    watch = next((w for w in row.watches if f"{PREFIX}{w.key}" == key), None)
    if watch is None:
        return nothing(expected, f'No service hangs on `{key}` by an "if" of the table.')
    told = deciding(facts, watch.key)
    if told is None or told.on or told.origin is Origin.DISCOVERED:
        return nothing(expected, f"`{key}` is not declared absent.")
    yielded = sorted(loaded & set(watch.yields_to))
    if yielded:
        return nothing(expected, f"{' and '.join(yielded)} ask for these services in any case.")
    return _watched(facts, row, watch, expected, told)


def _watched(
    facts: ClusterFacts, row: Recommendation, watch: Watch, expected: str, told: Setting
) -> Draft:
    views = [View(facts, node, row) for node in installed(facts)]
    if not views:
        text = "No node is known to look at."
        hint = "Make AXL of the CUCM publisher answer, or declare the nodes in [[cluster.node]]."
        return Draft(Verdict.UNKNOWN, expected, text, text, hint=hint)
    placed = [(view, within(watch.on, view)) for view in views]
    seen = [
        look(facts, view.node, service)
        for view, place in placed
        if place.value is not False
        for service in watch.services
    ]
    running = [one for one in seen if one.run is RunState.STARTED]
    open_ones = [one for one in seen if one.run is not RunState.STOPPED and one not in running]
    wanted = _wanted(watch, views)
    unplaced = [place for _, place in placed if place.value is None]
    declared = Evidence(told.origin, told.source, f"`{watch.key}` is false.")
    if running and not unplaced and not wanted.value:
        return _runs(watch, expected, running, wanted, declared)
    if wanted.value:
        because = f"{wanted.sentence.rstrip('.')}, which asks for the service."
        return Draft(
            Verdict.PASS, expected, because, because, hint=wanted.hint, evidence=wanted.evidence
        )
    draft = _quiet(watch, expected, [*open_ones, *(running if unplaced else [])], declared)
    if draft.verdict is Verdict.PASS and not facts.topology_observed:
        observed = f"{draft.observed.rstrip('.')} on the nodes that are known."
        because = "The CUCM publisher did not tell all nodes of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return replace(
            draft, verdict=Verdict.UNKNOWN, observed=observed, because=because, hint=hint
        )
    return draft


def _wanted(watch: Watch, views: list[View]) -> Truth:
    """Tell whether another feature asks for the services on any node."""
    if not watch.unless:
        return Truth(False)
    return either(*(holds(condition, view) for view in views for condition in watch.unless))


def _sentence(seen: list[Seen]) -> str:
    return f"{' and '.join(one.observed.rstrip('.') for one in seen)}."


def _runs(
    watch: Watch, expected: str, running: list[Seen], wanted: Truth, declared: Evidence
) -> Draft:
    observed = _sentence(running)
    evidence = (declared, *(piece for one in running for piece in one.evidence))
    if wanted.value is None:
        because = f"{wanted.sentence.rstrip('.')}, which may ask for the service."
        return Draft(
            Verdict.UNKNOWN, expected, observed, because, hint=wanted.hint, evidence=evidence
        )
    because = f"`{watch.key}` is declared false, and Cisco asks for the service only with it."
    return Draft(
        Verdict.DRIFT, expected, observed, because, Kind.PROFILE_CONFLICT, evidence=evidence
    )


def _quiet(watch: Watch, expected: str, open_ones: list[Seen], declared: Evidence) -> Draft:
    if open_ones:
        observed = _sentence(open_ones)
        because = open_ones[0].why or "Whether it runs is not settled."
        hint = open_ones[0].hint or "Audit again once the service has settled."
        evidence = (declared, *(piece for one in open_ones for piece in one.evidence))
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    observed = f"{' and '.join(watch.services)} does not run."
    because = f"`{watch.key}` is declared false."
    return Draft(Verdict.PASS, expected, observed, because, evidence=(declared,))
