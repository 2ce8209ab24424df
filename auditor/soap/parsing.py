"""Reads checked answers into rows: texts as zeep reads them, numbers and truths strictly.

zeep turns a malformed integer into None and a malformed boolean into False, and forgets its
text; so these are read from the element itself.


Readings of answers that come again word for word, each made once.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lxml import etree

from auditor.errors import BadReply
from auditor.soap.operations import ZeepObject
from auditor.soap.records import (
    PerfmonCounter,
    ProcessNode,
    ProcessNodeService,
    ProductInformation,
    RedundancyGroup,
    ServiceRow,
    ServiceSpecification,
    ServiceStatusReply,
)
from auditor.soap.reply_checks import is_nil_element

_INCOMPLETE_REPLY_ADVICE = (
    "Ask again; if it stays so, look at the same list in the node's administration pages."
)
UNREADABLE_COUNTER_STATUS = -1
"""A counter's status that says nothing; no counter that was read has it."""

_SERVICE_ROW_TAGS = ("item", "ServiceName")
_RowT = TypeVar("_RowT")


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """A checked answer: zeep's value, the element it was read from, who sent it and when."""

    value: ZeepObject
    element: etree._Element
    who: str
    received_at: datetime


def parse_service_status(reply: CheckedReply) -> ServiceStatusReply:
    """Read `soapGetServiceStatusResponse`; no service at all is no answer."""
    returned = reply.value.soapGetServiceStatusReturn
    inner = _required_child(reply, reply.element, "soapGetServiceStatusReturn")
    code = _child_text(inner, "ReturnCode")
    if code not in {None, "", "0"}:
        raise BadReply(
            f"{reply.who} could not read its services (return code not 0).",
            _INCOMPLETE_REPLY_ADVICE,
        )
    listed = _required_child(reply, inner, "ServiceInfoList")
    rows = _parse_row_elements(
        reply, listed, returned.ServiceInfoList, _SERVICE_ROW_TAGS, _parse_service_row
    )
    return ServiceStatusReply(_require_rows(reply, rows, "services"), reply.received_at)


def parse_product_information(reply: CheckedReply) -> ProductInformation:
    """Read `getProductInformationListResponse`; no service at all is no answer."""
    returned = reply.value.getProductInformationListReturn
    inner = _required_child(reply, reply.element, "getProductInformationListReturn")
    listed = _required_child(reply, inner, "Services")
    rows = _parse_row_elements(
        reply, listed, returned.Services, _SERVICE_ROW_TAGS, _parse_specification
    )
    return ProductInformation(
        _optional_text(returned.ActiveServerVersion),
        _optional_text(returned.PrimaryNode),
        _optional_text(returned.SecondaryNode),
        _require_rows(reply, rows, "services"),
    )


def parse_static_service_list(reply: CheckedReply) -> tuple[ServiceSpecification, ...]:
    """Read `soapGetStaticServiceListResponse`; no service at all is no answer."""
    inner = _required_child(reply, reply.element, "soapGetStaticServiceListReturn")
    listed = _required_child(reply, inner, "Services")
    value = reply.value.soapGetStaticServiceListReturn.Services
    return _require_rows(
        reply,
        _parse_row_elements(reply, listed, value, _SERVICE_ROW_TAGS, _parse_specification),
        "services",
    )


def parse_counters(reply: CheckedReply) -> tuple[PerfmonCounter, ...]:
    """Read `perfmonCollectCounterDataResponse`; an object without counters is an empty tuple."""
    row = ("perfmonCollectCounterDataReturn", "Name")
    return _parse_row_elements(reply, reply.element, reply.value, row, _parse_counter)


def parse_process_nodes(reply: CheckedReply) -> tuple[ProcessNode, ...]:
    """Read `listProcessNodeResponse`; a CUCM that knows no node is no answer."""
    return _require_rows(
        reply, _parse_axl_list(reply, ("processNode", "name"), _parse_process_node), "nodes"
    )


def parse_redundancy_groups(reply: CheckedReply) -> tuple[RedundancyGroup, ...]:
    """Read `listPresenceRedundancyGroupResponse`; there may be none."""
    return _parse_axl_list(reply, ("presenceRedundancyGroup", "name"), _parse_redundancy_group)


def parse_process_node_services(reply: CheckedReply) -> tuple[ProcessNodeService, ...]:
    """Read `listProcessNodeServiceResponse`; there may be none."""
    return _parse_axl_list(reply, ("processNodeService", "service"), _parse_process_node_service)


def parse_ccm_version(reply: CheckedReply) -> str:
    """Read `getCCMVersionResponse`."""
    component = _required_child(
        reply, _required_child(reply, reply.element, "return"), "componentVersion"
    )
    told = _child_text(component, "version")
    if not told:
        raise _missing_element_error(reply, "version")
    return told


def parse_sql_rows(reply: CheckedReply) -> tuple[dict[str, str | None], ...]:
    """Read `executeSQLQueryResponse`: a dict a row, keyed by column in lower case."""
    return tuple(
        {etree.QName(column).localname.lower(): _element_text(column) for column in row}
        for row in _required_child(reply, reply.element, "return").findall("row")
    )


def _parse_service_row(value: ZeepObject, element: etree._Element) -> ServiceRow:
    code = _child_text(element, "ReasonCode") or ""
    return ServiceRow(
        name=_optional_text(value.ServiceName) or "",
        status=_optional_text(value.ServiceStatus),
        reason_code=_parse_integer(code),
        reason_code_text=code,
        reason=_optional_text(value.ReasonCodeString),
        start_time=_optional_text(value.StartTime),
        uptime_s=_parse_integer(_child_text(element, "UpTime")),
    )


