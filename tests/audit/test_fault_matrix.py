"""Every fault of the simulator, on every question that the audit asks: the right gap, no more.

Each cell of the table says what one fault on one question comes to. It is compared with the whole
difference to the report without the fault, so that neither a verdict that should have been lost
nor one that should have been kept can slip through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Source
from auditor.models.findings import Finding, SubjectKind, Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import load_packs
from auditor.recommendations.vocabulary import JudgingMode
from auditor.simulator import Simulator
from auditor.simulator.faults import LISTENER_FAULTS, Fault
from tests.lab import CUCM, GROUP, PUB, QUICK, SUB, Lab

PLACES: Mapping[str, tuple[str, str, str]] = {
    "topology": (CUCM, "cucm-axl", "listProcessNode"),
    "groups": (CUCM, "cucm-axl", "listPresenceRedundancyGroup"),
    "activation": (CUCM, "cucm-axl", "listProcessNodeService"),
    "product": (SUB, "control-center", "getProductInformationList"),
    "services": (SUB, "control-center", "soapGetServiceStatus"),
    "second": (SUB, "control-center", "soapGetServiceStatus"),
    "perfmon": (SUB, "perfmon", "perfmonCollectCounterData"),
    "replication": (SUB, "perfmon", "perfmonCollectCounterData"),
    "imp-axl": (SUB, "imp-axl", "executeSQLQuery"),
    "cucm-release": (CUCM, "cucm-axl", "getCCMVersion"),
}
"""Every question of an audit: who is asked, over which interface, what."""

# A token of coverage.reason: the source fails so, and what hangs on it is lost. With "!" the
# failure is a finding. "+401" loses the node's other sources too. "=": nothing changes.
# "?NAME": the source answers, and the changes are those of that name. "-": see EXCLUDED.
TABLE = """
fault                 topology             groups               activation           product               services              second                perfmon              replication          imp-axl              cucm-release
connection-refused    unreachable+silent   unreachable          unreachable          unreachable           unreachable           unreachable           unreachable          unreachable          unreachable!         unreachable
lost                  unreachable+silent   unreachable          unreachable          unreachable           unreachable           unreachable           unreachable          unreachable          unreachable!         unreachable
hang                  timed_out+silent     timed_out            timed_out            timed_out             timed_out             timed_out             timed_out            timed_out            timed_out!           timed_out
slow-drip             timed_out            timed_out            timed_out            timed_out             timed_out             timed_out             timed_out            timed_out            timed_out!           timed_out
reset                 bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
cut                   bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
huge-reply            too_large            too_large            too_large            too_large             too_large             too_large             too_large            too_large            too_large            too_large
http-401              credentials          credentials+stop     credentials          credentials+node401   credentials+401       credentials+401       credentials+401      credentials+axl      credentials          credentials+activation
http-403              not_authorised       not_authorised       not_authorised       not_authorised        not_authorised        not_authorised        not_authorised       not_authorised       not_authorised       not_authorised
http-404              no_such_service      no_such_service      no_such_service      no_such_service       no_such_service       no_such_service       no_such_service      no_such_service      no_such_service!     no_such_service
http-500              unavailable          unavailable          unavailable          unavailable           unavailable           unavailable           unavailable          unavailable          unavailable!         unavailable
http-503              unavailable          unavailable          unavailable          unavailable           unavailable           unavailable           unavailable          unavailable          unavailable!         unavailable
redirect              bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
login-page            bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
unsupported-version   unsupported_version  unsupported_version  unsupported_version  unavailable           unavailable           unavailable           unavailable          unavailable          unsupported_version  unsupported_version
rate-control          rate_limited         rate_limited         rate_limited         rate_limited          rate_limited          rate_limited          rate_limited         rate_limited         rate_limited         rate_limited
soap-fault            soap_fault           soap_fault           soap_fault           soap_fault            soap_fault            soap_fault            soap_fault           soap_fault           soap_fault           soap_fault
database-fault        soap_fault           soap_fault           soap_fault           -                     -                     -                     -                    -                    soap_fault!          soap_fault
union-refused         =                    =                    =                    -                     -                     -                     -                    -                    =                    =
dtd-entity            bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
entity-bomb           bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
no-body               bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
other-operation       bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
doubled-list          bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
doubled-body          bad_reply            bad_reply            bad_reply            bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
empty-list            bad_reply            bad_reply            ?ACTIVATION          bad_reply             bad_reply             bad_reply             bad_reply            bad_reply            bad_reply!           bad_reply
missing-row           bad_reply+member     bad_reply            ?ACTIVATION          =                     ?NO_AXL_ROW           ?NO_AXL_ROW           bad_reply+state      bad_reply            bad_reply!           bad_reply
contradicting-rows    bad_reply            bad_reply            ?ACTIVATION          =                     ?ALL_ROWS             ?ALL_ROWS             bad_reply            bad_reply            bad_reply!           bad_reply
missing-value         ?NO_ROLES            ?HA_SWITCH           ?ACTIVATION          =                     ?ALL_ROWS             ?ALL_ROWS             bad_reply            bad_reply            bad_reply!           bad_reply
odd-status            ?NO_ROLES            ?HA_SWITCH           ?ACTIVATION          =                     ?ALL_ROWS             ?ALL_ROWS             bad_reply            bad_reply            bad_reply!           ?NO_RELEASE
padded-text           =                    =                    =                    =                     =                     =                     =                    =                    =                    =
nil-values            bad_reply            bad_reply            ?ACTIVATION          =                     ?ALL_ROWS             ?ALL_ROWS             bad_reply            bad_reply            bad_reply!           bad_reply
odd-number            =                    =                    =                    =                     ?NO_UPTIME            ?NO_UPTIME            bad_reply            bad_reply            bad_reply!           =
starting              -                    -                    -                    -                     ?MOVING               ?LEFT                 -                    -                    -                    -
stopping              -                    -                    -                    -                     ?MOVING               ?LEFT                 -                    -                    -                    -
other-node            -                    -                    -                    =                     wrong_node+twins      wrong_node+twins      wrong_node+node      wrong_node+node      -                    -
"""  # noqa: E501 - a table is read in rows

EXCLUDED = {
    "database-fault": "only AXL has a database behind it",
    "union-refused": "only AXL is asked in SQL",
    "starting": "only a row of Control Center has a state",
    "stopping": "only a row of Control Center has a state",
    "other-node": "CUCM answers for all nodes, and the database is one for all nodes",
}
"""Why a fault makes no sense where its cell holds "-"."""

LISTENERS: Mapping[tuple[str, str], str] = {
    ("connection-refused", CUCM): "unreachable",
    ("expired-certificate", CUCM): "tls",
    ("wrong-certificate", CUCM): "wrong_node",
    ("self-signed-certificate", CUCM): "tls",
    ("connection-refused", SUB): "unreachable",
    ("expired-certificate", SUB): "tls",
    ("wrong-certificate", SUB): "wrong_node",
    ("self-signed-certificate", SUB): "tls",
}
"""Faults of a whole server."""

CLUSTER = "pair"
"""The name of the cluster, the subject of what all nodes have in common."""

KEYS = ("deployment.compliance", "deployment.sip_federation")
"""What is declared absent, so that PROFILE-03 needs the services of every node."""

FOUNDATION = " ".join(f"NET-{number:02}" for number in range(1, 13))
"""The network services that the others need."""

ON_SUB = (
    f"{FOUNDATION} "
    "AUTH-01 AXL-02 AXL-04 AXL-05 BPS-01 CM-01 DIR-01 DIR-03 ESS-01 ESS-02 ICSA-01 PE-01 RPT-02 "
    "RTR-01 SIP-01 SYNC-01 TCM-01 WEB-01 XMPPFED-02 ARC-02"
)
"""Everything that is read off the subscriber's own services."""

