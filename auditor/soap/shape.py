"""Holds an answer against its declared type: names whole, and once what may stand once."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from auditor.errors import BadReply
from auditor.soap.wsdl import Untyped

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSI_TYPE, _XSI_NIL = f"{_XSI}type", f"{_XSI}nil"

Quote = Callable[[str], str]
"""Makes a server's words fit for a message: secrets hidden, one line, short."""

_ADVICE = "Ask again; if it stays so, look for a proxy between this machine and the node."


def check_shape(answer: etree._Element, declared: Untyped, who: str, quote: Quote) -> None:
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
        if is_nil(element):
            element.text = None
    _walk(answer, declared.type, who, quote, {})


def is_nil(element: etree._Element) -> bool:
    """Tell whether an element says that it holds nothing, whatever it holds."""
    said = element.get(_XSI_NIL)
    return said is not None and said.strip() in {"true", "1"}


@dataclass(frozen=True, slots=True)
class _Child:
    """What a type says of one child: its whole name, whether it may repeat, its own type."""

    tag: str
    repeats: bool
    type: Untyped


_Known = dict[int, dict[str, _Child]]


def _walk(
    element: etree._Element, declared: Untyped, who: str, quote: Quote, known: _Known
) -> None:
    """Look at the children, and theirs; `known` keeps what each type declares, by its id."""
    if not len(element):
        return
    if id(declared) not in known:
        known[id(declared)] = _children(declared)
    children = known[id(declared)]
    seen: set[str] = set()
    for part in element:
        name = part.tag.rpartition("}")[2]
        child = children.get(name)
        if child is not None and child.tag != part.tag:
            raise BadReply(f"{who} sent {name} in a wrong namespace.", _ADVICE)
        if name in seen and not (child is not None and child.repeats):
            raise BadReply(f"{who} sent {quote(name)} twice where it may stand once.", _ADVICE)
        seen.add(name)
        _walk(part, child and child.type, who, quote, known)


def _children(declared: Untyped) -> dict[str, _Child]:
    """Return the children that a type declares, by local name; none for a type unknown."""
    return {
        child.name: _Child(child.qname.text, child.accepts_multiple, child.type)
        for _, child in getattr(declared, "elements", ())
    }
