"""zeep with the full AXL schema, one question after the other."""

import sys
from pathlib import Path

from tests.benchmarks.other_clients.asked import read_questions
from tests.benchmarks.other_clients.zeep_services import (
    AXL_PATH,
    SERVICEABILITY,
    create_services,
    open_clients,
)


def main() -> None:
    """Ask all questions of the file; the second argument is the AXL WSDL."""
    asked = read_questions(Path(sys.argv[1]))
    clients = open_clients(asked, {AXL_PATH: Path(sys.argv[2]), **SERVICEABILITY})
    for server in asked.servers:
        services = create_services(clients, server)
        for question in server.questions:
            getattr(services[question["path"]], question["operation"])(**question["arguments"])


if __name__ == "__main__":
    main()
