"""Invented reports of every shape, for the tests of all formats."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.findings import (
    Finding,
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    Waiver,
)
from auditor.models.history import (
    ChangeDirection,
    ClusterHistory,
    FindingAge,
    FindingChange,
    HistoricalFinding,
    PastRun,
)
from auditor.models.nodes import (
    AxlAvailability,
    AxlProbe,
    HaReading,
    HaState,
    Identity,
    NodeFacts,
    Role,
    RunState,
    ServiceState,
)
from auditor.models.report import Report
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    BULK_PROVISIONING,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FEATURE_SERVICES,
    INTERCLUSTER_SYNC_AGENT,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE_SERVICE,
    SERVICEABILITY_REPORTER,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import make_finding, make_run, sentence

PUB = "imp-pub.example.test"
SUB = "imp-sub.example.test"
GROUP = "DefaultCUPSubCluster"

RUN = make_run("6f2c9a", finished_at="2026-03-01T02:00:04Z")

OFF = (False, RunState.STOPPED, -1068, "Service Not Activated")
STOPPED = (True, RunState.STOPPED, -1069, "Commanded Out of Service")

_RULES = {
    AXL_WEB_SERVICE: ("AXL-01", Severity.CRITICAL),
    BULK_PROVISIONING: ("BPS-01", Severity.MEDIUM),
    SERVICEABILITY_REPORTER: ("RPT-01", Severity.MEDIUM),
    SIP_PROXY_SERVICE: ("SIP-01", Severity.CRITICAL),
    PRESENCE_ENGINE_SERVICE: ("PE-01", Severity.CRITICAL),
    SYNC_AGENT: ("SYNC-01", Severity.CRITICAL),
    XCP_ROUTER: ("RTR-01", Severity.CRITICAL),
    INTERCLUSTER_SYNC_AGENT: ("ICSA-01", Severity.HIGH),
    TEXT_CONFERENCE_MANAGER: ("TCM-01", Severity.HIGH),
    WEB_CONNECTION_MANAGER: ("WEB-01", Severity.HIGH),
    CONNECTION_MANAGER: ("CM-01", Severity.CRITICAL),
    AUTHENTICATION_SERVICE: ("AUTH-01", Severity.CRITICAL),
    SIP_FEDERATION_MANAGER: ("SIPFED-01", Severity.HIGH),
    XMPP_FEDERATION_MANAGER: ("XMPPFED-02", Severity.MEDIUM),
    MESSAGE_ARCHIVER: ("ARC-01", Severity.HIGH),
    DIRECTORY_SERVICE: ("DIR-01", Severity.MEDIUM),
}
_IDLE = {WEB_CONNECTION_MANAGER, SIP_FEDERATION_MANAGER, MESSAGE_ARCHIVER, DIRECTORY_SERVICE}
_MUST_BE_OFF = {XMPP_FEDERATION_MANAGER}
_OTHERS = ("A Cisco DB", "Cisco Tomcat")


def service(name: str, values: tuple[bool, RunState, int, str] | None = None) -> ServiceState:
    """Return a started service, or one in the given state."""
    feature = name in FEATURE_SERVICES
    if values is None:
        return ServiceState(
            name=name,
            deployable=feature,
            activated=True if feature else None,
            state=RunState.STARTED,
            reason_code=-1,
            reason=" ",
            started_at="Sat Feb 28 21:14:07 2026",
            uptime_s=17153,
        )
    activated, state, code, reason = values
    return ServiceState(name, feature, activated if feature else None, state, code, reason)


def node(
    name: str,
    role: Role,
    *,
    group: str = GROUP,
    changed: Mapping[str, tuple[bool, RunState, int, str]] | None = None,
    ha: HaState = HaState.NORMAL,
) -> NodeFacts:
    """Return a node that answered everything; `changed` has the services in other states."""
    states = dict.fromkeys(_IDLE | _MUST_BE_OFF, OFF)
    if role is Role.SUBSCRIBER:
        states[BULK_PROVISIONING] = states[SERVICEABILITY_REPORTER] = OFF
    states |= changed or {}
    return NodeFacts(
        name=name,
        address=name,
        role=role,
        redundancy_group=group,
        group_known=True,
        identity=Identity.CERTIFICATE,
        release="14.0.1.12900-161",
        ha_state=HaReading(ha, Origin.OBSERVED, f"PerfMon of {name}, SRMState"),
        services={n: service(n, states.get(n)) for n in (*_RULES, *_OTHERS)},
        axl=AxlProbe(AxlAvailability.ANSWERED, "AXL answered an authenticated executeSQLQuery."),
    )


def silent(name: str, role: Role, group: str = GROUP) -> NodeFacts:
    """Return a node that answered nothing."""
    return NodeFacts(name, name, role, redundancy_group=group, group_known=True)


def collected(name: str) -> tuple[Coverage, ...]:
    """Return the coverage of a node that answered everything."""
    sources = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)
    return tuple(Coverage(s, name, Outcome.COLLECTED, requests=1, elapsed_ms=48) for s in sources)


def failed(name: str) -> tuple[Coverage, ...]:
    """Return the coverage of a node that timed out at the first question."""
    said = f"{name} did not answer within 10 s. Check the node and the path to it, then run again."
    later = f"Not asked, because of this: {said}"
    return (
        Coverage(Source.CONTROL_CENTER, name, Outcome.FAILED, Reason.TIMED_OUT, said, 1, 10003),
        Coverage(Source.PERFMON, name, Outcome.SKIPPED, Reason.NOT_ASKED, later),
        Coverage(Source.IMP_AXL, name, Outcome.SKIPPED, Reason.NOT_ASKED, later),
    )


CUCM = Coverage(
    Source.CUCM_AXL, "cucm-pub.example.test", Outcome.COLLECTED, requests=3, elapsed_ms=180
)


def passing(name: str, of: str, cluster: str = "lab") -> Finding:
    """Return the pass, or the not applicable, of the service's first recommendation on a node."""
    recommendation, severity = _RULES[name]
    absent = name in _IDLE
    return make_finding(
        recommendation,
        Verdict.NOT_APPLICABLE if absent else Verdict.PASS,
        subject=of,
        cluster=cluster,
        service=name,
        severity=severity,
        expected=sentence("not activated" if name in _MUST_BE_OFF else "running"),
        observed=sentence("not activated" if name in _MUST_BE_OFF | _IDLE else "running"),
        because=sentence(
            "The profile declares the feature absent." if absent else "It is as it should be."
        ),
        evidence=(
            Evidence(Origin.OBSERVED, "control-center", sentence(f"{name} was read on {of}.")),
        ),
    )


