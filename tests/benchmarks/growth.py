"""What an audit costs from ten nodes to a thousand: time, processor time, memory and requests.

Each row has servers of its own, which answer from one recorded audit, so that they take little of
the machine beside the command. The command writes the JSON report and knows one earlier run.
"""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.figures import Size, table
from tests.benchmarks.processes import AUDITOR, Finished, run
from tests.nights.lean_farm import LeanFarm, lean_farm

NODES = 5
"""Of each cluster: two pairs and a node alone, so that ten nodes are whole clusters too."""
_MAX_RUNS = 3


def measure(size: Size) -> str:
    """Return a table with a row for each number of nodes, and one with the ratios to the first."""
    rows = [(nodes, _measure_row(nodes, min(size.runs, _MAX_RUNS))) for nodes in size.growth]
    _, first = rows[0]
    ratios = [
        (f"{nodes}", (nodes / rows[0][0], *(one / of for one, of in zip(row, first, strict=True))))
        for nodes, row in rows
    ]
    measured = table(
        ("nodes", "clusters", "requests", "s", "CPU s", "peak MB"),
        [(f"{nodes}", (nodes // NODES, *row)) for nodes, row in rows],
    )
    return f"{measured}\n  to the first row\n" + table(
        ("nodes", "nodes", "requests", "s", "CPU s", "peak MB"), ratios
    )


def _measure_row(nodes: int, runs: int) -> tuple[float, ...]:
    """Return the requests, seconds, processor time and peak memory of one audit."""
    with TemporaryDirectory(prefix="auditor-benchmark-") as folder:
        with lean_farm(Path(folder), nodes // NODES, NODES) as farm:
            _audit(farm)  # makes the history
            finished = [_audit(farm) for _ in range(runs)]
        requests = sum(farm.requests.values()) / (runs + 1)
    return (
        requests,
        median(one.seconds for one in finished),
        median(one.processor_s for one in finished),
        max(one.peak_mb for one in finished),
    )


def _audit(farm: LeanFarm) -> Finished:
    folder = farm.config.parent
    output = f"json:{folder / 'report.json'}"
    finished = run((*AUDITOR, "audit", "-c", str(farm.config), "-o", output), folder, farm.password)
    if finished.code:
        raise RuntimeError(f"the audit ended with exit code {finished.code}")
    return finished
