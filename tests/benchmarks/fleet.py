"""How much of a bare client's throughput is left when hundreds of nodes are audited."""

import time
from collections.abc import Callable
from statistics import median

from tests.benchmarks import bare, ours
from tests.benchmarks.farm import farm
from tests.benchmarks.figures import Size, in_turn, line, ratio

NODES = 4
WORKERS = 64
"""As many as the program's own default."""


def measure(size: Size) -> str:
    """Audit clusters of four nodes, against a thread pool that sends the same bytes."""
    with farm(size.clusters, NODES) as running:
        run = ours.prepared(running)
        servers = ours.questions(run)
        requests = sum(len(server.questions) for server in servers)
        busy: dict[str, list[float]] = {"own": [], "bare": []}
        own, other = in_turn(
            size.runs,
            _with_processor(lambda: ours.seconds(run), busy["own"]),
            _with_processor(lambda: bare.in_a_pool(servers, running, WORKERS), busy["bare"]),
        )
    return (
        line(f"audit of {size.clusters} clusters of {NODES} nodes", median(own), "s")
        + line("the same requests from a bare thread pool", median(other), "s")
        + line("throughput of the audit", requests / median(own), "1/s")
        + line("throughput of the pool", requests / median(other), "1/s")
        + line("throughput, audit : pool", ratio(other, own), "", "aim: at least 0.6")
        + line("processor time a request, audit", 1000 * median(busy["own"]) / requests, "ms")
        + line("processor time a request, pool", 1000 * median(busy["bare"]) / requests, "ms")
        + line("requests a node and run", requests / size.clusters / NODES, "", "CUCM's included")
    )


def _with_processor(work: Callable[[], float], spent: list[float]) -> Callable[[], float]:
    """Return the same work, which also notes the processor time that this process took."""

    def measured() -> float:
        began = time.process_time()
        seconds = work()
        spent.append(time.process_time() - began)
        return seconds

    return measured
