"""Whom a row is asked of: routing nodes, planned nodes, lists of nodes, discovered features."""

from dataclasses import replace

import pytest

from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.nodes import Identity
from auditor.models.settings import Setting
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.features import switch_text
from auditor.recommendations.packs import load_packs
from auditor.report.sentences import render_sentence, render_sentences
from auditor.service_names import (
    AXL_WEB_SERVICE,
    BULK_PROVISIONING,
    DIRECTORY_SERVICE,
    MESSAGE_ARCHIVER,
    SIP_PROXY_SERVICE,
    TEXT_CONFERENCE_MANAGER,
)
from tests.factories import (
    GROUP,
    cluster,
    database,
    databases,
    deployment,
    gap,
    node,
    not_activated,
    service,
    setting,
    subscriber,
)

ROWS = load_packs()


def _all(facts: ClusterFacts) -> dict[tuple[str, str], Finding]:
    return {(f.recommendation, f.subject.name): f for f in judge_facts(ROWS, facts)}


def test_only_what_routing_needs_applies_to_a_routing_node() -> None:
    facts = cluster(profile=deployment(routing_nodes=["IMP2"]))
    spared = {
        id_
        for (id_, subject), f in _all(facts).items()
        if subject == "imp2" and "routing" in render_sentence(f.because)
    }

    prefixes = ("PE", "TCM", "WEB", "CM", "AUTH", "DIR", "SIPFED", "XMPPFED", "ARC", "ESS")
    ids = {r.id for r in ROWS if r.id.startswith(prefixes)} - {"SIPFED-02", "XMPPFED-02"}
    assert spared == ids
    for id_ in ("SIP-01", "SYNC-01", "RTR-01"):
        assert _all(facts)[id_, "imp2"].verdict is Verdict.PASS
    assert render_sentence(_all(facts)["PE-01", "imp2"].because) == (
        "`routing_nodes` names imp2 (declared), and the Partitioned Intradomain Federation Guide "
        "keeps this off routing nodes."
    )


def test_nothing_applies_to_a_planned_node_and_it_is_no_partner() -> None:
    findings = _all(cluster(node(), subscriber(planned=True, services={})))

    on_it = [f for (_, subject), f in findings.items() if subject == "imp2"]
    assert {f.verdict for f in on_it} == {Verdict.NOT_APPLICABLE}
    assert {render_sentence(f.because) for f in on_it} == {
        "Node imp2 is declared in planned_nodes."
    }
    assert render_sentence(findings["AXL-02", "imp1"].because) == (
        "`intercluster` is true (declared) and peers sync from imp1, the publisher, and no "
        "failover is possible because it has no partner."
    )


@pytest.mark.parametrize(
    ("key", "id_"),
    [
        ("chat", "TCM-01"),
        ("sip_federation", "SIPFED-01"),
        ("xmpp_federation", "XMPPFED-01"),
        ("compliance", "ARC-01"),
        ("managed_file_transfer", "XFER-01"),
    ],
)
def test_a_feature_that_names_nodes_applies_to_those_alone(key: str, id_: str) -> None:
    findings = _all(cluster(profile=deployment(**{key: ["Imp1"]})))

    assert findings[id_, "imp1"].verdict is Verdict.PASS
    assert findings[id_, "imp2"].verdict is Verdict.NOT_APPLICABLE


def test_an_undeclared_feature_names_the_key_to_declare() -> None:
    finding = _all(cluster(profile=deployment(chat=None)))["TCM-01", "imp2"]

    assert render_sentence(finding.because) == "`chat` is not declared."
    assert render_sentences(finding.remedy) == "Declare `chat` in [cluster.deployment]."


def test_absent_chat_means_absent_permanent_chat() -> None:
    findings = _all(
        cluster(profile=deployment(chat=False, permanent_chat=None, permanent_chat_ha=None))
    )

    for id_ in ("TCM-01", "TCM-02", "TCM-03", "TCM-04"):
        assert findings[id_, "imp2"].verdict is Verdict.NOT_APPLICABLE


