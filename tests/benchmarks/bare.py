"""The other side: `requests` alone, sending the same bytes and looking at nothing that comes."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from tests.benchmarks.farm import Farm
from tests.benchmarks.ours import Asked


class _Named(HTTPAdapter):
    """An adapter that verifies a name of its own choice, whatever address is dialled."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **settings: object
    ) -> None:
        names = {"server_hostname": self._name, "assert_hostname": self._name}
        super().init_poolmanager(connections, maxsize, block, **names, **settings)


def ask(server: Asked, farm: Farm) -> int:
    """Send one server its questions on one session; return how many bytes came back."""
    received = 0
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (farm.username, farm.password)
        session.verify = str(server.endpoint.ca_bundle)
        session.mount("https://", _Named(server.endpoint.verify_name))
        for question in server.questions:
            reply = session.post(question.url, data=question.body, headers=dict(question.headers))
            received += len(reply.content)
    return received


def one_after_the_other(servers: Iterable[Asked], farm: Farm) -> float:
    """Ask servers in turn; return the seconds that it took."""
    began = time.perf_counter()
    for server in servers:
        ask(server, farm)
    return time.perf_counter() - began


def in_a_pool(servers: Iterable[Asked], farm: Farm, workers: int) -> float:
    """Ask servers side by side, each in turn on its own session; return the seconds."""
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda server: ask(server, farm), servers))
    return time.perf_counter() - began
