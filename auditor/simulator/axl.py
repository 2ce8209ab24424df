"""AXL: the topology that the CUCM publisher tells, and SQL on either side.

Shapes: Cisco's published `AXLSoap.xsd` (only the response element is qualified, with the
namespace of the version asked for) and the wire capture in TAC document 217581.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from auditor.simulator import envelope
from auditor.simulator.catalogue import Release
from auditor.simulator.cluster import Cluster
from auditor.simulator.database import Database, SqlError
from auditor.simulator.envelope import Element, Question, Reply, SoapFault, add_unqualified
from auditor.simulator.scenario import release_of
from auditor.simulator.tables import ENTERPRISE_WIDE, key

PATH = "/axl"
SQL = "executeSQLQuery"
IM_AND_PRESENCE = "CUCM IM and Presence"
VOICE = "CUCM Voice/Video"
_ROLES_SINCE: Release = (10, 0)


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of AXL's type XFkType: text that also carries the uuid of what it names."""

    text: str


Fields = Mapping[str, str | Reference]


def version_of(question: Question) -> str:
    """Return the AXL version of a request's namespace, "" if it has none."""
    namespace = question.namespace
    return namespace.removeprefix(envelope.AXL) if namespace.startswith(envelope.AXL) else ""


def answer_cucm(question: Question, cluster: Cluster, database: Database) -> Reply:
    """Answer the CUCM publisher's reading operations; raise SoapFault for every other."""
    version = release_of(version_of(question))
    match question.operation:
        case "listProcessNode":
            rows = _process_nodes(cluster, version)
            return _listed(question, "processNode", rows, cluster)
        case "listProcessNodeService":
            return _listed(question, "processNodeService", _services(cluster, version), cluster)
        case "listPresenceRedundancyGroup" if version >= _ROLES_SINCE:
            return _listed(question, "presenceRedundancyGroup", _groups(cluster), cluster)
        case "getCCMVersion":
            return _ccm_version(question, cluster)
        case "executeSQLQuery":
            return _sql(question, database)
    raise _refused(question)


def answer_imp(question: Question, database: Database) -> Reply:
    """Answer an IM&P node's AXL, of which only executeSQLQuery is proven."""
    if question.operation == SQL:
        return _sql(question, database)
    raise _refused(question)


def _refused(question: Question) -> SoapFault:
    return _fault(question, 599, f"{question.operation} is not supported here")


def _fault(question: Question, code: int, text: str) -> SoapFault:
    detail = etree.Element("axlError")
    add_unqualified(detail, "axlcode", str(code))
    add_unqualified(detail, "axlmessage", text)
    add_unqualified(detail, "request", question.operation)
    return SoapFault("soapenv:Client", text, detail)


def _response(question: Question) -> tuple[Element, Element]:
    name = f"{question.operation}Response"
    response = envelope.qualified(name, "ns", question.namespace)
    sequence = question.element.get("sequence")
    if sequence is not None:
        response.set("sequence", sequence)
    return response, add_unqualified(response, "return")


def _sql(question: Question, database: Database) -> Reply:
    response, listing = _response(question)
    try:
        rows = database.select("".join(question.texts("sql")).strip())
    except SqlError as exc:
        raise _fault(question, exc.code, str(exc)) from exc
    for columns in rows:
        row = add_unqualified(listing, "row")
        for name, text in columns:
            add_unqualified(row, name, text)
    return Reply(response, listing)


def _ccm_version(question: Question, cluster: Cluster) -> Reply:
    response, listing = _response(question)
    component = add_unqualified(listing, "componentVersion")
    add_unqualified(component, "version", _dotted(cluster.scenario.cucm_release))
    return Reply(response, listing)


def _dotted(release: str) -> str:
    """Return `14.0.1.13900(8)`: how AXL writes the build number."""
    number, _, build = release.partition("-")
    return f"{number}({build})" if build else number


