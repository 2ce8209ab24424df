"""Judges external databases as prerequisites: configured, reachable, and one for a file server."""

from dataclasses import replace

from auditor.models.evidence import Evidence, Origin
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts, RunState
from auditor.models.settings import ExternalDatabase, Reach
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.features import (
    declare_key_hint,
    effective_setting,
    evaluate_feature,
    setting_covers_node,
)
from auditor.recommendations.logic import Evaluation, all_of, unique
from auditor.recommendations.prerequisites import judge_prerequisite, judge_proven_by_start
from auditor.recommendations.view import Judgement, NodeView
from auditor.service_names import FILE_TRANSFER_MANAGER, MESSAGE_ARCHIVER, TEXT_CONFERENCE_MANAGER

_DATABASE_USES = {
    TEXT_CONFERENCE_MANAGER: "permanent_chat",
    MESSAGE_ARCHIVER: "compliance",
    FILE_TRANSFER_MANAGER: "managed_file_transfer",
}
"""The `used_by` of a database for each service that needs one."""

# A firewall may drop what a host would refuse, so one means no more than the other.
_FAILED_REACH = frozenset({Reach.REFUSED, Reach.TIMED_OUT})

_LIST_DATABASE_HINT = make_statement(Form.LIST_DATABASE)


def judge_database_configured(view: NodeView) -> Judgement:
    """Judge whether an external database is configured for the service on a node."""
    use = _DATABASE_USES[view.row.service or ""]
    expected = make_statement(Form.DATABASE_EXPECTED, use=use, node=view.node.name)
    # A declared feature makes the list of databases complete. Without this, a healthy cluster would
    # drift until the operator has listed them all.
    if _is_database_undeclared(view, use) and view.service.run is RunState.STARTED:
        return judge_proven_by_start(view, expected)
    return judge_prerequisite(view, expected, _evaluate_database(view, use))


def judge_database_reachable(view: NodeView) -> Judgement:
    """Judge whether that database is configured and accepts a connection from this machine."""
    use = _DATABASE_USES[view.row.service or ""]
    expected = make_statement(Form.DATABASE_REACHABLE_EXPECTED, use=use, node=view.node.name)
    configured = _evaluate_database(view, use)
    if _is_database_undeclared(view, use) and view.service.run is RunState.STARTED:
        return _judge_unlisted_database(view, expected, use)
    if not configured.value:
        return judge_prerequisite(view, expected, configured)
    return _judge_database_tests(view, expected, _databases_for_node(view, use))


def judge_file_server(view: NodeView) -> Judgement:
    """Judge whether a node has a file server and a database that no other node uses."""
    expected = make_statement(Form.FILE_SERVER_EXPECTED, node=view.node.name)
    server = evaluate_feature(view.facts, "file_server_configured", view.node)
    own = _evaluate_own_database(view)
    # It starts only with both (configuration guide 15, managed file transfer), which does not show
    # that no other node uses the database.
    if (
        server.value is not False
        and own.value is False
        and view.service.run is RunState.STARTED
        and not _lists_database(view, _DATABASE_USES[FILE_TRANSFER_MANAGER])
    ):
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            make_statement(Form.UNKNOWN_WHETHER, what=make_statement(Form.DATABASE_IS_OWN)),
            view.service_statement(Form.STARTED_WITH_FILE_SERVER),
            hints=unique((*server.hints, _LIST_DATABASE_HINT)),
            evidence=view.service.evidence,
        )
    return judge_prerequisite(view, expected, all_of(server, own))


def _lists_database(view: NodeView, use: str) -> bool:
    """Return whether the file lists a database for a use, on any node."""
    return any(
        use in database.used_by and database.origin is not Origin.DISCOVERED
        for database in view.facts.databases
    )


def _is_database_undeclared(view: NodeView, use: str) -> bool:
    """Return whether the file lists no database for a use, on any node, and does not rule it out.

    What the cluster's own tables list contradicts nothing that runs.
    """
    setting = effective_setting(view.facts, use)
    ruled_out = setting is not None and not setting.on
    return not ruled_out and not any(
        use in database.used_by
        and (database.origin is not Origin.DISCOVERED or _database_serves_node(database, view.node))
        for database in view.facts.databases
    )


def _judge_unlisted_database(view: NodeView, expected: Statement, use: str) -> Judgement:
    """Return unknown: the service started with its database, which may be lost since."""
    service = view.service
    undeclared = effective_setting(view.facts, use) is None
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        make_statement(Form.UNKNOWN_WHETHER, what=make_statement(Form.ITS_DATABASE_REACHABLE)),
        view.service_statement(Form.STARTED_WITH_DATABASE),
        hints=(*((declare_key_hint(use),) if undeclared else ()), _LIST_DATABASE_HINT),
        evidence=service.evidence,
    )


def _databases_for_node(view: NodeView, use: str) -> list[ExternalDatabase]:
    databases = [
        database
        for database in view.facts.databases
        if use in database.used_by and _database_serves_node(database, view.node)
    ]
    return sorted(databases, key=lambda database: database.name)


def _database_serves_node(database: ExternalDatabase, node: NodeFacts) -> bool:
    if database.nodes is None:
        return True
    return node.name.casefold() in {name.casefold() for name in database.nodes}


