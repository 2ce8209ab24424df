"""What the tests of the SOAP layer share: recorded replies, a network, clients, certificates."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest
import responses

from auditor.credentials import Credentials, Secret
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.network import LiveNetwork
from auditor.soap.operations import SoapInterface
from auditor.soap.reply_cache import ReplyCache
from tests.soap.certs import Authority

NODE = "imp-a.example.test"
PASSWORD = "s3cr3t  & <more>"
REPLIES = Path(__file__).parents[2] / "fixtures" / "replies"

Recorded = Callable[[str], bytes]


class NewClient(Protocol):
    """Makes a client of one endpoint."""

    def __call__(
        self,
        place: Endpoint | None = None,
        limits: RequestLimits | None = None,
        *,
        axl_version: str = "auto",
        axl_first: str | None = None,
    ) -> Client: ...


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """Return a function that reads a reply of `fixtures/replies`."""
    return lambda name: (REPLIES / name).read_bytes()


class Play(Protocol):
    """Lets one interface of the node answer with a recorded reply, without a network."""

    def __call__(
        self,
        interface: SoapInterface,
        name: str,
        status: int = 200,
        content_type: str = "text/xml; charset=utf-8",
    ) -> None: ...


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    """Put replies given by hand in the place of the network."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def play(mocked: responses.RequestsMock, recorded: Recorded) -> Play:
    """Return a function that plays recorded replies, one a request, the last one for ever."""

    def put(
        interface: SoapInterface,
        name: str,
        status: int = 200,
        content_type: str = "text/xml; charset=utf-8",
    ) -> None:
        url = f"https://127.0.0.1:8443{interface.path}"
        mocked.post(url, recorded(name), status=status, content_type=content_type)

    return put


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority that the clients of these tests trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


class PatientNetwork(LiveNetwork):
    """A live network whose pauses take no time and are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.interrupt_in_pause = False

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.interrupt_in_pause:
            self.interrupt()
        super().pause(0)


@pytest.fixture
def network() -> Iterator[PatientNetwork]:
    """Return a network, closed at the end."""
    with closing(PatientNetwork()) as opened:
        yield opened


@pytest.fixture
def endpoint(authority: Authority) -> Endpoint:
    """Return where the node is when nothing listens: for replies that are put in by hand."""
    return Endpoint(NODE, "127.0.0.1", 8443, NODE, ca_bundle=authority.pem)


@pytest.fixture
def new_client(network: PatientNetwork, endpoint: Endpoint) -> Iterator[NewClient]:
    """Return a function that makes clients of one account, all closed at the end."""
    account = Credentials("audit-ro", Secret(PASSWORD))
    reply_cache = ReplyCache()
    with ExitStack() as opened:

        def make(
            place: Endpoint | None = None,
            limits: RequestLimits | None = None,
            *,
            axl_version: str = "auto",
            axl_first: str | None = None,
        ) -> Client:
            client = Client(
                place or endpoint,
                account,
                limits or RequestLimits(),
                network,
                axl_version=axl_version,
                axl_first=axl_first,
                reply_cache=reply_cache,
            )
            return opened.enter_context(client)

        yield make