def test_federation_through_expressway_raises_the_severity_of_a_service_left_on() -> None:
    findings = _all(cluster(profile=deployment(xmpp_federation="expressway")))

    assert findings["XMPPFED-02", "imp2"].severity is Severity.HIGH
    assert _all(cluster())["XMPPFED-02", "imp2"].severity is Severity.MEDIUM


@pytest.mark.parametrize("value", [True, False])
def test_a_discovered_feature_alone_makes_nothing_compliant(value: bool) -> None:
    profile = deployment(chat=setting(value, Origin.DISCOVERED))
    finding = _all(cluster(profile=profile))["TCM-01", "imp2"]

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == (
        f"`chat` is {str(value).lower()} (discovered); the cluster's own data suggests it, "
        "but your file does not confirm it."
    )
    assert render_sentences(finding.remedy) == "Declare `chat` in [cluster.deployment]."


def test_a_discovered_feature_still_shows_drift() -> None:
    profile = deployment(chat=setting(True, Origin.DISCOVERED))
    off = subscriber("imp2", not_activated(TEXT_CONFERENCE_MANAGER))

    assert _all(cluster(node(), off, profile=profile))["TCM-01", "imp2"].verdict is Verdict.DRIFT


def test_a_discovered_list_of_routing_nodes_exempts_no_node() -> None:
    profile = deployment(routing_nodes=setting(["imp2"], Origin.DISCOVERED))

    assert _all(cluster(profile=profile))["PE-01", "imp2"].verdict is Verdict.UNKNOWN


def test_what_is_declared_outranks_what_is_discovered_whatever_the_order() -> None:
    both = (setting(True, Origin.DISCOVERED), setting(False))
    findings = _all(cluster(profile=deployment() | {"chat": both}))

    assert findings["TCM-01", "imp2"].verdict is Verdict.NOT_APPLICABLE
    assert findings["PROFILE-01", "deployment.chat"].verdict is Verdict.DRIFT


def test_a_discovered_database_alone_passes_no_prerequisite() -> None:
    guessed = databases(database("permanent_chat", origin=Origin.DISCOVERED))
    stopped = subscriber("imp2", service(TEXT_CONFERENCE_MANAGER, "stopped"))

    facts = cluster(node(), stopped, stores=guessed)
    assert _all(facts)["TCM-02", "imp2"].verdict is Verdict.UNKNOWN
    assert _all(cluster(stores=guessed))["TCM-02", "imp2"].verdict is Verdict.PASS


def test_a_discovered_feature_does_not_make_the_list_of_databases_complete() -> None:
    profile = deployment(permanent_chat=setting(True, Origin.DISCOVERED))

    assert _all(cluster(profile=profile, stores=[]))["TCM-02", "imp2"].verdict is Verdict.UNKNOWN


def test_a_node_that_did_not_answer_is_unknown_with_the_reason() -> None:
    finding = _all(cluster(node(), subscriber(services={}), gaps=[gap("imp2")]))["PE-01", "imp2"]

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == (
        "Control Center of imp2 gave no answer (unreachable). No connection could be made."
    )
    assert render_sentences(finding.remedy) == "Bring imp2 back (see coverage), then audit again."


def test_a_missing_row_is_unknown_and_never_an_absence() -> None:
    kept = subscriber()
    rest = {n: s for n, s in kept.services.items() if n != BULK_PROVISIONING}
    finding = _all(cluster(node(), subscriber(services=rest)))["BPS-01", "imp2"]

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == "Control Center of imp2 returned no row for it."


def test_the_replies_of_another_machine_do_not_count() -> None:
    findings = _all(cluster(node(), subscriber(identity=Identity.CONTRADICTED)))

    assert render_sentence(findings["PE-01", "imp2"].because) == (
        "Another machine answered in place of imp2 (wrong_node)."
    )
    for id_ in ("PE-01", "AXL-04", "SYNC-01", "BPS-01"):
        assert findings[id_, "imp2"].verdict is Verdict.UNKNOWN
    assert findings["HA-01", "DefaultCUPSubCluster"].verdict is Verdict.UNKNOWN


