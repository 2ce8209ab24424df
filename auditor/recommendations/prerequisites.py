"""What must be configured before a service may be turned on (the table's notes)."""

from auditor.models.facts import Evidence, ExternalDatabase, NodeFacts, Origin, Reach, RunState
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.conditions import (
    declare_key_hint,
    effective_setting,
    evaluate_feature,
    setting_covers_node,
)
from auditor.recommendations.logic import Evaluation, all_of
from auditor.recommendations.view import Judgement, NodeView
from auditor.service_names import FILE_TRANSFER_MANAGER, MESSAGE_ARCHIVER, TEXT_CONFERENCE_MANAGER
from auditor.text import join_sorted_names

_DATABASE_USES = {
    TEXT_CONFERENCE_MANAGER: "permanent_chat",
    MESSAGE_ARCHIVER: "compliance",
    FILE_TRANSFER_MANAGER: "managed_file_transfer",
}
"""Which `used_by` of a database stands for which service."""

_FAILED_REACH = frozenset({Reach.REFUSED, Reach.TIMED_OUT})
_LIST_DATABASE_HINT = "List its database in [[cluster.external_database]]."


def judge_database_configured(view: NodeView) -> Judgement:
    """Judge whether an external database is configured for the service on a node."""
    use = _DATABASE_USES[view.row.service or ""]
    expected = f"An external database for `{use}` is configured on {view.node.name}."
    return _judge_prerequisite(view, expected, _evaluate_database(view, use))


def judge_database_reachable(view: NodeView) -> Judgement:
    """Judge whether that database is configured and answers a connection from this machine."""
    use = _DATABASE_USES[view.row.service or ""]
    expected = f"An external database for `{use}` is configured on {view.node.name} and reachable."
    configured = _evaluate_database(view, use)
    if not configured.value:
        return _judge_prerequisite(view, expected, configured)
    return _judge_database_tests(view, expected, _databases_for_node(view, use))


def judge_xmpp_federation(view: NodeView) -> Judgement:
    """Judge whether XMPP federation is turned on in the administration of a node."""
    key, name = "xmpp_federation_enabled_on", view.node.name
    expected = f"XMPP federation is turned on in the administration of {name}."
    told, deployed = (
        effective_setting(view.facts, key),
        effective_setting(view.facts, "xmpp_federation"),
    )
    truth = evaluate_feature(view.facts, key, view.node)
    certain = deployed is not None and deployed.on and deployed.origin is not Origin.DISCOVERED
    if told is None and certain:
        truth = Evaluation(False, f"`{key}` names no node", declare_key_hint(key))
    return _judge_prerequisite(view, expected, truth)


def judge_ldap_search(view: NodeView) -> Judgement:
    """Judge whether the LDAP contact search of third-party XMPP clients is configured."""
    expected = "The LDAP contact search for third-party XMPP clients is configured."
    return _judge_prerequisite(
        view, expected, evaluate_feature(view.facts, "third_party_ldap_search_configured")
    )


def judge_file_server(view: NodeView) -> Judgement:
    """Judge whether a node has a file server and a database that no other node uses."""
    expected = f"{view.node.name} has an external file server and a database of its own."
    server = evaluate_feature(view.facts, "file_server_configured", view.node)
    return _judge_prerequisite(view, expected, all_of(server, _evaluate_own_database(view)))


def _databases_for_node(view: NodeView, use: str) -> list[ExternalDatabase]:
    return [
        d for d in view.facts.databases if use in d.used_by and _database_serves_node(d, view.node)
    ]


def _database_serves_node(database: ExternalDatabase, node: NodeFacts) -> bool:
    if database.nodes is None:
        return True
    return node.name.casefold() in {name.casefold() for name in database.nodes}


def _evaluate_database(view: NodeView, use: str) -> Evaluation:
    """The list of databases is complete once the feature that needs them is declared true."""
    found = _databases_for_node(view, use)
    if found:
        clause = f"database {_database_names(found)} is configured for `{use}` on {view.node.name}"
        guessed = all(d.origin is Origin.DISCOVERED for d in found)
        return Evaluation(
            True, clause, _LIST_DATABASE_HINT if guessed else "", _database_evidence(found)
        )
    clause = f"no external database is listed for `{use}` on {view.node.name}"
    told = effective_setting(view.facts, use)
    if told is None or not told.on or told.origin is Origin.DISCOVERED:
        return Evaluation(
            None,
            f"{clause}, and nobody declared `{use}` true",
            f"{declare_key_hint(use)} {_LIST_DATABASE_HINT}",
        )
    return Evaluation(False, clause, _LIST_DATABASE_HINT)


