"""A running simulator and the program pointed at it, for tests of the whole road."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from auditor.audit import audit_clusters
from auditor.cli.app import app
from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Source
from auditor.models.findings import Finding
from auditor.models.report import Report
from auditor.resources import scenario_folder
from auditor.run import RunContext, RunOptions
from auditor.simulator import Simulator
from auditor.soap.network import LiveNetwork

QUICK: Mapping[str, Any] = {"timeout_s": 5, "settle_s": 0, "backoff_s": [0, 0]}
"""Settings that make a test wait for nothing; a hang is given its own, shorter, timeout."""

CUCM, PUB, SUB = "cucm-pub.lab.test", "imp1.lab.test", "imp2.lab.test"
GROUP = "Default"
PAIR: Mapping[str, Any] = {
    "cluster": {"name": "pair"},
    "group": [{"name": GROUP, "nodes": [PUB, SUB]}],
}
"""The smallest scenario: a publisher and a subscriber in one redundancy group, as recommended."""

DIRECTORY_PAIR: Mapping[str, Any] = {
    **PAIR,
    "deployment": {"third_party_ldap_search": True, "third_party_ldap_search_configured": True},
}
"""A pair on which the directory service is to run too."""

DRIFTED_PAIR: Mapping[str, Any] = {
    **PAIR,
    "node": [{"name": SUB, "activated": ["Cisco Serviceability Reporter"]}],
}
"""A pair with one difference: RPT-02 on the subscriber, of severity low."""


@dataclass
class Lab:
    """One simulated cluster with its configuration file."""

    simulator: Simulator
    folder: Path
    defaults: Mapping[str, Any] = field(default_factory=lambda: dict(QUICK))
    edit: Callable[[str], str] = str
    """What is done to the text of the configuration before it is used."""

    @property
    def config(self) -> Path:
        """Write the configuration with the defaults as they are now, and return its path."""
        path = self.folder / "auditor.toml"
        self.simulator.write_config(path, self.defaults)
        path.write_text(self.edit(path.read_text()))
        return path

    @property
    def environment(self) -> dict[str, str]:
        """Return what the command needs to log in."""
        return {"AUDITOR_PASSWORD": self.simulator.password}

    def undisturbed(self) -> "Lab":
        """Lift every fault, for labs that several tests share."""
        self.simulator.change({"clear": {}})
        return self

    def audit(
        self,
        packs: Sequence[str] = ("table", "guides"),
        *,
        password: str | None = None,
        insecure: bool = False,
        discover: bool = True,
        background_work: Callable[[], object] | None = None,
    ) -> Report:
        """Audit the cluster through the use case, without the command line."""
        configuration = load_configuration(self.config)
        login = Credentials(self.simulator.username, Secret(password or self.simulator.password))
        with closing(LiveNetwork(background_work)) as wire:
            return audit_clusters(
                configuration.clusters,
                {c.name: login for c in configuration.clusters},
                RunOptions(tuple(packs), insecure=insecure, discover=discover),
                RunContext(
                    network=wire,
                    workers=configuration.workers,
                    run_id=str(uuid.UUID(int=7)),
                    clock=wire.now,
                    progress=lambda _cluster, _server: None,
                ),
            )

    def asked(self) -> list[tuple[str, str]]:
        """Return the server and the operation of every request so far, in order."""
        return [(r.node, r.operation) for r in self.simulator.requests]

    def cluster(self) -> ClusterReport:
        """Audit, and return the one cluster."""
        (cluster,) = self.audit().clusters
        return cluster

    def run(self, *words: str) -> Result:
        """Run the command line with the configuration in its place.

        By the variable, not by `-c`: else each printed command would name a path of the test.
        """
        environment = {**self.environment, "AUDITOR_CONFIG": str(self.config)}
        return CliRunner(env=environment).invoke(app, list(words))

    def json(self, *words: str) -> dict[str, Any]:
        """Run `audit` with JSON on standard output, and return it."""
        document: dict[str, Any] = json.loads(self.run("audit", "-o", "json", *words).stdout)
        return document


def scenario(name: str) -> Path:
    """Return the file of a shipped scenario."""
    return scenario_folder() / f"{name}.toml"


def finding(cluster: ClusterReport, recommendation: str, subject: str) -> Finding:
    """Return the one finding of a recommendation on a subject."""
    (match,) = [
        f
        for f in cluster.findings
        if f.recommendation == recommendation and f.subject.name == subject
    ]
    return match


def coverage(cluster: ClusterReport, node: str, source: Source) -> Coverage:
    """Return the one coverage entry of a source about a node."""
    (entry,) = [c for c in cluster.coverage if (c.node, c.source) == (node, source)]
    return entry
