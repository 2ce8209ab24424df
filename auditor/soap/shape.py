"""Holds an answer against its declared type: what may stand once must not stand twice."""

from lxml import etree

from auditor.errors import BadReply
from auditor.soap.wsdl import Untyped

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def check_shape(answer: etree._Element, declared: Untyped, who: str) -> None:
    """Raise `BadReply` if any element of the answer is doubled that its type allows once.

    zeep takes the first of two lists and forgets the other. Elements that the type does not know
    are let pass, once each; so are elements in another order. `declared` is zeep's element.
    Claims of another type (`xsi:type`) are taken off, because zeep would believe them.
    """
    for element in answer.iter():
        if element.get(_XSI_TYPE) is not None:
            del element.attrib[_XSI_TYPE]
    _walk(answer, declared.type, who, {})


def _walk(
    element: etree._Element, declared: Untyped, who: str, read: dict[int, dict[str, Untyped]]
) -> None:
    """Look at the children, and theirs; `read` keeps what each type declares, by its id."""
    if not len(element):
        return
    known = read.get(id(declared))
    if known is None:
        known = {child.name: child for _, child in getattr(declared, "elements", ())}
        read[id(declared)] = known
    seen: set[str] = set()
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name in seen and not (name in known and known[name].accepts_multiple):
            raise BadReply(
                f"{who} sent {name} twice where it may stand once.",
                "Ask again; if it stays so, look for a proxy between this machine and the node.",
            )
        seen.add(name)
        _walk(child, known[name].type if name in known else None, who, read)
