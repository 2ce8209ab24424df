"""What a row advises, as statements in the order in which to act."""

from auditor.models.forms import Form
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.packs import HaOff, Remedy


def remedy_statements(remedy: Remedy, node: str = "") -> tuple[Statement, ...]:
    """Return a remedy; its command is to be run on `node`, where that is one node."""
    return (
        *((make_statement(Form.ROW_FIRST, action=remedy.first),) if remedy.first else ()),
        *((_ha_off_statement(remedy),) if remedy.ha_off else ()),
        make_statement(
            Form.ROW_REMEDY if remedy.page else Form.ROW_COMMAND,
            page=remedy.page,
            once=remedy.once,
            needs=remedy.needs or "",
            action=remedy.action,
            command=remedy.cli,
            node=node if remedy.cli else "",
            then=remedy.then,
        ),
        *((make_statement(Form.HA_ON_AGAIN),) if remedy.ha_off else ()),
    )


def _ha_off_statement(remedy: Remedy) -> Statement:
    groups = "groups" if remedy.ha_off is HaOff.GROUPS else "group"
    return make_statement(Form.HA_OFF_FIRST, groups=groups, where=remedy.ha_off_where)
