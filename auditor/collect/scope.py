"""What a survey asks about, and which nodes: an audit, a snapshot or a failover check."""

from dataclasses import dataclass
from enum import StrEnum


class SurveyTopic(StrEnum):
    """One thing to ask; each costs a node one request.

    `backup_sessions` are those of a node in backup mode alone, which serves the users of two.
    `databases` costs this machine TCP tests, `cucm_release` one request to CUCM.
    """

    PRODUCT = "product"
    SERVICES = "services"
    HA = "ha"
    AXL = "axl"
    SESSIONS = "sessions"
    BACKUP_SESSIONS = "backup_sessions"
    REPLICATION = "replication"
    CUCM_RELEASE = "cucm_release"
    DATABASES = "databases"


AUDIT_TOPICS = frozenset(
    {
        SurveyTopic.PRODUCT,
        SurveyTopic.SERVICES,
        SurveyTopic.HA,
        SurveyTopic.REPLICATION,
        SurveyTopic.BACKUP_SESSIONS,
        SurveyTopic.CUCM_RELEASE,
        SurveyTopic.AXL,
        SurveyTopic.DATABASES,
    }
)
"""The topics that recommendations are judged on."""

INIT_TOPICS = AUDIT_TOPICS - {
    SurveyTopic.CUCM_RELEASE,
    SurveyTopic.REPLICATION,
    SurveyTopic.BACKUP_SESSIONS,
}
"""The topics that a configuration is written from."""

# Cisco's administration guide 15 (post-change tasks) compares the sessions with those before.
SNAPSHOT_TOPICS = AUDIT_TOPICS | {SurveyTopic.SESSIONS}
"""The topics of a snapshot, to compare with later."""

PRECHECK_TOPICS = SNAPSHOT_TOPICS - {SurveyTopic.CUCM_RELEASE}
"""The topics of a precheck: what must be so before a change, and what must be so again after it."""

WATCH_TOPICS = frozenset({SurveyTopic.SERVICES, SurveyTopic.HA})
"""The topics that show whether a pair is still changing."""

REREAD_TOPICS = WATCH_TOPICS | {SurveyTopic.AXL, SurveyTopic.SESSIONS, SurveyTopic.REPLICATION}
"""The topics that change while a pair is watched."""

# The product has the version, and which services a node has at all; a service whose database does
# not answer cannot be started.
FAILOVER_TOPICS = REREAD_TOPICS | {SurveyTopic.PRODUCT, SurveyTopic.DATABASES}
"""The topics that show the state of a pair after a failover."""


@dataclass(frozen=True, slots=True)
class SurveyScope:
    """The topics, nodes and groups of a survey.

    `nodes` and `groups` (redundancy groups) are the only ones to ask, in lower case; None: all.
    `hurries`: services are read once, even where a second reading is due, and a database has only
    a moment to answer.
    """

    topics: frozenset[SurveyTopic] = AUDIT_TOPICS
    nodes: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    hurries: bool = False

    def includes(self, node: str, group: str | None) -> bool:
        """Return whether a node of a group is to be asked; case is ignored."""
        if self.groups is not None and (group or "").casefold() not in self.groups:
            return False
        return self.nodes is None or node.casefold() in self.nodes


AUDIT_SCOPE = SurveyScope()
"""The scope of an audit."""
