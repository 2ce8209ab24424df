"""For every recommendation, a case of each verdict that it can come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.nodes import AxlAvailability, AxlProbe, HaState, Identity, NodeFacts, RunState
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    BULK_PROVISIONING,
    CLIENT_PROFILE_AGENT,
    CONFIG_AGENT,
    CONNECTION_MANAGER,
    DATA_MONITOR,
    DATABASE,
    DATABASE_REPLICATOR,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    INTERCLUSTER_SYNC_AGENT,
    LOGIN_DATASTORE,
    MESSAGE_ARCHIVER,
    OAM_AGENT,
    PRESENCE_DATASTORE,
    PRESENCE_ENGINE_SERVICE,
    ROUTE_DATASTORE,
    SERVER_RECOVERY_MANAGER,
    SERVICEABILITY_REPORTER,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SIP_REGISTRATION_DATASTORE,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_CONFIG_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import (
    GROUP,
    cluster,
    database,
    databases,
    deployment,
    gap,
    group,
    node,
    not_activated,
    service,
    setting,
    subscriber,
)


@dataclass(frozen=True)
class Case:
    """Facts, the subject to look at, and what must come of it."""

    id: str
    verdict: Verdict
    facts: ClusterFacts
    subject: str
    kind: FindingKind | None = None


IMPOSSIBLE = {
    ("AXL-03", Verdict.DRIFT): "the row calls the service optional",
    ("CERT-02", Verdict.NOT_APPLICABLE): "every cluster has a CUCM publisher",
}
"""Verdicts that a recommendation cannot come to by contract."""

# id -> service, node to look at, deployment key that turns the row off (None: planned only)
RUNNING: dict[str, tuple[str, str, str | None]] = {
    "AXL-01": (AXL_WEB_SERVICE, "imp1", None),
    "AXL-02": (AXL_WEB_SERVICE, "imp2", "intercluster"),
    "AXL-05": (AXL_WEB_SERVICE, "imp2", "intercluster"),
    "BPS-02": (BULK_PROVISIONING, "imp1", "bulk_administration"),
    "RPT-01": (SERVICEABILITY_REPORTER, "imp1", None),
    "SIP-01": (SIP_PROXY_SERVICE, "imp2", None),
    "PE-01": (PRESENCE_ENGINE_SERVICE, "imp2", None),
    "SYNC-01": (SYNC_AGENT, "imp2", None),
    "TCM-01": (TEXT_CONFERENCE_MANAGER, "imp2", "chat"),
    "TCM-04": (TEXT_CONFERENCE_MANAGER, "imp2", "permanent_chat_ha"),
    "WEB-01": (WEB_CONNECTION_MANAGER, "imp2", "web_clients"),
    "CM-01": (CONNECTION_MANAGER, "imp2", "xmpp_clients"),
    "ESS-01": (CONNECTION_MANAGER, "imp2", None),
    "SIPFED-01": (SIP_FEDERATION_MANAGER, "imp2", "sip_federation"),
    "SIPFED-03": (SIP_FEDERATION_MANAGER, "imp2", "partitioned_intradomain_federation"),
    "XMPPFED-01": (XMPP_FEDERATION_MANAGER, "imp2", "xmpp_federation"),
    "ARC-01": (MESSAGE_ARCHIVER, "imp2", "compliance"),
    "DIR-01": (DIRECTORY_SERVICE, "imp2", "third_party_ldap_search"),
    "AUTH-01": (AUTHENTICATION_SERVICE, "imp2", "xmpp_clients"),
    "ESS-02": (AUTHENTICATION_SERVICE, "imp2", None),
    "RTR-01": (XCP_ROUTER, "imp2", None),
    "ICSA-01": (INTERCLUSTER_SYNC_AGENT, "imp2", "intercluster"),
    "XFER-01": (FILE_TRANSFER_MANAGER, "imp2", "managed_file_transfer"),
    "NET-01": (DATA_MONITOR, "imp2", None),
    "NET-02": (SERVER_RECOVERY_MANAGER, "imp2", None),
    "NET-03": (ROUTE_DATASTORE, "imp2", None),
    "NET-04": (LOGIN_DATASTORE, "imp2", None),
    "NET-05": (SIP_REGISTRATION_DATASTORE, "imp2", None),
    "NET-06": (PRESENCE_DATASTORE, "imp2", None),
    "NET-07": (XCP_CONFIG_MANAGER, "imp2", None),
    "NET-08": (OAM_AGENT, "imp2", None),
    "NET-09": (CLIENT_PROFILE_AGENT, "imp2", None),
    "NET-10": (CONFIG_AGENT, "imp2", None),
    "NET-11": (DATABASE, "imp2", None),
    "NET-12": (DATABASE_REPLICATOR, "imp2", None),
}

FOUNDATION = {id_: name for id_, (name, *_) in RUNNING.items() if id_.startswith("NET-")}
NETWORK = frozenset({"SYNC-01", "RTR-01", "ICSA-01", *FOUNDATION})

UNREAD = cluster(node(services={}), subscriber(services={}), gaps=[gap("imp1"), gap("imp2")])
PLANNED = cluster(node(planned=True), subscriber(planned=True))


def _with(subject: str, name: str, state: str, **changes: object) -> tuple[NodeFacts, NodeFacts]:
    off = state == "not activated"
    changed = not_activated(name) if off else service(name, state, **changes)
    return (
        (node("imp1", changed), subscriber())
        if subject == "imp1"
        else (node(), subscriber("imp2", changed))
    )


def running() -> Iterator[Case]:
    """Yield the cases of the rows that want a service to run."""
    for id_, (name, subject, key) in RUNNING.items():
        yield Case(id_, Verdict.PASS, cluster(), subject)
        stopped = cluster(*_with(subject, name, "stopped"))
        yield Case(id_, Verdict.DRIFT, stopped, subject, FindingKind.STOPPED)
        if id_ not in NETWORK:
            off = cluster(*_with(subject, name, "not activated"))
            yield Case(id_, Verdict.DRIFT, off, subject, FindingKind.NOT_ACTIVATED)
        for state in ("starting", "stopping", "unknown"):
            yield Case(id_, Verdict.UNKNOWN, cluster(*_with(subject, name, state)), subject)
            stuck = replace(
                cluster(*_with(subject, name, state)),
                changing_before={(subject, name): RunState.STARTING},
            )
            if state == "starting":
                yield Case(id_, Verdict.DRIFT, stuck, subject, FindingKind.UNSTABLE)
            else:
                yield Case(id_, Verdict.UNKNOWN, stuck, subject)
        for state in ("started", "starting", "stopped"):
            restless = cluster(*_with(subject, name, state, restarted=True))
            yield Case(id_, Verdict.DRIFT, restless, subject, FindingKind.UNSTABLE)
        yield Case(id_, Verdict.UNKNOWN, UNREAD, subject)
        yield Case(id_, Verdict.NOT_APPLICABLE, PLANNED, subject)
        if key:
            absent = cluster(profile=deployment(**{key: False}))
            yield Case(id_, Verdict.NOT_APPLICABLE, absent, subject)
            undeclared = cluster(profile=deployment(**{key: None}))
            yield Case(id_, Verdict.UNKNOWN, undeclared, subject)


def foundation() -> Iterator[Case]:
    """Yield the cases of the network services that a node may not have."""
    for id_, name in FOUNDATION.items():
        first, second = _without_service(node(), name), _without_service(subscriber(), name)
        yield Case(id_, Verdict.NOT_APPLICABLE, cluster(first, second), "imp2")
        yield Case(id_, Verdict.UNKNOWN, cluster(node(), second), "imp2")
        unlisted = replace(second, release=None)
        yield Case(id_, Verdict.UNKNOWN, cluster(node(), unlisted), "imp2")
    id_, stopped = "NET-12", service(DATABASE_REPLICATOR, "stopped")
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(node("imp1", stopped)), "imp1")
    waiting = cluster(node("imp1", stopped), subscriber(planned=True))
    yield Case(id_, Verdict.NOT_APPLICABLE, waiting, "imp1")
    unsure = replace(cluster(node("imp1", stopped)), topology_observed=False)
    yield Case(id_, Verdict.UNKNOWN, unsure, "imp1")


def _without_service(facts: NodeFacts, name: str) -> NodeFacts:
    others = {key: value for key, value in facts.services.items() if key != name}
    return replace(facts, services=others)


def _nine(nine: bool | None, *changed: NodeFacts) -> ClusterFacts:
    nodes = changed or (node(), subscriber())
    return cluster(
        *(replace(n, release="9.1.1.10000-8") for n in nodes),
        profile=deployment(intercluster_cup86=nine),
    )


def sip_federation_with_8_6() -> Iterator[Case]:
    """Yield the cases of the row that only a release 9.x cluster can have."""
    stopped = _with("imp2", SIP_FEDERATION_MANAGER, "stopped")
    yield Case("SIPFED-02", Verdict.PASS, _nine(True), "imp2")
    yield Case("SIPFED-02", Verdict.DRIFT, _nine(True, *stopped), "imp2", FindingKind.STOPPED)
    yield Case("SIPFED-02", Verdict.UNKNOWN, _nine(None), "imp2")
    yield Case("SIPFED-02", Verdict.NOT_APPLICABLE, _nine(False), "imp2")
    newer = cluster(profile=deployment(intercluster_cup86=True))
    yield Case("SIPFED-02", Verdict.NOT_APPLICABLE, newer, "imp2")
    unread = [node(release=None), subscriber(release=None)]
    peer = cluster(*unread, profile=deployment(intercluster_cup86=True))
    yield Case("SIPFED-02", Verdict.UNKNOWN, peer, "imp2")
    none = cluster(*unread, profile=deployment(intercluster_cup86=False))
    yield Case("SIPFED-02", Verdict.NOT_APPLICABLE, none, "imp2")


def misplaced() -> Iterator[Case]:
    """Yield the cases of the rows that want a service off."""
    for id_, name in (("BPS-01", BULK_PROVISIONING), ("RPT-02", SERVICEABILITY_REPORTER)):
        yield Case(id_, Verdict.PASS, cluster(), "imp2")
        for state in ("started", "starting", "stopped"):
            on = cluster(node(), subscriber("imp2", service(name, state)))
            yield Case(id_, Verdict.DRIFT, on, "imp2", FindingKind.MISPLACED)
        untold = service(name, "stopped", activated=None)
        yield Case(id_, Verdict.UNKNOWN, cluster(node(), subscriber("imp2", untold)), "imp2")
        yield Case(id_, Verdict.UNKNOWN, UNREAD, "imp2")
        strange = cluster(node(), subscriber(role="unknown"))
        yield Case(id_, Verdict.UNKNOWN, strange, "imp2")
        yield Case(id_, Verdict.NOT_APPLICABLE, cluster(), "imp1")


def xmpp_federation() -> Iterator[Case]:
    """Yield the cases of the rows on XMPP federation and its prerequisite."""
    off, on = not_activated(XMPP_FEDERATION_MANAGER), service(XMPP_FEDERATION_MANAGER)
    only = deployment(xmpp_federation=["imp1"], xmpp_federation_enabled_on=["imp1"])
    outside = deployment(xmpp_federation="expressway")
    absent = deployment(xmpp_federation=False, xmpp_federation_enabled_on=None)
    id_ = "XMPPFED-02"
    yield Case(id_, Verdict.PASS, cluster(node(), subscriber("imp2", off), profile=only), "imp2")
    yield Case(id_, Verdict.DRIFT, cluster(profile=only), "imp2", FindingKind.UNNEEDED)
    yield Case(id_, Verdict.DRIFT, cluster(profile=outside), "imp1", FindingKind.UNNEEDED)
    yield Case(id_, Verdict.UNKNOWN, cluster(profile=deployment(xmpp_federation=None)), "imp2")
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(), "imp2")
    id_ = "XMPPFED-03"
    yield Case(id_, Verdict.PASS, cluster(), "imp2")
    half = deployment(xmpp_federation_enabled_on=["imp1"])
    down = cluster(node(), subscriber("imp2", off), profile=half)
    yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    yield Case(id_, Verdict.DRIFT, cluster(profile=half), "imp2", FindingKind.PROFILE_CONFLICT)
    unlisted = deployment(xmpp_federation_enabled_on=None)
    yield Case(id_, Verdict.PASS, cluster(profile=unlisted), "imp2")
    down = cluster(node(), subscriber("imp2", off), profile=unlisted)
    yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    unneeded = cluster(node(), subscriber("imp2", on), profile=absent)
    yield Case(id_, Verdict.NOT_APPLICABLE, unneeded, "imp2")
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(profile=only), "imp2")
    unclear = subscriber("imp2", service(XMPP_FEDERATION_MANAGER, "unknown"))
    yield Case(id_, Verdict.UNKNOWN, cluster(node(), unclear, profile=unlisted), "imp2")
    calm = cluster(node(), subscriber("imp2", off), profile=absent)
    yield Case(id_, Verdict.NOT_APPLICABLE, calm, "imp2")
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(profile=outside), "imp2")
    yield Case("XMPPFED-01", Verdict.NOT_APPLICABLE, cluster(profile=outside), "imp2")


def stored() -> Iterator[Case]:
    """Yield the cases of the rows on external databases."""
    uses = {
        "TCM-02": (TEXT_CONFERENCE_MANAGER, "permanent_chat"),
        "TCM-03": (TEXT_CONFERENCE_MANAGER, "permanent_chat"),
        "ARC-02": (MESSAGE_ARCHIVER, "compliance"),
    }
    for id_, (name, use) in uses.items():
        stopped = _with("imp2", name, "stopped")
        idle = _with("imp2", name, "not activated")
        missing = [d for d in databases() if use not in d.used_by]
        elsewhere = databases(database(use, nodes=["imp1"]))
        yield Case(id_, Verdict.PASS, cluster(), "imp2")
        yield Case(id_, Verdict.PASS, cluster(stores=[database(use, "not_tried")]), "imp2")
        lost = cluster(*stopped, stores=missing)
        yield Case(id_, Verdict.DRIFT, lost, "imp2", FindingKind.PREREQUISITE_MISSING)
        lost = cluster(*stopped, stores=elsewhere)
        yield Case(id_, Verdict.DRIFT, lost, "imp2", FindingKind.PREREQUISITE_MISSING)
        runs = Verdict.PASS if id_ == "TCM-02" else Verdict.UNKNOWN
        yield Case(id_, runs, cluster(stores=missing), "imp2")
        yield Case(
            id_, Verdict.DRIFT, cluster(stores=elsewhere), "imp2", FindingKind.PROFILE_CONFLICT
        )
        strange = cluster(*_with("imp2", name, "unknown"), stores=missing)
        yield Case(id_, Verdict.UNKNOWN, strange, "imp2")
        undeclared = cluster(*idle, profile=deployment(**{use: None}))
        yield Case(id_, Verdict.UNKNOWN, undeclared, "imp2")
        absent = cluster(*idle, profile=deployment(**{use: False}))
        yield Case(id_, Verdict.NOT_APPLICABLE, absent, "imp2")
    for id_, name, use in (
        ("TCM-03", TEXT_CONFERENCE_MANAGER, "permanent_chat"),
        ("ARC-02", MESSAGE_ARCHIVER, "compliance"),
    ):
        for reach in ("refused", "timed_out"):
            dead = databases(database(use, reach))
            down = cluster(*_with("imp2", name, "stopped"), stores=dead)
            yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
            yield Case(id_, Verdict.UNKNOWN, cluster(stores=dead), "imp2")
        untested = cluster(stores=databases(database(use, "unknown")))
        yield Case(id_, Verdict.UNKNOWN, untested, "imp2")
    undeclared = cluster(profile=deployment(compliance=None))
    yield Case("ARC-02", Verdict.PASS, undeclared, "imp2")
    active = deployment(compliance=False)
    missing = [d for d in databases() if "compliance" not in d.used_by]
    yield Case("ARC-02", Verdict.UNKNOWN, cluster(profile=active, stores=missing), "imp2")


def directory() -> Iterator[Case]:
    """Yield the cases of the rows on the directory service beyond running."""
    off = not_activated(DIRECTORY_SERVICE)
    absent = deployment(third_party_ldap_search=False)
    bare = deployment(third_party_ldap_search_configured=False)
    id_ = "DIR-02"
    yield Case(id_, Verdict.PASS, cluster(), "imp2")
    down = cluster(node(), subscriber("imp2", off), profile=bare)
    yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    yield Case(id_, Verdict.DRIFT, cluster(profile=bare), "imp2", FindingKind.PROFILE_CONFLICT)
    untold = deployment(third_party_ldap_search_configured=None)
    yield Case(id_, Verdict.PASS, cluster(profile=untold), "imp2")
    for uptime in (599, None):
        young = subscriber("imp2", service(DIRECTORY_SERVICE, uptime_s=uptime))
        yield Case(id_, Verdict.UNKNOWN, cluster(node(), young, profile=untold), "imp2")
    down = cluster(node(), subscriber("imp2", off), profile=untold)
    yield Case(id_, Verdict.UNKNOWN, down, "imp2")
    gone = cluster(node(), subscriber("imp2", off), profile=absent)
    yield Case(id_, Verdict.NOT_APPLICABLE, gone, "imp2")
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(profile=absent), "imp2")
    idle = deployment(third_party_ldap_search=False, third_party_ldap_search_configured=False)
    stopped = cluster(*_with("imp2", DIRECTORY_SERVICE, "stopped"), profile=idle)
    yield Case(id_, Verdict.DRIFT, stopped, "imp2", FindingKind.PREREQUISITE_MISSING)
    id_ = "DIR-03"
    for verdict, uptime, restarted, kind in (
        (Verdict.PASS, 600, None, None),
        (Verdict.PASS, 30, False, None),
        (Verdict.UNKNOWN, 599, None, None),
        (Verdict.UNKNOWN, None, None, None),
        (Verdict.UNKNOWN, None, False, None),
        (Verdict.DRIFT, 30, True, FindingKind.UNSTABLE),
        (Verdict.DRIFT, 86_400, True, FindingKind.UNSTABLE),
    ):
        looked = service(DIRECTORY_SERVICE, uptime_s=uptime, restarted=restarted)
        yield Case(id_, verdict, cluster(node(), subscriber("imp2", looked)), "imp2", kind)
    for changed in (off, service(DIRECTORY_SERVICE, "stopped")):
        facts = cluster(node(), subscriber("imp2", changed))
        yield Case(id_, Verdict.NOT_APPLICABLE, facts, "imp2")
    for state in ("starting", "unknown"):
        facts = cluster(node(), subscriber("imp2", service(DIRECTORY_SERVICE, state)))
        yield Case(id_, Verdict.UNKNOWN, facts, "imp2")
    yield Case(id_, Verdict.UNKNOWN, UNREAD, "imp2")


def axl() -> Iterator[Case]:
    """Yield the cases of the rows on AXL beyond running."""
    third = subscriber("imp3", group="second")
    yield Case("AXL-03", Verdict.PASS, cluster(node(), subscriber(), third), "imp3")
    quiet = subscriber("imp3", not_activated(AXL_WEB_SERVICE), group="second")
    yield Case("AXL-03", Verdict.PASS, cluster(node(), subscriber(), quiet), "imp3")
    alone = deployment(intercluster=False)
    yield Case("AXL-03", Verdict.PASS, cluster(profile=alone), "imp2")
    yield Case("AXL-03", Verdict.NOT_APPLICABLE, cluster(), "imp1")
    yield Case("AXL-03", Verdict.NOT_APPLICABLE, cluster(), "imp2")
    yield Case("AXL-03", Verdict.UNKNOWN, cluster(profile=deployment(intercluster=None)), "imp2")
    blind = subscriber("imp3", service(AXL_WEB_SERVICE, "unknown"), group="second")
    yield Case("AXL-03", Verdict.UNKNOWN, cluster(node(), subscriber(), blind), "imp3")
    more = deployment(intercluster_synced_from=["second"])
    yield Case("AXL-03", Verdict.NOT_APPLICABLE, cluster(node(), third, profile=more), "imp3")
    yield Case("AXL-02", Verdict.NOT_APPLICABLE, cluster(node(), third), "imp3")
    for entry in ("SECOND", "imp3", "IMP4"):
        both = deployment(intercluster_synced_from=[entry])
        off = subscriber("imp3", not_activated(AXL_WEB_SERVICE), group="second")
        facts = cluster(node(), off, subscriber("imp4", group="second"), profile=both)
        yield Case("AXL-02", Verdict.DRIFT, facts, "imp3", FindingKind.NOT_ACTIVATED)
    nobody = cluster(node(role="subscriber"), subscriber())
    yield Case("AXL-01", Verdict.UNKNOWN, nobody, "imp1")
    yield Case("AXL-02", Verdict.UNKNOWN, nobody, "imp1")
    lost = cluster(node(), subscriber(group=None, group_known=False))
    yield Case("AXL-02", Verdict.UNKNOWN, lost, "imp2")
    yield Case("AXL-01", Verdict.NOT_APPLICABLE, cluster(), "imp2")
    for verdict, answer, kind in (
        (Verdict.PASS, AxlAvailability.ANSWERED, None),
        (Verdict.DRIFT, AxlAvailability.NOT_ANSWERING, FindingKind.NOT_ANSWERING),
        (Verdict.UNKNOWN, AxlAvailability.UNKNOWN, None),
    ):
        probed = subscriber(axl=AxlProbe(answer, "The connection was refused."))
        yield Case("AXL-04", verdict, cluster(node(), probed), "imp2", kind)
    yield Case("AXL-04", Verdict.UNKNOWN, cluster(node(), subscriber(axl=None)), "imp2")
    stopped = subscriber("imp2", service(AXL_WEB_SERVICE, "stopped"), axl=None)
    yield Case("AXL-04", Verdict.NOT_APPLICABLE, cluster(node(), stopped), "imp2")
    yield Case("AXL-04", Verdict.UNKNOWN, UNREAD, "imp2")


def file_transfer() -> Iterator[Case]:
    """Yield the cases of the prerequisite of managed file transfer."""
    id_ = "XFER-02"
    stopped = _with("imp2", FILE_TRANSFER_MANAGER, "stopped")
    yield Case(id_, Verdict.PASS, cluster(), "imp2")
    bare = deployment(file_server_configured=False)
    down = cluster(*stopped, profile=bare)
    yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    yield Case(id_, Verdict.DRIFT, cluster(profile=bare), "imp2", FindingKind.PROFILE_CONFLICT)
    shared = [database("managed_file_transfer")]
    down = cluster(*stopped, stores=shared)
    yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    yield Case(id_, Verdict.DRIFT, cluster(stores=shared), "imp2", FindingKind.PROFILE_CONFLICT)
    found = [replace(database("managed_file_transfer"), origin=Origin.DISCOVERED)]
    for unlisted in ([], found):
        yield Case(id_, Verdict.UNKNOWN, cluster(stores=unlisted), "imp2")
        down = cluster(*stopped, stores=unlisted)
        yield Case(id_, Verdict.DRIFT, down, "imp2", FindingKind.PREREQUISITE_MISSING)
    untold = deployment(file_server_configured=None)
    yield Case(id_, Verdict.UNKNOWN, cluster(profile=untold), "imp2")
    absent = deployment(managed_file_transfer=False)
    yield Case(id_, Verdict.NOT_APPLICABLE, cluster(profile=absent), "imp2")
    old = cluster(node(release="10.5.2.10000-5"), subscriber())
    for row in ("XFER-01", id_):
        yield Case(row, Verdict.NOT_APPLICABLE, old, "imp2")
    strange = cluster(node(release=None), subscriber(release=None))
    yield Case(id_, Verdict.UNKNOWN, strange, "imp2")


def availability() -> Iterator[Case]:
    """Yield the cases of the rows on redundancy groups."""
    yield Case("HA-01", Verdict.PASS, cluster(), GROUP)
    over = cluster(node(ha=HaState.IDLE), subscriber(ha=HaState.BACKUP))
    yield Case("HA-01", Verdict.DRIFT, over, GROUP, FindingKind.HA_ABNORMAL)
    off = cluster(groups=[group(ha=False)])
    yield Case("HA-01", Verdict.DRIFT, off, GROUP, FindingKind.HA_ABNORMAL)
    by_name = replace(off, high_availability=frozenset({GROUP.upper()}))
    yield Case("HA-01", Verdict.DRIFT, by_name, GROUP, FindingKind.HA_ABNORMAL)
    yield Case("HA-01", Verdict.UNKNOWN, replace(off, high_availability=None), GROUP)
    unread = cluster(groups=[group(ha=None)])
    yield Case("HA-01", Verdict.UNKNOWN, unread, GROUP)
    for declared in (False, frozenset({"another"})):
        declared_off = replace(off, high_availability=declared)
        yield Case("HA-01", Verdict.NOT_APPLICABLE, declared_off, GROUP)
    untold = replace(unread, high_availability=False)
    yield Case("HA-01", Verdict.NOT_APPLICABLE, untold, GROUP)
    yield Case("HA-01", Verdict.UNKNOWN, replace(untold, nodes=over.nodes), GROUP)
    yield Case("HA-01", Verdict.NOT_APPLICABLE, cluster(node()), GROUP)
    waiting = cluster(node(), subscriber(planned=True))
    yield Case("HA-01", Verdict.NOT_APPLICABLE, waiting, GROUP)
    yield Case("HA-02", Verdict.PASS, cluster(), "imp2")
    out = cluster(node(), subscriber(group=None))
    yield Case("HA-02", Verdict.DRIFT, out, "imp2", FindingKind.NOT_GROUPED)
    lost = cluster(node(), subscriber(group=None, group_known=False))
    yield Case("HA-02", Verdict.UNKNOWN, lost, "imp2")
    yield Case("HA-02", Verdict.NOT_APPLICABLE, PLANNED, "imp2")


def certificates() -> Iterator[Case]:
    """Yield the cases of the certificates of the nodes and of the CUCM publisher."""

    def facts_ending(end: str | None, **changes: Any) -> dict[str, ClusterFacts]:
        """Return facts in which the certificate of imp2, or that of CUCM, ends then."""
        ending = subscriber(certificate_not_after=end)
        return {
            "CERT-01": cluster(node(), ending, **changes),
            "CERT-02": cluster(cucm_certificate_not_after=end, **changes),
        }

    subjects = {"CERT-01": "imp2", "CERT-02": "lab"}
    for id_, subject in subjects.items():
        # The run began on 2026-03-01 at 02:00.
        for end in ("2026-03-31T02:00:00Z", "9999-12-31T23:59:59Z"):
            yield Case(id_, Verdict.PASS, facts_ending(end)[id_], subject)
        short = facts_ending("2026-03-02T02:00:00Z", certificate_days=1)[id_]
        yield Case(id_, Verdict.PASS, short, subject)
        for end in ("2026-03-31T01:59:59Z", "2026-03-01T02:00:01Z"):
            facts = facts_ending(end)[id_]
            yield Case(id_, Verdict.DRIFT, facts, subject, FindingKind.EXPIRING)
        for end in ("2026-03-01T02:00:00Z", "2026-02-28T02:00:00Z"):
            facts = facts_ending(end)[id_]
            yield Case(id_, Verdict.DRIFT, facts, subject, FindingKind.EXPIRED)
        yield Case(id_, Verdict.UNKNOWN, facts_ending(None)[id_], subject)
        timeless = facts_ending("2028-05-01T00:00:00Z", started_at=None)[id_]
        yield Case(id_, Verdict.UNKNOWN, timeless, subject)
    other = subscriber(identity=Identity.CONTRADICTED)
    yield Case("CERT-01", Verdict.UNKNOWN, cluster(node(), other), "imp2")
    yield Case("CERT-01", Verdict.NOT_APPLICABLE, PLANNED, "imp2")


def profile() -> Iterator[Case]:
    """Yield the cases of the findings about the profile."""
    chat = "deployment.chat"
    both = (setting(["imp1"]), setting(["imp2"], Origin.OBSERVED))
    conflict = cluster(profile=deployment() | {"chat": both})
    yield Case("PROFILE-01", Verdict.DRIFT, conflict, chat, FindingKind.PROFILE_CONFLICT)
    same = (setting(True), setting(["imp1", "imp2"], Origin.DISCOVERED))
    agreed = cluster(profile=deployment() | {"chat": same})
    yield Case("PROFILE-01", Verdict.PASS, agreed, chat)
    yield Case("PROFILE-01", Verdict.NOT_APPLICABLE, cluster(), chat)
    yield Case("PROFILE-01", Verdict.NOT_APPLICABLE, cluster(profile={}), chat)
    peer = deployment(intercluster_cup86=True)
    key = "deployment.intercluster_cup86"
    facts = cluster(profile=peer)
    yield Case("PROFILE-01", Verdict.DRIFT, facts, key, FindingKind.PROFILE_CONFLICT)
    yield Case("PROFILE-01", Verdict.PASS, _nine(True), key)
    blind = cluster(node(release=None), subscriber(release=None), profile=peer)
    yield Case("PROFILE-01", Verdict.UNKNOWN, blind, key)
    key = "deployment.managed_file_transfer"
    old = cluster(node(release="10.5.2.10000-5"), subscriber())
    yield Case("PROFILE-01", Verdict.DRIFT, old, key, FindingKind.PROFILE_CONFLICT)
    known = cluster(named={"addresses": ("IMP1", "imp2"), "high_availability": (GROUP,)})
    yield Case("PROFILE-02", Verdict.PASS, known, "addresses")
    yield Case("PROFILE-02", Verdict.PASS, known, "high_availability")
    yield Case("PROFILE-02", Verdict.NOT_APPLICABLE, known, chat)
    wrong = cluster(named={"pins": ("imp9", "imp1")})
    yield Case("PROFILE-02", Verdict.DRIFT, wrong, "pins", FindingKind.PROFILE_CONFLICT)
    yield Case("PROFILE-02", Verdict.UNKNOWN, replace(known, topology_observed=False), "addresses")
    groupless = replace(known, groups=(), groups_known=False)
    yield Case("PROFILE-02", Verdict.UNKNOWN, groupless, "high_availability")
    watched = {
        "bulk_administration": (BULK_PROVISIONING, "imp1"),
        "web_clients": (WEB_CONNECTION_MANAGER, "imp2"),
        "third_party_ldap_search": (DIRECTORY_SERVICE, "imp2"),
        "compliance": (MESSAGE_ARCHIVER, "imp2"),
    }
    for key, (name, subject) in watched.items():
        profile = deployment(**{key: False})
        facts = cluster(profile=profile)
        yield Case(
            "PROFILE-03", Verdict.DRIFT, facts, f"deployment.{key}", FindingKind.PROFILE_CONFLICT
        )
        off = [
            replace(n, services={**n.services, name: not_activated(name)}) for n in cluster().nodes
        ]
        yield Case("PROFILE-03", Verdict.PASS, cluster(*off, profile=profile), f"deployment.{key}")
        strange = [
            replace(n, services={**n.services, name: service(name, "unknown")})
            if n.name == subject
            else n
            for n in off
        ]
        facts = cluster(*strange, profile=profile)
        yield Case("PROFILE-03", Verdict.UNKNOWN, facts, f"deployment.{key}")
        yield Case("PROFILE-03", Verdict.NOT_APPLICABLE, cluster(), f"deployment.{key}")
    lone = {"sip_federation": False, "partitioned_intradomain_federation": False}
    for key in ("deployment.sip_federation", "deployment.chat"):
        facts = cluster(profile=deployment(chat=False, **lone))
        yield Case("PROFILE-03", Verdict.DRIFT, facts, key, FindingKind.PROFILE_CONFLICT)
        facts = cluster(profile=deployment(chat=False, sip_federation=False))
        yield Case("PROFILE-03", Verdict.PASS, facts, key)
        open_ = {**lone, "partitioned_intradomain_federation": None}
        facts = cluster(profile=deployment(chat=False, **open_))
        yield Case("PROFILE-03", Verdict.UNKNOWN, facts, key)


def replication() -> Iterator[Case]:
    """Yield the cases of the row on database replication."""
    id_, bad = "REPL-01", FindingKind.REPLICATION_BAD
    for verdict, number, kind in (
        (Verdict.PASS, 2, None),
        (Verdict.UNKNOWN, 0, None),
        (Verdict.UNKNOWN, None, None),
        (Verdict.UNKNOWN, 5, None),
        (Verdict.DRIFT, 1, bad),
        (Verdict.DRIFT, 3, bad),
        (Verdict.DRIFT, 4, bad),
    ):
        yield Case(id_, verdict, cluster(node(), subscriber(replication=number)), "imp2", kind)
    strange = subscriber(replication=2, identity=Identity.CONTRADICTED)
    yield Case(id_, Verdict.UNKNOWN, cluster(node(), strange), "imp2")
    alone = cluster(node(replication=4))
    yield Case(id_, Verdict.NOT_APPLICABLE, alone, "imp1")
    unsure = replace(cluster(node(replication=None)), topology_observed=False)
    yield Case(id_, Verdict.UNKNOWN, unsure, "imp1")
    waiting = cluster(node(replication=0), subscriber(planned=True))
    yield Case(id_, Verdict.NOT_APPLICABLE, waiting, "imp1")


def _on(*versions: str | None, cucm: str | None = "14.0.1.13900-155") -> ClusterFacts:
    """Return a cluster whose nodes run these versions, two to a group."""
    nodes = [
        node(f"imp{n}", role="subscriber" if n > 1 else "publisher", group=f"G{(n + 1) // 2}")
        for n in range(1, len(versions) + 1)
    ]
    running = (replace(n, release=version) for n, version in zip(nodes, versions, strict=True))
    return cluster(*running, cucm_release=cucm)


def versions() -> Iterator[Case]:
    """Yield the cases of the rows on the versions of nodes and of CUCM."""
    new, build, old = "14.0.1.13900-8.x86_64", "14.0.1.13900-9", "14.0.1.12900-2.x86_64"
    differs = FindingKind.RELEASE_DIFFERS
    for id_, subject in (("REL-01", "G1"), ("REL-02", "lab")):
        yield Case(id_, Verdict.PASS, _on(new, new), subject)
        # Only Control Center adds the architecture, which is no part of the version.
        yield Case(id_, Verdict.PASS, _on(new, "14.0.1.13900-8"), subject)
        for other in (build, old):
            yield Case(id_, Verdict.DRIFT, _on(new, other), subject, differs)
        yield Case(id_, Verdict.UNKNOWN, _on(new, None), subject)
        yield Case(id_, Verdict.UNKNOWN, _on(None, None), subject)
        # Equal texts that are no version.
        yield Case(id_, Verdict.UNKNOWN, _on("unknown", "unknown"), subject)
        yield Case(id_, Verdict.UNKNOWN, _on(new, "unknown"), subject)
        waiting = _on(new, new)
        planned = tuple(
            replace(n, planned=True, release=None) if n.name == "imp2" else n for n in waiting.nodes
        )
        yield Case(id_, Verdict.NOT_APPLICABLE, replace(waiting, nodes=planned), subject)
        lone = replace(_on(new), topology_observed=False)
        yield Case(id_, Verdict.UNKNOWN, lone, subject)
        first, second = _on(new, old).nodes
        strange = cluster(first, replace(second, identity=Identity.CONTRADICTED))
        yield Case(id_, Verdict.UNKNOWN, strange, subject)
    half = _on(new, new, old, new)
    yield Case("REL-01", Verdict.PASS, half, "G1")
    yield Case("REL-01", Verdict.DRIFT, half, "G2", differs)
    yield Case("REL-02", Verdict.DRIFT, half, "lab", differs)
    yield Case("REL-02", Verdict.DRIFT, _on(new, old, None), "lab", differs)
    unlisted = replace(_on(new, new), topology_observed=False)
    yield Case("REL-01", Verdict.PASS, unlisted, "G1")
    yield Case("REL-02", Verdict.UNKNOWN, unlisted, "lab")
    id_ = "REL-03"
    for verdict, cucm, imp in (
        (Verdict.PASS, "14.0.1.13900-155", (new, new)),
        (Verdict.PASS, "14.0.1.13900(155)", (new, new)),
        (Verdict.PASS, "10.5.2.12901-1", ("10.5.2.22900-2", "10.5.1.10000-9")),
        (Verdict.PASS, "9.1.2.10000-28", ("9.1.1.10000-8", "9.1.1.10000-8")),
        (Verdict.DRIFT, "14.0.1.12900-161", (new, new)),
        (Verdict.DRIFT, "15.0.1.10000-32", (new, new)),
        (Verdict.DRIFT, "11.0.1.20000-2", ("11.0.1.10000-6", "11.0.1.10000-6")),
        (Verdict.DRIFT, "10.5.2.10000-5", ("10.0.1.10000-9", "10.5.2.10000-5")),
        (Verdict.DRIFT, "14.0.1.13900-155", (new, old)),
        (Verdict.DRIFT, "14.0.1.13900-155", (old, None)),
        (Verdict.UNKNOWN, "14.0.1.13900-155", (new, None)),
        (Verdict.UNKNOWN, "14.0.1.13900-155", (new, "14.0")),
        (Verdict.UNKNOWN, None, (new, new)),
        (Verdict.UNKNOWN, "14.0", (new, new)),
        (Verdict.UNKNOWN, "unknown", (new, new)),
    ):
        kind = differs if verdict is Verdict.DRIFT else None
        yield Case(id_, verdict, _on(*imp, cucm=cucm), "lab", kind)
    yield Case(id_, Verdict.UNKNOWN, unlisted, "lab")
    yield Case(id_, Verdict.NOT_APPLICABLE, PLANNED, "lab")
    yield Case(id_, Verdict.UNKNOWN, replace(cluster(), nodes=(), topology_observed=False), "lab")


CASES = (
    *running(),
    *foundation(),
    *sip_federation_with_8_6(),
    *misplaced(),
    *xmpp_federation(),
    *stored(),
    *directory(),
    *axl(),
    *file_transfer(),
    *availability(),
    *certificates(),
    *profile(),
    *replication(),
    *versions(),
)
