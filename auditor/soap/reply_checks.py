"""Checks every reply before it is read: status, content type, envelope, faults, and its shape."""

import re
from http import HTTPStatus

from lxml import etree

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
from auditor.problems import Problem
from auditor.soap.messages import SoapResponse
from auditor.soap.operations import AXL_API, SoapOperation
from auditor.soap.reply_shapes import Sender, TextQuoter, check_element_shape

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
