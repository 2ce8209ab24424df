"""SOAP 1.1 envelopes, read and written: requests as they came, replies and faults to send."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

XmlElement = etree._Element

SOAP_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
XSD_NAMESPACE = "http://www.w3.org/2001/XMLSchema"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
AST_NAMESPACE = "http://schemas.cisco.com/ast/soap"
AXL_NAMESPACE = "http://www.cisco.com/AXL/API/"
_ENVELOPE_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>"


@dataclass(frozen=True, slots=True)
class SoapReply:
    """The response element, and within it the element whose children are the rows."""

    body: XmlElement
    listing: XmlElement


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """The element inside the request's Body."""

    element: XmlElement

    @property
    def operation(self) -> str:
        """Return its name without the namespace."""
        return etree.QName(self.element).localname

    @property
    def namespace(self) -> str:
        """Return its namespace, "" without one."""
        return etree.QName(self.element).namespace or ""

    def texts(self, name: str) -> list[str]:
        """Return the text of every element of that name within, whatever its namespace."""
        return [element.text or "" for element in self.element.iter(f"{{*}}{name}")]


class SoapFaultReply(Exception):
    """A fault to answer with; `detail` is the element inside `<detail>`, if any."""

    def __init__(self, code: str, text: str, detail: XmlElement | None = None) -> None:
        """Take the fault's code as it is sent (`ns1:...` is Axis' own prefix)."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail


def parse_soap_request(body: bytes) -> ReceivedRequest | None:
    """Return what an envelope asks, None if the bytes are no envelope with one request."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    children = root.findall(f"{{{SOAP_NAMESPACE}}}Body/*")
    return ReceivedRequest(children[0]) if len(children) == 1 else None


def new_qualified_element(
    name: str, prefix: str = "ns1", namespace: str = AST_NAMESPACE
) -> XmlElement:
    """Return a fresh element with its own prefix; children made with `add_child` share it."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap={prefix: namespace})


def add_child(parent: XmlElement, name: str, text: str | None = None) -> XmlElement:
    """Append a child in the parent's namespace and return it."""
    # Taken from the tag itself: a QName each would be half the time of a reply.
    space, brace, _ = str(parent.tag).rpartition("}")
    child = etree.SubElement(parent, f"{space}{brace}{name}")
    child.text = text
    return child


def add_unqualified_child(
    parent: XmlElement,
    name: str,
    text: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> XmlElement:
    """Append a child in no namespace, as AXL's schema has everything below the response."""
    child = etree.SubElement(parent, name, dict(attributes or {}))
    child.text = text
    return child


def wrap_in_envelope(body: XmlElement) -> XmlElement:
    """Return an Envelope that holds the element in its Body."""
    envelope = _empty_envelope()
    etree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Body").append(body)
    return envelope


def fault_envelope(error: SoapFaultReply) -> XmlElement:
    """Return an Envelope that holds the fault, its children unqualified as SOAP 1.1 has them."""
    envelope = _empty_envelope()
    body = etree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Body")
    prefix = error.code.partition(":")[0]
    extra = {prefix: "http://xml.apache.org/axis/"} if prefix == "ns1" else {}
    element = etree.SubElement(body, f"{{{SOAP_NAMESPACE}}}Fault", nsmap=extra)
    add_unqualified_child(element, "faultcode", error.code)
    add_unqualified_child(element, "faultstring", error.text)
    if error.detail is not None:
        add_unqualified_child(element, "detail").append(error.detail)
    return envelope


def serialise_envelope(envelope: XmlElement) -> bytes:
    """Return the bytes for the wire."""
    return _ENVELOPE_DECLARATION + etree.tostring(envelope)


def _empty_envelope() -> XmlElement:
    return etree.Element(
        f"{{{SOAP_NAMESPACE}}}Envelope",
        nsmap={"soapenv": SOAP_NAMESPACE, "xsd": XSD_NAMESPACE, "xsi": XSI_NAMESPACE},
    )
