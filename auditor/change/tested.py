"""A profile that is tested before it is true: what it asks for besides the change."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.change.decision import Answer, Point, Topic, supposed, weighed
from auditor.change.judged import Judged
from auditor.change.words import words
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.compare.announced import Feature
from auditor.facts import Origin
from auditor.findings import Finding, Severity, SubjectKind
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS, Expectation


def features(facts: ClusterFacts, filed: ClusterFacts) -> tuple[Feature, ...]:
    """Return the deployment keys that the tested profile has and the file has otherwise."""
    both = ((key, _declared(filed, key), _declared(facts, key)) for key in DEPLOYMENT_KEYS)
    return tuple(Feature(key, was, told) for key, was, told in both if told and told != was)


def _declared(facts: ClusterFacts, key: str) -> str | None:
    tellings = facts.settings.get(key, ())
    return next((words(told) for told in tellings if told.origin is Origin.DECLARED), None)


def points(
    judged: Judged,
    changes: Sequence[Change],
    tested: Sequence[Feature],
    fail_on: Severity,
) -> Iterator[Point]:
    """Yield what the tested profile asks for where the change does not reach."""
    told = " and ".join(f"{feature.key} = {feature.tested}" for feature in tested)
    for finding in besides(judged, changes):
        point = supposed(Topic.FEATURE, finding, f"With {told}")
        if point.answer is Answer.NO_GO:
            point = replace(point, remedy=_remedy(finding, judged, changes))
        yield weighed(point, finding, fail_on)


def besides(judged: Judged, changes: Sequence[Change]) -> list[Finding]:
    """Return what the tested profile makes differ or unknown, the services of the change apart."""
    about = {(change.node, change.service) for change in changes}
    return [f for f in judged.asked_besides() if (f.subject.name, f.service) not in about]


def _remedy(finding: Finding, judged: Judged, changes: Sequence[Change]) -> str:
    expects = judged.rows[finding.recommendation].expects
    if expects is Expectation.PROFILE_AGREES:
        return "Configure it so in the administration of the cluster first, then check again."
    changed = {change.service for change in changes if change.activate}
    on_node = finding.subject.kind is SubjectKind.NODE
    if on_node and expects is Expectation.RUNNING and finding.service in changed:
        name = finding.subject.name
        return (
            f"Name {name} with --on too; or, if {name} is not to have it, give the feature as the "
            "list of nodes that are."
        )
    return finding.remedy
