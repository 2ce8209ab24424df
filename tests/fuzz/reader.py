"""A second, strict reader of replies, which shares nothing with `auditor.soap`.

It reads a reply with the standard library's parser by the shapes of Cisco's published WSDLs, and
writes what is left of it anew: every value is one that the formats allow, or `?`. A reply that
cannot be read at all is None.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.parsers import expat
from xml.sax.saxutils import escape

from auditor.soap.messages import SoapResponse

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
AST = "http://schemas.cisco.com/ast/soap"
AXL = re.compile(r"http://www\.cisco\.com/AXL/API/[0-9]+\.[0-9]+")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_XML_TYPES = {"", "text/xml", "application/xml", "application/soap+xml"}
_XML_SPACE = " \t\r\n"
UNREADABLE = "?"


class Value(StrEnum):
    """What a leaf may hold."""

    TEXT = "text"
    NAME = "name"
    STATUS = "status"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class Shape:
    """The children of an element; `rows` names the child that repeats, `key` its name."""

    children: Mapping[str, "Shape | Value"]
    rows: str = ""
    key: str = ""
    is_filled: bool = False


_SERVICE = Shape(
    {
        "ServiceName": Value.NAME,
        "ServiceStatus": Value.STATUS,
        "ReasonCode": Value.NUMBER,
        "ReasonCodeString": Value.TEXT,
        "StartTime": Value.TEXT,
        "UpTime": Value.NUMBER,
    }
)
_SPECIFICATION = Shape(
    {
        "ServiceName": Value.NAME,
        "ServiceType": Value.TEXT,
        "Deployable": Value.BOOLEAN,
        "GroupName": Value.TEXT,
    }
)
_COUNTER = Shape({"Name": Value.TEXT, "Value": Value.NUMBER, "CStatus": Value.NUMBER})
_NODE = Shape(
    {
        "name": Value.TEXT,
        "description": Value.TEXT,
        "nodeUsage": Value.TEXT,
        "processNodeRole": Value.TEXT,
    }
)
_GROUP = Shape(
    {
        "name": Value.TEXT,
        "server1": Value.TEXT,
        "server2": Value.TEXT,
        "haEnabled": Value.BOOLEAN,
    }
)
_NODE_SERVICE = Shape(
    {"processNodeName": Value.TEXT, "service": Value.TEXT, "isActive": Value.BOOLEAN}
)
_VERSION = Shape({"componentVersion": Shape({"version": Value.TEXT})})

SHAPES: Mapping[str, Shape] = {
    "soapGetServiceStatus": Shape(
        {
            "soapGetServiceStatusReturn": Shape(
                {
                    "ReturnCode": Value.TEXT,
                    "ServiceInfoList": Shape({"item": _SERVICE}, "item", "ServiceName", True),
                }
            )
        }
    ),
    "getProductInformationList": Shape(
        {
            "getProductInformationListReturn": Shape(
                {
                    "ActiveServerVersion": Value.TEXT,
                    "PrimaryNode": Value.TEXT,
                    "SecondaryNode": Value.TEXT,
                    "Services": Shape({"item": _SPECIFICATION}, "item", "ServiceName", True),
                }
            )
        }
    ),
    "perfmonCollectCounterData": Shape(
        {"perfmonCollectCounterDataReturn": _COUNTER}, "perfmonCollectCounterDataReturn", "Name"
    ),
    "listProcessNode": Shape(
        {"return": Shape({"processNode": _NODE}, "processNode", "name", True)}
    ),
    "listPresenceRedundancyGroup": Shape(
        {"return": Shape({"presenceRedundancyGroup": _GROUP}, "presenceRedundancyGroup", "name")}
    ),
    "listProcessNodeService": Shape(
        {"return": Shape({"processNodeService": _NODE_SERVICE}, "processNodeService", "service")}
    ),
    "getCCMVersion": Shape({"return": _VERSION}),
    "executeSQLQuery": Shape({"return": Shape({}, "row")}),
}
_REQUIRED = {
    "soapGetServiceStatusReturn", "ServiceInfoList", "getProductInformationListReturn", "Services",
    "return", "componentVersion", "version",
}  # fmt: skip

Tree = dict[str, "str | Tree | list[Tree] | None"]


class Unreadable(Exception):
    """A reply that proves nothing."""


def read_reply(reply: SoapResponse, operation: str, names: frozenset[str]) -> bytes | None:
    """Return the reply as a strict reader has it, written anew; None where it proves nothing.

    `names` are the service names that genuine replies hold; any other proves nothing.
    """
    try:
        element = _find_answer(reply, operation)
        tree = (
            _read_sql(element)
            if operation == "executeSQLQuery"
            else _read(element, SHAPES[operation], _namespace(element), names)
        )
        _refuse_failure(tree)
    except (Unreadable, ET.ParseError, expat.ExpatError, LookupError, ValueError):
        return None
    return _write(operation, _namespace(element), tree)


def _namespace(element: ET.Element) -> str:
    return element.tag.partition("}")[0].lstrip("{")


def _find_answer(reply: SoapResponse, operation: str) -> ET.Element:
    kind = reply.content_type.partition(";")[0].strip().lower()
    if reply.status != 200 or kind not in _XML_TYPES:
        raise Unreadable
    envelope = _parse(reply.body)
    bodies = [child for child in envelope if child.tag == f"{{{SOAP}}}Body"]
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise Unreadable
    (element,) = bodies[0]
    if not element.tag.startswith("{") or element.tag.rpartition("}")[2] != f"{operation}Response":
        raise Unreadable
    namespace = _namespace(element)
    if namespace != AST and not AXL.fullmatch(namespace):
        raise Unreadable
    return element


class _Builder(ET.TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise Unreadable


# expat knows the names of the fourth edition of XML 1.0. The fifth allows these too.
_LATER_NAME_CHARACTERS = re.compile(
    r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd]"
)


def _parse(body: bytes) -> ET.Element:
    known = _to_known_encoding(body)
    try:
        return _parse_known(known)
    except ET.ParseError:
        text = known.decode("utf-8")
        return _parse_known(
            re.sub("<[^>]*>", lambda tag: _LATER_NAME_CHARACTERS.sub("X", tag[0]), text).encode()
        )


def _parse_known(body: bytes) -> ET.Element:
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - a builder that takes no DTD
    parser.feed(body)
    return parser.close()


# XML 1.0, appendix F: how a document without a byte order mark starts in each family.
_STARTS = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_DECLARATION = re.compile(r"""^<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["'][^>]*\?>""")