ON_PUB = f"{ON_SUB} AXL-01 BPS-02 RPT-01".replace("BPS-01 ", "").replace("RPT-02 ", "")

RUNNING = (
    f"{FOUNDATION} "
    "AUTH-01 AXL-02 AXL-05 CM-01 DIR-01 DIR-03 ESS-01 ESS-02 ICSA-01 PE-01 RTR-01 SIP-01 SYNC-01 "
    "TCM-01 WEB-01"
)
"""What is seen to run there at the first of two looks."""

Changes = dict[tuple[str, str], str]


def _unknown(on: str, rows: str) -> Changes:
    return {(row, on): "unknown" for row in rows.split()}


KEYS_OPEN: Changes = {("PROFILE-03", key): "unknown" for key in KEYS}
NODE_LOST = {**_unknown(SUB, ON_SUB), **KEYS_OPEN}
VERSION_LOST = {**_unknown(GROUP, "REL-01"), **_unknown(CLUSTER, "REL-02 REL-03")}
CUCM_VERSION_LOST = _unknown(CLUSTER, "REL-03")
HA_LOST = _unknown(GROUP, "HA-01")
REPLICATION_LOST = _unknown(SUB, "REPL-01")
PERFMON_LOST = {**HA_LOST, **REPLICATION_LOST}
AXL_LOST = _unknown(SUB, "AXL-04")
UNGROUPED = {**_unknown(SUB, "AXL-02 AXL-03 HA-02"), **_unknown(PUB, "HA-02")}
SWITCH_LOST = _unknown("high_availability", "PROFILE-01")
ACTIVATION_LOST = _unknown(SUB, "BPS-01")

