"""Simulated clusters in a process of their own, so that they share no interpreter with a client.

`python -m tests.benchmarks.farm FOLDER CLUSTERS NODES DELAY_S` serves until its standard input
ends. On two cores the simulators still take their part of both sides of every measurement.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.simulator import Simulator

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Farm:
    """Clusters that run: their one configuration file, the account that may ask, their process."""

    config: Path
    username: str
    password: str
    process_id: int = field(default_factory=os.getpid)


@contextmanager
def farm(clusters: int, nodes: int, *, delay_s: float = 0) -> Iterator[Farm]:
    """Serve `clusters` healthy clusters of `nodes` nodes each, every answer after `delay_s`."""
    with TemporaryDirectory(prefix="auditor-benchmark-") as folder:
        command = [sys.executable, "-m", __name__, folder, f"{clusters}", f"{nodes}", f"{delay_s}"]
        with subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            if not first_line:
                raise RuntimeError("the simulators did not start")
            account = json.loads(first_line)
            config = Path(folder) / "auditor.toml"
            yield Farm(config, account["username"], account["password"], process.pid)
            # Leaving the process's context closes its standard input, which ends it.


def scenario(number: int, nodes: int) -> dict[str, object]:
    """Return a healthy cluster of its own name, whose nodes are in pairs."""
    domain = f"c{number:02}.lab.test"
    names = [f"imp{position}.{domain}" for position in range(1, nodes + 1)]
    pairs = [names[first : first + 2] for first in range(0, nodes, 2)]
    return {
        "cluster": {"name": f"c{number:02}", "cucm": f"cucm-pub.{domain}"},
        "group": [{"name": f"Pair{n}", "nodes": pair} for n, pair in enumerate(pairs, 1)],
        "deployment": {
            "bulk_administration": True,
            "chat": True,
            "web_clients": True,
            "sip_federation": names[:1],
            "xmpp_federation": names[:1],
            "xmpp_federation_enabled_on": names[:1],
            "intercluster": True,
        },
        "intercluster_peer": [{"address": "imp1.peer.test"}],
    }


def _serve(folder: Path, clusters: int, nodes: int, delay_s: float) -> None:
    parts = []
    with ExitStack() as running:
        for number in range(1, clusters + 1):
            home = folder / f"c{number:02}"
            simulator = running.enter_context(
                Simulator(scenario(number, nodes), home, delay_s=delay_s)
            )
            text = simulator.write_config(home / "auditor.toml").read_text(encoding="utf-8")
            defaults, _, cluster = text.partition("[[cluster]]")
            parts += [cluster.replace('ca_bundle = "', f'ca_bundle = "{home.name}/')]
        whole = "[[cluster]]".join([defaults, *parts])
        (folder / "auditor.toml").write_text(whole, encoding="utf-8")
        account = {"username": simulator.username, "password": simulator.password}
        sys.stdout.write(f"{json.dumps(account)}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
