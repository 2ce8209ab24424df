"""A run beside the questions of it that must follow each other: CUCM's, and one node's."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.soap.network import Network
from tests.benchmarks import bare, ours
from tests.benchmarks.farm import Farm
from tests.benchmarks.figures import Size, in_turn


@dataclass(frozen=True, slots=True)
class Beside:
    """Seconds of the process's first run, of each later one, and of the bare questions.

    `cucm`, `longest` and `whole` count requests: to CUCM, to a node at most, of a whole run.
    """

    first: float
    own: list[float]
    bare: list[float]
    cucm: int
    longest: int
    whole: int


def beside(run: Callable[[Network], ours.Ended], running: Farm, size: Size) -> Beside:
    """Measure a run and its unavoidable questions in turn."""
    first = ours.seconds(run)
    cucm, *nodes = ours.questions(run)
    longest = max(nodes, key=lambda server: len(server.questions))
    own, unavoidable = in_turn(
        size.runs,
        lambda: ours.seconds(run),
        lambda: bare.one_after_the_other((cucm, longest), running),
    )
    whole = sum(len(server.questions) for server in (cucm, *nodes))
    return Beside(first, own, unavoidable, len(cucm.questions), len(longest.questions), whole)
