"""Facts, findings and runs for tests: a healthy cluster to start from, and ways to change it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from auditor.errors import Reason
from auditor.failure_reasons import Interface
from auditor.failures import Failure
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import (
    Finding,
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
)
from auditor.models.forms import Form
from auditor.models.nodes import (
    AxlAvailability,
    AxlProbe,
    HaReading,
    HaState,
    NodeFacts,
    Role,
    RunState,
    ServiceState,
)
from auditor.models.report import RunMetadata
from auditor.models.settings import ExternalDatabase, Reach, Setting
from auditor.models.statements import Statement, make_statement
from auditor.problems import Problem
from auditor.service_names import (
    BULK_PROVISIONING,
    CLIENT_PROFILE_AGENT,
    CONFIG_AGENT,
    DATA_MONITOR,
    DATABASE,
    DATABASE_REPLICATOR,
    FEATURE_SERVICES,
    INTERCLUSTER_SYNC_AGENT,
    LOGIN_DATASTORE,
    OAM_AGENT,
    PRESENCE_DATASTORE,
    ROUTE_DATASTORE,
    SERVER_RECOVERY_MANAGER,
    SERVICEABILITY_REPORTER,
    SIP_REGISTRATION_DATASTORE,
    SYNC_AGENT,
    XCP_CONFIG_MANAGER,
    XCP_ROUTER,
    is_deployable_service,
)

GROUP = "DefaultCUPSubCluster"
FOUNDATION = frozenset(
    {
        DATA_MONITOR,
        SERVER_RECOVERY_MANAGER,
        ROUTE_DATASTORE,
        LOGIN_DATASTORE,
        SIP_REGISTRATION_DATASTORE,
        PRESENCE_DATASTORE,
        XCP_CONFIG_MANAGER,
        OAM_AGENT,
        CLIENT_PROFILE_AGENT,
        CONFIG_AGENT,
        DATABASE,
        DATABASE_REPLICATOR,
    }
)
"""The network services that the others need."""
RELEASE = "14.0.1.12900-161"
RUN_STARTED = datetime(2026, 3, 1, 2, tzinfo=UTC)
CERTIFICATE_END = "2028-05-01T00:00:00Z"
DIFFERENT = (Verdict.DRIFT, Verdict.EXPLAINED, Verdict.WAIVED)
"""The verdicts of findings that differ from Cisco's guides."""


def sentence(text: str) -> Statement:
    """Return a statement that is rendered as this very text."""
    return make_statement(Form.NOTE, detail=text)


def service(name: str, state: RunState | str = "started", **changes: Any) -> ServiceState:
    """Return a service; a stopped one is "Commanded Out of Service" by default."""
    deployable = is_deployable_service(name)
    run = RunState(state)
    is_readable = deployable is not False and run is not RunState.UNKNOWN
    base = ServiceState(
        name=name,
        deployable=deployable,
        activated=True if is_readable else None,
        state=run,
        reason_code=-1069 if run is RunState.STOPPED else -1,
        reason="Commanded Out of Service" if run is RunState.STOPPED else None,
        started_at="Mon Nov  2 09:00:00 2026" if run is RunState.STARTED else None,
        uptime_s=86_400 if run is RunState.STARTED else None,
    )
    return replace(base, **changes)


def not_activated(name: str) -> ServiceState:
    """Return a service that is not activated."""
    return service(
        name, "stopped", activated=False, reason_code=-1068, reason="Service Not Activated"
    )


def services(*changed: ServiceState) -> dict[str, ServiceState]:
    """Return every service of the table and of the guides, started, with some changed."""
    names = FEATURE_SERVICES | {SYNC_AGENT, XCP_ROUTER, INTERCLUSTER_SYNC_AGENT} | FOUNDATION
    states = {name: service(name) for name in names}
    return states | {state.name: state for state in changed}


def reading(state: HaState | str, origin: Origin = Origin.OBSERVED) -> HaReading:
    """Return an HA reading, from PerfMon by default."""
    source = "PerfMon" if origin is Origin.OBSERVED else "enterprisenode"
    return HaReading(HaState(state), origin, source)


def node(
    name: str = "imp1",
    *changed: ServiceState,
    role: Role | str = "publisher",
    group: str | None = GROUP,
    ha: HaState | str | None = "normal",
    **changes: Any,
) -> NodeFacts:
    """Return a node whose services all run and whose AXL answers."""
    base = NodeFacts(
        name=name,
        address=f"{name}:8443",
        role=Role(role),
        redundancy_group=group,
        group_known=True,
        release=RELEASE,
        ha_state=None if ha is None else reading(ha),
        services=services(*changed),
        axl=AxlProbe(AxlAvailability.ANSWERED, "It counted its nodes."),
        replication=2,
        certificate_not_after=CERTIFICATE_END,
    )
    return replace(base, **changes)


