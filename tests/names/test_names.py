"""Service names: every spelling that documents and interfaces use leads to one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.service_names import (
    BULK_PROVISIONING,
    FEATURE_SERVICES,
    NETWORK_SERVICES,
    SERVICEABILITY_REPORTER,
    START_ORDER,
    canonical_name,
    is_deployable_service,
    is_service_name,
    start_position,
)

KNOWN = sorted(FEATURE_SERVICES | NETWORK_SERVICES)
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
    assert canonical_name(name) == name
    assert is_service_name(name)


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
    assert canonical_name(variant) == name
    assert is_service_name(variant)


def test_services_with_similar_names_stay_apart() -> None:
    assert canonical_name("Cisco SIP Proxy Logger") == "Cisco SIP Proxy Logger"
    assert canonical_name("Cisco AXL Tomcat") == "Cisco AXL Tomcat"
    assert canonical_name("Cisco CDP Agent") == "Cisco CDP Agent"


def test_an_unknown_name_keeps_its_words_and_is_said_to_be_unknown() -> None:
    assert canonical_name("  Cisco   Brand New\tService ") == "Cisco Brand New Service"
    assert not is_service_name("Cisco Brand New Service")
    assert is_deployable_service("Cisco Brand New Service") is None


@pytest.mark.parametrize("corrupted", ["yes", "none", "315106", "", "   "])
def test_a_corrupted_row_of_a_product_list_matches_no_service(corrupted: str) -> None:
    assert not is_service_name(corrupted)


@pytest.mark.parametrize("name", TABLE)
def test_every_service_of_the_table_is_activated_except_the_sync_agent(name: str) -> None:
    assert is_deployable_service(name) is (name != "Cisco Sync Agent")


@pytest.mark.parametrize("name", ["Cisco XCP Router", "cisco  intercluster sync agent"])
def test_a_network_service_cannot_be_activated(name: str) -> None:
    assert is_deployable_service(name) is False


def test_the_service_that_guides_list_under_both_headings_is_left_to_the_node() -> None:
    assert is_service_name("Platform Administrative Web Service")
    assert is_deployable_service("Platform Administrative Web Service") is None


def test_no_service_is_both_a_feature_and_a_network_service() -> None:
    assert not FEATURE_SERVICES & NETWORK_SERVICES


@given(st.sampled_from(KNOWN), BLANKS, st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_blanks_and_case_make_no_difference(
    name: str, blanks: str, spell: Callable[[str], str]
) -> None:
    padded = blanks + spell(name).replace(" ", blanks).replace("-", f"{blanks}-{blanks}") + blanks
    assert canonical_name(padded) == name


@given(st.text())
def test_the_canonical_spelling_of_a_canonical_spelling_is_itself(name: str) -> None:
    once = canonical_name(name)
    assert canonical_name(once) == once
    assert canonical_name(f" {name} ") == once


def test_each_feature_service_of_users_has_a_place_of_its_own_after_the_network_services() -> None:
    of_users = FEATURE_SERVICES - {BULK_PROVISIONING, SERVICEABILITY_REPORTER}
    places = sorted(start_position(name) for name in of_users)

    assert [start_position(name) for name in START_ORDER] == [*range(len(START_ORDER))]
    assert places == [*range(len(START_ORDER), len(START_ORDER) + len(of_users))]
    assert start_position(None) == start_position(BULK_PROVISIONING) == places[-1] + 1
