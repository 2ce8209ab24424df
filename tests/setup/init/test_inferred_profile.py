"""What a deployment profile may be inferred from, and what stays a question."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.profile import ProfileEntry
from auditor.models.settings import Setting
from auditor.recommendations.inference import ask_about_contradictions, infer_profile
from auditor.service_names import (
    BULK_PROVISIONING,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FEATURE_SERVICES,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    SIP_FEDERATION_MANAGER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import cluster, node, not_activated, service, setting, settings, subscriber

ALL_OFF = tuple(not_activated(name) for name in sorted(FEATURE_SERVICES))


def bare(told: Mapping[str, tuple[Setting, ...]] | None = None) -> ClusterFacts:
    """Return a pair on which nothing is activated, and of which nothing is declared."""
    pair = (node("imp1", *ALL_OFF), subscriber("imp2", *ALL_OFF))
    return replace(cluster(*pair), settings=told or {}, databases=())


def running(on: str, *services: str) -> ClusterFacts:
    """Return the pair with services started on one node."""
    facts = bare()
    nodes = tuple(
        replace(n, services={**n.services, **{s: service(s) for s in services}})
        if n.name == on
        else n
        for n in facts.nodes
    )
    return replace(facts, nodes=nodes)


def discovered(**told: bool | tuple[str, ...]) -> ClusterFacts:
    """Return the bare pair with what its database shows."""
    return bare(settings(**{k: setting(v, "discovered") for k, v in told.items()}))


def test_every_key_of_the_file_has_a_line_in_its_order() -> None:
    assert tuple(infer_profile(bare())) == DEPLOYMENT_KEYS


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("bulk_administration", BULK_PROVISIONING),
        ("web_clients", WEB_CONNECTION_MANAGER),
        ("xmpp_clients", CONNECTION_MANAGER),
        ("third_party_ldap_search", DIRECTORY_SERVICE),
    ],
)
def test_a_service_on_any_node_says_that_its_feature_is_in_use(key: str, name: str) -> None:
    line = infer_profile(running("imp1", name))[key]

    assert (line.value, line.question) == (True, "")
    assert line.why == f"{name} is activated on imp1."
    assert infer_profile(bare())[key].off
    assert infer_profile(bare())[key].why == f"{name} is activated on no node."


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("chat", TEXT_CONFERENCE_MANAGER),
        ("sip_federation", SIP_FEDERATION_MANAGER),
        ("xmpp_federation", XMPP_FEDERATION_MANAGER),
        ("compliance", MESSAGE_ARCHIVER),
        ("managed_file_transfer", FILE_TRANSFER_MANAGER),
    ],
)
def test_a_service_on_some_nodes_names_them(key: str, name: str) -> None:
    assert infer_profile(running("imp2", name))[key].value == ("imp2",)
    both = replace(
        bare(),
        nodes=tuple(replace(n, services={**n.services, name: service(name)}) for n in bare().nodes),
    )
    assert infer_profile(both)[key].value is True
    assert infer_profile(bare())[key].value is False


def test_a_node_that_was_not_read_leaves_its_features_open() -> None:
    """What is off on the nodes that answered may be on where nothing could be read."""
    facts = bare()
    facts = replace(facts, nodes=(facts.nodes[0], replace(facts.nodes[1], services={})))
    lines = infer_profile(facts)

    for key in ("chat", "web_clients", "compliance", "bulk_administration"):
        assert lines[key].question
        assert "activated on imp2." in lines[key].why


def test_a_planned_node_leaves_nothing_unknown() -> None:
    facts = bare()
    planned = replace(facts.nodes[1], services={}, planned=True)

    assert infer_profile(replace(facts, nodes=(facts.nodes[0], planned)))["web_clients"].off


def test_a_service_that_a_release_does_not_have_is_off() -> None:
    facts = bare()
    old = tuple(
        replace(
            n,
            release="10.5.2.1-1",
            services={k: v for k, v in n.services.items() if k != FILE_TRANSFER_MANAGER},
        )
        for n in facts.nodes
    )

    assert infer_profile(replace(facts, nodes=old))["managed_file_transfer"].off


@pytest.mark.parametrize(
    "key",
    [
        "partitioned_intradomain_federation",
        "routing_nodes",
        "intercluster",
        "compliance_third_party",
        "xmpp_federation_enabled_on",
    ],
)
def test_what_no_interface_shows_is_a_question(key: str) -> None:
    assert infer_profile(bare())[key].question


def test_a_discovered_value_is_taken_with_where_it_is_from() -> None:
    line = infer_profile(discovered(intercluster=True))["intercluster"]

    assert line.on
    assert line.why == "Discovered to be on: auditor.toml."


def test_permanent_chat_without_its_service_is_asked_and_so_is_chat() -> None:
    lines = infer_profile(discovered(permanent_chat=True))

    assert lines["chat"].question
    assert lines["permanent_chat"].question


def test_no_chat_means_no_permanent_chat() -> None:
    lines = infer_profile(bare())

    assert lines["permanent_chat"].off
    assert lines["permanent_chat_ha"].off


def test_federation_that_is_set_and_not_activated_is_asked() -> None:
    """The one says that it is meant, the other that it is not."""
    set_only = discovered(xmpp_federation=("imp1",))
    activated_only = replace(
        running("imp1", XMPP_FEDERATION_MANAGER),
        settings=settings(xmpp_federation=setting(False, "discovered")),
    )

    assert infer_profile(set_only)["xmpp_federation"].question
    assert infer_profile(activated_only)["xmpp_federation"].question


def test_federation_through_expressway_is_inferred_from_its_rows() -> None:
    told = {"xmpp_federation": (setting("expressway", Origin.DISCOVERED),)}

    assert infer_profile(bare(told))["xmpp_federation"].value == "expressway"
    mixed = replace(running("imp1", XMPP_FEDERATION_MANAGER), settings=told)
    assert infer_profile(mixed)["xmpp_federation"].question


@pytest.mark.parametrize(
    ("changes", "settled"),
    [
        ({"uptime_s": 86_400}, True),
        ({"uptime_s": 30}, False),
        ({"uptime_s": 86_400, "restarted": True}, False),
        ({"uptime_s": None}, False),
    ],
)
def test_ldap_settings_are_there_only_if_the_service_stays_up(
    changes: dict[str, object], settled: bool
) -> None:
    steady = service(DIRECTORY_SERVICE, "started", **changes)
    facts = replace(bare(), nodes=(node("imp1", *ALL_OFF, steady),))
    line = infer_profile(facts)["third_party_ldap_search_configured"]

    assert line.on is settled
    assert bool(line.question) is not settled


def test_an_old_peer_is_asked_of_release_nine_alone() -> None:
    nine = tuple(replace(n, release="9.1.1.10000-8") for n in bare().nodes)

    assert infer_profile(discovered(intercluster=True))["intercluster_cup86"].off
    facts = replace(discovered(intercluster=True), nodes=nine)
    assert infer_profile(facts)["intercluster_cup86"].question


def test_what_the_loader_would_refuse_becomes_a_question() -> None:
    lines = infer_profile(bare()) | {
        "chat": ProfileEntry("chat", ("imp1",), question="Where?"),
        "permanent_chat": ProfileEntry("permanent_chat", True),
        "permanent_chat_ha": ProfileEntry("permanent_chat_ha", True),
        "intercluster": ProfileEntry("intercluster", False),
        "intercluster_cup86": ProfileEntry("intercluster_cup86", True),
    }
    fitting = ask_about_contradictions(lines, peers=False)

    for key in ("permanent_chat", "permanent_chat_ha", "intercluster_cup86"):
        assert fitting[key].question
    assert ask_about_contradictions(lines, peers=True)["intercluster"].question
