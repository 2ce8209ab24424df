"""Service names: every spelling that documents and interfaces use leads to one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import names

KNOWN = sorted(names.FEATURE_SERVICES | names.NETWORK_SERVICES)
TABLE = (
    "Cisco AXL Web Service",
    "Cisco Bulk Provisioning Service",
    "Cisco Serviceability Reporter",
    "Cisco SIP Proxy",
    "Cisco Presence Engine",
    "Cisco Sync Agent",
    "Cisco XCP Text Conference Manager",
    "Cisco XCP Web Connection Manager",
    "Cisco XCP Connection Manager",
    "Cisco XCP SIP Federation Connection Manager",
    "Cisco XCP XMPP Federation Connection Manager",
    "Cisco XCP Message Archiver",
    "Cisco XCP Directory Service",
    "Cisco XCP Authentication Service",
)
BLANKS = st.text(alphabet=" \t\n\u00a0", min_size=1, max_size=4)


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_name_keeps_its_spelling(name: str) -> None:
    assert names.canonical(name) == name
    assert names.is_known(name)


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("Cisco XCP Text Conferencing Manager", "Cisco XCP Text Conference Manager"),
        ("Cisco XCP Text Conference Mgr Service", "Cisco XCP Text Conference Manager"),
        ("Text Conference Manager service", "Cisco XCP Text Conference Manager"),
        ("Cisco XCP Client Connection Manager", "Cisco XCP Connection Manager"),
        ("Cisco Unified Presence XCP Connection Manager", "Cisco XCP Connection Manager"),
        ("Cisco File Transfer Manager", "Cisco XCP File Transfer Manager"),
        ("Cisco Presence Login Datastore", "Cisco Login Datastore"),
        ("Cisco Presence SIP Registration Datastore", "Cisco SIP Registration Datastore"),
        ("Cisco Configuration Agent", "Cisco Config Agent"),
        ("XCP Router", "Cisco XCP Router"),
        ("Cisco Replication Watcher", "Cisco IM and Presence Data Monitor"),
        ("Cisco ReplicationWatcher", "Cisco IM and Presence Data Monitor"),
        ("Cisco RCC Device Selection", "Cisco RCC Device Selection Service"),
        (
            "Cisco Certificate Change Notification Service",
            "Cisco Certificate Change Notification",
        ),
        ("SOAP-Real-Time Service APIs", "SOAP -Real-Time Service APIs"),
        ("Cisco SOAP - Real-Time Service APIs", "SOAP -Real-Time Service APIs"),
        ("Cisco SOAP-Performance-Monitoring APIs", "SOAP -Performance Monitoring APIs"),
        ("Cisco SOAP-Log-Collection APIs", "SOAP -Log Collection APIs"),
        ("Aupair", "Cisco Database Layer Monitor"),
    ],
)
def test_a_variant_leads_to_the_spelling_of_control_center(variant: str, name: str) -> None:
    assert names.canonical(variant) == name
    assert names.is_known(variant)


def test_services_with_similar_names_stay_apart() -> None:
    assert names.canonical("Cisco SIP Proxy Logger") == "Cisco SIP Proxy Logger"
    assert names.canonical("Cisco AXL Tomcat") == "Cisco AXL Tomcat"
    assert names.canonical("Cisco CDP Agent") == "Cisco CDP Agent"


def test_an_unknown_name_keeps_its_words_and_is_said_to_be_unknown() -> None:
    assert names.canonical("  Cisco   Brand New\tService ") == "Cisco Brand New Service"
    assert not names.is_known("Cisco Brand New Service")
    assert names.deployable("Cisco Brand New Service") is None


@pytest.mark.parametrize("corrupted", ["yes", "none", "315106", "", "   "])
def test_a_corrupted_row_of_a_product_list_matches_no_service(corrupted: str) -> None:
    assert not names.is_known(corrupted)


@pytest.mark.parametrize("name", TABLE)
def test_every_service_of_the_table_is_activated_except_the_sync_agent(name: str) -> None:
    assert names.deployable(name) is (name != "Cisco Sync Agent")


@pytest.mark.parametrize("name", ["Cisco XCP Router", "cisco  intercluster sync agent"])
def test_a_network_service_cannot_be_activated(name: str) -> None:
    assert names.deployable(name) is False


def test_the_service_that_guides_list_under_both_headings_is_left_to_the_node() -> None:
    assert names.is_known("Platform Administrative Web Service")
    assert names.deployable("Platform Administrative Web Service") is None


def test_no_service_is_both_a_feature_and_a_network_service() -> None:
    assert not names.FEATURE_SERVICES & names.NETWORK_SERVICES


@given(st.sampled_from(KNOWN), BLANKS, st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_blanks_and_case_make_no_difference(
    name: str, blanks: str, spell: Callable[[str], str]
) -> None:
    padded = blanks + spell(name).replace(" ", blanks).replace("-", f"{blanks}-{blanks}") + blanks
    assert names.canonical(padded) == name


@given(st.text())
def test_the_canonical_spelling_of_a_canonical_spelling_is_itself(name: str) -> None:
    once = names.canonical(name)
    assert names.canonical(once) == once
    assert names.canonical(f" {name} ") == once


def test_the_nearest_choice_is_offered_whatever_its_case() -> None:
    assert names.nearest("chats", ["chat", "compliance"]) == "chat"
    assert names.nearest("LAB", ["lab", "prod"]) == "lab"
    assert names.nearest("zzz", ["chat", "compliance"]) is None
    assert names.nearest("anything", []) is None
