"""Whether a redundancy group can do without what a change stops on one of its nodes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.change.change_check import (
    RESULTS_BY_VERDICT,
    ChangeCheck,
    CheckKind,
    PrecheckResult,
    PrecheckTopic,
)
from auditor.change.stops import ServiceStop, find_connection_stops
from auditor.change.what_if import WhatIfFindings
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Finding, Severity, SubjectKind, Verdict
from auditor.models.nodes import NodeFacts, RunState
from auditor.recommendations.critical_services import is_critical_service, needs_ha_off
from auditor.recommendations.groups import installed_group_nodes
from auditor.recommendations.view import explain_no_response
from auditor.recommendations.vocabulary import Expectation

_OBSTACLES = (Verdict.DRIFT, Verdict.UNKNOWN)
_ROWS_OF_REQUIRED_AXL = ("AXL-01", "AXL-02")


@dataclass(frozen=True, slots=True)
class ServingFindings:
    """What every row, whatever the pack, says of the services that serve the users of a group."""

    facts: ClusterFacts
    judged: WhatIfFindings

    def obstacles(self, node: NodeFacts, services: Collection[str] = ()) -> tuple[Finding, ...]:
        """Return what keeps a node from serving users, or may; drift before what is unknown.

        `services` are those that it is to serve with, beside the ones that every node needs.
        """
        findings = [f for f in self._of_node(node) if self._is_about_serving(node, f, services)]
        drift = [f for f in findings if f.verdict is Verdict.DRIFT]
        # Of several rows on one service, one that knows comes before one that does not.
        judged_services = {
            f.service for f in findings if f.verdict in (Verdict.DRIFT, Verdict.PASS)
        }
        unknown = {
            f.service: f
            for f in findings
            if f.verdict is Verdict.UNKNOWN
            and f.service not in judged_services
            and not self._is_settled(node, f)
        }
        return (*drift, *unknown.values())

    def version_finding(self, group: Group) -> Finding | None:
        """Return whether the nodes of a group run one version."""
        return self._find(Expectation.GROUP_ON_ONE_VERSION, SubjectKind.GROUP, group.name)

    def is_whole(self, group: Group) -> bool:
        """Return whether everything that a failover of a group needs was judged, and passes."""
        members = installed_group_nodes(self.facts, group.name)
        others = [
            self.version_finding(group),
            *(
                self._find(Expectation.REPLICATION_GOOD, SubjectKind.NODE, node.name)
                for node in members
            ),
        ]
        return not any(self.obstacles(node) for node in members) and all(
            finding is not None and finding.verdict not in _OBSTACLES for finding in others
        )

    def _of_node(self, node: NodeFacts) -> list[Finding]:
        return [
            f
            for f in self.judged.complete
            if f.subject.kind is SubjectKind.NODE and f.subject.name == node.name
        ]

    def _find(self, expects: Expectation, kind: SubjectKind, name: str) -> Finding | None:
        return next(
            (
                f
                for f in self.judged.complete
                if self.judged.complete_rows[f.recommendation].expects is expects
                and f.subject.kind is kind
                and f.subject.name.casefold() == name.casefold()
            ),
            None,
        )

    def _is_about_serving(
        self, node: NodeFacts, finding: Finding, services: Collection[str]
    ) -> bool:
        row = self.judged.complete_rows[finding.recommendation]
        if row.service is None:
            return False
        if row.expects is Expectation.ANSWERS:
            return self._requires_axl(node)
        return row.expects is Expectation.RUNNING and (
            row.network
            or row.service in services
            or row.severity is Severity.CRITICAL
            or is_critical_service(self.facts, row.service) is not False
        )

    def _requires_axl(self, node: NodeFacts) -> bool:
        return any(
            f.recommendation in _ROWS_OF_REQUIRED_AXL and f.verdict is not Verdict.NOT_APPLICABLE
            for f in self._of_node(node)
        )

    def _is_settled(self, node: NodeFacts, finding: Finding) -> bool:
        """Return whether the state is known, and only the profile leaves the row undecided.

        Then a service that runs serves, and one that is not activated is taken as not wanted.
        """
        row = self.judged.complete_rows[finding.recommendation]
        state = node.services.get(finding.service or "")
        if row.expects is not Expectation.RUNNING or state is None:
            return False
        return state.activated is False or (
            state.state is RunState.STARTED and (row.network or state.activated is True)
        )


def partner_checks(
    facts: ClusterFacts, stops: Sequence[ServiceStop], serving: ServingFindings
) -> Iterator[ChangeCheck]:
    """Yield what keeps the partner from serving while its node stops to, even for a moment."""
    failovers = [stop for stop in stops if needs_ha_off(facts, stop.service)]
    stops = tuple(dict.fromkeys((*failovers, *find_connection_stops(stops))))
    for group in facts.groups:
        members = installed_group_nodes(facts, group.name)
        of_group = [stop for stop in stops if stop.node in {node.name for node in members}]
        if not of_group or len(members) < 2:
            continue
        versions = serving.version_finding(group)
        # Clients that connect anew cause no failover, which is what versions matter for.
        has_failover = any(stop in failovers for stop in of_group)
        if has_failover and versions is not None and versions.verdict in _OBSTACLES:
            yield _obstacle(CheckKind.VERSIONS_DIFFER, versions)
        for node in members:
            elsewhere = [stop for stop in of_group if stop.node != node.name]
            if elsewhere:
                yield from _node_checks(facts, node, elsewhere, serving)


def _node_checks(
    facts: ClusterFacts, node: NodeFacts, stops: Sequence[ServiceStop], serving: ServingFindings
) -> Iterator[ChangeCheck]:
    first, *others = dict.fromkeys(stop.service for stop in stops)
    check = ChangeCheck(
        topic=PrecheckTopic.GROUP,
        result=PrecheckResult.UNDECIDED,
        kind=CheckKind.PARTNER_UNREAD,
        about=node.name,
        service=first,
        other_services=tuple(others),
        stops_on=tuple(dict.fromkeys(stop.node for stop in stops)),
    )
    if not node.services:
        yield replace(check, details=(explain_no_response(facts, node, Source.CONTROL_CENTER),))
        return
    for finding in serving.obstacles(node, {stop.service for stop in stops}):
        result = RESULTS_BY_VERDICT[finding.verdict]
        yield replace(check, result=result, kind=CheckKind.PARTNER_OBSTACLE, finding=finding)


def _obstacle(kind: CheckKind, finding: Finding) -> ChangeCheck:
    return ChangeCheck(
        topic=PrecheckTopic.GROUP,
        result=RESULTS_BY_VERDICT[finding.verdict],
        kind=kind,
        about=finding.subject.name,
        finding=finding,
    )