def _to_known_encoding(body: bytes) -> bytes:
    """Return the body in UTF-8: expat knows four encodings, and others are no fault of a reply."""
    encoding = next((name for start, name in _STARTS if body.startswith(start)), None)
    head = body[:200].decode(encoding or "latin-1", "replace")
    declared = _DECLARATION.match(head)
    if encoding is None and declared is None:
        return body
    text = body.decode(encoding or declared[1])  # type: ignore[index] # one of them is there
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).encode()


def _is_nil(element: ET.Element) -> bool:
    return element.get(_NIL, "").strip(_XML_SPACE) in {"true", "1"}


def _read(element: ET.Element, shape: Shape, namespace: str, names: frozenset[str]) -> Tree:
    if _is_nil(element):
        raise Unreadable
    tree: Tree = {}
    rows: list[Tree] = []
    prefix = f"{{{AST}}}" if namespace == AST else ""
    for child in element:
        local = child.tag.rpartition("}")[2]
        expected = shape.children.get(local)
        if expected is None:
            continue
        if child.tag != prefix + local or local in tree:
            raise Unreadable
        if isinstance(expected, Value):
            tree[local] = _read_value(child, expected, names)
        elif local == shape.rows:
            rows.append(_read(child, expected, namespace, names))
        else:
            tree[local] = _read(child, expected, namespace, names)
    if any(tree.get(local) is None for local in _REQUIRED & shape.children.keys()):
        raise Unreadable
    if not shape.rows:
        return tree
    if any(not row.get(shape.key) for row in rows) or (shape.is_filled and not rows):
        raise Unreadable
    return {**tree, shape.rows: _merge_services(rows)}


def _merge_services(rows: list[Tree]) -> list[Tree]:
    """Return each service once; rows of one service that differ leave its status unreadable."""
    if not all("ServiceStatus" in row for row in rows):
        return rows
    merged: dict[str, Tree] = {}
    for row in rows:
        name = str(row["ServiceName"])
        earlier = merged.setdefault(name, row)
        if {**earlier, "ReasonCodeString": ""} != {**row, "ReasonCodeString": ""}:
            merged[name] = {"ServiceName": name, "ServiceStatus": UNREADABLE}
    return list(merged.values())


def _read_value(element: ET.Element, value: Value, names: frozenset[str]) -> str | None:
    if len(element):
        raise Unreadable
    if _is_nil(element):
        return None
    text = (element.text or "").strip(_XML_SPACE)
    if not text:
        return None
    match value:
        case Value.NAME:
            return _known_name(text, names)
        case Value.STATUS:
            known = {"started", "stopped", "starting", "stopping"}
            # No status of Cisco's, but it says in full words what it means.
            said = {"not activated", "service not activated"}
            return text.capitalize() if text.lower() in known | said else UNREADABLE
        case Value.NUMBER:
            return text if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else UNREADABLE
        case Value.BOOLEAN:
            known = {"true", "false", "t", "f", "1", "0"}
            return text.lower() if text.lower() in known else UNREADABLE
        case Value.TEXT:
            return text


def _known_name(text: str, names: frozenset[str]) -> str:
    return next((name for name in names if name.lower() == text.lower()), f"No service: {text}")


def _read_sql(element: ET.Element) -> Tree:
    results = [child for child in element if child.tag.rpartition("}")[2] == "return"]
    if len(results) != 1 or results[0].tag != "return" or _is_nil(results[0]):
        raise Unreadable
    rows: list[Tree] = []
    for row in results[0]:
        if row.tag != "row":
            continue
        columns: Tree = {}
        for column in row:
            name = column.tag.rpartition("}")[2].lower()
            if name in columns or len(column):
                raise Unreadable
            columns[name] = None if _is_nil(column) else (column.text or "").strip(_XML_SPACE)
        rows.append(columns)
    return {"return": {"row": rows}}


def _refuse_failure(tree: Tree) -> None:
    result = tree.get("soapGetServiceStatusReturn")
    if isinstance(result, dict) and result.get("ReturnCode") not in {None, "0"}:
        raise Unreadable


def _write(operation: str, namespace: str, tree: Tree) -> bytes:
    prefix = "n:" if namespace == AST else ""
    body = "".join(_write_element(prefix, name, value) for name, value in tree.items())
    return (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:n="{namespace}"><e:Body>'
        f"<n:{operation}Response>{body}</n:{operation}Response></e:Body></e:Envelope>"
    ).encode()


def _write_element(prefix: str, name: str, value: str | Tree | Sequence[Tree] | None) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_write_element(prefix, name, row) for row in value)
    if value is None:
        return f'<{prefix}{name} xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    inner = (
        escape(value)
        if isinstance(value, str)
        else "".join(_write_element(prefix, key, child) for key, child in value.items())
    )
    return f"<{prefix}{name}>{inner}</{prefix}{name}>"