def stopped(name: str, of: str, cluster: str = "lab") -> Finding:
    """Return the drift of a service that is activated and stopped."""
    return replace(
        passing(name, of, cluster),
        verdict=Verdict.DRIFT,
        kind=FindingKind.STOPPED,
        observed=sentence('stopped, "Commanded Out of Service" (-1069)'),
        because=sentence("It is activated and does not run."),
        consequence="Users on this node lose presence, and calls through it are not routed.",
        remedy=(
            sentence(
                "Cisco Unified IM and Presence Serviceability > Tools > Control Center - Feature "
                f"Services: start it; or on the node: utils service start {name}"
            ),
        ),
        evidence=(
            Evidence(
                Origin.OBSERVED,
                "control-center",
                sentence(f'{name} on {of}: Stopped, -1069 "Commanded Out of Service".'),
            ),
        ),
    )


def unread(name: str, of: str, cluster: str = "lab") -> Finding:
    """Return the unknown of a node that did not answer."""
    return replace(
        passing(name, of, cluster),
        verdict=Verdict.UNKNOWN,
        observed=sentence("not read"),
        because=sentence(f"Control Center of {of} gave no answer (timed_out)."),
        consequence="It cannot be told whether the node serves its users.",
        remedy=(sentence(f"Make {of} answer, then run again."),),
        evidence=(Evidence(Origin.OBSERVED, "control-center", sentence(f"{of} did not answer.")),),
        waits_for=(of,),
    )


