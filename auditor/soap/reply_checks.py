"""Looks at every reply before zeep does: status, content type, form, one answer to one question.

Holds an answer against its declared type: names whole, and once what may stand once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

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
from auditor.soap.messages import SoapResponse
from auditor.soap.operations import AXL_API, SoapOperation, ZeepObject

_XSI_NAMESPACE = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSI_TYPE, _XSI_NIL = f"{_XSI_NAMESPACE}type", f"{_XSI_NAMESPACE}nil"

TextQuoter = Callable[[str], str]
"""Makes a server's words fit for a message: secrets hidden, one line, short."""

_WRONG_SHAPE_ADVICE = (
    "Ask again; if it stays so, look for a proxy between this machine and the node."
)


def check_element_shape(
    answer: etree._Element, declared: ZeepObject, who: str, quote: TextQuoter
) -> None:
    """Raise `BadReply` if an element is doubled that may stand once, or in a wrong namespace.

    zeep takes the first of two lists and forgets the other, and passes over a name in another
    namespace. Elements that the type does not know are let pass, once each; so are elements in
    another order. `declared` is zeep's element. Claims of another type (`xsi:type`) are taken
    off, because zeep would believe them, and so is the text of an element that says it is nil.
    `quote` makes a name of the server's fit for a message.
    """
    for element in answer.iter():
        if element.get(_XSI_TYPE) is not None:
            del element.attrib[_XSI_TYPE]
        if is_nil_element(element):
            if len(element):
                name = quote(etree.QName(element).localname)
                raise BadReply(f"{who} sent {name} as nil, with content.", _WRONG_SHAPE_ADVICE)
            element.text = None
    _check_children(answer, declared.type, who, quote, {})


def is_nil_element(element: etree._Element) -> bool:
    """Tell whether an element says that it holds nothing, whatever it holds."""
    said = element.get(_XSI_NIL)
    return said is not None and said.strip() in {"true", "1"}


@dataclass(frozen=True, slots=True)
class _DeclaredChild:
    """What a type says of one child: its whole name, whether it may repeat, its own type.

    `is_leaf`: it holds a value and no further element.
    """

    tag: str
    repeats: bool
    is_leaf: bool
    type: ZeepObject


_SIMPLE_CONTENT = "_value_1"
"""What zeep calls the text of an element that has attributes too."""

_ChildrenByType = dict[int, dict[str, _DeclaredChild]]


def _check_children(
    element: etree._Element,
    declared: ZeepObject,
    who: str,
    quote: TextQuoter,
    known: _ChildrenByType,
) -> None:
    """Look at the children, and theirs; `known` keeps what each type declares, by its id."""
    if not len(element):
        return
    if id(declared) not in known:
        known[id(declared)] = _declared_children(declared)
    children = known[id(declared)]
    seen: set[str] = set()
    for part in element:
        name = part.tag.rpartition("}")[2]
        child = children.get(name)
        if child is not None and child.tag != part.tag:
            raise BadReply(f"{who} sent {name} in a wrong namespace.", _WRONG_SHAPE_ADVICE)
        if name in seen and not (child is not None and child.repeats):
            raise BadReply(
                f"{who} sent {quote(name)} twice where it may stand once.", _WRONG_SHAPE_ADVICE
            )
        seen.add(name)
        if child is not None and child.is_leaf and len(part):
            raise BadReply(
                f"{who} sent elements inside {name}, where a value is due.", _WRONG_SHAPE_ADVICE
            )
        _check_children(part, child and child.type, who, quote, known)


def _declared_children(declared: ZeepObject) -> dict[str, _DeclaredChild]:
    """Return the children that a type declares, by local name; none for a type unknown."""
    return {
        child.name: _DeclaredChild(
            child.qname.text, child.accepts_multiple, _is_leaf_type(child.type), child.type
        )
        for _, child in getattr(declared, "elements", ())
    }


def _is_leaf_type(declared: ZeepObject) -> bool:
    """Tell whether a type is a simple one, or a simple one with attributes (AXL's XFkType)."""
    if isinstance(declared, ComplexType):
        return [name for name, _ in declared.elements] == [_SIMPLE_CONTENT]
    return isinstance(declared, AnySimpleType)


_SOAP_NAMESPACE = "{http://schemas.xmlsoap.org/soap/envelope/}"
_XML_CONTENT_TYPES = {"", "text/xml", "application/xml", "application/soap+xml"}
_WRONG_VERSION_STATUS = 599


class ServerBusy(Unavailable):
    """The server is there and has no room at the moment: worth asking again after a pause."""


class AxlVersionRefused(UnsupportedVersion):
    """AXL does not speak the version asked for; `offered` is its own list, as it wrote it."""

    def __init__(self, detail: str, advice: str, offered: tuple[str, ...]) -> None:
        """Keep the list for the negotiation."""
        super().__init__(detail, advice)
        self.offered = offered


