"""How much longer one cluster takes than the questions that must follow each other."""

from statistics import median

from tests.benchmarks import ours
from tests.benchmarks.farm import farm
from tests.benchmarks.figures import Size, line, ratio
from tests.benchmarks.unavoidable import beside

NODES = 6
DELAY_S = 0.05


def measure(size: Size) -> str:
    """Audit six nodes that take 50 ms an answer, against CUCM's questions and one node's."""
    with farm(1, NODES, delay_s=DELAY_S) as running:
        result = beside(ours.prepared(running), running, size)
    return (
        line(f"audit of {NODES} nodes, {DELAY_S * 1000:g} ms an answer", median(result.own), "s")
        + line("the first audit of a process (reads the WSDLs)", result.first, "s")
        + line("CUCM's and one node's questions, bare", median(result.bare), "s")
        + line("audit : unavoidable", ratio(result.own, result.bare), "", "aim: at most 1.3")
        + line("requests to CUCM", result.cucm, "")
        + line("requests to a node, at most", result.longest, "")
    )
