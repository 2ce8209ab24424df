"""Turns into questions what the loader would refuse: keys that need, or exclude, one another."""

from auditor.inference.lines import Line
from auditor.inference.questions import QUESTIONS

_NEEDS = (("permanent_chat", "chat"), ("permanent_chat_ha", "permanent_chat"))
_ONLY_WITH_PEERS = ("intercluster_cup86", "intercluster_synced_from")


def consistent(lines: dict[str, Line], *, peers: bool) -> dict[str, Line]:
    """Return lines that do not contradict each other; `peers`: the file lists some."""
    fitting = dict(lines)
    if peers and fitting["intercluster"].off:
        line = fitting["intercluster"]
        why = f"{line.why} Yet its database lists peers, below."
        fitting["intercluster"] = Line(line.key, True, why, QUESTIONS[line.key])
    for key, needed in _NEEDS:
        if fitting[key].on and not fitting[needed].on:
            line = fitting[key]
            why = f"{line.why} It needs `{needed}`."
            fitting[key] = Line(key, line.value, why, QUESTIONS[key])
    for key in _ONLY_WITH_PEERS:
        if fitting[key].on and fitting["intercluster"].off:
            fitting[key] = fitting[key].asking(QUESTIONS[key])
    return fitting
