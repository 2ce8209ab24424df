"""Replies that are wrong on purpose: valid envelopes with untrustworthy content."""

import copy
from collections.abc import Iterator

from lxml import etree

from auditor.simulator.envelope import (
    AST_NAMESPACE,
    XSI_NAMESPACE,
    SoapReply,
    XmlElement,
    serialise_envelope,
    wrap_in_envelope,
)
from auditor.simulator.faults import Fault, FaultRule

_NAME_TAGS = {"ServiceName", "name", "Name", "processNodeName", "service"}
_VALUE_TAGS = {
    "ServiceStatus",
    "Deployable",
    "nodeUsage",
    "isActive",
    "haEnabled",
    "version",
    "Value",
}
_OPPOSITE_VALUES = {
    "Started": "Stopped",
    "Stopped": "Started",
    "true": "false",
    "false": "true",
    "Publisher": "Subscriber",
    "Subscriber": "Publisher",
    "t": "f",
    "f": "t",
}
# Each of nine levels holds ten of the one below: a billion texts in a parser that expands it.
_ENTITY_BOMB = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
# lxml would escape a reference to an entity, so it is put into the bytes afterwards.
_PLACEHOLDER = "cut-here"


def distort_reply(reply: SoapReply, rule: FaultRule) -> XmlElement:
    """Return the Envelope of the reply with a content fault worked into it."""
    _distort_rows(reply, rule)
    match rule.fault:
        case Fault.DOUBLED_LIST if reply.listing is not reply.body:
            reply.listing.addnext(copy.deepcopy(reply.listing))
        case Fault.OTHER_OPERATION:
            reply.body.tag = _other_operation_tag(reply.body)
    whole = wrap_in_envelope(reply.body)
    body = whole[0]
    match rule.fault:
        case Fault.DOUBLED_LIST if reply.listing is reply.body:
            body.append(copy.deepcopy(reply.body))
        case Fault.DOUBLED_BODY:
            whole.append(copy.deepcopy(body))
        case Fault.NO_BODY:
            whole.remove(body)
    return whole


def add_document_type(reply: SoapReply, rule: FaultRule) -> bytes:
    """Return the reply with a document type: one harmless entity, or a bomb of them."""
    bomb = rule.fault is Fault.ENTITY_BOMB
    name, definitions = ("e9", f'<!ENTITY e0 "ha">{_ENTITY_BOMB}') if bomb else ("e0", None)
    leaf = next(_leaf_elements(reply.listing), reply.listing)
    inner = definitions or f'<!ENTITY e0 "{leaf.text or "x"}">'
    leaf.text = _PLACEHOLDER
    data = serialise_envelope(wrap_in_envelope(reply.body))
    head, end, rest = data.partition(b"?>")
    doctype = f"<!DOCTYPE soapenv:Envelope [{inner}]>".encode()
    return head + end + doctype + rest.replace(_PLACEHOLDER.encode(), f"&{name};".encode())