def _evaluate_own_database(view: NodeView) -> Evaluation:
    """One logical database a node: one that a second node uses as well does not count."""
    use = _DATABASE_USES[FILE_TRANSFER_MANAGER]
    configured = _evaluate_database(view, use)
    told = effective_setting(view.facts, use)
    others = [
        node
        for node in view.facts.nodes
        if not node.planned
        and node != view.node
        and told is not None
        and setting_covers_node(told, node)
    ]
    found = _databases_for_node(view, use)
    if not found or any(not any(_database_serves_node(d, node) for node in others) for d in found):
        return configured
    clause = f"database {_database_names(found)} serves {view.node.name} and other nodes alike"
    return Evaluation(False, clause, _LIST_DATABASE_HINT, configured.evidence)


def _database_names(databases: list[ExternalDatabase]) -> str:
    return join_sorted_names(d.name for d in databases)


def _database_evidence(databases: list[ExternalDatabase]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(d.origin, "external_database", f"{d.name} ({d.type}){_database_address_text(d)}.")
        for d in sorted(databases, key=lambda d: d.name)
    )


def _database_address_text(database: ExternalDatabase) -> str:
    return f" at {database.host}:{database.port}" if database.host else ""


def _judge_prerequisite(view: NodeView, expected: str, truth: Evaluation) -> Judgement:
    because = truth.sentence
    if truth.value:
        return Judgement(Verdict.PASS, expected, because, hint=truth.hint, evidence=truth.evidence)
    if truth.value is None:
        observed = "Whether this is configured is not known."
        return Judgement(
            Verdict.UNKNOWN, expected, observed, because, hint=truth.hint, evidence=truth.evidence
        )
    return _judge_missing_prerequisite(view, expected, because, truth)


def _judge_missing_prerequisite(
    view: NodeView, expected: str, observed: str, truth: Evaluation
) -> Judgement:
    """Judge a missing prerequisite by what its service does all the same."""
    seen = view.service
    evidence = (*truth.evidence, *seen.evidence)
    if seen.run is RunState.UNKNOWN:
        return Judgement(
            Verdict.UNKNOWN, expected, observed, seen.why, hint=seen.hint, evidence=evidence
        )
    if seen.run is RunState.STARTED:
        because = (
            f"{view.row.service} runs all the same: the profile is stale, or the service will not "
            "survive its next start."
        )
        return Judgement(
            Verdict.DRIFT,
            expected,
            observed,
            because,
            FindingKind.PROFILE_CONFLICT,
            evidence=evidence,
        )
    because = f"{view.row.service} does not run on {view.node.name}, and without this it will not."
    return Judgement(
        Verdict.DRIFT,
        expected,
        observed,
        because,
        FindingKind.PREREQUISITE_MISSING,
        evidence=evidence,
    )


def _judge_database_tests(
    view: NodeView, expected: str, databases: list[ExternalDatabase]
) -> Judgement:
    """Judge the databases of a node by the worst of their connection tests."""
    tests = {database.reach for database in databases}
    evidence = (*_database_evidence(databases), *_connection_test_evidence(databases))
    listed = _database_names(databases)
    if tests & _FAILED_REACH:
        return _judge_unreachable_database(
            view, expected, f"Database {listed} did not answer this machine.", evidence
        )
    if Reach.UNKNOWN in tests:
        observed = f"Whether database {listed} can be reached is not known."
        because = "The connection test from this machine came to nothing."
        hint = f"Test the connection to {listed} from {view.node.name}, then audit again."
        unplaced = next((d for d in databases if d.reach is Reach.UNKNOWN and not d.host), None)
        if unplaced is not None:
            because, hint = unplaced.reach_text, _LIST_DATABASE_HINT
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    observed, because = (
        f"Database {listed} answers this machine.",
        "The connection test was made from here.",
    )
    if Reach.NOT_TRIED in tests:
        observed = f"Database {listed} is configured; its reachability was not tested."
        because = "`probe` is false, so only the configuration is judged."
    guessed = all(d.origin is Origin.DISCOVERED for d in databases)
    hint = _LIST_DATABASE_HINT if guessed else ""
    return Judgement(Verdict.PASS, expected, observed, because, hint=hint, evidence=evidence)


def _connection_test_evidence(databases: list[ExternalDatabase]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(Origin.OBSERVED, f"connection to {d.host}:{d.port}", d.reach_text)
        for d in sorted(databases, key=lambda d: d.name)
        if d.reach_text and d.host
    )


def _judge_unreachable_database(
    view: NodeView, expected: str, observed: str, evidence: tuple[Evidence, ...]
) -> Judgement:
    seen = view.service
    proof = (*evidence, *seen.evidence)
    if seen.run is RunState.STOPPED:
        because = f"{view.row.service} is stopped, and without its database it will not start."
        return Judgement(
            Verdict.DRIFT,
            expected,
            observed,
            because,
            FindingKind.PREREQUISITE_MISSING,
            evidence=proof,
        )
    because = seen.why or (
        f"{view.row.service} is {seen.run}, and a firewall may let its node through and not us."
    )
    hint = f"Test the connection from {view.node.name} itself, then audit again."
    return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=proof)
