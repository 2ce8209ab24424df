"""Which servers an unknown verdict waits for: those that could not be read and would settle it."""

from collections.abc import Sequence

from auditor.models.facts import ClusterFacts
from auditor.models.forms import Form
from auditor.models.nodes import Role
from auditor.models.statements import Statement

_SETTLED_BY_NODE = frozenset(
    {
        Form.BRING_BACK,
        Form.FIX_ACCESS,
        Form.CHECK_ADDRESS,
        Form.CHECK_SERVICE_LIST,
        Form.LOOK_IN_CONTROL_CENTER,
        Form.LOOK_IN_SERVICE_ACTIVATION,
        Form.TEST_AXL,
        Form.READ_REPLICATION,
        Form.READ_VERSION,
    }
)
"""Advice on how to read the node that it names."""

_SETTLED_BY_CUCM = frozenset(
    {
        Form.READ_ROLES,
        Form.READ_GROUPS,
        Form.READ_NODES,
        Form.READ_CUCM,
        Form.READ_CUCM_VERSION,
    }
)


def find_servers_of_hints(
    facts: ClusterFacts, unread: Sequence[str], hints: Sequence[Statement]
) -> tuple[str, ...]:
    """Return which of the unread servers the hints of an unknown verdict are about, in order.

    Empty if a hint is about anything else: reading the servers would not be enough then.
    """
    awaited = {_find_server(facts, hint) for hint in hints}
    return tuple(name for name in unread if name in awaited) if awaited <= set(unread) else ()


def _find_server(facts: ClusterFacts, hint: Statement) -> str | None:
    """Return the server that a hint is about, None if it is about none."""
    if hint.form in _SETTLED_BY_NODE:
        return str(hint.get("node"))
    if hint.form in _SETTLED_BY_CUCM:
        return facts.cucm_publisher
    if hint.form is Form.READ_RELEASE:
        return next((node.name for node in facts.nodes if node.role is Role.PUBLISHER), None)
    return None
