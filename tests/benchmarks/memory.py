"""How much memory the audit of hundreds of nodes takes."""

from statistics import median

from tests.benchmarks.farm import farm
from tests.benchmarks.fleet import NODES
from tests.benchmarks.processes import AUDITOR, run
from tests.benchmarks.telling import Size, line


def measure(size: Size) -> str:
    """Run the command on clusters of four nodes, with both reports, and tell its peak."""
    with farm(size.clusters, NODES) as running:
        report = running.config.with_name("report.json")
        command = (*AUDITOR, "audit", "-c", str(running.config), "-o", "terminal")
        finished = [
            run((*command, "-o", f"json:{report}"), report.parent, running.password)
            for _ in range(min(size.runs, 3))
        ]
    if any(one.code for one in finished):
        raise RuntimeError(f"the audit ended with exit code {finished[0].code}")
    return (
        line(
            f"peak memory, {size.clusters} clusters of {NODES} nodes",
            max(one.peak_mb for one in finished),
            "MB",
            "aim: under 120",
        )
        + line("the whole command, with both reports", median(o.seconds for o in finished), "s")
        + line("its processor time", median(o.processor_s for o in finished), "s")
    )
