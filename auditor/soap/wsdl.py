"""The operations that exist for this program: our own read-only WSDLs, each parsed once."""

import io
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from zeep import Settings
from zeep.transports import Transport
from zeep.wsdl import Document
from zeep.xsd.context import XmlParserContext

from auditor.resources import wsdl_folder

# zeep logs whole bodies, and a traceback for each number that is none.
logging.getLogger("zeep").setLevel(logging.CRITICAL + 1)

Untyped = Any
"""A thing of zeep's, which comes without types."""

_WRITTEN_FOR = "14.0"
_SETTINGS = Settings(
    strict=False,
    xsd_ignore_sequence_order=True,
    forbid_dtd=True,
    forbid_entities=True,
    forbid_external=True,
)


@dataclass(frozen=True, slots=True)
class Interface:
    """One web service of a node: its label in messages, its WSDL, its path, the role it needs."""

    label: str
    wsdl: str
    path: str
    role: str


CONTROL_CENTER = Interface(
    "Control Center",
    "ControlCenterServices",
    "/controlcenterservice2/services/ControlCenterServices",
    "Standard CCM Server Monitoring",
)
PERFMON = Interface(
    "PerfMon",
    "PerfmonService",
    "/perfmonservice2/services/PerfmonService",
    "Standard CCM Server Monitoring",
)
AXL = Interface("AXL", "AXLAPI", "/axl/", "Standard AXL API Access")


class Operation:
    """One operation of one interface, ready to be asked and to read its answer."""

    def __init__(self, interface: Interface, name: str, operation: Untyped) -> None:
        """Wrap zeep's operation; come here through `operation()`."""
        self.interface = interface
        self.name = name
        self._operation = operation

    @property
    def soap_action(self) -> str:
        """Return the SOAP action without quotation marks."""
        return str(self._operation.soapaction)

    @property
    def answer_name(self) -> str:
        """Return the qualified name of the one element that answers, `{namespace}name`."""
        return str(self._operation.output.body.qname.text)

    @property
    def answer_type(self) -> Untyped:
        """Return zeep's description of that element, to hold an answer against."""
        return self._operation.output.body

    def envelope(self, values: Mapping[str, Any]) -> bytes:
        """Return the request's envelope."""
        content = self._operation.create(**values).content
        return etree.tostring(content, xml_declaration=True, encoding="utf-8")

    def value(self, answer: etree._Element) -> Untyped:
        """Return zeep's reading of the checked answer element; raises `zeep.exceptions.Error`."""
        context = _new_context(settings=_SETTINGS)
        return self.answer_type.parse(answer, self._operation.binding.wsdl.types, context=context)


_new_context: Untyped = XmlParserContext
_documents: dict[tuple[str, str], Untyped] = {}
_parsing = threading.Lock()


def operation(interface: Interface, name: str, axl_version: str = _WRITTEN_FOR) -> Operation:
    """Return an operation; raises `ValueError` for one that our WSDL does not define.

    For AXL the namespace and the SOAP action carry `axl_version`; each version that is used is
    parsed once in a process.
    """
    document = _document(interface, axl_version)
    (binding,) = document.bindings.values()
    return Operation(interface, name, binding.get(name))


def _document(interface: Interface, axl_version: str) -> Untyped:
    with _parsing:
        key = (interface.wsdl, axl_version)
        if key not in _documents:
            text = (wsdl_folder() / f"{interface.wsdl}.wsdl").read_text(encoding="utf-8")
            if interface is AXL:
                text = _at_version(text, axl_version)
            _documents[key] = Document(io.BytesIO(text.encode()), _Nothing, settings=_SETTINGS)
        return _documents[key]


def _at_version(text: str, version: str) -> str:
    for before in ("http://www.cisco.com/AXL/API/", "CUCM:DB ver="):
        text = text.replace(before + _WRITTEN_FOR, before + version)
    return text


class _Nothing(Transport):
    """What zeep may load further documents with: nothing, from nowhere."""

    @staticmethod
    def load(url: str) -> bytes:
        raise ValueError(f"a WSDL of ours refers to {url}")
