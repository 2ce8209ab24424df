"""Reads a checked reply into records, straight from its XML element.

Our own rules read every value, because zeep turns a malformed number into None and a malformed
boolean into False, and forgets what the node sent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from lxml import etree

from auditor.errors import BadReply
from auditor.problems import Problem
from auditor.soap import records
from auditor.soap.reply_shapes import Sender, is_nil_element

UNREADABLE_COUNTER_STATUS = -1
"""The status of a counter whose own status is no number; no counter that was read has it."""

# Not every blank of Unicode: a number between two of them is no number of XML Schema.
_XML_SPACE = " \t\r\n"

# 19 digits are the most that 64 bits need.
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")

# Informix writes t and f, XML Schema true, false, 1 and 0.
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_RowT = TypeVar("_RowT")
_Row = Mapping[str, str | None]
"""The texts of a row's children by local name; None where a child is nil or empty."""


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """The element of a reply that passed every check, who sent it (for messages) and when."""

    element: etree._Element
    sender: Sender
    received_at: datetime


def parse_service_status(reply: CheckedReply) -> records.ServiceStatusReply:
    """Read `soapGetServiceStatusResponse`; a list without services is refused."""
    result = _required_child(reply, reply.element, "soapGetServiceStatusReturn")
    # Cisco's WSDL lets the code be nil, so none at all is no failure.
    if _child_text(result, "ReturnCode") not in {None, "0"}:
        raise BadReply(Problem.SERVICES_UNREADABLE, *reply.sender)
    services = _required_child(reply, result, "ServiceInfoList")
    rows = _parse_rows(reply, services, "item", "ServiceName", _parse_service_row)
    return records.ServiceStatusReply(_require_rows(reply, rows, "services"), reply.received_at)


def parse_product_information(reply: CheckedReply) -> records.ProductInformation:
    """Read `getProductInformationListResponse`; a list without services is refused."""
    result = _required_child(reply, reply.element, "getProductInformationListReturn")
    services = _required_child(reply, result, "Services")
    rows = _parse_rows(reply, services, "item", "ServiceName", _parse_specification)
    return records.ProductInformation(
        _child_text(result, "ActiveServerVersion"),
        _require_rows(reply, rows, "services"),
        _child_text(result, "PrimaryNode"),
    )


def parse_counters(reply: CheckedReply) -> tuple[records.PerfmonCounter, ...]:
    """Read `perfmonCollectCounterDataResponse`; an object without counters is an empty tuple."""
    name = "perfmonCollectCounterDataReturn"
    return _parse_rows(reply, reply.element, name, "Name", _parse_counter)


def parse_process_nodes(reply: CheckedReply) -> tuple[records.ProcessNode, ...]:
    """Read `listProcessNodeResponse`; a list without nodes is refused: a CUCM lists itself."""
    rows = _parse_axl_list(reply, "processNode", "name", _parse_process_node)
    return _require_rows(reply, rows, "nodes")


def parse_redundancy_groups(reply: CheckedReply) -> tuple[records.RedundancyGroup, ...]:
    """Read `listPresenceRedundancyGroupResponse`; there may be none."""
    return _parse_axl_list(reply, "presenceRedundancyGroup", "name", _parse_redundancy_group)


def parse_process_node_services(reply: CheckedReply) -> tuple[records.ProcessNodeService, ...]:
    """Read `listProcessNodeServiceResponse`; there may be none."""
    return _parse_axl_list(reply, "processNodeService", "service", _parse_process_node_service)


def parse_ccm_version(reply: CheckedReply) -> str:
    """Read `getCCMVersionResponse`."""
    result = _required_child(reply, reply.element, "return")
    component = _required_child(reply, result, "componentVersion")
    version = _child_text(component, "version")
    if version is None:
        raise _missing_element_error(reply, "version")
    return version


def parse_sql_rows(reply: CheckedReply) -> tuple[Mapping[str, str | None], ...]:
    """Read `executeSQLQueryResponse`: each row by column in lower case.

    An empty column is an empty string here, and only a nil one is None: SQL distinguishes them.
    """
    # AXL puts only the response element into a namespace, and nothing below it.
    rows = _required_child(reply, reply.element, "return").findall("row")
    # The WSDL leaves the columns open, so the check of declared leaves cannot see them.
    if any(len(column) for row in rows for column in row):
        raise BadReply(Problem.ELEMENTS_IN_VALUE, *reply.sender, element="a column")
    return tuple(
        {
            etree.QName(column).localname.lower(): None
            if is_nil_element(column)
            else (column.text or "").strip(_XML_SPACE)
            for column in row
        }
        for row in rows
    )


