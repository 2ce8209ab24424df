"""The users' sessions of each node, before and after.

Source: administration guide 15, post-change tasks.
"""

from collections.abc import Iterator

from auditor.change.diff.model import ComparedCluster, Difference, DifferenceCategory, Topic
from auditor.models.sessions import PRESENCE_SESSIONS, are_sessions_missing


def compare_sessions(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield the nodes that have fewer sessions than before, or whose number is unknown now.

    A node that was not read before, or is not read now, is one difference already.
    """
    for key, was in sorted(before.nodes.items()):
        recorded = was.sessions.get(PRESENCE_SESSIONS)
        now = after.nodes.get(key)
        if recorded is None or now is None or not now.services:
            continue
        count = now.sessions.get(PRESENCE_SESSIONS)
        if count is None:
            text = f"It had {recorded} users' sessions; how many it has now is unknown."
            yield Difference(DifferenceCategory.NEWLY_UNKNOWN, now.name, text, topic=Topic.SESSIONS)
        elif count < recorded:
            is_short = are_sessions_missing(recorded, count)
            text = f"It had {recorded} users' sessions, and has {count}."
            if is_short:
                text = f"{text} More than a tenth are missing: wait, or look at the services."
            category = (
                DifferenceCategory.UNEXPECTED if is_short else DifferenceCategory.FEWER_SESSIONS
            )
            yield Difference(category, now.name, text, topic=Topic.SESSIONS)