def test_a_database_that_is_not_tested_passes_as_configured_only() -> None:
    untried = databases(database("compliance", "not_tried"))
    finding = _all(cluster(stores=untried))["ARC-02", "imp2"]

    assert finding.verdict is Verdict.PASS
    assert (
        render_sentence(finding.because) == "`probe` is false, so only the configuration is judged."
    )


def test_the_worst_of_several_databases_decides() -> None:
    two = databases(database("compliance", "refused", name="second"))
    down = subscriber("imp2", service(MESSAGE_ARCHIVER, "stopped"))

    assert _all(cluster(node(), down, stores=two))["ARC-02", "imp2"].verdict is Verdict.DRIFT
    assert _all(cluster(stores=two))["ARC-02", "imp2"].verdict is Verdict.UNKNOWN


def test_a_drift_says_what_follows_and_what_to_do() -> None:
    stopped = subscriber("imp2", service(SIP_PROXY_SERVICE, "stopped"))
    finding = _all(cluster(node(), stopped))["SIP-01", "imp2"]

    assert render_sentence(finding.expected) == "Cisco SIP Proxy is activated and runs on imp2."
    assert render_sentence(finding.observed) == (
        "Cisco SIP Proxy is stopped on imp2 (-1069 Commanded Out of Service)."
    )
    assert render_sentence(finding.because) == "SIP-01 holds for every node of every cluster."
    assert finding.consequence == "SIP presence and messages do not reach the users of this node."
    assert render_sentences(finding.remedy) == (
        "In Cisco Unified IM and Presence Serviceability > Tools > Control Center - Feature "
        "Services, choose the node and start Cisco SIP Proxy, or run `utils service start Cisco "
        "SIP Proxy` on imp2."
    )


def test_a_group_that_peers_may_sync_from_is_unknown_where_the_node_s_group_is() -> None:
    profile = deployment(intercluster_synced_from=["second"])
    lost = subscriber("imp3", group=None, group_known=False)
    publisher = node(group="first")

    assert (
        _all(cluster(publisher, lost, profile=profile))["AXL-02", "imp3"].verdict is Verdict.UNKNOWN
    )
    stands = deployment(intercluster_synced_from=["imp3"])
    beside = subscriber("imp4", group="second")
    findings = _all(cluster(publisher, lost, beside, profile=stands))
    assert findings["AXL-02", "imp4"].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("is_known", [True, False])
def test_a_publisher_outside_every_group_leaves_open_who_its_partner_is(is_known: bool) -> None:
    """Cisco's table alone says nothing of the missing group, so nothing here may pass."""
    publisher = node(group=None, group_known=is_known)
    off = subscriber("imp2", not_activated(AXL_WEB_SERVICE), group="first")
    loose = subscriber("imp3", not_activated(AXL_WEB_SERVICE), group=None)
    verdicts = {
        (f.recommendation, f.subject.name): f.verdict
        for f in judge_facts(load_packs(["table"]), cluster(publisher, off, loose))
    }

    assert verdicts["AXL-02", "imp1"] is Verdict.PASS
    for other in ("imp2", "imp3"):
        assert verdicts["AXL-02", other] is Verdict.UNKNOWN
        assert verdicts["AXL-03", other] is Verdict.UNKNOWN


def test_a_publisher_outside_every_group_is_named_as_what_to_fix() -> None:
    finding = _all(cluster(node(group=None), subscriber(group="first")))["AXL-02", "imp2"]

    assert render_sentence(finding.because) == (
        "Publisher imp1 is in no redundancy group, so its partner is not known."
    )
    assert render_sentences(finding.remedy) == "Put imp1 into a redundancy group."


def test_a_node_outside_every_group_says_nothing_about_other_nodes() -> None:
    profile = deployment(intercluster_synced_from=["imp3"])
    loose = subscriber("imp3", group=None)
    beside = subscriber("imp4", group="second")
    findings = _all(cluster(node(group="first"), loose, beside, profile=profile))

    assert findings["AXL-02", "imp3"].verdict is Verdict.PASS
    assert findings["AXL-02", "imp4"].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("origin", [Origin.DECLARED, Origin.DISCOVERED])