def _parse_service_row(row: _Row) -> records.ServiceRow:
    code = row.get("ReasonCode")
    return records.ServiceRow(
        name=row.get("ServiceName") or "",
        status=row.get("ServiceStatus"),
        reason_code=_parse_integer(code),
        reason_code_text=code or "",
        reason=row.get("ReasonCodeString"),
        start_time=row.get("StartTime"),
        uptime_s=_parse_integer(row.get("UpTime")),
    )


def _parse_specification(row: _Row) -> records.ServiceSpecification:
    return records.ServiceSpecification(
        name=row.get("ServiceName") or "",
        type=row.get("ServiceType"),
        deployable=_parse_boolean(row.get("Deployable")),
        group=row.get("GroupName"),
    )


def _parse_counter(row: _Row) -> records.PerfmonCounter:
    status = row.get("CStatus")
    return records.PerfmonCounter(
        name=row.get("Name") or "",
        value=_parse_integer(row.get("Value")),
        # A status that is no number must not pass for a status that was not sent.
        status=None
        if status is None
        else _parse_integer(status, unreadable=UNREADABLE_COUNTER_STATUS),
    )


def _parse_process_node(row: _Row) -> records.ProcessNode:
    return records.ProcessNode(
        name=row.get("name") or "",
        description=row.get("description"),
        usage=row.get("nodeUsage"),
        role=row.get("processNodeRole"),
    )


def _parse_redundancy_group(row: _Row) -> records.RedundancyGroup:
    return records.RedundancyGroup(
        name=row.get("name") or "",
        server1=row.get("server1"),
        server2=row.get("server2"),
        ha_enabled=_parse_boolean(row.get("haEnabled")),
    )


def _parse_process_node_service(row: _Row) -> records.ProcessNodeService:
    return records.ProcessNodeService(
        node=row.get("processNodeName") or "",
        service=row.get("service") or "",
        is_active=_parse_boolean(row.get("isActive")),
    )


def _parse_axl_list(
    reply: CheckedReply, name: str, key: str, parse_row: Callable[[_Row], _RowT]
) -> tuple[_RowT, ...]:
    """Read the rows of an AXL list; its `return` must be there, even when it is empty."""
    result = _required_child(reply, reply.element, "return")
    return _parse_rows(reply, result, name, key, parse_row)


def _parse_rows(
    reply: CheckedReply,
    parent: etree._Element,
    name: str,
    key: str,
    parse_row: Callable[[_Row], _RowT],
) -> tuple[_RowT, ...]:
    """Read each child called `name`; raises `BadReply` if one has no value for its `key`."""
    rows = [_child_texts(row) for row in parent.iterchildren(f"{{*}}{name}")]
    # Such a row is not skipped: one service or node would be missing, and no report would say so.
    if not all(row.get(key) for row in rows):
        raise _missing_element_error(reply, key)
    return tuple(parse_row(row) for row in rows)


def _require_rows(reply: CheckedReply, rows: tuple[_RowT, ...], what: str) -> tuple[_RowT, ...]:
    # Each of these lists has at least one row on a healthy server. Read as it is, an empty one
    # would be a node without any fault.
    if not rows:
        raise BadReply(Problem.EMPTY_LIST, *reply.sender, items=what)
    return rows


def _required_child(reply: CheckedReply, parent: etree._Element, name: str) -> etree._Element:
    """Return a child that must be there and not nil."""
    child = _first_child(parent, name)
    if child is None or is_nil_element(child):
        raise _missing_element_error(reply, name)
    return child


def _missing_element_error(reply: CheckedReply, name: str) -> BadReply:
    return BadReply(Problem.MISSING_ELEMENT, *reply.sender, element=name)


def _first_child(parent: etree._Element, name: str) -> etree._Element | None:
    # Any namespace: the shape check has already refused a declared name in a wrong one.
    return next(parent.iterchildren(f"{{*}}{name}"), None)


def _child_text(parent: etree._Element, name: str) -> str | None:
    """Return a child's own text, trimmed; None where the child is absent, nil or empty."""
    child = _first_child(parent, name)
    return None if child is None else _text_of(child)


def _child_texts(row: etree._Element) -> _Row:
    """Return the texts of all children; of two of one name, the first."""
    texts: dict[str, str | None] = {}
    for child in row:
        name = child.tag.rpartition("}")[2]
        if name not in texts:
            texts[name] = _text_of(child)
    return texts


def _text_of(element: etree._Element) -> str | None:
    text = (element.text or "").strip(_XML_SPACE)
    return text if text and not is_nil_element(element) else None


def _parse_integer(text: str | None, unreadable: int | None = None) -> int | None:
    """Return a whole number, else `unreadable`."""
    return int(text) if text and _INTEGER.fullmatch(text) else unreadable


def _parse_boolean(text: str | None) -> bool | None:
    # None for anything else: False would read as "not activated", which is drift.
    return _BOOLEANS.get((text or "").lower())