def ha(group: str = GROUP, cluster: str = "lab", verdict: Verdict = Verdict.PASS) -> Finding:
    """Return the finding on a healthy redundancy group."""
    return make_finding(
        "HA-01",
        verdict,
        subject=FindingSubject(SubjectKind.GROUP, group),
        cluster=cluster,
        expected=sentence("both nodes Normal"),
        observed=sentence("normal and normal"),
        because=sentence("Both nodes of the group are in the state Normal."),
    )


Judge = Callable[[str, str, str], Finding]


def judged(of: str, cluster: str = "lab", **special: Judge) -> tuple[Finding, ...]:
    """Return one finding for each service on a node; `special` maps a recommendation to another.

    A key is the recommendation with an underscore in place of the hyphen: `SIP_01`.
    """
    return tuple(
        special.get(_RULES[name][0].replace("-", "_"), passing)(name, of, cluster)
        for name in _RULES
    )


def cluster(*nodes: NodeFacts, findings: tuple[Finding, ...], name: str = "lab") -> ClusterReport:
    """Return a cluster of which each node that has services answered everything."""
    coverage = (CUCM, *(e for n in nodes for e in (collected if n.services else failed)(n.name)))
    return ClusterReport(
        name, "14.0.1.12900-161", RUN.fail_on, nodes, findings, coverage, are_nodes_listed=True
    )


def compliant_cluster(name: str = "lab") -> ClusterReport:
    """Return a pair on which everything holds."""
    return cluster(
        node(PUB, Role.PUBLISHER),
        node(SUB, Role.SUBSCRIBER),
        findings=(*judged(PUB, name), *judged(SUB, name), ha(cluster=name)),
        name=name,
    )


def empty() -> Report:
    """Return the report of a run without clusters."""
    return Report(RUN, ())


def compliant() -> Report:
    """Return the report of one compliant cluster."""
    return Report(RUN, (compliant_cluster(),))


def mixed_cluster(name: str = "lab") -> ClusterReport:
    """Return four nodes in two groups with drift of several kinds, an unknown and an explained."""
    third, fourth = "imp-b1.example.test", "imp-b2.example.test"
    moving = (True, RunState.STARTING, -1, " ")
    nodes = (
        node(PUB, Role.PUBLISHER),
        node(
            SUB, Role.SUBSCRIBER, changed={SIP_PROXY_SERVICE: STOPPED, CONNECTION_MANAGER: moving}
        ),
        node(
            third,
            Role.SUBSCRIBER,
            group="SubclusterB",
            changed={PRESENCE_ENGINE_SERVICE: STOPPED, "Cisco Tomcat": STOPPED},
            ha=HaState.IDLE,
        ),
        replace(
            node(fourth, Role.SUBSCRIBER, group="SubclusterB", ha=HaState.BACKUP),
            identity=Identity.UNPROVEN,
        ),
    )
    starting = replace(
        unread(CONNECTION_MANAGER, SUB, name),
        observed=sentence("starting"),
        because=sentence("The service was still starting at the second look."),
        remedy=(sentence("Look again in a few minutes."),),
    )
    bulk = {
        **nodes[3].services,
        BULK_PROVISIONING: service(BULK_PROVISIONING),
        SERVICEABILITY_REPORTER: service(SERVICEABILITY_REPORTER),
    }
    nodes = (*nodes[:3], replace(nodes[3], services=bulk))
    misplaced = replace(
        passing(BULK_PROVISIONING, fourth, name),
        verdict=Verdict.DRIFT,
        kind=FindingKind.MISPLACED,
        expected=sentence("not activated"),
        because=sentence("It belongs on the publisher only."),
        consequence="Bulk jobs can run on a node that is not meant for them.",
        remedy=(sentence("Tools > Service Activation on this node: clear the box and save."),),
    )
    chat = tuple(
        replace(
            passing(TEXT_CONFERENCE_MANAGER, of, name),
            verdict=Verdict.UNKNOWN,
            observed=sentence("running"),
            because=sentence("Nobody told whether chat is deployed."),
            remedy=(sentence("Declare chat in [cluster.deployment]."),),
            evidence=(),
        )
        for of in (PUB, SUB, third, fourth)
    )
    explained = replace(
        stopped(PRESENCE_ENGINE_SERVICE, third, name),
        verdict=Verdict.EXPLAINED,
        because=sentence(
            "The node is Idle and its partner carries its users (Running in Backup Mode)."
        ),
    )
    special = {"SIP_01": lambda *_: stopped(SIP_PROXY_SERVICE, SUB, name)}
    findings = [
        *judged(PUB, name),
        *judged(SUB, name, **special, CM_01=lambda *_: starting),
        *judged(third, name, PE_01=lambda *_: explained),
        *judged(fourth, name, BPS_01=lambda *_: misplaced),
        ha(cluster=name),
        replace(
            ha("SubclusterB", name, Verdict.DRIFT),
            kind=FindingKind.HA_ABNORMAL,
            observed=sentence("idle and backup"),
            because=sentence("The group has failed over and is stable."),
            consequence="A second failure in this group leaves its users without a node.",
            remedy=(sentence("Find out why the node failed, then fall back: utils ha fallback."),),
        ),
    ]
    findings = [f for f in findings if f.recommendation != "TCM-01"]
    report = cluster(*nodes, findings=(*findings, *chat), name=name)
    return replace(
        report, notices=('imp-b1.example.test told of "Cisco Foo Agent", in no known list.',)
    )