LOST: Mapping[str, Changes] = {
    "topology": {
        **KEYS_OPEN,
        **SWITCH_LOST,
        ("PROFILE-02", "addresses"): "unknown",
        **_unknown(CLUSTER, "REL-02 REL-03"),
    },
    "groups": {**UNGROUPED, **SWITCH_LOST, **ACTIVATION_LOST},
    "activation": ACTIVATION_LOST,
    "product": VERSION_LOST,
    "services": NODE_LOST,
    "second": _unknown(SUB, "DIR-03"),
    "perfmon": PERFMON_LOST,
    "replication": REPLICATION_LOST,
    "imp-axl": AXL_LOST,
    "cucm-release": CUCM_VERSION_LOST,
}
"""What is no longer known when a question stays without an answer."""

CERTIFICATE_LOST = _unknown(SUB, "CERT-01")
CUCM_CERTIFICATE_LOST = _unknown("pair", "CERT-02")
OTHER_NODE = {**VERSION_LOST, **NODE_LOST, **PERFMON_LOST, **CERTIFICATE_LOST}
BOTH_LOST = {**OTHER_NODE, **_unknown(PUB, f"{ON_PUB} REPL-01 CERT-01")}
FURTHER: Mapping[str, Changes] = {
    "401": {**PERFMON_LOST, **AXL_LOST},
    "axl": AXL_LOST,
    "state": HA_LOST,
    "node401": {**NODE_LOST, **PERFMON_LOST},
    "stop": {
        **_unknown(CLUSTER, "REL-02 REL-03"),
        **NODE_LOST,
        **REPLICATION_LOST,
        **CERTIFICATE_LOST,
        **_unknown(PUB, f"{ON_PUB} REPL-01 CERT-01"),
    },
    "activation": ACTIVATION_LOST,
    "silent": CUCM_CERTIFICATE_LOST,
    "member": {
        **_unknown(CLUSTER, "REL-02 REL-03"),
        **_unknown(PUB, "HA-02 NET-12 REPL-01"),
        **SWITCH_LOST,
        **KEYS_OPEN,
        ("PROFILE-02", "addresses"): "unknown",
    },
    "node": OTHER_NODE,
    "twins": BOTH_LOST,
}
"""What else is lost, where a failure means more than one request without a reply."""

