"""How much longer one cluster takes than the questions that must follow each other."""

from statistics import median

from tests.benchmarks import bare, ours
from tests.benchmarks.farm import farm
from tests.benchmarks.telling import Size, in_turn, line, ratio

NODES = 6
DELAY_S = 0.05


def measure(size: Size) -> str:
    """Audit six nodes that take 50 ms an answer, against CUCM's questions and one node's."""
    with farm(1, NODES, delay_s=DELAY_S) as running:
        run = ours.prepared(running)
        first = ours.seconds(run)
        cucm, *nodes = ours.questions(run)
        longest = max(nodes, key=lambda asked: len(asked.questions))
        own, unavoidable = in_turn(
            size.runs,
            lambda: ours.seconds(run),
            lambda: bare.one_after_the_other((cucm, longest), running),
        )
    return (
        line(f"audit of {NODES} nodes, {DELAY_S * 1000:g} ms an answer", median(own), "s")
        + line("the first audit of a process (reads the WSDLs)", first, "s")
        + line("CUCM's and one node's questions, bare", median(unavoidable), "s")
        + line("audit : unavoidable", ratio(own, unavoidable), "", "aim: at most 1.3")
        + line("requests to CUCM", len(cucm.questions), "")
        + line("requests to a node, at most", len(longest.questions), "")
    )
