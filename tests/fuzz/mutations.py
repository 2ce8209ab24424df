"""Ways to spoil a genuine reply; each takes a source of chance and returns another reply."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

from lxml import etree

from auditor.soap.messages import SoapResponse
from tests.fuzz.recording import Exchange

Mutation: TypeAlias = Callable[[Random, SoapResponse, Sequence[Exchange]], SoapResponse]
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_VALUES = (
    "", "Started", "Stopped", "started", "STARTED ", "Running", "Starting", "Stopped Started", "0",
    "1", "2", "3", "-1", "-1068", "-1069", "+3", "03", "3.0", "3e0", "0x3", "٣", "³", "3\u00a0",
    "\u20033", "99999999999999999999", "-9223372036854775808", "NaN", "true", "false", "TRUE",
    "yes", "t", "f", "Service Not Activated", "Cisco SIP Proxy", "imp1.lab.test",
    "imp2.lab.test", "IM and Presence",
    "\\\\imp2.lab.test\\Cisco Server Recovery Manager\\SRMState", "14.0.1.13900-8", "9.1.1",
    "x" * 10_000, "Started\u200b", "\u202eStarted", "Started]]>", "&lt;x/&gt;",
)  # fmt: skip
_PIECES = (
    b"<!-- -->", b"<?pi x?>", b"<x/>", b"<![CDATA[x]]>", b"]]>", b"&amp;", b"&#x41;", b"&#0;",
    b"&undefined;", b"<", b">", b"\x00", b"\xff", b"\xc0\xaf", b"\r\n", b" ", b"Started", b"3",
    b"</x>", b"<ns1:item/>", b' xsi:nil="true"', b'<!DOCTYPE a [<!ENTITY b "c">]>',
)  # fmt: skip
_STATUSES = (100, 200, 201, 204, 301, 302, 400, 401, 403, 404, 500, 503, 599, 999)
_TYPES = ("", "text/html", "application/json", "text/xml;charset=utf-16", "TEXT/XML", "text/xml,x")
_ENCODINGS = ("utf-16", "utf-16-be", "iso-8859-1", "cp1252", "utf-7", "utf-32", "cp037")


def _with_body(reply: SoapResponse, body: bytes) -> SoapResponse:
    return replace(reply, body=body)


def _with_tree(
    chance: Random,
    reply: SoapResponse,
    change: Callable[[Random, list[etree._Element]], None],
) -> SoapResponse:
    try:
        root = etree.fromstring(reply.body)
    except etree.XMLSyntaxError:
        return reply
    change(chance, list(root.iter(etree.Element)))
    return _with_body(reply, etree.tostring(root, encoding="utf-8", xml_declaration=True))


def flip_bytes(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    body = bytearray(reply.body)
    for _number in range(chance.randint(1, 4) if body else 0):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return _with_body(reply, bytes(body))


def cut(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    start, end = sorted(chance.randrange(len(reply.body) + 1) for _number in range(2))
    kept = chance.choice([reply.body[:end], reply.body[:start] + reply.body[end:]])
    return _with_body(reply, kept)


def insert_piece(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    place = chance.randrange(len(reply.body) + 1)
    piece = chance.choice(_PIECES)
    return _with_body(reply, reply.body[:place] + piece + reply.body[place:])


def repeat_part(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    start, end = sorted(chance.randrange(len(reply.body) + 1) for _number in range(2))
    return _with_body(reply, reply.body[:end] + reply.body[start:end] + reply.body[end:])


def encode_anew(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    text = reply.body.decode("utf-8", "replace")
    encoding = chance.choice(_ENCODINGS)
    if chance.random() < 0.5:
        text = text.replace("utf-8", encoding, 1)
    return _with_body(reply, text.encode(encoding, "replace"))


def change_head(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    if chance.random() < 0.6:
        return replace(reply, status=chance.choice(_STATUSES))
    return replace(reply, content_type=chance.choice(_TYPES))


def take_other_reply(chance: Random, _: SoapResponse, others: Sequence[Exchange]) -> SoapResponse:
    return chance.choice(others).reply


def _pick(chance: Random, elements: list[etree._Element]) -> etree._Element:
    # Most of a reply is rows, so a fair choice would leave its frame alone.
    depth = chance.randrange(7)
    return chance.choice(elements[: 2 + depth] if depth < 3 else elements)


def change_value(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    def change(chance: Random, elements: list[etree._Element]) -> None:
        leaves = [element for element in elements if not len(element)] or elements
        chance.choice(leaves).text = chance.choice(_VALUES)

    return _with_tree(chance, reply, change)


def swap_values(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    def change(chance: Random, elements: list[etree._Element]) -> None:
        first = chance.choice(elements)
        second = chance.choice([other for other in elements if other.tag == first.tag])
        first.text, second.text = second.text, first.text

    return _with_tree(chance, reply, change)


def nest_value(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    """Put an element into a value: around it, before it, or in the middle of another text."""

    def change(chance: Random, elements: list[etree._Element]) -> None:
        leaves = [element for element in elements if not len(element)] or elements
        leaf = chance.choice(leaves)
        tag = chance.choice(["x", "{http://schemas.cisco.com/ast/soap}x", leaf.tag])
        child = etree.SubElement(leaf, tag)
        match chance.randrange(3):
            case 0:
                leaf.text, child.text = None, leaf.text
            case 1:
                child.tail = chance.choice(_VALUES[:12])
            case _:
                child.text, leaf.text = chance.choice(_VALUES[:12]), leaf.text

    return _with_tree(chance, reply, change)


def set_nil(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    def change(chance: Random, elements: list[etree._Element]) -> None:
        element = _pick(chance, elements)
        element.set(_NIL, chance.choice(["true", "1", " true ", "false", "TRUE"]))
        if chance.random() < 0.3:
            element.text = None

    return _with_tree(chance, reply, change)


def rename(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    def change(chance: Random, elements: list[etree._Element]) -> None:
        element = _pick(chance, elements)
        other = chance.choice(elements)
        name = etree.QName(chance.choice([element, other])).localname
        namespace = chance.choice(
            ["", "{urn:other}", "{http://schemas.cisco.com/ast/soap}", "same", "axl"]
        )
        if namespace == "same":
            namespace = f"{{{etree.QName(element).namespace}}}" if "}" in element.tag else ""
        if namespace == "axl":
            namespace = f"{{http://www.cisco.com/AXL/API/{chance.choice(['8.5', '14.0', '15.0'])}}}"
        element.tag = namespace + chance.choice([name, name.upper(), name + "x"])

    return _with_tree(chance, reply, change)


def move_elements(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    """Repeat, drop, reorder or move an element."""

    def change(chance: Random, elements: list[etree._Element]) -> None:
        element = _pick(chance, elements[1:] or elements)
        parent = element.getparent()
        if parent is None:
            return
        match chance.randrange(4):
            case 0:
                parent.insert(chance.randrange(len(parent) + 1), copy.deepcopy(element))
            case 1:
                parent.remove(element)
            case 2:
                parent[:] = chance.sample(list(parent), len(parent))
            case _:
                target = chance.choice(elements)
                if element not in target.iterancestors() and target is not element:
                    target.append(element)

    return _with_tree(chance, reply, change)


def swap_rows(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    """Give one row a child of another."""

    def change(chance: Random, elements: list[etree._Element]) -> None:
        rows = [element for element in elements if len(element) > 1]
        if not rows:
            return
        first = chance.choice(rows)
        second = chance.choice([row for row in rows if row.tag == first.tag])
        place = chance.randrange(min(len(first), len(second)))
        child = copy.deepcopy(second[place])
        if chance.random() < 0.5:
            first[place] = child
        else:
            first.append(child)

    return _with_tree(chance, reply, change)


def contradict_row(chance: Random, reply: SoapResponse, _: Sequence[Exchange]) -> SoapResponse:
    """Give a row a second time, with one value of another row."""

    def change(chance: Random, elements: list[etree._Element]) -> None:
        rows = [element for element in elements if len(element) > 1]
        if not rows:
            return
        row = chance.choice(rows)
        again = copy.deepcopy(row)
        leaf = chance.choice(list(again))
        leaf.text = chance.choice([other for other in elements if other.tag == leaf.tag]).text
        parent = row.getparent()
        if parent is not None:
            parent.insert(chance.randrange(len(parent) + 1), again)

    return _with_tree(chance, reply, change)


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, cut, insert_piece, repeat_part, encode_anew, change_head, take_other_reply,
    change_value, change_value, swap_values, nest_value, nest_value, set_nil, set_nil, rename,
    move_elements, move_elements, swap_rows, contradict_row, contradict_row,
)  # fmt: skip


def mutate(
    chance: Random, reply: SoapResponse, others: Sequence[Exchange]
) -> tuple[SoapResponse, str]:
    """Return a spoilt reply, and the names of the one to three mutations that made it."""
    chosen = chance.choices(MUTATIONS, k=chance.choices([1, 2, 3], [6, 3, 1])[0])
    for mutation in chosen:
        reply = mutation(chance, reply, others)
    return reply, " ".join(mutation.__name__ for mutation in chosen)
