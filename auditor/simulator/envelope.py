"""SOAP 1.1 envelopes, read and written: requests as they came, replies and faults to send."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

Element = etree._Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
AST = "http://schemas.cisco.com/ast/soap"
AXL = "http://www.cisco.com/AXL/API/"
_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>"


@dataclass(frozen=True, slots=True)
class Reply:
    """The response element, and within it the element whose children are the rows."""

    body: Element
    listing: Element


@dataclass(frozen=True, slots=True)
class Question:
    """The element inside the request's Body."""

    element: Element

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
        return [found.text or "" for found in self.element.iter(f"{{*}}{name}")]


class SoapFault(Exception):
    """A fault to answer with; `detail` is the element inside `<detail>`, if any."""

    def __init__(self, code: str, text: str, detail: Element | None = None) -> None:
        """Take the fault's code as it stands on the wire (`ns1:...` is Axis' own prefix)."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail


def read(body: bytes) -> Question | None:
    """Return what an envelope asks, None if the bytes are no envelope with one question."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    asked = root.findall(f"{{{SOAP}}}Body/*")
    return Question(asked[0]) if len(asked) == 1 else None


def qualified(name: str, prefix: str = "ns1", namespace: str = AST) -> Element:
    """Return a fresh element with its own prefix; children made with `add` share it."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap={prefix: namespace})


def add(parent: Element, name: str, text: str | None = None) -> Element:
    """Append a child in the parent's namespace and return it."""
    # Taken from the tag itself: a QName each would be half the time of a reply.
    space, brace, _ = str(parent.tag).rpartition("}")
    child = etree.SubElement(parent, f"{space}{brace}{name}")
    child.text = text
    return child


def add_unqualified(
    parent: Element, name: str, text: str | None = None, attributes: Mapping[str, str] | None = None
) -> Element:
    """Append a child in no namespace, as AXL's schema has everything below the response."""
    child = etree.SubElement(parent, name, dict(attributes or {}))
    child.text = text
    return child


def around(body: Element) -> Element:
    """Return an Envelope that holds the element in its Body."""
    envelope = _envelope()
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return envelope


def fault(error: SoapFault) -> Element:
    """Return an Envelope that holds the fault, its children unqualified as SOAP 1.1 has them."""
    envelope = _envelope()
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    prefix = error.code.partition(":")[0]
    extra = {prefix: "http://xml.apache.org/axis/"} if prefix == "ns1" else {}
    element = etree.SubElement(body, f"{{{SOAP}}}Fault", nsmap=extra)
    add_unqualified(element, "faultcode", error.code)
    add_unqualified(element, "faultstring", error.text)
    if error.detail is not None:
        add_unqualified(element, "detail").append(error.detail)
    return envelope


def serialise(envelope: Element) -> bytes:
    """Return the bytes for the wire."""
    return _DECLARATION + etree.tostring(envelope)


def _envelope() -> Element:
    return etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "xsd": XSD, "xsi": XSI})
