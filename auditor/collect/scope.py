"""What a cluster can be asked about, so that a subset can be asked."""

from dataclasses import dataclass
from enum import StrEnum


class SurveyTopic(StrEnum):
    """One thing to ask; each costs a node one request, `databases` costs this machine TCP tests."""

    PRODUCT = "product"
    SERVICES = "services"
    HA = "ha"
    AXL = "axl"
    SESSIONS = "sessions"
    REPLICATION = "replication"
    DATABASES = "databases"


AUDIT_TOPICS = frozenset(
    {
        SurveyTopic.PRODUCT,
        SurveyTopic.SERVICES,
        SurveyTopic.HA,
        SurveyTopic.AXL,
        SurveyTopic.DATABASES,
    }
)
"""What the recommendations are judged on."""

SNAPSHOT_TOPICS = AUDIT_TOPICS | {SurveyTopic.SESSIONS}
"""What is kept to compare with later."""

WATCH_TOPICS = frozenset({SurveyTopic.SERVICES, SurveyTopic.HA})
"""What tells whether a pair still moves."""

FAILOVER_TOPICS = WATCH_TOPICS | {SurveyTopic.AXL, SurveyTopic.SESSIONS, SurveyTopic.REPLICATION}
"""What tells how a pair stands after a failover."""


@dataclass(frozen=True, slots=True)
class SurveyScope:
    """What a survey is sent for.

    `nodes` are the only ones to ask, lower case, and `groups` the only redundancy groups; None:
    all. `hurries`: no node is looked at twice, even where a second look is due, and one that timed
    out and accepts no connection is asked nothing more.
    """

    topics: frozenset[SurveyTopic] = AUDIT_TOPICS
    nodes: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    hurries: bool = False

    def includes(self, node: str, group: str | None) -> bool:
        """Tell whether a node of a group is to be asked; case makes no difference."""
        if self.groups is not None and (group or "").casefold() not in self.groups:
            return False
        return self.nodes is None or node.casefold() in self.nodes


AUDIT_SCOPE = SurveyScope()
"""What an audit asks."""