def subscriber(name: str = "imp2", *changed: ServiceState, **changes: Any) -> NodeFacts:
    """Return a subscriber without the two services that only the publisher has."""
    placed = (not_activated(BULK_PROVISIONING), not_activated(SERVICEABILITY_REPORTER))
    return node(name, *placed, *changed, **{"role": "subscriber", **changes})


def setting(
    value: bool | str | Iterable[str] = True, origin: Origin | str = Origin.DECLARED
) -> Setting:
    """Return one setting: a bool, node names, or "expressway"."""
    if isinstance(value, bool):
        return Setting(value, Origin(origin), "auditor.toml")
    if isinstance(value, str):
        return Setting(True, Origin(origin), "auditor.toml", expressway=value == "expressway")
    named = frozenset(value)
    return Setting(bool(named), Origin(origin), "auditor.toml", named)


def settings(
    **values: bool | str | Iterable[str] | Setting | tuple[Setting, ...],
) -> dict[str, tuple[Setting, ...]]:
    """Return settings by key; a value that is no Setting is declared."""
    return {key: _settings_of(value) for key, value in values.items()}


def _settings_of(
    value: bool | str | Iterable[str] | Setting | tuple[Setting, ...],
) -> tuple[Setting, ...]:
    if isinstance(value, Setting):
        return (value,)
    if isinstance(value, bool | str):
        return (setting(value),)
    values = tuple(value)
    tellings = tuple(one for one in values if isinstance(one, Setting))
    return tellings or (setting([one for one in values if isinstance(one, str)]),)


def deployment(
    **changed: bool | str | Iterable[str] | Setting | None,
) -> dict[str, tuple[Setting, ...]]:
    """Return a whole profile with every feature declared true, some changed, None leaving it out.

    No node is a routing node, and no peer is on release 8.6(x).
    """
    values: dict[str, bool | str | Iterable[str] | Setting | None] = dict.fromkeys(
        (
            "bulk_administration",
            "chat",
            "permanent_chat",
            "permanent_chat_ha",
            "web_clients",
            "xmpp_clients",
            "third_party_ldap_search",
            "third_party_ldap_search_configured",
            "sip_federation",
            "partitioned_intradomain_federation",
            "xmpp_federation",
            "compliance",
            "managed_file_transfer",
            "file_server_configured",
            "intercluster",
        ),
        True,
    )
    values |= {"xmpp_federation_enabled_on": ["imp1", "imp2"], "routing_nodes": []}
    values |= {"compliance_third_party": False, "intercluster_cup86": False}
    values |= changed
    return settings(**{key: value for key, value in values.items() if value is not None})


def databases(*changed: ExternalDatabase) -> tuple[ExternalDatabase, ...]:
    """Return a reachable database for every use, for file transfer one a node, some replaced."""
    usual = (
        database("permanent_chat"),
        database("compliance"),
        database("managed_file_transfer", nodes=["imp1"], name="files1"),
        database("managed_file_transfer", nodes=["imp2"], name="files2"),
    )
    return tuple({d.name: d for d in (*usual, *changed)}.values())


def gap(
    node_name: str,
    source: Source = Source.CONTROL_CENTER,
    reason: Reason = Reason.UNREACHABLE,
    detail: str = "No connection could be made.",
) -> Coverage:
    """Return the coverage of a source that gave nothing for a node."""
    return Coverage(source, node_name, Outcome.FAILED, reason, detail)


LEFT_OUT = {"digest", "password_source"}
"""Values that a failure has only where they are known."""

PROBLEMS = {
    Reason.UNREACHABLE: Problem.NO_CONNECTION,
    Reason.TIMED_OUT: Problem.DEADLINE_PASSED,
    Reason.TLS: Problem.UNVERIFIED_CERTIFICATE,
    Reason.CREDENTIALS: Problem.LOGIN_REFUSED,
    Reason.NOT_AUTHORISED: Problem.ROLE_MISSING,
    Reason.NO_SUCH_SERVICE: Problem.SERVICE_MISSING,
    Reason.RATE_LIMITED: Problem.TOO_FAST,
    Reason.UNAVAILABLE: Problem.SERVER_BUSY,
    Reason.SOAP_FAULT: Problem.FAULT,
    Reason.BAD_REPLY: Problem.NO_HTTP,
    Reason.TOO_LARGE: Problem.REPLY_TOO_LARGE,
    Reason.WRONG_NODE: Problem.OTHER_NODE,
    Reason.UNSUPPORTED_VERSION: Problem.VERSION_REFUSED,
    Reason.WORKER_LOST: Problem.WORKER_LOST,
    Reason.NO_WORKER: Problem.NO_WORKER_FOR_SITE,
    Reason.WORKER_VERSION: Problem.OTHER_WORKER_VERSION,
    Reason.NO_PASSWORD: Problem.NO_PASSWORD,
    Reason.SCHEDULER_LOST: Problem.SCHEDULER_GONE,
    Reason.NOT_ASKED: Problem.AFTER_FAILURE,
    Reason.BUG: Problem.OWN_FAULT,
}
"""A typical problem of each reason."""


