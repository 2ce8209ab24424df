"""What must be configured before a service may be turned on (the table's notes)."""

from auditor import names
from auditor.cluster import Database, Reach
from auditor.facts import Evidence, NodeFacts, Origin, RunState
from auditor.findings import Kind, Verdict
from auditor.recommendations.conditions import covers, deciding, declare, feature
from auditor.recommendations.draft import Draft
from auditor.recommendations.truth import Truth, both
from auditor.recommendations.view import View

_USERS = {
    names.TEXT_CONFERENCE: "permanent_chat",
    names.MESSAGE_ARCHIVER: "compliance",
    names.FILE_TRANSFER: "managed_file_transfer",
}
"""Which `used_by` of a database stands for which service."""

_FAILED = frozenset({Reach.REFUSED, Reach.TIMED_OUT})
_LIST = "List its database in [[cluster.external_database]]."


def database_configured(view: View) -> Draft:
    """Judge whether an external database is configured for the service on a node."""
    use = _USERS[view.row.service or ""]
    expected = f"An external database for `{use}` is configured on {view.node.name}."
    return _draft(view, expected, _configured(view, use))


def database_reachable(view: View) -> Draft:
    """Judge whether that database is configured and answers a connection from this machine."""
    use = _USERS[view.row.service or ""]
    expected = f"An external database for `{use}` is configured on {view.node.name} and reachable."
    configured = _configured(view, use)
    if not configured.value:
        return _draft(view, expected, configured)
    return _reached(view, expected, _serving(view, use))


def xmpp_federation_on(view: View) -> Draft:
    """Judge whether XMPP federation is turned on in the administration of a node."""
    key, name = "xmpp_federation_enabled_on", view.node.name
    expected = f"XMPP federation is turned on in the administration of {name}."
    told, deployed = deciding(view.facts, key), deciding(view.facts, "xmpp_federation")
    truth = feature(view.facts, key, view.node)
    certain = deployed is not None and deployed.on and deployed.origin is not Origin.DISCOVERED
    if told is None and certain:
        truth = Truth(False, f"`{key}` names no node", declare(key))
    return _draft(view, expected, truth)


def ldap_search_configured(view: View) -> Draft:
    """Judge whether the LDAP contact search of third-party XMPP clients is configured."""
    expected = "The LDAP contact search for third-party XMPP clients is configured."
    return _draft(view, expected, feature(view.facts, "third_party_ldap_search_configured"))


def file_server_and_database(view: View) -> Draft:
    """Judge whether a node has a file server and a database that no other node uses."""
    expected = f"{view.node.name} has an external file server and a database of its own."
    server = feature(view.facts, "file_server_configured", view.node)
    return _draft(view, expected, both(server, _own_database(view)))


def _serving(view: View, use: str) -> list[Database]:
    return [d for d in view.facts.databases if use in d.used_by and _serves(d, view.node)]


def _serves(database: Database, node: NodeFacts) -> bool:
    if database.nodes is None:
        return True
    return node.name.casefold() in {name.casefold() for name in database.nodes}


def _configured(view: View, use: str) -> Truth:
    """The list of databases is complete once the feature that needs them is declared true."""
    found = _serving(view, use)
    if found:
        clause = f"database {_listed(found)} is configured for `{use}` on {view.node.name}"
        guessed = all(d.origin is Origin.DISCOVERED for d in found)
        return Truth(True, clause, _LIST if guessed else "", _evidence(found))
    clause = f"no external database is listed for `{use}` on {view.node.name}"
    told = deciding(view.facts, use)
    if told is None or not told.on or told.origin is Origin.DISCOVERED:
        return Truth(None, f"{clause}, and nobody declared `{use}` true", f"{declare(use)} {_LIST}")
    return Truth(False, clause, _LIST)


def _own_database(view: View) -> Truth:
    """One logical database a node: one that a second node uses as well does not count."""
    use = _USERS[names.FILE_TRANSFER]
    configured = _configured(view, use)
    told = deciding(view.facts, use)
    others = [
        node
        for node in view.facts.nodes
        if not node.planned and node != view.node and told is not None and covers(told, node)
    ]
    found = _serving(view, use)
    if not found or any(not any(_serves(d, node) for node in others) for d in found):
        return configured
    clause = f"database {_listed(found)} serves {view.node.name} and other nodes alike"
    return Truth(False, clause, _LIST, configured.evidence)


