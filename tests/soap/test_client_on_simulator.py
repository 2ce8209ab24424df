"""The client and the simulator, which share no code, understand each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.credentials import Credentials, Secret
from auditor.models.nodes import Identity
from auditor.resources import scenario_folder
from auditor.simulator import Simulator
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from tests.soap.conftest import PatientNetwork


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Simulator]:
    """Return a healthy simulated cluster."""
    with Simulator(scenario_folder() / "healthy.toml", tmp_path) as running:
        yield running


def client(
    cluster: Simulator, network: PatientNetwork, name: str, place: tuple[str, int]
) -> Client:
    """Return a client of one of its servers."""
    endpoint = Endpoint(
        name, *place, name, ca_bundle=cluster.ca_path, other_names=frozenset(cluster.nodes)
    )
    account = Credentials(cluster.username, Secret(cluster.password))
    return Client(endpoint, account, RequestLimits(), network)


def test_every_request_to_a_node_is_answered(cluster: Simulator, network: PatientNetwork) -> None:
    name, place = next(iter(cluster.nodes.items()))
    with client(cluster, network, name, place) as node:
        services = {row.name for row in node.service_status().rows}
        assert "Cisco AXL Web Service" in services
        assert services == {spec.name for spec in node.product_information().services}
        (state,) = node.perfmon_counters("Cisco Server Recovery Manager", name)
        assert (state.name.rpartition("\\")[2], state.value) == ("SRMState", 3)
        counted = node.sql("select count(*) from processnode where systemnode='f'")
        assert int(counted[0]["count"] or 0) >= len(cluster.nodes)
        assert node.identity is Identity.CERTIFICATE
        assert node.requests_sent == len(cluster.requests)


def test_every_request_to_the_cucm_publisher_is_answered(
    cluster: Simulator, network: PatientNetwork
) -> None:
    with client(cluster, network, cluster.scenario.cucm, cluster.cucm) as cucm:
        names = {node.name for node in cucm.list_process_nodes()}
        assert set(cluster.nodes) < names
        groups = cucm.list_presence_redundancy_groups()
        assert {name for group in groups for name in (group.server1, group.server2)} <= names
        some = next(iter(cluster.nodes))
        active = {row.service for row in cucm.list_process_node_services(some) if row.is_active}
        assert "Cisco SIP Proxy" in active
        assert cucm.ccm_version().startswith(f"{cucm.axl_version}")
