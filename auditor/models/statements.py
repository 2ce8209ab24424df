"""Statements: what a finding says, as a form and named values; `report.sentences` renders them.

Nothing here is English. Two statements are alike if form and values are; no caller compares or
cuts a sentence.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TypeAlias


class Form(StrEnum):
    """Every statement that a finding can make; `report.sentences` has one template for each."""

    # General
    NOTE = auto()
    ALL_OF = auto()
    GENERIC_SUBJECT = auto()
    UNKNOWN_WHETHER = auto()

    # Services
    SERVICE_STATE = auto()
    SERVICE_STATE_UNKNOWN = auto()
    SERVICE_OBSERVATION = auto()
    SERVICE_UNKNOWN_BECAUSE = auto()
    SERVICE_RUNS = auto()
    SERVICE_ACTIVATED_AND_RUNS = auto()
    SERVICE_ACTIVATED = auto()
    SERVICE_NOT_ACTIVATED = auto()
    SERVICE_ACTIVATED_AND_STATE = auto()
    SERVICE_OPTIONAL = auto()
    SERVICE_STAYS_UP = auto()
    SERVICE_RESTARTED = auto()
    SERVICE_RAN_BEFORE = auto()
    SERVICE_STILL_MOVING = auto()
    SERVICE_ACTIVATION_UNKNOWN = auto()
    STATE_UNCLEAR = auto()
    MOVING_AT_LAST_READING = auto()
    ACTIVATION_CONTRADICTED = auto()
    OPERATORS_CHOICE = auto()
    JUDGED_BY_OTHER_ROW = auto()
    SECOND_READING_NEEDED = auto()
    STAYED_UP = auto()
    SERVICES_DO_NOT_RUN = auto()
    SERVICE_NOT_SETTLED = auto()

    # Sources
    CONTROL_CENTER_OF = auto()
    PERFMON_OF = auto()
    AXL_OF = auto()
    CONNECTION_TO = auto()
    WRONG_NODE = auto()
    NO_SERVICE_ROW = auto()
    SERVICE_NOT_LISTED = auto()
    LISTED_ON_LIKE_NODE = auto()
    STRANGE_PRODUCT = auto()
    SOURCE_SILENT = auto()
    SOURCE_FAILED = auto()
    AXL_REPLIES_EXPECTED = auto()
    AXL_REPLIED = auto()
    AXL_DID_NOT_REPLY = auto()
    AXL_WITHOUT_DATABASE = auto()
    AXL_REPLY = auto()

    # Settings
    KEY_NAMES_NO_NODE = auto()
    KEY_NAMES_NODE = auto()
    KEY_OMITS_NODE = auto()
    KEY_NOT_DECLARED = auto()
    KEY_NOT_DECLARED_TRUE = auto()
    KEY_NOT_DECLARED_FALSE = auto()
    KEY_DECLARED_FALSE = auto()
    KEY_DECLARED = auto()
    KEY_VALUE = auto()
    KEY_TRUE_SOMEWHERE = auto()
    KEY_TRUE_NODES_UNKNOWN = auto()
    KEY_MATCHES = auto()
    KEY_DIFFERS = auto()
    NAMES = auto()
    NOT_CONFIRMED = auto()
    NOT_CONFIRMED_TODAY = auto()

    # Releases
    RELEASE_RANGE = auto()
    RELEASE_FROM = auto()
    RELEASE_BELOW = auto()

    ONE_VERSION_EXPECTED = auto()
    CUCM_RELEASE_EXPECTED = auto()
    FEWER_THAN_TWO_NODES = auto()
    NO_NODE_RUNS = auto()
    VERSION_RUNS = auto()
    CUCM_RUNS = auto()
    VERSIONS_COMPARED = auto()
    FIELDS_COMPARED = auto()
    UPGRADE_HALF_DONE = auto()
    VERSION_UNREADABLE = auto()
    VERSION_NOT_REPORTED = auto()
    CUCM_VERSION_NOT_READ = auto()

    # Scopes
    ROW_NOT_APPLICABLE = auto()
    ROW_IF_APPLICABLE = auto()
    ROW_FOR_EVERY_NODE = auto()
    NOT_EXAMINED = auto()
    NODE_PLANNED = auto()
    NODE_IS_PUBLISHER = auto()
    NODE_IS_SUBSCRIBER = auto()
    NO_PUBLISHER_KNOWN = auto()
    SEVERAL_NODES = auto()
    ONE_NODE = auto()
    ROUTING_NODE_SPARED = auto()
    PEERS_SYNC_FROM_PUBLISHER = auto()
    IN_PUBLISHER_GROUP = auto()
    NOT_IN_PUBLISHER_GROUP = auto()
    PUBLISHER_WITHOUT_GROUP = auto()
    IN_SYNCED_GROUP = auto()
    NOT_IN_SYNCED_GROUP = auto()
    WITHOUT_PARTNER = auto()

    # Groups and high availability
    PAIR_EXPECTED = auto()
    NO_NODE_INSTALLED = auto()
    ONE_NODE_INSTALLED = auto()
    TOPOLOGY_NOT_READ = auto()
    HA_SWITCH_ON = auto()
    HA_SWITCH_OFF = auto()
    HA_DECLARED = auto()
    HA_SWITCHED_OFF = auto()
    HA_OFF = auto()
    HA_OFF_NOT_READ = auto()
    HA_DECLARED_ON = auto()
    HA_DECLARED_OFF = auto()
    HA_NOT_DECLARED = auto()
    HA_OFF_BUT_SWITCH_UNREAD = auto()
    HA_OFF_BUT_SWITCH_DISCOVERED = auto()
    HA_SWITCH_NOT_READ = auto()
    HA_JUDGED_BY_PAIR_ROW = auto()
    MEMBER_STATE = auto()
    MEMBER_UNREADABLE = auto()
    MEMBER_UNKNOWN_NODE = auto()
    HA_STATE = auto()
    NO_HA_STATE = auto()
    PAIR_MOVING = auto()
    PAIR_CLASS = auto()
    PAIR_CLASS_UNKNOWN = auto()
    PAIR_HEALTHY_BY_DATABASE = auto()
    PAIR_HEALTHY_SWITCH_UNKNOWN = auto()
    IDLE_NODE = auto()
    IDLE_SWITCH_UNKNOWN = auto()
    IDLE_ACTIVATION_UNKNOWN = auto()
    GROUP_EXPECTED = auto()
    GROUP_UNKNOWN = auto()
    GROUP_NOT_NAMED = auto()
    NOT_GROUPED = auto()
    GROUP_NEEDED = auto()
    IN_GROUP = auto()
    LISTED_BY_PROFILE = auto()
    LISTED_BY_CLUSTER = auto()
    PLANNED_NOT_ASKED = auto()
    HAS_PAIR = auto()

    # Replication
    REPLICATION_EXPECTED = auto()
    REPLICATION_STATE = auto()
    REPLICATION_STATE_ON = auto()
    REPLICATE_STATE = auto()
    REPLICATION_INITIALIZING = auto()

    # Prerequisites
    DATABASE_EXPECTED = auto()
    DATABASE_REACHABLE_EXPECTED = auto()
    DATABASE_CONFIGURED = auto()
    NO_DATABASE = auto()
    DATABASE_SHARED = auto()
    DATABASE = auto()
    DATABASE_SILENT = auto()
    DATABASE_REPLIED = auto()
    DATABASE_REACHABLE = auto()
    DATABASE_NOT_TESTED = auto()
    TEST_INCONCLUSIVE = auto()
    TESTED_FROM_HERE = auto()
    TEST_TURNED_OFF = auto()
    XMPP_FEDERATION_EXPECTED = auto()
    LDAP_SEARCH_EXPECTED = auto()
    FILE_SERVER_EXPECTED = auto()
    THIS_IS_CONFIGURED = auto()
    STARTED_WITH_PREREQUISITE = auto()
    STARTED_WITH_DATABASE = auto()
    ITS_DATABASE_REACHABLE = auto()
    STARTED_WITH_FILE_SERVER = auto()
    DATABASE_IS_OWN = auto()
    RUNS_WITHOUT_PREREQUISITE = auto()
    STOPPED_WITHOUT_PREREQUISITE = auto()
    STOPPED_WITHOUT_DATABASE = auto()
    FIREWALL_POSSIBLE = auto()

    # Certificates
    CERTIFICATE_EXPECTED = auto()
    CERTIFICATE_VALID_UNTIL = auto()
    CERTIFICATE_EXPIRED = auto()
    CERTIFICATE_UNKNOWN = auto()
    CERTIFICATE_DAYS = auto()
    HANDSHAKE_WITH = auto()
    RUN_TIME_UNKNOWN = auto()

    # The profile
    FEATURE_OFF_EXPECTED = auto()
    NO_SERVICE_DEPENDS = auto()
    KEY_SERVICES_REQUIRED = auto()
    NO_NODE_KNOWN = auto()
    REQUIRED_BY = auto()
    POSSIBLY_REQUIRED_BY = auto()
    ON_KNOWN_NODES = auto()
    NODES_NOT_LISTED = auto()
    ONLY_WITH_FEATURE = auto()
    NOTHING_TO_COMPARE = auto()
    NOTHING_CONTRADICTS = auto()
    KEY_READ_OTHERWISE = auto()
    NAMES_EXIST_EXPECTED = auto()
    NAMES_NOTHING = auto()
    CLUSTER_HAS = auto()
    CLUSTER_LACKS = auto()
    CLUSTER_LISTS = auto()
    NODE_NOT_DECLARED = auto()
    ROLE_DIFFERS = auto()
    PRIMARY_NODE_DIFFERS = auto()
    GROUP_DIFFERS = auto()
    PLANNED_NODE_REPLIES = auto()
    NAME_WITHOUT_EFFECT = auto()
    CLUSTER_COUNTS = auto()

    # What to do
    ROW_REMEDY = auto()
    ROW_COMMAND = auto()
    ROW_FIRST = auto()
    HA_OFF_FIRST = auto()
    HA_OFF_BRIEFLY = auto()
    HA_ON_AGAIN = auto()
    FIX_CAUSE_FIRST = auto()
    BRING_BACK = auto()
    FIX_ACCESS = auto()
    CHECK_ADDRESS = auto()
    CHECK_SERVICE_LIST = auto()
    LOOK_IN_CONTROL_CENTER = auto()
    LOOK_IN_SERVICE_ACTIVATION = auto()
    AUDIT_WHEN_SETTLED = auto()
    AUDIT_LATER = auto()
    AUDIT_WHEN_PAIR_STABLE = auto()
    TEST_AXL = auto()
    DECLARE_KEY = auto()
    DECLARE_DISCOVERED = auto()
    DECLARE_HA = auto()
    READ_ROLES = auto()
    READ_GROUPS = auto()
    READ_NODES = auto()
    READ_RELEASE = auto()
    READ_CUCM = auto()
    READ_REPLICATION = auto()
    READ_VERSION = auto()
    READ_CUCM_VERSION = auto()
    AUDIT_WHEN_REPLICATED = auto()
    PUT_INTO_GROUP = auto()
    CHECK_HA_AND_CUCM = auto()
    RESTART_RECOVERY_MANAGER = auto()
    CHECK_HA_AND_PERFMON = auto()
    REMOVE_FROM_PLANNED = auto()
    LIST_DATABASE = auto()
    TEST_DATABASE = auto()
    TEST_DATABASE_FROM_NODE = auto()


StatementValue: TypeAlias = "str | Statement | tuple[str | Statement, ...]"
"""What a statement may hold: a name or token, another statement, or several of both."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A form and its values, sorted by name.

    The value `detail` is special: a sentence of another source, or a statement, that follows the
    sentence and is no part of its clause.
    """

    form: Form
    # Tuples, because alike statements are found by their hashes.
    values: "tuple[tuple[str, str | Statement | tuple[str | Statement, ...]], ...]" = ()

    def get(self, name: str) -> StatementValue:
        """Return a value, an empty text where there is none."""
        return dict(self.values).get(name, "")

    @property
    def parts(self) -> "tuple[Statement, ...]":
        """Return the statements that this one joins; itself if it joins none."""
        return tuple(self.nested()) if self.form is Form.ALL_OF else (self,)

    def nested(self) -> "Iterator[Statement]":
        """Yield the statements among the values."""
        for _, value in self.values:
            items = value if isinstance(value, tuple) else (value,)
            yield from (item for item in items if isinstance(item, Statement))

    def contains(self, other: "Statement") -> bool:
        """Return whether another statement is this one, or among its values at any depth."""
        return self == other or any(statement.contains(other) for statement in self.nested())

    def without(self, *names: str) -> "Statement":
        """Return the statement without the values of these names, at any depth."""
        remaining = tuple(
            (name, _map_items(value, lambda item: _without(item, names)))
            for name, value in self.values
            if name not in names
        )
        return Statement(self.form, remaining)

    def about_any(self, kind: str, subject: str) -> "Statement":
        """Return the same statement about any subject of a kind in place of the named one."""
        values = tuple(
            (name, _map_items(value, lambda item: _generalize(item, kind, subject)))
            for name, value in self.values
        )
        return Statement(self.form, values)


def make_statement(form: Form, **values: StatementValue) -> Statement:
    """Return a statement; tokens become plain text, and empty values are left out."""
    # Sorted and without empty values: alike statements are equal however they were made.
    # A run makes a hundred thousand of them, so plain text takes the short way.
    plain = [
        (name, value if type(value) is str else _plain_value(value))
        for name, value in sorted(values.items())
        if value
    ]
    return Statement(form, tuple(plain))


def join_statements(statements: Iterable[Statement]) -> Statement:
    """Return several statements as one that holds them all, each once."""
    parts = tuple(dict.fromkeys(part for statement in statements for part in statement.parts))
    return parts[0] if len(parts) == 1 else make_statement(Form.ALL_OF, parts=parts)


def add_detail(statement: Statement, detail: Statement | None) -> Statement:
    """Return a statement followed by another one, which explains it."""
    if detail is None:
        return statement
    return make_statement(statement.form, **dict(statement.values), detail=detail)


StatementItem: TypeAlias = "str | Statement"


def _map_items(
    value: StatementValue, change: Callable[[StatementItem], StatementItem]
) -> StatementValue:
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


def _without(item: StatementItem, names: tuple[str, ...]) -> StatementItem:
    return item.without(*names) if isinstance(item, Statement) else item


def _generalize(item: StatementItem, kind: str, subject: str) -> StatementItem:
    if isinstance(item, Statement):
        return item.about_any(kind, subject)
    return make_statement(Form.GENERIC_SUBJECT, kind=kind) if item == subject else item


def _plain_value(value: StatementValue) -> StatementValue:
    if isinstance(value, tuple):
        return tuple(item if isinstance(item, Statement) else str(item) for item in value)
    return value if isinstance(value, Statement) else str(value)