def _evaluate_database(view: NodeView, use: str) -> Evaluation:
    """Return whether a database is listed for a use on a node.

    The list of databases is complete once the feature that needs them is declared true.
    """
    databases = _databases_for_node(view, use)
    if databases:
        reason = make_statement(
            Form.DATABASE_CONFIGURED, databases=_names(databases), use=use, node=view.node.name
        )
        hints = _discovered_hints(databases)
        return Evaluation(True, (reason,), hints, _database_evidence(databases))
    reason = make_statement(Form.NO_DATABASE, use=use, node=view.node.name)
    setting = effective_setting(view.facts, use)
    if setting is None or not setting.on or setting.origin is Origin.DISCOVERED:
        undeclared = make_statement(Form.KEY_NOT_DECLARED_TRUE, key=use)
        hints = (declare_key_hint(use), _LIST_DATABASE_HINT)
        return Evaluation(None, (reason, undeclared), hints)
    return Evaluation(False, (reason,), (_LIST_DATABASE_HINT,))


def _evaluate_own_database(view: NodeView) -> Evaluation:
    """Return whether a node has a database of its own: one that other nodes use does not count."""
    use = _DATABASE_USES[FILE_TRANSFER_MANAGER]
    configured = _evaluate_database(view, use)
    setting = effective_setting(view.facts, use)
    others = [
        node
        for node in view.facts.installed_nodes
        if node != view.node and setting is not None and setting_covers_node(setting, node.name)
    ]
    databases = _databases_for_node(view, use)
    # The configuration guide 15 asks for one logical database for each node here.
    shared = [any(_database_serves_node(d, node) for node in others) for d in databases]
    if not all(shared) or not databases:
        return configured
    reason = make_statement(Form.DATABASE_SHARED, databases=_names(databases), node=view.node.name)
    return Evaluation(False, (reason,), (_LIST_DATABASE_HINT,), configured.evidence)


def _names(databases: list[ExternalDatabase]) -> tuple[str, ...]:
    return tuple(database.name for database in databases)


def _discovered_hints(databases: list[ExternalDatabase]) -> tuple[Statement, ...]:
    """Return the advice to list databases of which none is in the file."""
    discovered = all(database.origin is Origin.DISCOVERED for database in databases)
    return (_LIST_DATABASE_HINT,) if discovered else ()


def _database_evidence(databases: list[ExternalDatabase]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            database.origin,
            "external_database",
            make_statement(
                Form.DATABASE,
                name=database.name,
                type=database.type,
                address=f"{database.host}:{database.port}" if database.host else "",
            ),
        )
        for database in databases
    )


def _judge_database_tests(
    view: NodeView, expected: Statement, databases: list[ExternalDatabase]
) -> Judgement:
    """Judge the databases of a node by the worst of their connection tests."""
    results = {database.reach for database in databases}
    names = _names(databases)
    judgement = Judgement(
        Verdict.PASS,
        expected,
        make_statement(Form.DATABASE_REPLIED, databases=names),
        make_statement(Form.TESTED_FROM_HERE),
        hints=_discovered_hints(databases),
        evidence=(*_database_evidence(databases), *_connection_test_evidence(databases)),
    )
    # The worst first: one database that fails is enough to stop the service.
    if results & _FAILED_REACH:
        return _judge_unreachable_database(view, judgement, names)
    if Reach.UNKNOWN in results:
        what = make_statement(Form.DATABASE_REACHABLE, databases=names)
        because = make_statement(Form.TEST_INCONCLUSIVE)
        hint = make_statement(Form.TEST_DATABASE, databases=names, node=view.node.name)
        unplaced = next((d for d in databases if d.reach is Reach.UNKNOWN and not d.host), None)
        if unplaced is not None:
            because = make_statement(Form.NOTE, detail=unplaced.reach_text)
            hint = _LIST_DATABASE_HINT
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            observed=make_statement(Form.UNKNOWN_WHETHER, what=what),
            because=because,
            hints=(hint,),
        )
    # The operator turned the test off (`probe = false`): then only the configuration is judged.
    if Reach.NOT_TRIED in results:
        return replace(
            judgement,
            observed=make_statement(Form.DATABASE_NOT_TESTED, databases=names),
            because=make_statement(Form.TEST_TURNED_OFF),
        )
    return judgement


def _connection_test_evidence(databases: list[ExternalDatabase]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            Origin.OBSERVED,
            make_statement(Form.CONNECTION_TO, address=f"{database.host}:{database.port}"),
            make_statement(Form.NOTE, detail=database.reach_text),
        )
        for database in databases
        if database.reach_text and database.host
    )


def _judge_unreachable_database(
    view: NodeView, judgement: Judgement, names: tuple[str, ...]
) -> Judgement:
    service = view.service
    judgement = replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        observed=make_statement(Form.DATABASE_SILENT, databases=names),
        hints=(make_statement(Form.TEST_DATABASE_FROM_NODE, node=view.node.name),),
        evidence=(*judgement.evidence, *service.evidence),
    )
    # The test alone is not enough, because it comes from this machine and not from the node; a
    # stopped service confirms it.
    if service.run is RunState.STOPPED:
        return replace(
            judgement,
            verdict=Verdict.DRIFT,
            because=view.service_statement(Form.STOPPED_WITHOUT_DATABASE),
            kind=FindingKind.PREREQUISITE_MISSING,
            hints=(),
        )
    possible = make_statement(
        Form.FIREWALL_POSSIBLE, service=view.row.service or "", state=service.run
    )
    return replace(judgement, because=service.why or possible)