def _listed(databases: list[Database]) -> str:
    return " and ".join(sorted(d.name for d in databases))


def _evidence(databases: list[Database]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(d.origin, "external_database", f"{d.name} ({d.type}){_at(d)}.")
        for d in sorted(databases, key=lambda d: d.name)
    )


def _at(database: Database) -> str:
    return f" at {database.host}:{database.port}" if database.host else ""


def _draft(view: View, expected: str, truth: Truth) -> Draft:
    because = truth.sentence
    if truth.value:
        return Draft(Verdict.PASS, expected, because, hint=truth.hint, evidence=truth.evidence)
    if truth.value is None:
        observed = "Whether this is configured is not known."
        return Draft(
            Verdict.UNKNOWN, expected, observed, because, hint=truth.hint, evidence=truth.evidence
        )
    return _missing(view, expected, because, truth)


def _missing(view: View, expected: str, observed: str, truth: Truth) -> Draft:
    """Judge a missing prerequisite by what its service does all the same."""
    seen = view.service
    evidence = (*truth.evidence, *seen.evidence)
    if seen.run is RunState.UNKNOWN:
        return Draft(
            Verdict.UNKNOWN, expected, observed, seen.why, hint=seen.hint, evidence=evidence
        )
    if seen.run is RunState.STARTED:
        because = (
            f"{view.row.service} runs all the same: the profile is stale, or the service will not "
            "survive its next start."
        )
        return Draft(
            Verdict.DRIFT, expected, observed, because, Kind.PROFILE_CONFLICT, evidence=evidence
        )
    because = f"{view.row.service} does not run on {view.node.name}, and without this it will not."
    return Draft(
        Verdict.DRIFT, expected, observed, because, Kind.PREREQUISITE_MISSING, evidence=evidence
    )


def _reached(view: View, expected: str, databases: list[Database]) -> Draft:
    """Judge the databases of a node by the worst of their connection tests."""
    tests = {database.reach for database in databases}
    evidence = (*_evidence(databases), *_tests(databases))
    listed = _listed(databases)
    if tests & _FAILED:
        return _unreached(
            view, expected, f"Database {listed} did not answer this machine.", evidence
        )
    if Reach.UNKNOWN in tests:
        observed = f"Whether database {listed} can be reached is not known."
        because = "The connection test from this machine came to nothing."
        hint = f"Test the connection to {listed} from {view.node.name}, then audit again."
        unplaced = next((d for d in databases if d.reach is Reach.UNKNOWN and not d.host), None)
        if unplaced is not None:
            because, hint = unplaced.reach_text, _LIST
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    observed, because = (
        f"Database {listed} answers this machine.",
        "The connection test was made from here.",
    )
    if Reach.NOT_TRIED in tests:
        observed = f"Database {listed} is configured; its reachability was not tested."
        because = "`probe` is false, so only the configuration is judged."
    guessed = all(d.origin is Origin.DISCOVERED for d in databases)
    hint = _LIST if guessed else ""
    return Draft(Verdict.PASS, expected, observed, because, hint=hint, evidence=evidence)


def _tests(databases: list[Database]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(Origin.OBSERVED, f"connection to {d.host}:{d.port}", d.reach_text)
        for d in sorted(databases, key=lambda d: d.name)
        if d.reach_text and d.host
    )


def _unreached(view: View, expected: str, observed: str, evidence: tuple[Evidence, ...]) -> Draft:
    seen = view.service
    proof = (*evidence, *seen.evidence)
    if seen.run is RunState.STOPPED:
        because = f"{view.row.service} is stopped, and without its database it will not start."
        return Draft(
            Verdict.DRIFT, expected, observed, because, Kind.PREREQUISITE_MISSING, evidence=proof
        )
    because = seen.why or (
        f"{view.row.service} is {seen.run}, and a firewall may let its node through and not us."
    )
    hint = f"Test the connection from {view.node.name} itself, then audit again."
    return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=proof)
