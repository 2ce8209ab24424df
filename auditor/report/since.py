"""What moved since the last run, in a few plain sentences."""

from collections import Counter
from collections.abc import Iterator

from auditor.findings import ClusterReport, Verdict
from auditor.past import Direction, Past
from auditor.report import sight
from auditor.report.wording import count

_WORDS = {
    Direction.NEW: "new",
    Direction.WORSENED: "worse",
    Direction.PERSISTING: "still there",
    Direction.RESOLVED: "resolved",
    Direction.UNASKED: "no longer asked for",
}


def moved(cluster: ClusterReport, past: Past) -> str:
    """Return the sentences that follow "Since the run of ...:"."""
    return " ".join(_sentences(cluster, past)) or "nothing changed."


def _sentences(cluster: ClusterReport, past: Past) -> Iterator[str]:
    if past.stranger:
        yield (
            f"that run asked another CUCM publisher, {past.stranger}; if it is another cluster, "
            "give the two of them two names."
        )
    tally = Counter(change.direction for change in past.changes)
    told = [(tally[direction], word) for direction, word in _WORDS.items() if tally[direction]]
    if told:
        number, word = told[0]
        parts = [f"{count(number, 'difference')} {_be(number)} {word}"]
        parts += [f"{number} {word}" for number, word in told[1:]]
        yield f"{', '.join(parts)}."
    unseen = Counter(c.before for c in past.changes if c.direction is Direction.UNSEEN)
    if passed := unseen[Verdict.PASS]:
        yield f"{count(passed, 'check')} that passed {_be(passed)} unknown now."
    if lost := unseen.total() - passed:
        yield f"{count(lost, 'earlier difference')} cannot be seen now."
    yield from map(sight.sentence, sight.of_cluster(cluster, past))


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