NAMED: Mapping[str, Changes] = {
    "ACTIVATION": ACTIVATION_LOST,
    "NO_AXL_ROW": _unknown(SUB, "AXL-02 AXL-04 AXL-05"),
    "ALL_ROWS": NODE_LOST,
    "NO_RELEASE": CUCM_VERSION_LOST,
    "NO_UPTIME": _unknown(SUB, "DIR-03"),
    "NO_ROLES": {
        **_unknown(PUB, "AXL-01 AXL-02 AXL-03 BPS-01 BPS-02 RPT-01 RPT-02"),
        **_unknown(SUB, "AXL-01 AXL-02 AXL-03 BPS-01 BPS-02 RPT-01 RPT-02"),
    },
    "HA_SWITCH": {**HA_LOST, **SWITCH_LOST},
    "MOVING": {**NODE_LOST, ("BPS-01", SUB): "drift misplaced"},
    "LEFT": {
        **NODE_LOST,
        **{(row, SUB): "drift unstable" for row in RUNNING.split()},
        ("BPS-01", SUB): "drift misplaced",
    },
}
"""What a question that is answered, but oddly, changes."""

SLOW = (Fault.HANG, Fault.SLOW_DRIP)
"""Faults that cost their whole time-out, which is short for them."""


@dataclass(frozen=True)
class Case:
    """One fault on one question, and what it must come to; `reason` None: the source answers."""

    fault: Fault
    place: str
    reason: str | None
    changes: Changes
    further: str = ""

    def __str__(self) -> str:
        return f"{self.fault}-on-{self.place}"


def _grid() -> Iterator[tuple[Fault, str, str]]:
    """Yield each cell of the table with its fault and its place."""
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    for fault, *cells in lines:
        for place, cell in zip(head[1:], cells, strict=True):
            yield Fault(fault), place, cell


def _case(fault: Fault, place: str, cell: str) -> Case:
    if cell == "=":
        return Case(fault, place, None, {})
    if cell.startswith("?"):
        return Case(fault, place, None, NAMED[cell[1:]])
    reason, _, further = cell.partition("+")
    changes = {**LOST[place], **FURTHER.get(further, {})}
    # After such a failure CUCM is asked nothing more.
    if place == "groups" and reason not in ("soap_fault", "bad_reply"):
        changes |= CUCM_VERSION_LOST
    if reason.endswith("!"):
        changes = {("AXL-04", SUB): "drift not_answering"}
    if further in ("member", "state"):
        changes = FURTHER[further]
    return Case(fault, place, reason.rstrip("!"), changes, further)


CASES = [_case(*cell) for cell in _grid() if cell[2] != "-"]


def test_no_fault_and_no_request_is_missing_from_the_table() -> None:
    """A new fault must be given its row, and what is left out its reason."""
    pairs = {(fault, place) for fault, place, _ in _grid()}
    interface_faults = (set(Fault) - LISTENER_FAULTS) | {Fault.CONNECTION_REFUSED}
    assert pairs == set(product(interface_faults, PLACES))
    assert {fault for fault, _ in LISTENERS} == set(LISTENER_FAULTS)
    assert {server for _, server in LISTENERS} == {CUCM, SUB}
    left_out = {fault for fault, _, cell in _grid() if cell == "-"}
    assert left_out == set(EXCLUDED)


def test_every_request_of_an_audit_has_a_column(pair: Lab) -> None:
    """What the audit asks is what the faults were laid on."""
    before = len(pair.simulator.requests)
    _audit(pair.undisturbed())
    operations = {(r.interface, r.operation) for r in pair.simulator.requests[before:]}
    assert operations == {(interface, operation) for _, interface, operation in PLACES.values()}


SICK = (
    "Cisco AXL Web Service",
    "Cisco SIP Proxy",
    "Cisco Presence Engine",
    "Cisco XCP Text Conference Manager",
    "Cisco XCP Web Connection Manager",
    "Cisco XCP Connection Manager",
    "Cisco XCP Authentication Service",
)
"""Services that a node of the pair must run."""

