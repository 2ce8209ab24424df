"""Checks every reply before it is read: status, content type, SOAP envelope, and declared shape."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias, cast

from lxml import etree
from zeep.xsd import AnySimpleType, ComplexType

from auditor.errors import (
    BadCredentials,
    BadReply,
    ExchangeError,
    NoSuchService,
    NotAuthorised,
    RateLimited,
    SoapFault,
    Unavailable,
    UnsupportedVersion,
)
from auditor.failure_reasons import Interface
from auditor.problems import Problem
from auditor.soap.messages import SoapResponse
from auditor.soap.operations import AXL_API, SoapOperation, ZeepObject

_XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

TextQuoter = Callable[[str], str]
"""Makes a server's words fit for a message: secrets hidden, one line, short."""

Sender: TypeAlias = tuple[str, Interface]
"""Who sent a reply: the server's name, and its interface."""


def check_element_shape(
    reply: etree._Element, declared: ZeepObject, sender: Sender, quote: TextQuoter
) -> None:
    """Raise `BadReply` if an element has not the shape that our WSDL declares.

    Refused are a second element where one is declared, a declared name in another namespace,
    elements inside a value, and elements inside one that says it is nil. The parser reads the first
    child of a name, so the second of two lists would be lost. Accepted are elements that the type
    does not know, once each, because releases add some, and elements in another order.
    `declared` is zeep's description. `quote` makes a server's word fit for a message.
    """
    for element in cast(list[etree._Element], _find_nil_parents(reply)):
        if is_nil_element(element):
            name = quote(etree.QName(element).localname)
            raise BadReply(Problem.NIL_WITH_CONTENT, *sender, element=name)
    _check_children(reply, declared.type, sender, quote, {})


# A search in libxml2, because a reply has a thousand elements, and next to none says this.
_find_nil_parents = etree.XPath(
    "descendant-or-self::*[*][@xsi:nil]",
    namespaces={"xsi": "http://www.w3.org/2001/XMLSchema-instance"},
)


def is_nil_element(element: etree._Element) -> bool:
    """Return whether an element says that it has no value, whatever is in it."""
    return (element.get(_XSI_NIL) or "").strip() in {"true", "1"}


@dataclass(frozen=True, slots=True)
class _DeclaredChild:
    """What a type declares of one child: its qualified name, whether it may repeat, its type.

    `is_leaf`: it holds a value and no further element.
    """

    tag: str
    repeats: bool
    is_leaf: bool
    type: ZeepObject


_SIMPLE_CONTENT = "_value_1"
"""What zeep calls the text of an element that has attributes too."""


@dataclass(frozen=True, slots=True)
class _TypeShape:
    """What a type declares of its children, by local name; and rows of values that fit it.

    `fitting` are the tags of rows that were checked: most rows of a list have the same.
    """

    children: dict[str, _DeclaredChild]
    fitting: set[tuple[str, ...]] = field(default_factory=set)


_ShapesByType = dict[int, _TypeShape]


def _check_children(
    element: etree._Element,
    declared: ZeepObject,
    sender: Sender,
    quote: TextQuoter,
    shapes: _ShapesByType,
) -> None:
    """Check the children, and theirs; `shapes` keeps what each type declares, by id."""
    # Once for each type and not for each row: two lists of sixty rows a node are what an audit
    # spends its time on.
    if id(declared) not in shapes:
        shapes[id(declared)] = _TypeShape(_declared_children(declared))
    shape = shapes[id(declared)]
    children = list(element)
    tags = tuple([child.tag for child in children])
    parents = [child for child in children if len(child)]
    if tags in shape.fitting and not parents:
        return
    _check_tags(tags, shape, sender, quote)
    if not parents:
        shape.fitting.add(tags)
    for child in parents:
        name = child.tag.rpartition("}")[2]
        declaration = shape.children.get(name)
        if declaration is not None and declaration.is_leaf:
            raise BadReply(Problem.ELEMENTS_IN_VALUE, *sender, element=name)
        _check_children(child, declaration and declaration.type, sender, quote, shapes)


def _check_tags(
    tags: tuple[str, ...], shape: _TypeShape, sender: Sender, quote: TextQuoter
) -> None:
    """Raise `BadReply` for a name in another namespace, or a second one that may not repeat."""
    names: set[str] = set()
    for tag in tags:
        name = tag.rpartition("}")[2]
        declaration = shape.children.get(name)
        if declaration is not None and declaration.tag != tag:
            raise BadReply(Problem.WRONG_NAMESPACE, *sender, element=name)
        if name in names and not (declaration is not None and declaration.repeats):
            raise BadReply(Problem.REPEATED_ELEMENT, *sender, element=quote(name))
        names.add(name)