def truncate_reply(reply: SoapReply) -> bytes:
    """Return the reply up to the end of a row about half way; the closing tags are missing."""
    rows = list(reply.listing)
    if not rows:
        data = serialise_envelope(wrap_in_envelope(reply.body))
        return data[: len(data) // 2]
    rows[(len(rows) - 1) // 2].addnext(etree.Comment(_PLACEHOLDER))
    data = serialise_envelope(wrap_in_envelope(reply.body))
    return data.partition(f"<!--{_PLACEHOLDER}-->".encode())[0]


def huge_reply_blocks(reply: SoapReply, megabytes: int) -> Iterator[bytes]:
    """Yield a reply that starts well and repeats a row until it has that many megabytes."""
    yield truncate_reply(reply)
    rows = [row for row in reply.listing if isinstance(row.tag, str)]
    unit = etree.tostring(rows[-1], with_tail=False) if rows else b" " * 1000
    block = unit * (1_000_000 // len(unit) + 1)
    for _ in range(megabytes):
        yield block


def _distort_rows(reply: SoapReply, rule: FaultRule) -> None:
    rows = list(reply.listing)
    chosen = [row for row in rows if rule.row is None or _contains_text(row, rule.row)]
    match rule.fault:
        case Fault.EMPTY_LIST:
            _remove_elements(rows)
        case Fault.MISSING_ROW:
            _remove_elements(chosen if rule.row is not None else rows[:1])
        case Fault.CONTRADICTING_ROWS:
            for row in chosen:
                row.addnext(_contradicting_row(row))
        case _:
            _distort_texts(chosen, rule)


def _distort_texts(rows: list[XmlElement], rule: FaultRule) -> None:
    match rule.fault:
        case Fault.MISSING_VALUE:
            _remove_elements([leaf for row in rows for leaf in _value_leaves(row, rule.element)])
        case Fault.ODD_STATUS:
            _set_values(rows, rule.text or "Indeterminate", rule.element)
        case Fault.STARTING | Fault.STOPPING:
            _set_values(rows, rule.fault.capitalize(), "ServiceStatus")
        case Fault.PADDED_TEXT:
            for leaf in _leaf_elements(*rows):
                leaf.text = _padded_text(leaf)
        case Fault.NIL_VALUES:
            _set_nil(rows, rule.element)
        case Fault.ODD_NUMBER:
            for leaf in _leaf_elements(*rows):
                if (leaf.text or "").lstrip("-").isdigit():
                    leaf.text = rule.text or "n/a"


def _remove_elements(rows: list[XmlElement]) -> None:
    for row in rows:
        parent = row.getparent()
        if parent is not None:
            parent.remove(row)


def _set_values(rows: list[XmlElement], text: str, only: str | None = None) -> None:
    for row in rows:
        for leaf in _value_leaves(row, only):
            leaf.text = text


def _set_nil(rows: list[XmlElement], only: str | None = None) -> None:
    for leaf in _leaf_elements(*rows):
        name = _tag_name(leaf)
        if name == only or (only is None and name not in _NAME_TAGS):
            leaf.text = None
            leaf.set(f"{{{XSI_NAMESPACE}}}nil", "true")


def _contradicting_row(row: XmlElement) -> XmlElement:
    """Return a copy of a row that says the opposite."""
    other = copy.deepcopy(row)
    for leaf in _value_leaves(other):
        text = leaf.text or ""
        leaf.text = str(int(text) + 1) if text.isdigit() else _OPPOSITE_VALUES.get(text, f"{text}?")
    return other


def _value_leaves(row: XmlElement, only: str | None = None) -> Iterator[XmlElement]:
    """Yield the elements of one name, or those that hold what the row is asked for."""
    if only is not None:
        return (leaf for leaf in _leaf_elements(row) if _tag_name(leaf) == only)
    sql = _tag_name(row) == "row"
    return (leaf for leaf in _leaf_elements(row) if sql or _tag_name(leaf) in _VALUE_TAGS)


def _leaf_elements(*elements: XmlElement) -> Iterator[XmlElement]:
    for element in elements:
        for descendant in element.iter():
            if isinstance(descendant.tag, str) and not len(descendant):
                yield descendant


def _padded_text(leaf: XmlElement) -> str:
    text = leaf.text or ""
    inner = text.replace(" ", "  ") if _tag_name(leaf) == "ServiceName" else text
    return f"\n    {inner}\n  "


def _contains_text(row: XmlElement, text: str) -> bool:
    return any((leaf.text or "").strip().lower() == text.lower() for leaf in _leaf_elements(row))


def _tag_name(element: XmlElement) -> str:
    return str(etree.QName(element).localname)


def _other_operation_tag(body: XmlElement) -> str:
    name = etree.QName(body)
    if name.namespace == AST_NAMESPACE:
        usual = "getProductInformationListResponse"
        other = "perfmonListCounterResponse" if name.localname == usual else usual
    else:
        usual = "getCCMVersionResponse"
        other = "listProcessNodeResponse" if name.localname == usual else usual
    return f"{{{name.namespace}}}{other}"
