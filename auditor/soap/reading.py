"""Reads checked answers into rows: texts as zeep reads them, numbers and truths strictly.

zeep turns a malformed integer into None and a malformed boolean into False, and forgets its
text; so these are read from the element itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from lxml import etree

from auditor.errors import BadReply
from auditor.soap.replies import (
    Counter,
    ProcessNode,
    ProcessNodeService,
    ProductInformation,
    RedundancyGroup,
    ServiceRow,
    ServiceSpecification,
    ServiceStatusReply,
)
from auditor.soap.shape import is_nil
from auditor.soap.wsdl import Untyped

_ADVICE = "Ask again; if it stays so, look at the same list in the node's administration pages."
UNREADABLE = -1
"""A counter's status that says nothing; no counter that was read has it."""

_SERVICE = ("item", "ServiceName")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer: zeep's value, the element it was read from, who sent it and when."""

    value: Untyped
    element: etree._Element
    who: str
    received_at: datetime


def service_status(reply: Reply) -> ServiceStatusReply:
    """Read `soapGetServiceStatusResponse`; no service at all is no answer."""
    returned = reply.value.soapGetServiceStatusReturn
    inner = _part(reply, reply.element, "soapGetServiceStatusReturn")
    code = _text(inner, "ReturnCode")
    if code not in {None, "", "0"}:
        raise BadReply(f"{reply.who} could not read its services (return code not 0).", _ADVICE)
    listed = _part(reply, inner, "ServiceInfoList")
    rows = _rows(reply, listed, returned.ServiceInfoList, _SERVICE, _service_row)
    return ServiceStatusReply(_some(reply, rows, "services"), reply.received_at)


def product_information(reply: Reply) -> ProductInformation:
    """Read `getProductInformationListResponse`; no service at all is no answer."""
    returned = reply.value.getProductInformationListReturn
    inner = _part(reply, reply.element, "getProductInformationListReturn")
    listed = _part(reply, inner, "Services")
    rows = _rows(reply, listed, returned.Services, _SERVICE, _specification)
    return ProductInformation(
        _trim(returned.ActiveServerVersion),
        _trim(returned.PrimaryNode),
        _trim(returned.SecondaryNode),
        _some(reply, rows, "services"),
    )


def static_service_list(reply: Reply) -> tuple[ServiceSpecification, ...]:
    """Read `soapGetStaticServiceListResponse`; no service at all is no answer."""
    inner = _part(reply, reply.element, "soapGetStaticServiceListReturn")
    listed = _part(reply, inner, "Services")
    value = reply.value.soapGetStaticServiceListReturn.Services
    return _some(reply, _rows(reply, listed, value, _SERVICE, _specification), "services")


def counters(reply: Reply) -> tuple[Counter, ...]:
    """Read `perfmonCollectCounterDataResponse`; an object without counters is an empty tuple."""
    row = ("perfmonCollectCounterDataReturn", "Name")
    return _rows(reply, reply.element, reply.value, row, _counter)


def process_nodes(reply: Reply) -> tuple[ProcessNode, ...]:
    """Read `listProcessNodeResponse`; a CUCM that knows no node is no answer."""
    return _some(reply, _listed(reply, ("processNode", "name"), _process_node), "nodes")


def redundancy_groups(reply: Reply) -> tuple[RedundancyGroup, ...]:
    """Read `listPresenceRedundancyGroupResponse`; there may be none."""
    return _listed(reply, ("presenceRedundancyGroup", "name"), _redundancy_group)


def process_node_services(reply: Reply) -> tuple[ProcessNodeService, ...]:
    """Read `listProcessNodeServiceResponse`; there may be none."""
    return _listed(reply, ("processNodeService", "service"), _process_node_service)


def version(reply: Reply) -> str:
    """Read `getCCMVersionResponse`."""
    component = _part(reply, _part(reply, reply.element, "return"), "componentVersion")
    told = _text(component, "version")
    if not told:
        raise _missing(reply, "version")
    return told


def sql_rows(reply: Reply) -> tuple[dict[str, str | None], ...]:
    """Read `executeSQLQueryResponse`: a dict a row, keyed by column in lower case."""
    return tuple(
        {etree.QName(column).localname.lower(): _own_text(column) for column in row}
        for row in _part(reply, reply.element, "return").findall("row")
    )