def mixed() -> Report:
    """Return the report of one cluster with drift, unknowns and an explained difference."""
    return Report(RUN, (mixed_cluster(),))


def incomplete_cluster(name: str = "lab") -> ClusterReport:
    """Return a pair of which one node did not answer."""
    lost = tuple(unread(service_name, SUB, name) for service_name in _RULES)
    moved = replace(
        ha(cluster=name, verdict=Verdict.UNKNOWN),
        observed=sentence("normal and not read"),
        because=sentence(f"The HA state of {SUB} could not be read."),
        remedy=(sentence("Read it with: utils ha status."),),
    )
    return cluster(
        node(PUB, Role.PUBLISHER),
        silent(SUB, Role.SUBSCRIBER),
        findings=(*judged(PUB, name), *lost, moved),
        name=name,
    )


def incomplete() -> Report:
    """Return the report of a pair with one silent node."""
    return Report(RUN, (incomplete_cluster(),))


def unauditable_cluster(name: str = "lab") -> ClusterReport:
    """Return a cluster whose CUCM refused the account, so that no node is known."""
    said = "cucm-pub.example.test refused the account audit-ro. Correct the password first."
    refusal = Coverage(
        Source.CUCM_AXL,
        "cucm-pub.example.test",
        Outcome.FAILED,
        Reason.CREDENTIALS,
        said,
        1,
        35,
    )
    return ClusterReport(name, None, RUN.fail_on, coverage=(refusal,))


def unauditable() -> Report:
    """Return the report of a run that could audit nothing."""
    return Report(RUN, (unauditable_cluster(),))


def many() -> Report:
    """Return clusters of every status in one run."""
    return Report(
        RUN,
        (
            compliant_cluster("berlin"),
            mixed_cluster("hamburg"),
            incomplete_cluster("köln"),
            unauditable_cluster("münchen"),
        ),
    )


def waived() -> Report:
    """Return a cluster whose one difference is accepted."""
    waiver = Waiver("Moves with change 4711.", "uc-team", "2026-04-30", Verdict.DRIFT)
    accepted = replace(stopped(SIP_PROXY_SERVICE, SUB), verdict=Verdict.WAIVED, waiver=waiver)
    return Report(
        RUN,
        (
            cluster(
                node(PUB, Role.PUBLISHER),
                node(SUB, Role.SUBSCRIBER, changed={SIP_PROXY_SERVICE: STOPPED}),
                findings=(*judged(PUB), *judged(SUB, SIP_01=lambda *_: accepted), ha()),
            ),
        ),
    )


