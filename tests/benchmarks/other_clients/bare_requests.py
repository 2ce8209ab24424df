"""`requests` alone: the program's own bytes, one after the other, and no look at the answers."""

import os
import sys
from pathlib import Path

import requests

from tests.benchmarks.other_clients.asked import read_questions


def main() -> None:
    """Ask all questions of the file on one session."""
    asked = read_questions(Path(sys.argv[1]))
    with requests.Session() as session:
        session.auth = (asked.username, os.environ["AUDITOR_PASSWORD"])
        session.verify = asked.ca_bundle
        for server in asked.servers:
            for question in server.questions:
                session.post(
                    f"{server.origin}{question['path']}",
                    data=question["body"].encode(),
                    headers=question["headers"],
                ).raise_for_status()


if __name__ == "__main__":
    main()
