"""How much longer a check after a failover takes than the questions that must follow each other."""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.failover.check import FailoverCheckOptions, run_failover_check
from auditor.failover.model import FailoverCheck
from auditor.recommendations.packs import load_packs
from auditor.run import RunContext
from auditor.soap.network import Network
from tests.benchmarks.farm import Farm, farm
from tests.benchmarks.figures import Size, line, ratio
from tests.benchmarks.unavoidable import beside

NODES = 2
DELAY_S = 0.05


def measure(size: Size) -> str:
    """Check one pair that takes 50 ms an answer, against CUCM's and one node's questions."""
    with farm(1, NODES, delay_s=DELAY_S) as running:
        result = beside(_prepared(running), running, size)
    return (
        line(
            f"failover-check of one pair, {DELAY_S * 1000:g} ms an answer", median(result.own), "s"
        )
        + line("the first check of a process (reads the WSDLs)", result.first, "s")
        + line("CUCM's and one node's questions, bare", median(result.bare), "s")
        + line("check : unavoidable", ratio(result.own, result.bare), "", "aim: at most 1.3")
        + line("requests to CUCM", result.cucm, "")
        + line("requests to a node, at most", result.longest, "")
        + line("requests of the whole run", result.whole, "")
    )


def _prepared(running: Farm) -> Callable[[Network], FailoverCheck]:
    """Read configuration and packs; return what checks the pair once."""
    configuration = load_configuration(running.config)
    login = Credentials(running.username, Secret(running.password))
    rows = {row.id: row for row in load_packs()}

    def run(wire: Network) -> FailoverCheck:
        world = RunContext(
            network=wire,
            workers=configuration.workers,
            run_id="benchmark",
            clock=lambda: datetime.now(UTC),
            progress=lambda _cluster, _server: None,
        )
        return run_failover_check(
            configuration.clusters,
            {cluster.name: login for cluster in configuration.clusters},
            FailoverCheckOptions(rows),
            world,
            lambda _line: None,
        )

    return run