def caused_cluster(name: str = "lab") -> ClusterReport:
    """Return a pair whose second node has a stopped Router, and two services that need it."""
    lost = (XCP_ROUTER, SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE)
    router, proxy, engine = (stopped(service_name, SUB, name) for service_name in lost)
    router = replace(router, severity=Severity.HIGH)
    effects = (replace(proxy, caused_by=(router.id,)), replace(engine, caused_by=(router.id,)))
    found = {f.recommendation.replace("-", "_"): f for f in (router, *effects)}
    return cluster(
        node(PUB, Role.PUBLISHER),
        node(SUB, Role.SUBSCRIBER, changed=dict.fromkeys(lost, STOPPED)),
        findings=(
            *judged(PUB, name),
            *judged(SUB, name, **{row: lambda *_, f=f: f for row, f in found.items()}),
            ha(cluster=name),
        ),
        name=name,
    )


def caused() -> Report:
    """Return a report whose three differences have one cause."""
    return Report(RUN, (caused_cluster(),))


def lenient() -> Report:
    """Return an incomplete report under `--insecure` and `--allow-unknown`."""
    return Report(replace(RUN, insecure=True, allow_unknown=True), (incomplete_cluster(),))


def below_threshold() -> Report:
    """Return a cluster whose only drift is below `fail_on`."""
    minor = replace(stopped(SERVICEABILITY_REPORTER, PUB), severity=Severity.LOW)
    pair = cluster(
        node(PUB, Role.PUBLISHER, changed={SERVICEABILITY_REPORTER: STOPPED}),
        node(SUB, Role.SUBSCRIBER),
        findings=(*judged(PUB, RPT_01=lambda *_: minor), *judged(SUB), ha()),
    )
    return Report(replace(RUN, fail_on=Severity.HIGH), (replace(pair, fail_on=Severity.HIGH),))


HOSTILE = "a\x1b[31m[red]b[/red]\n\u202ec\x9b2J\u200b:smile:\x07"


def hostile(text: str = HOSTILE) -> Report:
    """Return a report in which every text that others choose is an attack."""
    attacked = node(text, Role.SUBSCRIBER, group=text)
    state = replace(service(SIP_PROXY_SERVICE), name=text, state=RunState.STOPPED, reason=text)
    attacked = replace(
        attacked, address=text, release=text, services={**attacked.services, text: state}
    )
    drift = replace(
        stopped(SIP_PROXY_SERVICE, text, text),
        service=text,
        expected=sentence(text),
        observed=sentence(text),
        because=sentence(text),
        consequence=text,
        remedy=(sentence(text),),
        evidence=(Evidence(Origin.OBSERVED, text, sentence(text)),),
        waiver=Waiver(text, text, "2026-04-30", Verdict.DRIFT),
        verdict=Verdict.WAIVED,
    )
    gap = Coverage(Source.PERFMON, text, Outcome.FAILED, Reason.BAD_REPLY, text, 1, 5)
    report = ClusterReport(
        text,
        text,
        Severity.LOW,
        (attacked, node(SUB, Role.SUBSCRIBER)),
        (drift, replace(drift, verdict=Verdict.DRIFT, waiver=None, recommendation="PE-01")),
        (*collected(text), gap),
        (text,),
    )
    moved = ClusterHistory(
        changes=(change(ChangeDirection.NEW, drift, FindingAge(RUN.started_at, 1)),)
    )
    nights = (past_run(28, 2, 4, ClusterStatus.DRIFT, text),)
    return Report(replace(RUN, id=text, mode=text), (report,), {text: replace(moved, runs=nights)})


def fleet() -> Report:
    """Return one cluster of six nodes in three groups."""
    roles = (Role.PUBLISHER, *[Role.SUBSCRIBER] * 5)
    nodes = [
        node(f"imp-{number}.example.test", role, group=f"Group{number // 2}")
        for number, role in enumerate(roles)
    ]
    findings = tuple(finding for n in nodes for finding in judged(n.name))
    groups = tuple(ha(f"Group{number}") for number in range(3))
    return Report(RUN, (cluster(*nodes, findings=(*findings, *groups)),))


