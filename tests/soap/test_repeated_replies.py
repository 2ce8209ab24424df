"""A list that nodes tell byte for byte alike is read once, and never for a node that told none."""

from collections.abc import Callable

import pytest
import responses

from auditor.credentials import Credentials, Secret
from auditor.errors import BadReply, ExchangeError
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.operations import CONTROL_CENTER_API
from auditor.soap.parsing import ParseCache
from auditor.soap.records import ProductInformation
from tests.soap.conftest import PASSWORD, PatientWire, Play, Recorded

GOOD = "control-center/product-information.xml"
EMPTY = "control-center/product-information-no-services.xml"

NewNode = Callable[[str], Client]


@pytest.fixture
def new_node(wire: PatientWire, endpoint: Endpoint) -> NewNode:
    """Return a function that makes clients of nodes of one cluster."""
    products: ParseCache[ProductInformation] = ParseCache()
    account = Credentials("audit-ro", Secret(PASSWORD))

    def make(name: str) -> Client:
        place = Endpoint(name, "127.0.0.1", 8443, name, ca_bundle=endpoint.ca_bundle)
        return Client(place, account, RequestLimits(), wire, products=products)

    return make


def test_the_same_bytes_from_two_nodes_are_one_reading(new_node: NewNode, play: Play) -> None:
    play(CONTROL_CENTER_API, GOOD)
    one = new_node("imp-a.example.test").product_information()
    assert new_node("imp-b.example.test").product_information() is one


def test_a_node_that_tells_something_else_is_read_for_itself(
    new_node: NewNode, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    url = f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}"
    other = recorded(GOOD).replace(b"<ns1:Deployable>true", b"<ns1:Deployable>false", 1)
    assert other != recorded(GOOD)
    mocked.post(url, recorded(GOOD), content_type="text/xml")
    mocked.post(url, other, content_type="text/xml")
    one = new_node("imp-a.example.test").product_information()
    assert new_node("imp-b.example.test").product_information() != one


def test_each_node_is_refused_in_its_own_name(new_node: NewNode, play: Play) -> None:
    """A refusal is not remembered: it names who sent the reply."""
    play(CONTROL_CENTER_API, EMPTY)
    for name in ("imp-a.example.test", "imp-b.example.test"):
        with pytest.raises(BadReply, match=f"Control Center of {name} sent an empty list"):
            new_node(name).product_information()


@pytest.mark.parametrize(
    ("status", "kind"), [(503, "text/xml"), (401, "text/xml"), (200, "text/html")]
)
def test_known_bytes_under_another_status_or_type_are_still_refused(
    status: int, kind: str, new_node: NewNode, play: Play
) -> None:
    """What was good once says nothing of a reply that claims to be something else."""
    play(CONTROL_CENTER_API, GOOD)
    new_node("imp-a.example.test").product_information()
    play(CONTROL_CENTER_API, GOOD, status=status, content_type=kind)
    with pytest.raises(ExchangeError):
        new_node("imp-b.example.test").product_information()


def test_what_is_secret_for_one_client_is_hidden_though_another_read_the_same(
    wire: PatientWire, endpoint: Endpoint, play: Play
) -> None:
    """Clients share readings, and never what one of them must not show."""
    play(CONTROL_CENTER_API, GOOD)
    products: ParseCache[ProductInformation] = ParseCache()
    group = "IM and Presence Services"
    for password, shown in (("another", group), (group, "***")):
        account = Credentials("audit-ro", Secret(password))
        client = Client(endpoint, account, RequestLimits(), wire, products=products)
        assert client.product_information().services[0].group == shown
