"""AXL: the topology as the CUCM publisher returns it, and SQL on either side.

Shapes: Cisco's published `AXLSoap.xsd` (only the response element is qualified, with the
namespace of the version asked for) and the wire capture in TAC document 217581.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from auditor.simulator.catalogue import MajorMinor
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.database import InformixError, SimulatedDatabase
from auditor.simulator.envelope import (
    AXL_NAMESPACE,
    ReceivedRequest,
    SoapFaultReply,
    SoapReply,
    XmlElement,
    add_unqualified_child,
    new_qualified_element,
)
from auditor.simulator.scenario import parse_release_text
from auditor.simulator.tables import ENTERPRISE_WIDE, stable_uuid

AXL_PATH = "/axl"
SQL_OPERATION = "executeSQLQuery"
IMP_NODE_ROLE = "CUCM IM and Presence"
CUCM_NODE_ROLE = "CUCM Voice/Video"
# AXL 9.x has neither roles of nodes nor redundancy groups (Cisco's published schemas).
_ROLES_SINCE: MajorMinor = (10, 0)


@dataclass(frozen=True, slots=True)
class AxlReference:
    """A value of AXL's type XFkType: text that also carries the uuid of what it names."""

    text: str


AxlFields = Mapping[str, str | AxlReference]


def requested_axl_version(soap_request: ReceivedRequest) -> str:
    """Return the AXL version of a request's namespace, "" if it has none."""
    namespace = soap_request.namespace
    return namespace.removeprefix(AXL_NAMESPACE) if namespace.startswith(AXL_NAMESPACE) else ""


def handle_cucm_axl(
    soap_request: ReceivedRequest, cluster: SimulatedCluster, database: SimulatedDatabase
) -> SoapReply:
    """Answer a CUCM node's reading operations; raise SoapFault for every other.

    A subscriber answers them as the publisher does: it has a copy of the whole database.
    """
    version = parse_release_text(requested_axl_version(soap_request))
    match soap_request.operation:
        case "listProcessNode":
            rows = _axl_process_nodes(cluster, version)
            return _list_reply(soap_request, "processNode", rows, cluster)
        case "listProcessNodeService":
            return _list_reply(
                soap_request,
                "processNodeService",
                _axl_process_node_services(cluster, version),
                cluster,
            )
        case "listPresenceRedundancyGroup" if version >= _ROLES_SINCE:
            return _list_reply(
                soap_request, "presenceRedundancyGroup", _axl_redundancy_groups(cluster), cluster
            )
        case "getCCMVersion":
            return _ccm_version_reply(soap_request, cluster)
        case "executeSQLQuery":
            return _handle_sql_query(soap_request, database)
    raise _unsupported_operation(soap_request)


def handle_imp_axl(soap_request: ReceivedRequest, database: SimulatedDatabase) -> SoapReply:
    """Answer an IM&P node's AXL, of which only executeSQLQuery is proven."""
    if soap_request.operation == SQL_OPERATION:
        return _handle_sql_query(soap_request, database)
    raise _unsupported_operation(soap_request)


def _unsupported_operation(soap_request: ReceivedRequest) -> SoapFaultReply:
    return _axl_fault(soap_request, 599, f"{soap_request.operation} is not supported here")


def _axl_fault(soap_request: ReceivedRequest, code: int, text: str) -> SoapFaultReply:
    detail = etree.Element("axlError")
    add_unqualified_child(detail, "axlcode", str(code))
    add_unqualified_child(detail, "axlmessage", text)
    add_unqualified_child(detail, "request", soap_request.operation)
    return SoapFaultReply("soapenv:Client", text, detail)


_DATABASE_FAULT_TEXTS = {
    -1: (
        "Maximum AXL Memory Allocation Consumed. Please retry once requests in progress have "
        "completed"
    ),
    -908: "Attempt to connect to database server (cucm_informix) failed.",
    -930: "Cannot connect to database server (cucm_informix).",
    -25580: "System error occurred in network function.",
    -25582: "Network connection is broken.",
    -27001: "Read error occurred during connection attempt.",
}
"""What Informix, or AXL itself, says with a code."""


def database_fault(soap_request: ReceivedRequest, code: int, text: str | None) -> SoapFaultReply:
    """Return the fault of an AXL that cannot use its database; `text` replaces the usual words."""
    words = text or _DATABASE_FAULT_TEXTS.get(code, "An error occurred in the database server.")
    return _axl_fault(soap_request, code, words)


def refuse_union(soap_request: ReceivedRequest) -> None:
    """Raise Informix's fault for a UNION whose columns differ in type; let other SQL pass."""
    if re.search(r"\bunion\b", "".join(soap_request.texts("sql")), re.IGNORECASE):
        text = "Corresponding column types must be compatible for each UNION statement."
        raise _axl_fault(soap_request, -308, text)


def _start_response(soap_request: ReceivedRequest) -> tuple[XmlElement, XmlElement]:
    name = f"{soap_request.operation}Response"
    response = new_qualified_element(name, "ns", soap_request.namespace)
    sequence = soap_request.element.get("sequence")
    if sequence is not None:
        response.set("sequence", sequence)
    return response, add_unqualified_child(response, "return")


def _handle_sql_query(soap_request: ReceivedRequest, database: SimulatedDatabase) -> SoapReply:
    response, listing = _start_response(soap_request)
    try:
        rows = database.select("".join(soap_request.texts("sql")).strip())
    except InformixError as exc:
        raise _axl_fault(soap_request, exc.code, str(exc)) from exc
    for columns in rows:
        row = add_unqualified_child(listing, "row")
        for name, text in columns:
            add_unqualified_child(row, name, text)
    return SoapReply(response, listing)