def check_response(
    answer: SoapResponse, operation: SoapOperation, node: str, quote: TextQuoter
) -> etree._Element:
    """Return the one element that answers the question, or raise why there is none.

    The order matters: a status says more than the page that comes with it, and nothing is
    parsed that does not claim to be XML.
    """
    who = f"{operation.interface.label} of {node}"
    fault_possible = answer.status in {
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    if answer.status != HTTPStatus.OK and not fault_possible:
        raise _http_status_error(answer, operation, who)
    try:
        child = _extract_body_element(answer, who)
    except BadReply as exc:
        if fault_possible:
            raise _http_status_error(answer, operation, who) from exc
        raise
    if child.tag == f"{_SOAP_NAMESPACE}Fault":
        raise _soap_fault_error(child, who, quote)
    if fault_possible:
        raise _http_status_error(answer, operation, who)
    if child.tag != operation.answer_name:
        raise BadReply(
            f"{who} answered another question than {operation.name}.",
            "Look for a proxy or load balancer between this machine and the node.",
        )
    check_element_shape(child, operation.answer_type, who, quote)
    return child


def _http_status_error(answer: SoapResponse, operation: SoapOperation, who: str) -> ExchangeError:
    status = answer.status
    if status == HTTPStatus.UNAUTHORIZED:
        return BadCredentials(
            f"{who} refused the user name or password (HTTP 401).",
            "Check the account; it was not tried again, so that it is not locked.",
        )
    if status == HTTPStatus.FORBIDDEN:
        return NotAuthorised(
            f"{who} does not let the account ask (HTTP 403).",
            f'Give the account the role "{operation.interface.role}".',
        )
    if status == HTTPStatus.NOT_FOUND:
        return NoSuchService(
            f"{who} does not exist (HTTP 404).",
            "Check that the service behind it is activated and runs on that node.",
        )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ServerBusy(f"{who} is overloaded or starting (HTTP 503).", "Ask again later.")
    if status == _WRONG_VERSION_STATUS and operation.interface is AXL_API:
        return _axl_version_error(answer, operation, who)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(
            f"{who} failed with HTTP {status} and no SOAP fault.",
            "Look at the node's web server (Cisco Tomcat) and ask again later.",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return BadReply(
            f"{who} sent a redirect (HTTP {status}); redirects are not followed.",
            "Check that the address is the node's own and the port its web services' port.",
        )
    return BadReply(
        f"{who} answered with HTTP {status}.",
        "Check that the address and port are those of the node's web services.",
    )


def with_password_source(error: BadCredentials, source: str) -> BadCredentials:
    """Return the error with the name of what the password came from, as it is where none is."""
    if not source:
        return error
    advice = error.advice.replace(
        "Check the account;", f"Check the account; its password came from {source};"
    )
    return BadCredentials(error.detail, advice, source=source)


def _axl_version_error(
    answer: SoapResponse, operation: SoapOperation, who: str
) -> AxlVersionRefused:
    text = answer.body.decode("utf-8", errors="replace")
    _, _, tail = re.sub(r"<[^>]*>", " ", text).lower().partition("supported axl version")
    offered = tuple(re.findall(r"\d{1,2}(?:\.\d{1,2})?(?![\d.])", tail))
    asked = operation.soap_action.split("ver=")[-1].split()[0]
    said = f"it speaks {', '.join(offered[:12])}" if offered else "it does not say which it speaks"
    return AxlVersionRefused(
        f"{who} does not speak AXL version {asked}; {said}.",
        'Set axl_version to "auto" or to one that it speaks.',
        offered,
    )


def _extract_body_element(answer: SoapResponse, who: str) -> etree._Element:
    """Return the one child of the one body of a well-formed SOAP 1.1 envelope."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind not in _XML_CONTENT_TYPES:
        what = "an HTML page, perhaps a login page," if "html" in kind else "something"
        raise BadReply(
            f"{who} sent {what} where XML was due.",
            "Check that the address is the node's own, and what answers there in a browser.",
        )
    envelope = _parse_reply_xml(answer.body, who)
    if envelope.tag != f"{_SOAP_NAMESPACE}Envelope":
        raise _malformed_reply_error(who, "it is no SOAP 1.1 envelope")
    bodies = envelope.findall(f"{_SOAP_NAMESPACE}Body")
    if len(bodies) != 1:
        raise _malformed_reply_error(who, f"its envelope holds {len(bodies)} bodies")
    if len(bodies[0]) != 1:
        raise _malformed_reply_error(who, f"its body holds {len(bodies[0])} answers")
    return bodies[0][0]


def _parse_reply_xml(body: bytes, who: str) -> etree._Element:
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
        raise _malformed_reply_error(who, "it declares a document type")
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise _malformed_reply_error(who, "it is cut short or no well-formed XML") from exc
    if etree.ElementTree(root).docinfo.internalDTD is not None:
        raise _malformed_reply_error(who, "it declares a document type")
    return root


def _malformed_reply_error(who: str, why: str) -> BadReply:
    return BadReply(
        f"{who} sent a reply that cannot be used: {why}.",
        "Ask again; if it stays so, look at the node's web server (Cisco Tomcat).",
    )


def _soap_fault_error(fault: etree._Element, who: str, quote: TextQuoter) -> ExchangeError:
    """Name a SOAP fault; rate control by its code and by its text, whose wording varies."""
    code = (fault.findtext("faultcode") or "").strip()
    text = (fault.findtext("faultstring") or "").strip()
    message = (fault.findtext(".//{*}axlmessage") or "").strip()
    if message and message not in text:
        text = f"{text} {message}".strip()
    said = quote(text) or "no reason given"
    if code.endswith("RateControl") or "exceeded allowed rate" in text.lower():
        return RateLimited(
            f"{who} says that requests come too fast ({said}).",
            "Ask again in a few minutes, and look for other programs that ask this node.",
        )
    if "maximum axl memory allocation consumed" in text.lower():
        return ServerBusy(f"{who} has no memory left for requests ({said}).", "Ask again later.")
    advice = "Look up the fault in the node's logs; the request only reads."
    if "query request too large" in text.lower():
        advice = "Select fewer columns or rows; the reply would pass AXL's limit of 8 MB."
    return SoapFault(
        f"{who} answered with a SOAP fault: {said}.", advice, code=quote(code), text=quote(text)
    )
