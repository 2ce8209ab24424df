"""Replies made wrong on purpose: right envelopes whose content cannot be trusted."""

import copy
from collections.abc import Iterator

from lxml import etree

from auditor.simulator import envelope
from auditor.simulator.envelope import XSI, Element, Reply
from auditor.simulator.faults import Fault, Rule

_NAMES = {"ServiceName", "name", "Name", "processNodeName", "service"}
_VALUES = {
    "ServiceStatus",
    "Deployable",
    "nodeUsage",
    "isActive",
    "haEnabled",
    "version",
    "Value",
}
_OPPOSITES = {
    "Started": "Stopped",
    "Stopped": "Started",
    "true": "false",
    "false": "true",
    "Publisher": "Subscriber",
    "Subscriber": "Publisher",
    "t": "f",
    "f": "t",
}
_BOMB = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
_MARK = "cut-here"


def content(reply: Reply, rule: Rule) -> Element:
    """Return the Envelope of the reply with a content fault worked into it."""
    _change_rows(reply, rule)
    match rule.fault:
        case Fault.DOUBLED_LIST if reply.listing is not reply.body:
            reply.listing.addnext(copy.deepcopy(reply.listing))
        case Fault.OTHER_OPERATION:
            reply.body.tag = _other(reply.body)
    whole = envelope.around(reply.body)
    body = whole[0]
    match rule.fault:
        case Fault.DOUBLED_LIST if reply.listing is reply.body:
            body.append(copy.deepcopy(reply.body))
        case Fault.DOUBLED_BODY:
            whole.append(copy.deepcopy(body))
        case Fault.NO_BODY:
            whole.remove(body)
    return whole


def with_entity(reply: Reply, rule: Rule) -> bytes:
    """Return the reply with a document type: one harmless entity, or a bomb of them."""
    bomb = rule.fault is Fault.ENTITY_BOMB
    name, definitions = ("e9", f'<!ENTITY e0 "ha">{_BOMB}') if bomb else ("e0", None)
    leaf = next(_leaves(reply.listing), reply.listing)
    inner = definitions or f'<!ENTITY e0 "{leaf.text or "x"}">'
    leaf.text = _MARK
    data = envelope.serialise(envelope.around(reply.body))
    head, end, rest = data.partition(b"?>")
    doctype = f"<!DOCTYPE soapenv:Envelope [{inner}]>".encode()
    return head + end + doctype + rest.replace(_MARK.encode(), f"&{name};".encode())


def cut(reply: Reply) -> bytes:
    """Return the reply up to the end of a row about half way; the closing tags are missing."""
    rows = list(reply.listing)
    if not rows:
        data = envelope.serialise(envelope.around(reply.body))
        return data[: len(data) // 2]
    rows[(len(rows) - 1) // 2].addnext(etree.Comment(_MARK))
    data = envelope.serialise(envelope.around(reply.body))
    return data.partition(f"<!--{_MARK}-->".encode())[0]


def endless(reply: Reply, megabytes: int) -> Iterator[bytes]:
    """Yield a reply that starts well and repeats a row until it has that many megabytes."""
    yield cut(reply)
    rows = [row for row in reply.listing if isinstance(row.tag, str)]
    unit = etree.tostring(rows[-1], with_tail=False) if rows else b" " * 1000
    block = unit * (1_000_000 // len(unit) + 1)
    for _ in range(megabytes):
        yield block


def _change_rows(reply: Reply, rule: Rule) -> None:
    rows = list(reply.listing)
    chosen = [row for row in rows if rule.row is None or _tells(row, rule.row)]
    match rule.fault:
        case Fault.EMPTY_LIST:
            _remove(rows)
        case Fault.MISSING_ROW:
            _remove(chosen if rule.row is not None else rows[:1])
        case Fault.CONTRADICTING_ROWS:
            for row in chosen:
                row.addnext(_contradiction(row))
        case _:
            _change_texts(chosen, rule)


def _change_texts(rows: list[Element], rule: Rule) -> None:
    match rule.fault:
        case Fault.ODD_STATUS:
            _each_value(rows, rule.text or "Indeterminate")
        case Fault.STARTING | Fault.STOPPING:
            _each_value(rows, rule.fault.capitalize(), only="ServiceStatus")
        case Fault.PADDED_TEXT:
            for leaf in _leaves(*rows):
                leaf.text = _padded(leaf)
        case Fault.NIL_VALUES:
            _nil(rows)
        case Fault.ODD_NUMBER:
            for leaf in _leaves(*rows):
                if (leaf.text or "").lstrip("-").isdigit():
                    leaf.text = rule.text or "n/a"


def _remove(rows: list[Element]) -> None:
    for row in rows:
        parent = row.getparent()
        if parent is not None:
            parent.remove(row)


def _each_value(rows: list[Element], text: str, only: str | None = None) -> None:
    for row in rows:
        for leaf in _values(row):
            if only in (None, _local(leaf)):
                leaf.text = text


def _nil(rows: list[Element]) -> None:
    for leaf in _leaves(*rows):
        if _local(leaf) not in _NAMES:
            leaf.text = None
            leaf.set(f"{{{XSI}}}nil", "true")


def _contradiction(row: Element) -> Element:
    """Return a copy of a row that tells the opposite."""
    other = copy.deepcopy(row)
    for leaf in _values(other):
        text = leaf.text or ""
        leaf.text = str(int(text) + 1) if text.isdigit() else _OPPOSITES.get(text, f"{text}?")
    return other


def _values(row: Element) -> Iterator[Element]:
    sql = _local(row) == "row"
    return (leaf for leaf in _leaves(row) if sql or _local(leaf) in _VALUES)


def _leaves(*elements: Element) -> Iterator[Element]:
    for element in elements:
        for found in element.iter():
            if isinstance(found.tag, str) and not len(found):
                yield found


def _padded(leaf: Element) -> str:
    text = leaf.text or ""
    inner = text.replace(" ", "  ") if _local(leaf) == "ServiceName" else text
    return f"\n    {inner}\n  "


def _tells(row: Element, text: str) -> bool:
    return any((leaf.text or "").strip().lower() == text.lower() for leaf in _leaves(row))


def _local(element: Element) -> str:
    return str(etree.QName(element).localname)


def _other(body: Element) -> str:
    name = etree.QName(body)
    if name.namespace == envelope.AST:
        known = "getProductInformationListResponse"
        other = "perfmonListCounterResponse" if name.localname == known else known
    else:
        known = "getCCMVersionResponse"
        other = "listProcessNodeResponse" if name.localname == known else known
    return f"{{{name.namespace}}}{other}"
