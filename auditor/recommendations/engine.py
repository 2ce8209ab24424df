"""Judges facts by recommendations: pure, and exactly one finding for each row and subject."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts, list_unread_servers
from auditor.models.findings import (
    Finding,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.models.forms import Form
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.absent_features import judge_absent_feature
from auditor.recommendations.awaited import find_servers_of_hints
from auditor.recommendations.certificates import judge_cucm_certificate, view_cucm_publisher
from auditor.recommendations.conditions import evaluate_condition, evaluate_listed
from auditor.recommendations.consulted import ConsultedSettings, differing_settings
from auditor.recommendations.discovered import (
    drop_contradicted_facts,
    drop_discovered_facts,
    require_confirmation,
    verdicts_to_confirm,
)
from auditor.recommendations.ha import judge_pair
from auditor.recommendations.logic import (
    ALWAYS_TRUE,
    Evaluation,
    all_of,
    any_of,
    negate_exception,
    unique,
)
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.profile import judge_declared_key, judge_declared_names, profile_keys
from auditor.recommendations.releases import evaluate_release_range
from auditor.recommendations.remedies import remedy_statements
from auditor.recommendations.scopes import evaluate_routing_node, evaluate_scope
from auditor.recommendations.services import judge_node
from auditor.recommendations.sharing import SharedParts
from auditor.recommendations.versions import (
    judge_cluster_version,
    judge_cucm_release,
    judge_group_version,
)
from auditor.recommendations.view import Judgement, NodeView
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode


@dataclass(frozen=True, slots=True)
class _JudgeContext:
    """The facts, the same without what was only discovered, and the ids of the rows judged.

    `confirmed` is None where nothing was only discovered; `differing` are the settings in which it
    differs from the facts, None where it differs in more. `consulted` are the settings of `facts`.
    `unread` are the servers that could not be read. `shared_parts` are those of all findings.
    """

    facts: ClusterFacts
    consulted: ConsultedSettings
    confirmed: ClusterFacts | None
    differing: frozenset[str] | None
    loaded: frozenset[str]
    unread: tuple[str, ...]
    shared_parts: SharedParts

    def may_judge_otherwise(self) -> bool:
        """Return whether the row judged last may come out otherwise by the confirmed facts."""
        return self.differing is None or self.consulted.has_consulted(self.differing)


def judge_facts(
    recommendations: Sequence[Recommendation], facts: ClusterFacts
) -> tuple[Finding, ...]:
    """Return one finding for every row of an audit and every subject of its kind, in order.

    Rows that only count before a change (CAU-01) give none.
    """
    rows = [row for row in recommendations if row.mode is JudgingMode.AUDIT]
    # By all that was read: a machine that answered in place of a node was not unreadable.
    unread = list_unread_servers(facts.nodes, facts.coverage)
    # Before discovery is taken away, so that both judgings lack the same replies.
    facts = drop_contradicted_facts(facts)
    confirmed = drop_discovered_facts(facts)
    consulted = ConsultedSettings(facts.settings)
    context = _JudgeContext(
        replace(facts, settings=consulted),
        consulted,
        # Where nothing was only discovered, a second judging would find the same.
        None if confirmed == facts else confirmed,
        differing_settings(facts, confirmed),
        frozenset(row.id for row in rows),
        unread,
        SharedParts(),
    )
    findings = (
        _judge_subject(context, row, name) for row in rows for name in _subject_names(row, facts)
    )
    return tuple(sorted(findings, key=finding_sort_key))


def _subject_names(row: Recommendation, facts: ClusterFacts) -> Iterator[str]:
    match row.subject:
        case SubjectKind.NODE:
            yield from (node.name for node in facts.nodes)
        case SubjectKind.GROUP:
            yield from (group.name for group in facts.groups)
        case SubjectKind.KEY:
            yield from profile_keys(facts)
        case SubjectKind.CLUSTER:
            yield facts.name


def _judge_subject(context: _JudgeContext, row: Recommendation, name: str) -> Finding:
    context.consulted.clear()
    judgement = _judge_expectation(context, row, context.facts, name)
    if (
        context.confirmed
        and context.may_judge_otherwise()
        and judgement.verdict in verdicts_to_confirm(context.facts)
        # PROFILE-01 compares the file with what was discovered. Without it there is nothing to
        # compare, and each pass would become unknown. By the nodes of an earlier run it should.
        and (row.expects is not Expectation.PROFILE_AGREES or context.facts.topology_recorded_at)
    ):
        confirmed = _judge_expectation(context, row, context.confirmed, name)
        judgement = require_confirmation(judgement, confirmed, context.facts)
    drift = judgement.verdict is Verdict.DRIFT
    # A role that was only discovered must not make a drift milder than an unknown one does.
    certain = context.confirmed or context.facts
    remedy = _remedy_statements(context, row, judgement, name)
    is_unknown = judgement.verdict is Verdict.UNKNOWN
    shared = context.shared_parts
    return Finding(
        cluster=context.facts.name,
        recommendation=row.id,
        service=row.service,
        subject=shared.share(FindingSubject(row.subject, name)),
        verdict=judgement.verdict,
        severity=_effective_severity(row, certain, name),
        expected=shared.share(judgement.expected),
        observed=shared.share(judgement.observed),
        because=shared.share(judgement.because or _default_reason(row.id)),
        kind=judgement.kind,
        consequence=_effective_consequence(row, certain, name) if drift else "",
        remedy=shared.share_all(remedy),
        evidence=shared.share_all(judgement.evidence),
        waits_for=find_servers_of_hints(context.facts, context.unread, remedy)
        if is_unknown
        else (),
    )


@cache
def _default_reason(recommendation: str) -> Statement:
    return make_statement(Form.ROW_FOR_EVERY_NODE, recommendation=recommendation)


def _remedy_statements(
    context: _JudgeContext, row: Recommendation, judgement: Judgement, name: str
) -> tuple[Statement, ...]:
    if judgement.verdict not in (Verdict.DRIFT, Verdict.UNKNOWN):
        return ()
    needed = _evaluate_need(context, row, name)
    if row.remedy_without is not None and needed.value is False:
        return remedy_statements(row.remedy_without, _command_node(row, name))
    # The remedy of the row would change a cluster that may be right; first it must be known.
    if judgement.verdict is Verdict.UNKNOWN:
        return judgement.hints
    remedy = row.remedy.get(judgement.kind) if judgement.kind else None
    if row.remedy_ha_off is not None and judgement.observed.form is Form.HA_SWITCHED_OFF:
        remedy = row.remedy_ha_off
    if remedy is None:
        return ()
    return (*remedy_statements(remedy, _command_node(row, name)), *needed.hints)


def _evaluate_need(context: _JudgeContext, row: Recommendation, name: str) -> Evaluation:
    """Return whether the feature of `remedy_without` is in use on a node with its service.

    Only the file can say that it is absent: a table that shows none may be misread.
    """
    facts = context.confirmed or context.facts
    node = next((node for node in facts.nodes if node.name == name), None)
    if row.remedy_without is None or node is None:
        return ALWAYS_TRUE
    view = NodeView(facts, node, row)
    # Only what is certainly activated can be deactivated.
    if not view.service.state.activated:
        return ALWAYS_TRUE
    return evaluate_condition(row.remedy_without.feature, view)


def _command_node(row: Recommendation, name: str) -> str:
    """Return the node on which a command is to be run, empty for a wider subject."""
    return name if row.subject is SubjectKind.NODE else ""


def _effective_severity(row: Recommendation, facts: ClusterFacts, name: str) -> Severity:
    condition = _first_that_holds(row.severity_when, row, facts, name)
    return row.severity_when[condition] if condition else row.severity


def _effective_consequence(row: Recommendation, facts: ClusterFacts, name: str) -> str:
    condition = _first_that_holds(row.consequence_when, row, facts, name)
    return row.consequence_when[condition] if condition else row.consequence


def _first_that_holds(
    conditions: Collection[Condition], row: Recommendation, facts: ClusterFacts, name: str
) -> Condition | None:
    """Return the first condition that holds for a node, or for any node of a wider subject."""
    for view in _views_of_subject(row, facts, name) if conditions else ():
        for condition in conditions:
            # Unknown is not enough: the row's own value is the usual one, and a guess would
            # replace it.
            if evaluate_condition(condition, view).value:
                return condition
    return None


def _views_of_subject(row: Recommendation, facts: ClusterFacts, name: str) -> Iterator[NodeView]:
    if row.expects is Expectation.CUCM_CERTIFICATE_VALID:
        yield view_cucm_publisher(facts, row)
        return
    for node in facts.nodes:
        if row.subject is not SubjectKind.NODE or node.name == name:
            yield NodeView(facts, node, row)


def _judge_expectation(
    context: _JudgeContext, row: Recommendation, facts: ClusterFacts, name: str
) -> Judgement:
    match row.expects:
        case Expectation.PAIR_HEALTHY:
            return judge_pair(facts, name)
        case Expectation.PROFILE_AGREES:
            return judge_declared_key(facts, name)
        case Expectation.PROFILE_NAMES_EXIST:
            return judge_declared_names(facts, name)
        case Expectation.GROUP_ON_ONE_VERSION:
            return judge_group_version(facts, name)
        case Expectation.CLUSTER_ON_ONE_VERSION:
            return judge_cluster_version(facts)
        case Expectation.RELEASE_OF_CUCM:
            return judge_cucm_release(facts)
        case Expectation.ABSENT_FEATURE_IS_OFF:
            return judge_absent_feature(facts, row, name, context.loaded)
        case Expectation.CUCM_CERTIFICATE_VALID:
            return judge_cucm_certificate(view_cucm_publisher(facts, row))
    # CONFIRMED has no judge, neither here nor in `services`. Only CAU-01 expects it, no interface
    # shows what it asks for, and it is judged before a change alone: `judge_facts` drops the row,
    # and `change.checks` leaves it to the engineer.
    node = next(node for node in facts.nodes if node.name == name)
    return _judge_row_on_node(NodeView(facts, node, row))


def _judge_row_on_node(view: NodeView) -> Judgement:
    name = view.node.name
    # Before everything else: a planned node is asked nothing, so all of it would be unknown.
    if view.node.planned:
        names = make_statement(Form.NAMES, names=(name,))
        planned = Evaluation(
            False,
            (make_statement(Form.NODE_PLANNED, node=name),),
            evidence=(Evidence(Origin.DECLARED, "planned_nodes", names),),
        )
        return _judgement_not_applicable(view, planned)
    applies = evaluate_applicability(view)
    if applies.value is False:
        return _judgement_not_applicable(view, applies)
    if applies.value is None:
        return _judgement_undecided(view, applies)
    judgement = judge_node(view)
    # The usual case, and a copy costs as much as the judgement.
    if applies is ALWAYS_TRUE:
        return judgement
    return Judgement(
        verdict=judgement.verdict,
        expected=judgement.expected,
        observed=judgement.observed,
        because=judgement.because or applies.because,
        kind=judgement.kind,
        hints=unique((*judgement.hints, *applies.hints)),
        evidence=unique((*applies.evidence, *judgement.evidence)),
    )


def evaluate_applicability(view: NodeView) -> Evaluation:
    """Return whether a row is to be judged on a node."""
    row = view.row
    applies = all_of(evaluate_condition(row.applies, view), evaluate_scope(row.on, view))
    # An activated service needs its prerequisite, whatever the file declares of the feature.
    if row.or_activated:
        applies = any_of(applies, evaluate_condition(Condition.SERVICE_ACTIVATED, view))
    unless = (
        ALWAYS_TRUE
        if row.unless is None
        else negate_exception(evaluate_condition(row.unless, view))
    )
    routing = ALWAYS_TRUE if row.routing_nodes else negate_exception(evaluate_routing_node(view))
    listed = evaluate_listed(view) if row.if_listed else ALWAYS_TRUE
    bounds = (row.releases.start, row.releases.below)
    # Most rows hold for every release, and to find that of the cluster looks at every node.
    release = evaluate_release_range(view.facts.release, *bounds) if any(bounds) else ALWAYS_TRUE
    # The first that is false gives the only reason, so the most basic comes first: that a release
    # has no such service explains more than that a feature is not in use.
    return all_of(release, listed, applies, unless, routing)


def _judgement_not_applicable(view: NodeView, applies: Evaluation) -> Judgement:
    return Judgement(
        Verdict.NOT_APPLICABLE,
        make_statement(Form.ROW_NOT_APPLICABLE, recommendation=view.row.id, node=view.node.name),
        _observed_statement(view),
        applies.because,
        hints=applies.hints,
        evidence=applies.evidence,
    )


def _judgement_undecided(view: NodeView, applies: Evaluation) -> Judgement:
    service_evidence = view.service.evidence if view.row.service else ()
    return Judgement(
        Verdict.UNKNOWN,
        make_statement(
            Form.ROW_IF_APPLICABLE,
            title=view.row.title,
            recommendation=view.row.id,
            node=view.node.name,
        ),
        _observed_statement(view),
        applies.because,
        hints=applies.hints,
        evidence=unique((*applies.evidence, *service_evidence)),
    )


def _observed_statement(view: NodeView) -> Statement:
    # A planned node has no service row for a reason; "unknown" would look like a failure.
    if view.node.planned or not view.row.service:
        return make_statement(Form.NOT_EXAMINED, node=view.node.name)
    return view.service.observed
