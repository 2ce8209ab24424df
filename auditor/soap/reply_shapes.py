"""Checks the elements of a reply against what our WSDL declares, before any is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree
from zeep.xsd import AnySimpleType, ComplexType

from auditor.errors import BadReply
from auditor.failure_reasons import Interface
from auditor.problems import Problem
from auditor.soap.operations import ZeepObject

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
    if len(reply) and is_nil_element(reply):
        name = quote(etree.QName(reply).localname)
        raise BadReply(Problem.NIL_WITH_CONTENT, *sender, element=name)
    _check_children(reply, declared.type, sender, quote, {})


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
        if is_nil_element(child):
            raise BadReply(Problem.NIL_WITH_CONTENT, *sender, element=quote(name))
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
