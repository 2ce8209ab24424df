"""How much memory the audit of hundreds of nodes takes."""

from statistics import median

from tests.benchmarks.farm import Farm, farm
from tests.benchmarks.figures import Size, line
from tests.benchmarks.fleet import NODES
from tests.benchmarks.processes import AUDITOR, Finished, run


def measure(size: Size) -> str:
    """Run the command on clusters of four nodes, with both reports, and return its peak."""
    runs = min(size.runs, 3)
    with farm(size.clusters, NODES) as running:
        making = _audit(running)
        recorded = [_audit(running) for _ in range(runs)]
        alone = [_audit(running, "--history", "off") for _ in range(runs)]
    return (
        line(
            f"peak memory, {size.clusters} clusters of {NODES} nodes",
            max(one.peak_mb for one in recorded),
            "MB",
            "aim: under 120",
        )
        + line("the same in the run that makes the history", making.peak_mb, "MB")
        + line("the same with --history off", max(one.peak_mb for one in alone), "MB")
        + line("the whole command, with both reports", median(o.seconds for o in recorded), "s")
        + line("its processor time", median(o.processor_s for o in recorded), "s")
    )


def _audit(running: Farm, *options: str) -> Finished:
    folder = running.config.parent
    outputs = ("-o", "terminal", "-o", f"json:{folder / 'report.json'}")
    command = (*AUDITOR, "audit", "-c", str(running.config), *outputs, *options)
    finished = run(command, folder, running.password)
    if finished.code:
        raise RuntimeError(f"the audit ended with exit code {finished.code}")
    return finished
