"""The operations that this program can ask for, from our own read-only WSDLs.

zeep reads the WSDLs (each once in a process) and builds the requests; `auditor.soap.parsing` reads
the replies. AXL has versions: this module knows which, and picks the newest that both sides have.
"""

import functools
import io
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from zeep import Settings
from zeep.transports import Transport
from zeep.wsdl import Document

from auditor.errors import ConfigError
from auditor.failure_reasons import INTERFACE_ROLES, Interface
from auditor.resources import wsdl_folder

# zeep logs whole bodies, and a traceback for each number that is none.
logging.getLogger("zeep").setLevel(logging.CRITICAL + 1)

ZeepObject = Any
"""A thing of zeep's, which comes without types."""

_WSDL_AXL_VERSION = "14.0"
_ZEEP_SETTINGS = Settings(
    strict=False,
    xsd_ignore_sequence_order=True,
    forbid_dtd=True,
    forbid_entities=True,
    forbid_external=True,
)


@dataclass(frozen=True, slots=True)
class SoapInterface:
    """One web service of a node: its label in messages, its WSDL, its path, the role it needs."""

    label: Interface
    wsdl: str
    path: str
    role: str


CONTROL_CENTER_API = SoapInterface(
    Interface.CONTROL_CENTER,
    "ControlCenterServices",
    "/controlcenterservice2/services/ControlCenterServices",
    INTERFACE_ROLES[Interface.CONTROL_CENTER],
)
PERFMON_API = SoapInterface(
    Interface.PERFMON,
    "PerfmonService",
    "/perfmonservice2/services/PerfmonService",
    INTERFACE_ROLES[Interface.PERFMON],
)
AXL_API = SoapInterface(Interface.AXL, "AXLAPI", "/axl/", INTERFACE_ROLES[Interface.AXL])


_MAX_KEPT_ENVELOPES = 64
"""Of one operation: those that name a node are as many as the nodes."""


class SoapOperation:
    """One operation of one interface: it builds requests, and describes the reply to them."""

    def __init__(self, interface: SoapInterface, name: str, operation: ZeepObject) -> None:
        """Wrap zeep's operation; use `get_operation`."""
        self.interface = interface
        self.name = name
        self._operation = operation
        self._envelopes: dict[str, bytes] = {}

    @property
    def soap_action(self) -> str:
        """Return the SOAP action without quotation marks."""
        return str(self._operation.soapaction)

    @property
    def reply_name(self) -> str:
        """Return the qualified name of the reply's element, `{namespace}name`."""
        return str(self._operation.output.body.qname.text)

    @property
    def reply_type(self) -> ZeepObject:
        """Return zeep's description of that element, to check a reply by."""
        return self._operation.output.body

    def envelope(self, values: Mapping[str, Any]) -> bytes:
        """Return the request's envelope; most nodes are asked the same, so some are kept."""
        key = repr(values)
        envelope = self._envelopes.get(key)
        if envelope is None:
            content = self._operation.create(**values).content
            envelope = etree.tostring(content, xml_declaration=True, encoding="utf-8")
            if len(self._envelopes) < _MAX_KEPT_ENVELOPES:
                self._envelopes[key] = envelope
        return envelope


_parsed_wsdls: dict[tuple[str, str], ZeepObject] = {}
_wsdl_lock = threading.Lock()


@functools.lru_cache(maxsize=64)
def get_operation(
    interface: SoapInterface, name: str, axl_version: str = _WSDL_AXL_VERSION
) -> SoapOperation:
    """Return an operation; raises `ValueError` for one that our WSDL does not define.

    For AXL the namespace and the SOAP action carry `axl_version`; each version that is used is
    parsed once in a process.
    """
    document = _load_wsdl(interface, axl_version)
    (binding,) = document.bindings.values()
    return SoapOperation(interface, name, binding.get(name))


def load_wsdls() -> None:
    """Parse the WSDLs before a request needs one and has to wait for it."""
    for interface in (AXL_API, CONTROL_CENTER_API, PERFMON_API):
        _load_wsdl(interface, _WSDL_AXL_VERSION)


def _load_wsdl(interface: SoapInterface, axl_version: str) -> ZeepObject:
    # Held while parsing: the first nodes are asked at the same time, and each would parse it.
    with _wsdl_lock:
        key = (interface.wsdl, axl_version)
        if key not in _parsed_wsdls:
            text = (wsdl_folder() / f"{interface.wsdl}.wsdl").read_text(encoding="utf-8")
            if interface is AXL_API:
                text = _replace_axl_version(text, axl_version)
            _parsed_wsdls[key] = Document(
                io.BytesIO(text.encode()), _NoTransport, settings=_ZEEP_SETTINGS
            )
        return _parsed_wsdls[key]


def _replace_axl_version(text: str, version: str) -> str:
    # For our operations Cisco's schemas of all versions differ in nothing else.
    for before in ("http://www.cisco.com/AXL/API/", "CUCM:DB ver="):
        text = text.replace(before + _WSDL_AXL_VERSION, before + version)
    return text


class _NoTransport(Transport):
    """What zeep may load further documents with: nothing, from nowhere."""

    @staticmethod
    def load(url: str) -> bytes:
        raise ValueError(f"a WSDL of ours refers to {url}")


# Source: the "AXL versioning" page of Cisco DevNet; 8.0 is what IM&P nodes ask each other in.
AXL_VERSIONS = (
    "8.0", "8.5", "9.0", "9.1", "10.0", "10.5", "11.0", "11.5", "12.0", "12.5", "14.0", "15.0",
)  # fmt: skip
NEWEST_AXL_VERSION = AXL_VERSIONS[-1]
NODE_ROLES_SINCE_VERSION = 10.0
"""The first version in which a node has a role, and IM and Presence nodes exist."""


def newest_common_version(offered: Iterable[str]) -> str | None:
    """Return the newest version that the server offers and we know; "14" is "14.0"."""
    whole = {version if "." in version else f"{version}.0" for version in offered}
    return next((version for version in reversed(AXL_VERSIONS) if version in whole), None)


def validate_axl_version(version: str) -> str:
    """Return a configured version as given; raises `ConfigError` if it is none."""
    # A version that is not in AXL_VERSIONS may pass: a newer CUCM can have it.
    if not re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}", version):
        raise ConfigError([f'axl_version {version!r}: write "auto" or a version such as "14.0"'])
    return version


def axl_list_parameters(key: str, value: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the parameters of an AXL list: what to look for, and which fields to return."""
    # AXL fills in only the tags that are named here.
    return {"searchCriteria": {key: value}, "returnedTags": dict.fromkeys(tags, "")}


def drop_unsupported_tags(version: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters without what a version does not know yet, and would refuse."""
    tags = values.get("returnedTags", {})
    # As numbers: as texts, "9.1" would be newer than "10.0".
    if "processNodeRole" not in tags or float(version) >= NODE_ROLES_SINCE_VERSION:
        return values
    return {**values, "returnedTags": {tag: "" for tag in tags if tag != "processNodeRole"}}
