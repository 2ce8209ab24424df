"""One request to a simulated server, from its headers to the last byte of the reply."""

import asyncio
import base64
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field

from aiohttp import web

from auditor.simulator import refusal
from auditor.simulator.axl import (
    AXL_PATH,
    SQL_OPERATION,
    database_fault,
    handle_cucm_axl,
    handle_imp_axl,
    refuse_union,
    requested_axl_version,
)
from auditor.simulator.catalogue import AXL_SERVICE
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.control_center import CONTROL_CENTER_PATH, handle_control_center
from auditor.simulator.database import SimulatedDatabase
from auditor.simulator.distorted_replies import (
    add_document_type,
    distort_reply,
    huge_reply_blocks,
    truncate_reply,
)
from auditor.simulator.envelope import (
    ReceivedRequest,
    SoapFaultReply,
    SoapReply,
    XmlElement,
    parse_soap_request,
    serialise_envelope,
    wrap_in_envelope,
)
from auditor.simulator.faults import (
    Fault,
    FaultPlan,
    FaultRule,
    RequestKey,
    SimulatedInterface,
)
from auditor.simulator.http_replies import (
    send_blocks,
    send_half_then_reset,
    send_slowly,
    send_until_closed,
    send_whole,
)
from auditor.simulator.perfmon import PERFMON_PATH, handle_perfmon


@dataclass(slots=True)
class LoggedRequest:
    """One request. Times are `time.monotonic()`; `ended` is None while it is under way.

    `interface` is "" for an unknown path. `authorization` and `cookie`: the request carried
    them. `statement` is the SQL of an executeSQLQuery, `object` that of a PerfMon request. `writes`
    is true unless the operation is known to read only. `status` is None where no HTTP status was
    sent. `connection` numbers the TCP connections of a server.
    """

    node: str
    interface: str
    operation: str
    soap_action: str
    statement: str
    object: str
    authorization: bool
    cookie: bool
    connection: int
    writes: bool
    started: float
    ended: float | None = None
    status: int | None = None
    fault: str | None = None


_SESSION_COOKIE = "JSESSIONIDSSO"
_ROLE_BY_INTERFACE = {
    SimulatedInterface.CUCM_AXL: "axl",
    SimulatedInterface.IMP_AXL: "axl",
    SimulatedInterface.CONTROL_CENTER: "serviceability",
    SimulatedInterface.PERFMON: "serviceability",
}
_READ_OPERATIONS = {
    "soapGetServiceStatus",
    "soapGetStaticServiceList",
    "getProductInformationList",
    "perfmonCollectCounterData",
    "listProcessNode",
    "listProcessNodeService",
    "listPresenceRedundancyGroup",
    "getCCMVersion",
    SQL_OPERATION,
}
_ICSA_VERSION = "8.0"
"""The AXL version of Cisco's own intercluster sync, on every release (TAC 217581)."""


@dataclass(slots=True)
class SimulationState:
    """What all servers of one simulator share."""

    cluster: SimulatedCluster
    plan: FaultPlan
    imp_database: SimulatedDatabase
    cucm_database: SimulatedDatabase
    account: str
    delay_s: float
    log: list[LoggedRequest] = field(default_factory=list)


