"""`domain`: names without a dot, as hosts and beside the same names in full."""

from pathlib import Path
from typing import Any

import pytest

from auditor.config.loader import build_configuration
from auditor.config.settings import ClusterSettings

PIN = "ab" * 32


def _cluster(**keys: Any) -> ClusterSettings:
    table = {"name": "lab", "cucm_publisher": "cucm", "domain": "example.test"}
    raw = {"defaults": {"username": "audit-ro"}, "cluster": [{**table, **keys}]}
    return build_configuration(raw, Path("auditor.toml")).clusters[0]


@pytest.mark.parametrize(
    ("name", "host", "proven"),
    [
        ("imp1", "imp1.example.test", "imp1.example.test"),
        ("imp1.other.test", "imp1.other.test", "imp1.other.test"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::1"),
        ("imp2", "192.0.2.2", "imp2.example.test"),
        ("imp3.example.test", "imp3-nat.example.test", "imp3-nat.example.test"),
    ],
)
def test_a_name_without_a_dot_is_asked_in_full(name: str, host: str, proven: str) -> None:
    """Or at its address in the file, whichever way the file writes the name."""
    settings = _cluster(addresses={"imp2": "192.0.2.2", "imp3": "imp3-nat"})
    address = settings.address_of(name)
    assert (address.host, address.verify_name) == (host, proven)


def test_every_host_of_the_file_is_completed() -> None:
    database = {"name": "db", "host": "sql1", "port": 5432, "type": "mssql"}
    settings = _cluster(
        cucm_subscribers=["cucm2:9443"],
        external_database=[{**database, "used_by": ["compliance"]}],
    )
    assert [server.address.shown for server in settings.cucm_servers] == [
        "cucm.example.test:8443",
        "cucm2.example.test:9443",
    ]
    assert settings.databases[0].host == "sql1.example.test"


@pytest.mark.parametrize("listed", ["imp1", "IMP1.example.test"])
@pytest.mark.parametrize("written", ["imp1", "imp1.example.test"])
def test_a_node_goes_by_the_name_of_the_list_everywhere(written: str, listed: str) -> None:
    settings = _cluster(
        planned_nodes=[written],
        node=[{"name": written, "role": "publisher"}],
        pins={written: PIN},
        deployment={"chat": [written]},
    ).with_listed_names([listed, "imp2"])
    (chat,) = settings.settings["chat"]
    names = {*settings.planned_nodes, *(chat.nodes or ()), settings.nodes[0].name}
    names |= {name for named in settings.named.values() for name in named}
    assert {name.casefold() for name in names} == {listed.casefold()}
    assert settings.pins[settings.full_name(listed)] == (PIN,)


def test_another_domain_is_another_node() -> None:
    settings = _cluster(planned_nodes=["imp1"]).with_listed_names(["imp1.other.test"])
    assert settings.planned_nodes == ("imp1",)
