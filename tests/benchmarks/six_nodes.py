"""How much longer one cluster takes than the questions that must follow each other.

In a process that has loaded everything, and as a user runs it: the whole command, with a history
that is there already.
"""

from statistics import median

from tests.benchmarks import bare, ours
from tests.benchmarks.farm import Farm, farm
from tests.benchmarks.figures import Size, in_turn, line, ratio
from tests.benchmarks.processes import AUDITOR, run
from tests.benchmarks.unavoidable import beside

NODES = 6
DELAY_S = 0.05


def measure(size: Size) -> str:
    """Audit six nodes that take 50 ms an answer, against CUCM's questions and one node's."""
    with farm(1, NODES, delay_s=DELAY_S) as running:
        result = beside(ours.prepared(running), running, size)
        cucm, *nodes = ours.questions(ours.prepared(running))
        longest = max(nodes, key=lambda server: len(server.questions))
        _whole_command(running)  # creates the history
        whole, unavoidable = in_turn(
            size.runs,
            lambda: _whole_command(running),
            lambda: bare.one_after_the_other((cucm, longest), running),
        )
    return (
        line(f"audit of {NODES} nodes, {DELAY_S * 1000:g} ms an answer", median(result.own), "s")
        + line("the first audit of a process (reads the WSDLs)", result.first, "s")
        + line("CUCM's and one node's questions, bare", median(result.bare), "s")
        + line("audit : unavoidable", ratio(result.own, result.bare), "", "aim: at most 1.3")
        + line("the whole command, history there already", median(whole), "s")
        + line("whole command : unavoidable", ratio(whole, unavoidable), "", "aim: at most 1.5")
        + line("requests to CUCM", result.cucm, "")
        + line("requests to a node, at most", result.longest, "")
    )


def _whole_command(running: Farm) -> float:
    finished = run(
        (*AUDITOR, "audit", "-c", str(running.config)), running.config.parent, running.password
    )
    if finished.code:
        raise RuntimeError(f"the audit ended with exit code {finished.code}")
    return finished.seconds