def site(number: int) -> ClusterReport:
    """Return one of many clusters of six nodes; of three, one drifts and one has a silent node."""
    name = f"site-{number:02}"
    hosts = [f"imp{place}.{name}.example.test" for place in range(6)]
    roles = (Role.PUBLISHER, *[Role.SUBSCRIBER] * 5)
    groups = [f"{name}-group{place // 2}" for place in range(6)]
    nodes = [
        node(host, role, group=group)
        for host, role, group in zip(hosts, roles, groups, strict=True)
    ]
    findings = [finding for host in hosts for finding in judged(host, name)]
    if number % 3 == 1:
        nodes[1] = node(hosts[1], roles[1], group=groups[1], changed={SIP_PROXY_SERVICE: STOPPED})
        findings = [
            f for f in findings if (f.recommendation, f.subject.name) != ("SIP-01", hosts[1])
        ]
        findings.append(stopped(SIP_PROXY_SERVICE, hosts[1], name))
    if number % 3 == 2:
        nodes[5] = silent(hosts[5], Role.SUBSCRIBER, groups[5])
        findings = [f for f in findings if f.subject.name != hosts[5]]
        findings += [unread(service_name, hosts[5], name) for service_name in _RULES]
    findings += [ha(group, name) for group in dict.fromkeys(groups)]
    return cluster(*nodes, findings=tuple(findings), name=name)


def largest() -> Report:
    """Return thirty clusters of six nodes."""
    return Report(RUN, tuple(site(number) for number in range(30)))


def past_run(number: int, drift: int, unknown: int, status: ClusterStatus, name: str) -> PastRun:
    """Return the run of the night `number` of February."""
    night = f"2026-02-{number:02}T02:00"
    counts = dict.fromkeys(Verdict, 0) | {Verdict.DRIFT: drift, Verdict.UNKNOWN: unknown}
    counts[Verdict.PASS] = 50 - drift - unknown
    release = "14.0.1.12900-161"
    return PastRun(
        f"run-{number}", name, f"{night}:00Z", f"{night}:04Z", release, status, 3, counts
    )


def past(report: ClusterReport) -> ClusterHistory:
    """Return a history in which one difference is new, one persists, one is gone, one unseen."""
    drift = [f for f in report.findings if f.verdict is Verdict.DRIFT]
    standings = {f.id: FindingAge("2026-02-26T02:00:00Z", 4) for f in drift}
    standings[drift[0].id] = FindingAge(RUN.started_at, 1)
    moved = {drift[0].id: ChangeDirection.NEW, drift[1].id: ChangeDirection.PERSISTING}
    changes = [change(moved[f.id], f, standings[f.id]) for f in drift[:2]]
    gone = passing(SYNC_AGENT, PUB, report.name)
    lost = unread(CONNECTION_MANAGER, SUB, report.name)
    age = FindingAge(RUN.started_at, 1)
    changes += [
        change(ChangeDirection.RESOLVED, gone, age),
        change(ChangeDirection.UNKNOWN, lost, age),
    ]
    nights = (
        past_run(28, 2, 4, ClusterStatus.DRIFT, report.name),
        past_run(27, 1, 0, ClusterStatus.DRIFT, report.name),
        past_run(26, 1, 16, ClusterStatus.DRIFT, report.name),
        past_run(25, 0, 3, ClusterStatus.INCOMPLETE, report.name),
        past_run(24, 0, 0, ClusterStatus.COMPLIANT, report.name),
        past_run(23, 0, 0, ClusterStatus.UNAUDITABLE, report.name),
    )
    return ClusterHistory(standings, tuple(changes), nights)


def change(direction: ChangeDirection, finding: Finding, since: FindingAge) -> FindingChange:
    """Return a finding as history keeps it, and how it moved."""
    kept = HistoricalFinding(
        finding.id,
        finding.cluster,
        finding.recommendation,
        finding.service,
        finding.subject,
        finding.verdict,
        finding.kind,
        finding.severity,
        since,
    )
    before = None if direction is ChangeDirection.NEW else Verdict.DRIFT
    return FindingChange(direction, kept, before)


def remembered() -> Report:
    """Return the mixed report with what history adds to it."""
    report = mixed()
    return replace(report, past={"lab": past(report.clusters[0])})