def _service_row(value: Untyped, element: etree._Element) -> ServiceRow:
    code = _text(element, "ReasonCode") or ""
    return ServiceRow(
        name=_trim(value.ServiceName) or "",
        status=_trim(value.ServiceStatus),
        reason_code=_number(code),
        reason_code_text=code,
        reason=_trim(value.ReasonCodeString),
        start_time=_trim(value.StartTime),
        uptime_s=_number(_text(element, "UpTime")),
    )


def _specification(value: Untyped, element: etree._Element) -> ServiceSpecification:
    return ServiceSpecification(
        name=_trim(value.ServiceName) or "",
        type=_trim(value.ServiceType),
        deployable=_truth(_text(element, "Deployable")),
        group=_trim(value.GroupName),
        product_id=_text(element, "ProductID") or None,
    )


def _counter(value: Untyped, element: etree._Element) -> Counter:
    return Counter(
        name=_trim(value.Name) or "",
        value=_number(_text(element, "Value")),
        status=_status(_text(element, "CStatus")),
    )


def _process_node(value: Untyped, _: etree._Element) -> ProcessNode:
    return ProcessNode(
        name=_trim(value.name) or "",
        description=_trim(value.description),
        usage=_trim(value.nodeUsage),
        role=_trim(value.processNodeRole),
    )


def _redundancy_group(value: Untyped, element: etree._Element) -> RedundancyGroup:
    return RedundancyGroup(
        name=_trim(value.name) or "",
        server1=_text(element, "server1") or None,
        server2=_text(element, "server2") or None,
        ha_enabled=_truth(_text(element, "haEnabled")),
    )


def _process_node_service(value: Untyped, element: etree._Element) -> ProcessNodeService:
    return ProcessNodeService(
        node=_text(element, "processNodeName") or "",
        service=_trim(value.service) or "",
        is_active=_truth(_text(element, "isActive")),
    )


def _listed(
    reply: Reply, row: tuple[str, str], read: Callable[[Untyped, etree._Element], _T]
) -> tuple[_T, ...]:
    """Read the rows of an AXL list; its `return` must be there, even when it is empty."""
    holder = _part(reply, reply.element, "return")
    return _rows(reply, holder, reply.value["return"], row, read)


def _rows(
    reply: Reply,
    holder: etree._Element,
    value: Untyped,
    row: tuple[str, str],
    read: Callable[[Untyped, etree._Element], _T],
) -> tuple[_T, ...]:
    """Read each row from zeep's value and its element; `row` is its name and that of its key."""
    name, key = row
    elements = list(holder.iterchildren(f"{{*}}{name}"))
    values = (getattr(value, name, None) or []) if elements else []
    if len(values) != len(elements) or not all(_text(element, key) for element in elements):
        raise _missing(reply, key)
    return tuple(read(v, e) for v, e in zip(values, elements, strict=True))


def _some(reply: Reply, rows: tuple[_T, ...], what: str) -> tuple[_T, ...]:
    if not rows:
        raise BadReply(f"{reply.who} sent an empty list of {what}, which cannot be.", _ADVICE)
    return rows


def _part(reply: Reply, parent: etree._Element, name: str) -> etree._Element:
    """Return a child that must be there and not nil."""
    child = _child(parent, name)
    if child is None or is_nil(child):
        raise _missing(reply, name)
    return child


def _missing(reply: Reply, name: str) -> BadReply:
    return BadReply(f"{reply.who} sent a reply without {name}.", _ADVICE)


def _child(parent: etree._Element, name: str) -> etree._Element | None:
    return next(parent.iterchildren(f"{{*}}{name}"), None)


def _text(parent: etree._Element, name: str) -> str | None:
    """Return a child's own text, trimmed; None where the child is absent or nil."""
    child = _child(parent, name)
    return None if child is None else _own_text(child)


def _own_text(element: etree._Element) -> str | None:
    return None if is_nil(element) else (element.text or "").strip()


def _trim(value: Untyped) -> str | None:
    return None if value is None else str(value).strip() or None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None


def _status(text: str | None) -> int | None:
    """Return the status of a counter; one that is no number makes it a counter that is not read."""
    return _number(text) if _number(text) is not None or not text else UNREADABLE


def _truth(text: str | None) -> bool | None:
    return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(
        (text or "").lower()
    )