def _ccm_version_reply(soap_request: ReceivedRequest, cluster: SimulatedCluster) -> SoapReply:
    name = "".join(soap_request.texts("processNodeName")).strip()
    if name and name not in cluster.cucm_nodes:
        # AXL's code and words for a name that is in none of its rows.
        text = f"Item not valid: The specified {name} was not found"
        raise _axl_fault(soap_request, 5007, text)
    response, listing = _start_response(soap_request)
    component = add_unqualified_child(listing, "componentVersion")
    add_unqualified_child(component, "version", _format_build_number(cluster.scenario.cucm_release))
    return SoapReply(response, listing)


def _format_build_number(release: str) -> str:
    """Return `14.0.1.13900(8)`: how AXL writes the build number."""
    number, _, build = release.partition("-")
    return f"{number}({build})" if build else number


def _axl_process_nodes(
    cluster: SimulatedCluster, version: MajorMinor
) -> Iterator[tuple[str, AxlFields]]:
    cucm, *subscribers = cluster.scenario.cucm_names
    # The system's own row is no machine; a client has to leave it out.
    nodes = [(ENTERPRISE_WIDE, "Publisher", CUCM_NODE_ROLE), (cucm, "Publisher", CUCM_NODE_ROLE)]
    nodes += [(name, "Subscriber", CUCM_NODE_ROLE) for name in subscribers]
    if min(version, parse_release_text(cluster.scenario.cucm_release)) >= _ROLES_SINCE:
        names = [*cluster.nodes, *cluster.scenario.cluster.planned]
        usages = ["Publisher", *("Subscriber" for _ in names[1:])]
        nodes += [(name, usage, IMP_NODE_ROLE) for name, usage in zip(names, usages, strict=True)]
    for name, usage, role in nodes:
        fields: dict[str, str | AxlReference] = {
            "name": name,
            "description": "",
            "mac": "",
            "ipv6Name": "",
            "nodeUsage": usage,
            "lbmHubGroup": "",
        }
        if version >= _ROLES_SINCE:
            fields["processNodeRole"] = role
        yield stable_uuid(name), fields


def _axl_process_node_services(
    cluster: SimulatedCluster, version: MajorMinor
) -> Iterator[tuple[str, AxlFields]]:
    if version < _ROLES_SINCE:
        return
    for node in cluster.nodes.values():
        for service in node.services.values():
            if service.kind.axl_name is None:
                continue
            yield (
                stable_uuid(node.name, service.kind.name),
                {
                    "processNodeName": AxlReference(node.name),
                    "service": service.kind.axl_name,
                    "traceLevel": "0",
                    "userCategories": "0",
                    # On for every row: it is the switch of traces, and `isActive` that of
                    # activation.
                    "enable": "true",
                    "numFiles": "250",
                    "maxFileSize": "2",
                    "isActive": "true" if service.active_in_axl else "false",
                },
            )


def _axl_redundancy_groups(cluster: SimulatedCluster) -> Iterator[tuple[str, AxlFields]]:
    for group in cluster.groups.values():
        yield (
            stable_uuid("group", group.name),
            {
                "name": group.name,
                "description": "",
                "server1": AxlReference(group.nodes[0]) if group.nodes else "",
                "server2": AxlReference(group.nodes[1]) if len(group.nodes) > 1 else "",
                "haEnabled": "true" if group.ha_enabled else "false",
                "numUsers": "250",
            },
        )


def _list_reply(
    soap_request: ReceivedRequest,
    tag: str,
    rows: Iterator[tuple[str, AxlFields]],
    cluster: SimulatedCluster,
) -> SoapReply:
    """Filter by searchCriteria, page by skip and first, keep the returnedTags."""
    response, listing = _start_response(soap_request)
    criteria = _child_texts(soap_request, "searchCriteria")
    tags = _child_texts(soap_request, "returnedTags")
    matching = [(uid, fields) for uid, fields in rows if _matches_criteria(fields, criteria)]
    skip, first = _child_number(soap_request, "skip") or 0, _child_number(soap_request, "first")
    for uid, fields in matching[skip : None if first is None else skip + first]:
        row = add_unqualified_child(listing, tag, attributes={"uuid": f"{{{uid.upper()}}}"})
        names = [name for name in fields if not tags or name in tags]
        # A real CUCM does not keep the order of its own schema.
        for name in reversed(names) if cluster.scenario.cluster.axl_out_of_order else names:
            _add_axl_field(row, name, fields[name])
    return SoapReply(response, listing)


def _add_axl_field(row: XmlElement, name: str, value: str | AxlReference) -> None:
    if isinstance(value, AxlReference):
        uid = f"{{{stable_uuid(value.text).upper()}}}"
        add_unqualified_child(row, name, value.text, {"uuid": uid})
    else:
        add_unqualified_child(row, name, value)


def _child_texts(soap_request: ReceivedRequest, name: str) -> dict[str, str]:
    parent = soap_request.element.find(f"{{*}}{name}")
    return {} if parent is None else {str(etree.QName(e).localname): e.text or "" for e in parent}


def _child_number(soap_request: ReceivedRequest, name: str) -> int | None:
    child = soap_request.element.find(f"{{*}}{name}")
    text = "" if child is None else (child.text or "").strip()
    return int(text) if text.isdigit() else None


def _matches_criteria(fields: AxlFields, criteria: Mapping[str, str]) -> bool:
    for name, pattern in criteria.items():
        value = fields.get(name, "")
        text = value.text if isinstance(value, AxlReference) else value
        expression = ".*".join(re.escape(part) for part in pattern.split("%"))
        if not re.fullmatch(expression, text, re.IGNORECASE):
            return False
    return True