def test_a_group_that_the_cluster_did_not_list_itself_decides_nothing(origin: Origin) -> None:
    """The file's own word proves no name in it right, and a group may have another node."""
    only = [Group("first", ("imp1",), None, origin)]
    facts = cluster(
        node(group="first"),
        subscriber(group=None, group_known=False),
        groups=only,
        groups_known=False,
        named={"node.redundancy_group": ("first",)},
    )
    findings = _all(facts)

    assert findings["PROFILE-02", "node.redundancy_group"].verdict is Verdict.UNKNOWN
    assert findings["HA-01", "first"].verdict is Verdict.UNKNOWN


def test_a_group_of_one_among_nodes_that_may_not_be_all_is_unknown() -> None:
    facts = cluster(node(), topology_observed=False)

    assert _all(facts)["HA-01", GROUP].verdict is Verdict.UNKNOWN
    assert "no partner" not in render_sentence(_all(facts)["AXL-02", "imp1"].because)


def test_a_group_known_from_the_file_is_said_to_be() -> None:
    only = [Group(GROUP, ("imp1", "imp2"), None, Origin.DECLARED)]
    finding = _all(cluster(groups=only))["HA-02", "imp1"]

    assert finding.verdict is Verdict.PASS
    assert render_sentence(finding.because) == "The profile lists the node in this group."
    assert [(piece.origin, piece.source) for piece in finding.evidence] == [
        (Origin.DECLARED, "profile")
    ]


def test_the_release_of_another_machine_does_not_count() -> None:
    strange = node(release="10.5.2", identity=Identity.CONTRADICTED)
    findings = _all(cluster(strange, subscriber(release=None)))

    assert findings["XFER-02", "imp2"].verdict is Verdict.UNKNOWN


def test_a_running_service_that_is_reported_as_not_activated_is_unknown() -> None:
    odd = service(SIP_PROXY_SERVICE, activated=False)
    finding = _all(cluster(node(), subscriber("imp2", odd)))["SIP-01", "imp2"]

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == (
        "It runs and is reported as not activated: a contradiction."
    )


def test_a_stopped_service_of_unknown_activation_is_drift_and_says_so() -> None:
    down = service(SIP_PROXY_SERVICE, "stopped", activated=None, reason_code=-1, reason=None)
    finding = _all(cluster(node(), subscriber("imp2", down)))["SIP-01", "imp2"]

    assert finding.verdict is Verdict.DRIFT
    assert render_sentence(finding.observed) == (
        "Cisco SIP Proxy is stopped on imp2 (-1), and it is not known whether it is activated."
    )


def test_a_directory_service_whose_activation_is_unknown_may_or_may_not_stay_up() -> None:
    down = service(DIRECTORY_SERVICE, "stopped", activated=None)

    finding = _all(cluster(node(), subscriber("imp2", down)))["DIR-03", "imp2"]
    assert finding.verdict is Verdict.UNKNOWN
    assert (
        render_sentences(finding.remedy)
        == "Look at Cisco XCP Directory Service in Service Activation of imp2."
    )


def test_a_profile_without_known_nodes_is_no_pass() -> None:
    facts = cluster(node(planned=True), profile=deployment(web_clients=False))

    assert _all(facts)["PROFILE-03", "deployment.web_clients"].verdict is Verdict.UNKNOWN


def test_a_feature_that_was_only_discovered_to_be_absent_is_not_declared_absent() -> None:
    profile = deployment(web_clients=setting(False, Origin.DISCOVERED))
    finding = _all(cluster(profile=profile))["PROFILE-03", "deployment.web_clients"]

    assert finding.verdict is Verdict.NOT_APPLICABLE


def test_an_empty_list_is_quoted_as_the_file_has_it() -> None:
    nowhere = Setting(False, Origin.DECLARED, "profile", frozenset())
    assert switch_text(nowhere) == "[]"
    assert switch_text(replace(nowhere, nodes=None)) == "false"