def _declared_children(declared: ZeepObject) -> dict[str, _DeclaredChild]:
    """Return the children that a type declares, by local name; none for an unknown type."""
    return {
        child.name: _DeclaredChild(
            child.qname.text, child.accepts_multiple, _is_leaf_type(child.type), child.type
        )
        for _, child in getattr(declared, "elements", ())
    }


def _is_leaf_type(declared: ZeepObject) -> bool:
    """Return whether a type is a simple one, or a simple one with attributes (AXL's XFkType)."""
    if isinstance(declared, ComplexType):
        return [name for name, _ in declared.elements] == [_SIMPLE_CONTENT]
    return isinstance(declared, AnySimpleType)


_SOAP_NAMESPACE = "{http://schemas.xmlsoap.org/soap/envelope/}"
# A reply without a content type may be XML all the same: the parser decides.
_XML_CONTENT_TYPES = {"", "text/xml", "application/xml", "application/soap+xml"}
# AXL's own status for a version that it does not speak, with an HTML page that lists those it
# does. It is seen in public reports, and in no document of Cisco's.
_WRONG_VERSION_STATUS = 599


class ServerBusy(Unavailable):
    """The server is there and has no room at the moment: worth asking again after a pause."""


class AxlVersionRefused(UnsupportedVersion):
    """AXL does not speak the version asked for; `offered` is its own list, as it wrote it."""

    offered: tuple[str, ...] = ()