class SimulatedServer:
    """Answers for one machine: an IM&P node, or a CUCM node (`node` is None)."""

    def __init__(self, simulation: SimulationState, name: str) -> None:
        """Take the machine's name as AXL knows it."""
        self._simulation = simulation
        self._name = name
        self._node = simulation.cluster.nodes.get(name)
        self._sessions: set[str] = set()
        self._connections: dict[int, int] = {}
        self._authorization = "Basic " + base64.b64encode(simulation.account.encode()).decode()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; leaves a record in the log however it ends."""
        try:
            soap_request = parse_soap_request(await request.read())
        except ConnectionError:
            # The client has gone, but aiohttp takes no handler without a response.
            return web.Response()
        interface = self._interface_of(request.path)
        entry = self._log_request(request, interface, soap_request)
        try:
            if self._simulation.delay_s:
                await asyncio.sleep(self._simulation.delay_s)
            response = await self._respond(request, interface, soap_request, entry)
            entry.status = response.status
        except ConnectionError:
            response = web.Response()
        finally:
            entry.ended = time.monotonic()
        return response

    def _connection_number(self, request: web.BaseRequest) -> int:
        """Return the number of the request's connection, by the port it comes from."""
        peer = request.get_extra_info("peername") or ("", 0)
        return self._connections.setdefault(peer[1], len(self._connections))

    def _interface_of(self, path: str) -> SimulatedInterface | None:
        path = path.rstrip("/")
        if path == AXL_PATH:
            return SimulatedInterface.CUCM_AXL if self._node is None else SimulatedInterface.IMP_AXL
        if path == PERFMON_PATH:
            return SimulatedInterface.PERFMON
        if path == CONTROL_CENTER_PATH and self._node is not None:
            return SimulatedInterface.CONTROL_CENTER
        return None

    def _log_request(
        self,
        request: web.BaseRequest,
        interface: SimulatedInterface | None,
        soap_request: ReceivedRequest | None,
    ) -> LoggedRequest:
        operation = soap_request.operation if soap_request else ""
        statement = "".join(soap_request.texts("sql")).strip() if soap_request else ""
        reads = operation in _READ_OPERATIONS and (
            operation != SQL_OPERATION or _is_select(statement)
        )
        connection = self._connection_number(request)
        entry = LoggedRequest(
            node=self._name,
            interface=interface or "",
            operation=operation,
            soap_action=request.headers.get("SOAPAction", ""),
            statement=statement,
            object="".join(soap_request.texts("Object")).strip() if soap_request else "",
            authorization="Authorization" in request.headers,
            cookie=_SESSION_COOKIE in request.cookies,
            connection=connection,
            writes=bool(operation) and not reads,
            started=time.monotonic(),
        )
        self._simulation.log.append(entry)
        return entry

    async def _respond(
        self,
        request: web.BaseRequest,
        interface: SimulatedInterface | None,
        soap_request: ReceivedRequest | None,
        entry: LoggedRequest,
    ) -> web.StreamResponse:
        if interface is None:
            return await refusal.respond_error_page(
                request, 404, "The requested resource is not available"
            )
        key = RequestKey(interface, entry.operation, entry.object)
        rule = self._simulation.plan.fault_in_place_of_reply(self._name, key)
        if rule is not None:
            entry.fault = rule.fault
            return await refusal.respond_with_fault(request, interface, rule, self._axl_versions)
        if self._node is not None and interface is SimulatedInterface.IMP_AXL:
            service = self._node.services.get(AXL_SERVICE.lower())
            if service is None or not service.runs:
                return await refusal.respond_error_page(request, 404, "/axl/")
        refused = await self._refuse(request, interface, soap_request)
        if refused is not None:
            return refused
        assert soap_request is not None  # noqa: S101 - _refuse has refused a request without SOAP
        rule = self._simulation.plan.fault_in_reply(self._name, key)
        entry.fault = rule.fault if rule else None
        try:
            reply = self._make_reply(interface, soap_request, rule)
        except SoapFaultReply as exc:
            return await refusal.respond_soap_fault(request, exc)
        return await self._send(request, reply, rule)

    async def _refuse(
        self,
        request: web.BaseRequest,
        interface: SimulatedInterface,
        soap_request: ReceivedRequest | None,
    ) -> web.StreamResponse | None:
        """Refuse a request without a right or without SOAP; None if it may be answered."""
        if not self._is_authenticated(request):
            return await refusal.respond_unauthorised(request)
        if _ROLE_BY_INTERFACE[interface] in self._simulation.cluster.scenario.cluster.lacks:
            return await refusal.respond_forbidden(request)
        if request.method != "POST":
            return await refusal.respond_error_page(
                request, 405, "HTTP method is not supported by this URL"
            )
        if soap_request is None:
            return await refusal.respond_soap_fault(
                request, SoapFaultReply("soapenv:Client", "no SOAP request")
            )
        if interface in (
            SimulatedInterface.CUCM_AXL,
            SimulatedInterface.IMP_AXL,
        ) and not self._speaks_version(request, soap_request):
            return await refusal.respond_unsupported_version(request, self._axl_versions)
        return None

    def _is_authenticated(self, request: web.BaseRequest) -> bool:
        """Return whether the account is right; wrong ones count even with a cookie."""
        header = request.headers.get("Authorization")
        if header is not None:
            return hmac.compare_digest(header.encode(), self._authorization.encode())
        return request.cookies.get(_SESSION_COOKIE) in self._sessions

    @property
    def _axl_versions(self) -> tuple[str, ...]:
        cluster = self._simulation.cluster
        return cluster.scenario.axl_versions(cluster.server(self._name).release)

    def _speaks_version(self, request: web.BaseRequest, soap_request: ReceivedRequest) -> bool:
        accepted = {*self._axl_versions}
        if self._node is not None:
            accepted.add(_ICSA_VERSION)
        versions = {requested_axl_version(soap_request)}
        versions.update(re.findall(r"ver=([\d.]+)", request.headers.get("SOAPAction", "")))
        return versions <= accepted

    def _make_reply(
        self, interface: SimulatedInterface, soap_request: ReceivedRequest, rule: FaultRule | None
    ) -> SoapReply:
        if (
            rule is not None
            and rule.fault is Fault.DATABASE_FAULT
            and interface in (SimulatedInterface.CUCM_AXL, SimulatedInterface.IMP_AXL)
        ):
            raise database_fault(soap_request, rule.code, rule.text)
        if rule is not None and rule.fault is Fault.UNION_REFUSED:
            refuse_union(soap_request)
        cluster = self._simulation.cluster
        if interface is SimulatedInterface.CUCM_AXL:
            return handle_cucm_axl(soap_request, cluster, self._simulation.cucm_database)
        if interface is SimulatedInterface.IMP_AXL:
            return handle_imp_axl(soap_request, self._simulation.imp_database)
        if self._node is None:
            return handle_perfmon(soap_request, cluster.cucm_nodes[self._name])
        node, host = self._node, None
        if rule is not None and rule.fault is Fault.OTHER_NODE:
            node = cluster.node(rule.of) if rule.of else cluster.neighbour(node.name)
            host = node.name
        if interface is SimulatedInterface.PERFMON:
            return handle_perfmon(soap_request, node, host)
        return handle_control_center(soap_request, cluster, node)

    async def _send(
        self, request: web.BaseRequest, reply: SoapReply, rule: FaultRule | None
    ) -> web.StreamResponse:
        if rule is None:
            return await self._send_envelope(request, wrap_in_envelope(reply.body))
        match rule.fault:
            case Fault.CUT:
                return send_until_closed(request, truncate_reply(reply))
            case Fault.HUGE_REPLY:
                return await send_blocks(request, huge_reply_blocks(reply, rule.megabytes))
            case Fault.DTD_ENTITY | Fault.ENTITY_BOMB:
                return await send_whole(request, add_document_type(reply, rule))
            case Fault.RESET:
                body = serialise_envelope(wrap_in_envelope(reply.body))
                return await send_half_then_reset(request, body)
            case Fault.SLOW_DRIP:
                body = serialise_envelope(wrap_in_envelope(reply.body))
                return await send_slowly(request, body, rule.interval_s)
        return await self._send_envelope(request, distort_reply(reply, rule))

    async def _send_envelope(
        self, request: web.BaseRequest, whole: XmlElement, status: int = 200
    ) -> web.StreamResponse:
        headers = {}
        if request.cookies.get(_SESSION_COOKIE) not in self._sessions:
            session = secrets.token_hex(16).upper()
            self._sessions.add(session)
            headers["Set-Cookie"] = f"{_SESSION_COOKIE}={session}; Path=/; Secure; HttpOnly"
        return await send_whole(request, serialise_envelope(whole), status=status, headers=headers)


def _is_select(statement: str) -> bool:
    # Behind a semicolon a second statement could write.
    return re.match(r"select\b", statement, re.IGNORECASE) is not None and ";" not in statement