def failed_source(
    node_name: str,
    reason: Reason = Reason.UNREACHABLE,
    source: Source = Source.CONTROL_CENTER,
    problem: Problem | None = None,
) -> Coverage:
    """Return the coverage of a source that failed, with the failure as data."""
    interfaces = {
        Source.CONTROL_CENTER: Interface.CONTROL_CENTER,
        Source.PERFMON: Interface.PERFMON,
    }
    text = (problem or PROBLEMS[reason]).value
    templates = (text.cause, text.advice or "", text.where or "")
    names = {name for part in templates for _, name, _, _ in Formatter().parse(part) if name}
    failure = Failure(
        reason,
        problem or PROBLEMS[reason],
        node_name,
        interfaces.get(source, Interface.AXL),
        is_cucm=source is Source.CUCM_AXL,
        values={name: f"<{name}>" for name in names - LEFT_OUT},
    )
    return Coverage(source, node_name, Outcome.FAILED, reason, failure=failure)


def database(
    use: str, reach: Reach | str = "reached", nodes: Iterable[str] | None = None, **changes: Any
) -> ExternalDatabase:
    """Return a declared external database for one use."""
    base = ExternalDatabase(
        name=f"{use}-db",
        host="db.example.test",
        port=5432,
        type="postgresql",
        used_by=frozenset({use}),
        nodes=None if nodes is None else frozenset(nodes),
        reach=Reach(reach),
        origin=Origin.DECLARED,
    )
    return replace(base, **changes)


def group(name: str = GROUP, *nodes: str, ha: bool | None = True, **changes: Any) -> Group:
    """Return a redundancy group with high availability on."""
    base = Group(name, nodes or ("imp1", "imp2"), ha, Origin.OBSERVED)
    return replace(base, **changes)


def cluster(
    *nodes: NodeFacts,
    profile: Mapping[str, tuple[Setting, ...]] | None = None,
    stores: Iterable[ExternalDatabase] | None = None,
    groups: Iterable[Group] | None = None,
    gaps: Iterable[Coverage] = (),
    **changes: Any,
) -> ClusterFacts:
    """Return a cluster of a publisher and a subscriber in one pair, or of the nodes given.

    Groups are made of the nodes' own; `profile` holds the settings of the deployment (all features
    by default), `stores` the external databases (reachable ones by default).
    """
    placed = nodes or (node(), subscriber())
    base = ClusterFacts(
        name="lab",
        nodes=placed,
        groups=tuple(_groups(placed) if groups is None else groups),
        groups_known=True,
        topology_observed=True,
        settings=deployment() if profile is None else dict(profile),
        databases=databases() if stores is None else tuple(stores),
        high_availability=True,
        coverage=tuple(gaps),
        cucm_certificate_not_after=CERTIFICATE_END,
        started_at=RUN_STARTED,
        cucm_release="14.0.1.12900-161",
    )
    return replace(base, **changes)


def make_finding(
    recommendation: str = "SIP-01",
    verdict: Verdict = Verdict.DRIFT,
    *,
    subject: str | FindingSubject = "imp1",
    kind: FindingKind = FindingKind.STOPPED,
    **changes: Any,
) -> Finding:
    """Return a finding on a node, or on the subject given; only a difference has the kind."""
    base = Finding(
        cluster="lab",
        recommendation=recommendation,
        service=None,
        subject=FindingSubject(SubjectKind.NODE, subject) if isinstance(subject, str) else subject,
        verdict=verdict,
        severity=Severity.HIGH,
        expected=sentence("running"),
        observed=sentence("stopped"),
        because=sentence("It is activated and does not run."),
        kind=kind if verdict in DIFFERENT else None,
    )
    return replace(base, **changes)


def make_run(run_id: str = "run-1", **changes: Any) -> RunMetadata:
    """Return the circumstances of an audit that drift of any severity fails."""
    started, finished = "2026-03-01T02:00:00Z", "2026-03-01T02:00:09Z"
    return replace(RunMetadata(run_id, "audit", started, finished, Severity.LOW), **changes)


def _groups(nodes: Iterable[NodeFacts]) -> Iterable[Group]:
    named: dict[str, list[str]] = {}
    for one in nodes:
        if one.redundancy_group is not None:
            named.setdefault(one.redundancy_group, []).append(one.name)
    return [group(name, *members) for name, members in named.items()]