def check_response(
    response: SoapResponse, operation: SoapOperation, node: str, quote: TextQuoter
) -> etree._Element:
    """Return the one element that answers the question, or raise why there is none.

    The order matters: a status says more than the page that comes with it, and nothing is
    parsed that does not claim to be XML.
    """
    sender = (node, operation.interface.label)
    # SOAP 1.1 sends faults with 500, rate control among them; a fault says more than the status.
    fault_possible = response.status in {
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    if response.status != HTTPStatus.OK and not fault_possible:
        raise _http_status_error(response, operation, sender)
    try:
        child = _extract_body_element(response, sender)
    except BadReply as exc:
        # An error page is no broken reply: what failed is in the status.
        if fault_possible:
            raise _http_status_error(response, operation, sender) from exc
        raise
    if child.tag == f"{_SOAP_NAMESPACE}Fault":
        raise _soap_fault_error(child, sender, quote)
    # A good reply with an error status contradicts itself, and must not count as read.
    if fault_possible:
        raise _http_status_error(response, operation, sender)
    if child.tag != operation.reply_name:
        raise BadReply(Problem.OTHER_OPERATION, *sender, operation=operation.name)
    check_element_shape(child, operation.reply_type, sender, quote)
    return child


def _http_status_error(
    response: SoapResponse, operation: SoapOperation, sender: Sender
) -> ExchangeError:
    status = response.status
    if status == HTTPStatus.UNAUTHORIZED:
        return BadCredentials(Problem.LOGIN_REFUSED, *sender)
    if status == HTTPStatus.FORBIDDEN:
        return NotAuthorised(Problem.ROLE_MISSING, *sender)
    if status == HTTPStatus.NOT_FOUND:
        return NoSuchService(Problem.SERVICE_MISSING, *sender)
    # AXL throttles with 503 (AXL developer guide), so it is worth a pause. No other 5xx is.
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ServerBusy(Problem.SERVER_BUSY, *sender)
    if status == _WRONG_VERSION_STATUS and operation.interface is AXL_API:
        return _axl_version_error(response, operation, sender)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(Problem.HTTP_ERROR, *sender, status=status)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return BadReply(Problem.REDIRECT, *sender, status=status)
    return BadReply(Problem.UNEXPECTED_STATUS, *sender, status=status)


def _axl_version_error(
    response: SoapResponse, operation: SoapOperation, sender: Sender
) -> AxlVersionRefused:
    text = response.body.decode("utf-8", errors="replace")
    _, _, tail = re.sub(r"<[^>]*>", " ", text).lower().partition("supported axl version")
    # Not the beginning of a longer number, such as a release.
    offered = tuple(re.findall(r"\d{1,2}(?:\.\d{1,2})?(?![\d.])", tail))
    version = operation.soap_action.split("ver=")[-1].split()[0]
    offer = f"it speaks {', '.join(offered[:12])}" if offered else "it does not say which it speaks"
    error = AxlVersionRefused(Problem.VERSION_REFUSED, *sender, version=version, offer=offer)
    error.offered = offered
    return error


def _extract_body_element(response: SoapResponse, sender: Sender) -> etree._Element:
    """Return the one child of the one body of a well-formed SOAP 1.1 envelope."""
    kind = response.content_type.partition(";")[0].strip().lower()
    if kind not in _XML_CONTENT_TYPES:
        content = "an HTML page, perhaps a login page," if "html" in kind else "something"
        raise BadReply(Problem.NO_XML, *sender, content=content)
    envelope = _parse_reply_xml(response.body, sender)
    if envelope.tag != f"{_SOAP_NAMESPACE}Envelope":
        raise _malformed_reply_error(sender, "it is no SOAP 1.1 envelope")
    bodies = envelope.findall(f"{_SOAP_NAMESPACE}Body")
    if len(bodies) != 1:
        raise _malformed_reply_error(sender, f"its envelope holds {len(bodies)} bodies")
    if len(bodies[0]) != 1:
        raise _malformed_reply_error(sender, f"its body holds {len(bodies[0])} answers")
    return bodies[0][0]


def _parse_reply_xml(body: bytes, sender: Sender) -> etree._Element:
    # No recovery: a list that was cut short would lose its last rows without a sign. No comments:
    # one inside a value would split its text, and only the first part would be read.
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    # Before parsing: the declarations of a DTD take effect while it is read.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _malformed_reply_error(sender, "it declares a document type")
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise _malformed_reply_error(sender, "it is cut short or no well-formed XML") from exc
    # The search in the bytes misses a declaration in UTF-16.
    if etree.ElementTree(root).docinfo.internalDTD is not None:
        raise _malformed_reply_error(sender, "it declares a document type")
    return root


def _malformed_reply_error(sender: Sender, error: str) -> BadReply:
    return BadReply(Problem.MALFORMED_REPLY, *sender, error=error)


def _soap_fault_error(fault: etree._Element, sender: Sender, quote: TextQuoter) -> ExchangeError:
    """Name a SOAP fault; rate control by its code and by its text, whose wording varies."""
    code = (fault.findtext("faultcode") or "").strip()
    text = (fault.findtext("faultstring") or "").strip()
    message = (fault.findtext(".//{*}axlmessage") or "").strip()
    # AXL often repeats the fault's text in the detail, and a message would quote it twice.
    if message and message not in text:
        text = f"{text} {message}".strip()
    said = quote(text) or "no reason given"
    # The prefix of the code is free; the words that follow differ by interface, and Cisco has
    # misspelt them ("Reatime").
    if code.endswith("RateControl") or "exceeded allowed rate" in text.lower():
        return RateLimited(Problem.TOO_FAST, *sender, fault=said)
    # AXL developer guide: "Please retry once requests in progress have completed".
    if "maximum axl memory allocation consumed" in text.lower():
        return ServerBusy(Problem.NO_MEMORY, *sender, fault=said)
    problem = Problem.FAULT
    if "query request too large" in text.lower():
        problem = Problem.QUERY_TOO_LARGE
    elif _is_database_fault(fault, text):
        problem = Problem.NO_DATABASE
    return SoapFault(problem, *sender, code=quote(code), fault=said)


_DATABASE_SERVER_CODES = frozenset(
    {
        *range(-27009, -27000),
        *range(-25599, -25547),
        *(-956, -955, -954, -953, -952, -951, -938, -937, -933, -932, -931, -930, -908),
        *(-79730, -79716),
    }
)
"""Informix's errors of connections and of the server: no statement reached a database.

Source: IBM Informix error messages; -908 is the one that AXL sends where A Cisco DB is stopped.
"""
_DATABASE_SERVER_TEXT = re.compile(
    r"\b(?:re)?connect(?:s|ed|ing|ions?)?\b|database server|connection pool", re.IGNORECASE
)


def _is_database_fault(fault: etree._Element, text: str) -> bool:
    """Return whether an AXL fault says that AXL cannot reach its database."""
    axl_code = fault.findtext(".//{*}axlcode")
    # Without AXL's code, words about a connection may come from something before AXL.
    if axl_code is None:
        return False
    try:
        is_server_error = int(axl_code) in _DATABASE_SERVER_CODES
    except ValueError:
        is_server_error = False
    return is_server_error or _DATABASE_SERVER_TEXT.search(text) is not None