SICK_NETWORK = (
    "Cisco Sync Agent",
    "Cisco XCP Router",
    "Cisco Intercluster Sync Agent",
    "Cisco IM and Presence Data Monitor",
    "Cisco Server Recovery Manager",
    "Cisco Route Datastore",
    "Cisco Login Datastore",
    "Cisco SIP Registration Datastore",
    "Cisco Presence Datastore",
    "Cisco XCP Config Manager",
    "Cisco OAM Agent",
    "Cisco Client Profile Agent",
    "Cisco Config Agent",
    "A Cisco DB",
    "A Cisco DB Replicator",
)
"""Network services that it must run."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield a compliant pair of nodes for which every question is asked, the second look too."""
    node = {
        "name": SUB,
        "service": {
            "Cisco Bulk Provisioning Service": {
                "status": "Stopped",
                "reason": -1,
                "text": "",
                "active_in_axl": False,
            },
            "Cisco XCP Directory Service": {"uptime": 30},
        },
    }
    yield from _running(tmp_path_factory.mktemp("pair"), node)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield the same pair with a second node on which everything is wrong that can be."""
    undecided = {"status": "Stopped", "reason": -1, "text": "", "active_in_axl": False}
    node = {
        "name": SUB,
        "activated": [
            "Cisco Bulk Provisioning Service",
            "Cisco Serviceability Reporter",
            "Cisco XCP XMPP Federation Connection Manager",
            "Cisco XCP Message Archiver",
            "Cisco XCP SIP Federation Connection Manager",
        ],
        "stopped": list(SICK_NETWORK),
        "replication": 3,
        "service": {
            **dict.fromkeys(SICK, undecided),
            "Cisco XCP Directory Service": {"status": "Starting"},
        },
    }
    yield from _running(tmp_path_factory.mktemp("sick"), node)


def _running(folder: Path, node: Mapping[str, object]) -> Iterator[Lab]:
    features = (
        "chat",
        "bulk_administration",
        "intercluster",
        "web_clients",
        "third_party_ldap_search",
        "third_party_ldap_search_configured",
    )
    scenario = {
        "cluster": {"name": "pair"},
        "group": [{"name": GROUP, "nodes": [PUB, SUB]}],
        "node": [node],
        "deployment": dict.fromkeys(features, True),
    }
    with Simulator(scenario, folder) as simulator:
        yield Lab(simulator, folder, {**QUICK, "backoff_s": [0]})


@pytest.fixture(scope="module")
def whole(pair: Lab) -> ClusterReport:
    """Return what the pair comes to without any fault."""
    return _alone(_audit(pair.undisturbed()))


@pytest.fixture(scope="module")
def whole_broken(broken: Lab) -> ClusterReport:
    """Return what the sick pair comes to without any fault."""
    return _alone(_audit(broken.undisturbed()))


def _audit(lab: Lab) -> Report:
    """Audit without discovery, which is best effort and may only add to what is known."""
    return lab.audit(discover=False)


def _alone(report: Report) -> ClusterReport:
    (cluster,) = report.clusters
    return cluster


def _lay(lab: Lab, case: Case) -> None:
    node, interface, operation = PLACES[case.place]
    fault: dict[str, object] = {
        "fault": case.fault,
        "node": node,
        "interface": interface,
        "operation": operation,
        "after": 1 if case.place in ("second", "replication") else 0,
        "interval_s": 0.02,
        "megabytes": 9,
    }
    if case.fault is Fault.MISSING_ROW and case.place in _ROWS:
        fault["row"] = _ROWS[case.place]
    lab.simulator.change({"clear": {}, "fault": fault})
    lab.defaults = {**lab.defaults, "timeout_s": 2 if case.fault in SLOW else 5}


_ROWS = {
    "topology": SUB,
    "activation": "Cisco Bulk Provisioning Service",
    "services": "Cisco AXL Web Service",
    "second": "Cisco AXL Web Service",
    "replication": (
        rf"\\{SUB}\Number of Replicates Created and State of Replication(ReplicateCount)"
        r"\Replicate_State"
    ),
}
"""The row that is missing, where it matters which."""


def _verdicts(cluster: ClusterReport) -> dict[tuple[str, str], str]:
    return {
        (f.recommendation, f.subject.name): f"{f.verdict} {f.kind}" if f.kind else f"{f.verdict}"
        for f in cluster.findings
    }


def _differences(before: ClusterReport, after: ClusterReport) -> Changes:
    verdicts = _verdicts(before)
    return {
        key: verdict for key, verdict in _verdicts(after).items() if verdicts.get(key) != verdict
    }


def _gone(before: ClusterReport, after: ClusterReport) -> set[str]:
    """Return the subjects that are no longer judged at all."""
    left = {f.subject.name for f in after.findings}
    return {f.subject.name for f in before.findings} - left


def _gaps(cluster: ClusterReport) -> dict[tuple[str, str], str]:
    return {(c.node, c.source): str(c.reason) for c in cluster.coverage if c.reason}


def _expected_gaps(case: Case) -> dict[tuple[str, str], str]:
    """Return the holes in the coverage that the case must leave, and no others."""
    if case.reason is None:
        return {}
    node, interface, _ = PLACES[case.place]
    sources: list[Source] = [Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL]
    others: dict[tuple[str, str], str] = {}
    match case.further:
        case "401" | "node401" | "axl":
            position = sources.index(Source(interface))
            others = {(SUB, s): "not_asked" for s in sources[position + 1 :]}
        case "stop":
            others = {(n, s): "not_asked" for n in (PUB, SUB) for s in sources}
        case "node":
            others = {(SUB, s): case.reason for s in sources}
        case "twins":
            others = {(n, s): case.reason for n in (PUB, SUB) for s in sources}
    return {**others, (node, interface): case.reason}


def _expected_gone(case: Case) -> set[str]:
    if case.reason is None:
        return set()
    if case.place == "topology":
        return {SUB, GROUP} if case.further == "member" else {PUB, SUB, GROUP}
    return {GROUP} if case.place == "groups" else set()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_of_one_request_changes_only_what_depends_on_it(
    pair: Lab, whole: ClusterReport, case: Case
) -> None:
    """Nothing is known any more that was not read, and everything else is judged as before."""
    _lay(pair, case)
    report = _audit(pair)
    cluster = _alone(report)
    assert _gaps(cluster) == _expected_gaps(case)
    assert _gone(whole, cluster) == _expected_gone(case)
    assert _differences(whole, cluster) == case.changes
    assert report.exit_code == _exit_code(case)
    _hold_what_holds_for_every_report(whole, cluster, case.changes)


def _exit_code(case: Case) -> int:
    if any(change.startswith("drift") for change in case.changes.values()):
        return 3
    if case.further in ("stop", "twins") or (case.place == "topology" and case.further != "member"):
        return 5 if case.reason else 4 if case.changes else 0
    return 4 if case.changes or case.reason else 0


def _hold_what_holds_for_every_report(
    before: ClusterReport, after: ClusterReport, changes: Changes
) -> None:
    assert all(c.reason is not Reason.BUG for c in after.coverage)
    assert len({f.id for f in after.findings}) == len(after.findings)
    assert sorted(_due(after)) == sorted((f.recommendation, f.subject.name) for f in after.findings)
    findings = {f.id: f for f in before.findings}
    read = {n.name for n in after.nodes if n.services} - {SUB}
    for finding in after.findings:
        key = finding.recommendation, finding.subject.name
        if finding.verdict is Verdict.UNKNOWN:
            assert finding.because
            assert finding.remedy
        elif key not in changes and finding.subject.name in read:
            assert _lasting(finding) == _lasting(findings[finding.id])


def _lasting(finding: Finding) -> tuple[object, ...]:
    return finding.verdict, finding.expected, finding.observed, finding.evidence


def _due(cluster: ClusterReport) -> Iterator[tuple[str, str]]:
    """Yield every recommendation with every subject of its kind, as the contract wants them."""
    subjects = {
        SubjectKind.NODE: {n.name for n in cluster.nodes},
        SubjectKind.CLUSTER: {CLUSTER},
        SubjectKind.GROUP: {f.subject.name for f in cluster.findings if f.subject.kind == "group"},
        SubjectKind.CLUSTER: {cluster.name},
        SubjectKind.KEY: {f.subject.name for f in cluster.findings if f.subject.kind == "key"},
    }
    for row in load_packs():
        if row.mode is JudgingMode.AUDIT:
            yield from ((row.id, name) for name in subjects[row.subject])


@pytest.mark.parametrize(("fault", "server"), LISTENERS, ids=lambda value: str(value))
def test_a_fault_of_a_server_changes_only_what_that_server_sends(
    pair: Lab, whole: ClusterReport, fault: str, server: str
) -> None:
    """A node that cannot be reached, or proves to be another one, gets no request."""
    reason = LISTENERS[fault, server]
    before = len(pair.simulator.requests)
    pair.undisturbed().simulator.change({"fault": {"fault": fault, "node": server}})
    report = _audit(pair)
    cluster = _alone(report)
    gaps = _gaps(cluster)
    assert all(r.node != server for r in pair.simulator.requests[before:])
    if server == CUCM:
        assert gaps == {(CUCM, "cucm-axl"): reason}
        lost = {**LOST["topology"], **CUCM_CERTIFICATE_LOST}
        assert _differences(whole, cluster) == _with_expired(lost, fault)
        assert report.exit_code == (3 if fault == EXPIRED else 5)
    else:
        assert set(gaps) == {(SUB, s) for s in ("control-center", "perfmon", "imp-axl")}
        assert reason in gaps.values()
        assert set(gaps.values()) <= {reason, "not_asked"}
        assert _differences(whole, cluster) == _with_expired(OTHER_NODE, fault)
        assert report.exit_code == (3 if fault == EXPIRED else 4)
    _hold_what_holds_for_every_report(whole, cluster, _differences(whole, cluster))


def _with_expired(changes: Changes, fault: str) -> Changes:
    """Return the changes; the refusal of an expired certificate tells when that ended."""
    if fault != EXPIRED:
        return changes
    certificates = ("CERT-01", "CERT-02")
    return {key: "drift expired" if key[0] in certificates else v for key, v in changes.items()}


EXPIRED = "expired-certificate"

_ROW_FAULTS = {Fault.EMPTY_LIST, Fault.MISSING_ROW, Fault.CONTRADICTING_ROWS, Fault.NIL_VALUES}
DISTORTED = [case for case in CASES if case.reason is None or case.fault in _ROW_FAULTS]


@pytest.mark.parametrize("case", DISTORTED, ids=str)
def test_no_distortion_makes_a_broken_node_look_better(
    broken: Lab, whole_broken: ClusterReport, case: Case
) -> None:
    """Whatever is wrong stays wrong or becomes unknown; it never passes, and never vanishes."""
    _lay(broken, case)
    report = _audit(broken)
    cluster = _alone(report)
    assert report.exit_code in (3, 4, 5)
    good = {"pass", "not_applicable", "explained"}
    better = {k: v for k, v in _differences(whole_broken, cluster).items() if v in good}
    assert better == {}


def test_almost_nothing_passes_on_the_broken_node(whole_broken: ClusterReport) -> None:
    """Otherwise the test above would prove little."""
    verdicts = _verdicts(whole_broken)
    passing = {row for (row, on), verdict in verdicts.items() if on == SUB and verdict == "pass"}
    assert passing == {"HA-02", "DIR-02", "CERT-01"}
    assert {verdicts[row, SUB] for row in ("BPS-01", "RPT-02")} == {"drift misplaced"}
