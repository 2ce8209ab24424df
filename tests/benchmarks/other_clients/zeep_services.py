"""zeep clients and services as Cisco's samples make them.

Sources: `axl-python-zeep-samples` and `serviceability-python-zeep-samples` of CiscoDevNet. The
certificate is verified, which the samples leave to their reader.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from requests import Session
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.transports import Transport

from tests.benchmarks.other_clients.asked import AskedCluster, AskedServer

AXL_PATH = "/axl/"
_BINDINGS = {
    AXL_PATH: "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding",
    "/controlcenterservice2/services/ControlCenterServices": (
        "{http://schemas.cisco.com/ast/soap}ControlCenterServicesBinding"
    ),
    "/perfmonservice2/services/PerfmonService": (
        "{http://schemas.cisco.com/ast/soap}PerfmonBinding"
    ),
}
_WSDLS = Path(__file__).parents[3] / "wsdl"
SERVICEABILITY = {path: _WSDLS / f"{path.rpartition('/')[2]}.wsdl" for path in [*_BINDINGS][1:]}
"""The samples bring Cisco's own; ours describe less, so they load no slower."""


def open_clients(asked: AskedCluster, wsdls: Mapping[str, Path]) -> dict[str, Any]:
    """Return a client for each path, all on one session."""
    session = Session()
    session.verify = asked.ca_bundle
    session.auth = HTTPBasicAuth(asked.username, os.environ["AUDITOR_PASSWORD"])
    transport = Transport(session=session, timeout=10)
    settings = Settings(strict=False, xml_huge_tree=True)
    return {
        path: Client(str(wsdl), settings=settings, transport=transport)
        for path, wsdl in wsdls.items()
    }


def create_services(clients: Mapping[str, Any], server: AskedServer) -> dict[str, Any]:
    """Return what answers at each path of a server."""
    return {
        path: client.create_service(_BINDINGS[path], f"{server.origin}{path}")
        for path, client in clients.items()
    }
