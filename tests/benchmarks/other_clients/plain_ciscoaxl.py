"""ciscoaxl for AXL, an object for each server as its README makes it, and zeep for the rest."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ciscoaxl import axl

from tests.benchmarks.other_clients.asked import read_questions
from tests.benchmarks.other_clients.zeep_services import (
    AXL_PATH,
    SERVICEABILITY,
    create_services,
    open_clients,
)

_VERSION = "12.5"
"""As in the README."""


def main() -> None:
    """Ask all questions of the file."""
    asked = read_questions(Path(sys.argv[1]))
    # It makes its own session: the authority reaches it by this name only.
    os.environ["REQUESTS_CA_BUNDLE"] = asked.ca_bundle
    clients = open_clients(asked, SERVICEABILITY)
    for server in asked.servers:
        ucm = axl(
            username=asked.username,
            password=os.environ["AUDITOR_PASSWORD"],
            cucm=server.name,
            cucm_version=_VERSION,
            cucm_port=server.port,
            strict_ssl=True,
        )
        services = create_services(clients, server)
        for question in server.questions:
            if question["path"] == AXL_PATH:
                _ask_axl(ucm, question)
            else:
                getattr(services[question["path"]], question["operation"])(**question["arguments"])


def _ask_axl(ucm: axl, question: Mapping[str, Any]) -> None:
    """Ask by the package's own method where it has one for the question, else by its client."""
    arguments = question["arguments"]
    if question["operation"] != "executeSQLQuery":
        getattr(ucm.client, question["operation"])(**arguments)
    elif isinstance(reply := ucm.sql_query(arguments["sql"]), Exception):
        # It returns a fault instead of raising it.
        raise reply


if __name__ == "__main__":
    main()