def _process_nodes(cluster: Cluster, version: Release) -> Iterator[tuple[str, Fields]]:
    cucm = cluster.scenario.cucm
    known = [(ENTERPRISE_WIDE, "Publisher", VOICE), (cucm, "Publisher", VOICE)]
    if min(version, release_of(cluster.scenario.cucm_release)) >= _ROLES_SINCE:
        names = [*cluster.nodes, *cluster.scenario.cluster.planned]
        usages = ["Publisher", *("Subscriber" for _ in names[1:])]
        known += [(name, usage, IM_AND_PRESENCE) for name, usage in zip(names, usages, strict=True)]
    for name, usage, role in known:
        fields: dict[str, str | Reference] = {
            "name": name,
            "description": "",
            "mac": "",
            "ipv6Name": "",
            "nodeUsage": usage,
            "lbmHubGroup": "",
        }
        if version >= _ROLES_SINCE:
            fields["processNodeRole"] = role
        yield key(name), fields


def _services(cluster: Cluster, version: Release) -> Iterator[tuple[str, Fields]]:
    if version < _ROLES_SINCE:
        return
    for node in cluster.nodes.values():
        for service in node.services.values():
            if service.kind.axl_name is None:
                continue
            yield (
                key(node.name, service.kind.name),
                {
                    "processNodeName": Reference(node.name),
                    "service": service.kind.axl_name,
                    "traceLevel": "0",
                    "userCategories": "0",
                    "enable": "true",
                    "numFiles": "250",
                    "maxFileSize": "2",
                    "isActive": "true" if service.active_in_axl else "false",
                },
            )


def _groups(cluster: Cluster) -> Iterator[tuple[str, Fields]]:
    for group in cluster.groups.values():
        yield (
            key("group", group.name),
            {
                "name": group.name,
                "description": "",
                "server1": Reference(group.nodes[0]),
                "server2": Reference(group.nodes[1]) if len(group.nodes) > 1 else "",
                "haEnabled": "true" if group.ha_enabled else "false",
                "numUsers": "250",
            },
        )


def _listed(
    question: Question, tag: str, rows: Iterator[tuple[str, Fields]], cluster: Cluster
) -> Reply:
    """Filter by searchCriteria, page by skip and first, keep the returnedTags."""
    response, listing = _response(question)
    criteria = _children(question, "searchCriteria")
    tags = _children(question, "returnedTags")
    found = [(uid, fields) for uid, fields in rows if _matches(fields, criteria)]
    skip, first = _number(question, "skip") or 0, _number(question, "first")
    for uid, fields in found[skip : None if first is None else skip + first]:
        row = add_unqualified(listing, tag, attributes={"uuid": f"{{{uid.upper()}}}"})
        names = [name for name in fields if not tags or name in tags]
        # A real CUCM does not keep the order of its own schema.
        for name in reversed(names) if cluster.scenario.cluster.axl_out_of_order else names:
            _field(row, name, fields[name])
    return Reply(response, listing)


def _field(row: Element, name: str, value: str | Reference) -> None:
    if isinstance(value, Reference):
        uid = f"{{{key(value.text).upper()}}}"
        add_unqualified(row, name, value.text, {"uuid": uid})
    else:
        add_unqualified(row, name, value)


def _children(question: Question, name: str) -> dict[str, str]:
    found = question.element.find(f"{{*}}{name}")
    return {} if found is None else {str(etree.QName(e).localname): e.text or "" for e in found}


def _number(question: Question, name: str) -> int | None:
    found = question.element.find(f"{{*}}{name}")
    text = "" if found is None else (found.text or "").strip()
    return int(text) if text.isdigit() else None


def _matches(fields: Fields, criteria: Mapping[str, str]) -> bool:
    for name, pattern in criteria.items():
        value = fields.get(name, "")
        text = value.text if isinstance(value, Reference) else value
        expression = ".*".join(re.escape(part) for part in pattern.split("%"))
        if not re.fullmatch(expression, text, re.IGNORECASE):
            return False
    return True