def _parse_specification(value: ZeepObject, element: etree._Element) -> ServiceSpecification:
    return ServiceSpecification(
        name=_optional_text(value.ServiceName) or "",
        type=_optional_text(value.ServiceType),
        deployable=_parse_boolean(_child_text(element, "Deployable")),
        group=_optional_text(value.GroupName),
        product_id=_child_text(element, "ProductID") or None,
    )


def _parse_counter(value: ZeepObject, element: etree._Element) -> PerfmonCounter:
    return PerfmonCounter(
        name=_optional_text(value.Name) or "",
        value=_parse_integer(_child_text(element, "Value")),
        status=_parse_counter_status(_child_text(element, "CStatus")),
    )


def _parse_process_node(value: ZeepObject, _: etree._Element) -> ProcessNode:
    return ProcessNode(
        name=_optional_text(value.name) or "",
        description=_optional_text(value.description),
        usage=_optional_text(value.nodeUsage),
        role=_optional_text(value.processNodeRole),
    )


def _parse_redundancy_group(value: ZeepObject, element: etree._Element) -> RedundancyGroup:
    return RedundancyGroup(
        name=_optional_text(value.name) or "",
        server1=_child_text(element, "server1") or None,
        server2=_child_text(element, "server2") or None,
        ha_enabled=_parse_boolean(_child_text(element, "haEnabled")),
    )


def _parse_process_node_service(value: ZeepObject, element: etree._Element) -> ProcessNodeService:
    return ProcessNodeService(
        node=_child_text(element, "processNodeName") or "",
        service=_optional_text(value.service) or "",
        is_active=_parse_boolean(_child_text(element, "isActive")),
    )


def _parse_axl_list(
    reply: CheckedReply, row: tuple[str, str], read: Callable[[ZeepObject, etree._Element], _RowT]
) -> tuple[_RowT, ...]:
    """Read the rows of an AXL list; its `return` must be there, even when it is empty."""
    holder = _required_child(reply, reply.element, "return")
    return _parse_row_elements(reply, holder, reply.value["return"], row, read)


def _parse_row_elements(
    reply: CheckedReply,
    holder: etree._Element,
    value: ZeepObject,
    row: tuple[str, str],
    read: Callable[[ZeepObject, etree._Element], _RowT],
) -> tuple[_RowT, ...]:
    """Read each row from zeep's value and its element; `row` is its name and that of its key."""
    name, key = row
    elements = list(holder.iterchildren(f"{{*}}{name}"))
    values = (getattr(value, name, None) or []) if elements else []
    if len(values) != len(elements) or not all(_child_text(element, key) for element in elements):
        raise _missing_element_error(reply, key)
    return tuple(read(v, e) for v, e in zip(values, elements, strict=True))


def _require_rows(reply: CheckedReply, rows: tuple[_RowT, ...], what: str) -> tuple[_RowT, ...]:
    if not rows:
        raise BadReply(
            f"{reply.who} sent an empty list of {what}, which cannot be.", _INCOMPLETE_REPLY_ADVICE
        )
    return rows


def _required_child(reply: CheckedReply, parent: etree._Element, name: str) -> etree._Element:
    """Return a child that must be there and not nil."""
    child = _first_child(parent, name)
    if child is None or is_nil_element(child):
        raise _missing_element_error(reply, name)
    return child


def _missing_element_error(reply: CheckedReply, name: str) -> BadReply:
    return BadReply(f"{reply.who} sent a reply without {name}.", _INCOMPLETE_REPLY_ADVICE)


def _first_child(parent: etree._Element, name: str) -> etree._Element | None:
    return next(parent.iterchildren(f"{{*}}{name}"), None)


def _child_text(parent: etree._Element, name: str) -> str | None:
    """Return a child's own text, trimmed; None where the child is absent or nil."""
    child = _first_child(parent, name)
    return None if child is None else _element_text(child)


def _element_text(element: etree._Element) -> str | None:
    return None if is_nil_element(element) else (element.text or "").strip()


def _optional_text(value: ZeepObject) -> str | None:
    return None if value is None else str(value).strip() or None


def _parse_integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None


def _parse_counter_status(text: str | None) -> int | None:
    """Return the status of a counter; one that is no number makes it a counter that is not read."""
    return (
        _parse_integer(text)
        if _parse_integer(text) is not None or not text
        else UNREADABLE_COUNTER_STATUS
    )


def _parse_boolean(text: str | None) -> bool | None:
    return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(
        (text or "").lower()
    )


_CachedT = TypeVar("_CachedT")


class ParseCache(Generic[_CachedT]):
    """What the answers to one question were read as, for those that come again; thread-safe.

    For answers that were checked and hold no secret any more, and readings that depend on
    nothing else and that nobody can change. An answer that is refused is never kept, so each
    node's is refused by itself.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[bytes, _CachedT] = {}
        self._reading = threading.Lock()

    def of(self, answer: etree._Element, read: Callable[[], _CachedT]) -> _CachedT:
        """Return the reading of an answer: that of the same words before, else `read()`."""
        key = hashlib.sha256(etree.tostring(answer)).digest()
        # Held while reading, because the nodes of a cluster are asked side by side.
        with self._reading:
            if key not in self._known:
                self._known[key] = read()
            return self._known[key]
