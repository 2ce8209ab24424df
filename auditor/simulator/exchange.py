"""One request on one simulated server, from its headers to the last byte of the answer."""

import asyncio
import base64
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field

from aiohttp import web

from auditor.simulator import axl, control_center, distort, envelope, perfmon, refusal, wire
from auditor.simulator.catalogue import AXL
from auditor.simulator.cluster import Cluster, Node
from auditor.simulator.database import Database
from auditor.simulator.envelope import Question, Reply, SoapFault
from auditor.simulator.faults import Fault, Interface, Plan, Rule
from auditor.simulator.log import Exchange

_COOKIE = "JSESSIONIDSSO"
_ROLE = {
    Interface.CUCM_AXL: "axl",
    Interface.IMP_AXL: "axl",
    Interface.CONTROL_CENTER: "serviceability",
    Interface.PERFMON: "serviceability",
}
_READS = {
    "soapGetServiceStatus",
    "soapGetStaticServiceList",
    "getProductInformationList",
    "perfmonCollectCounterData",
    "listProcessNode",
    "listProcessNodeService",
    "listPresenceRedundancyGroup",
    "getCCMVersion",
    axl.SQL,
}
_ICSA_VERSION = "8.0"
"""What Cisco's own intercluster sync speaks to a node, whatever the release (TAC 217581)."""


@dataclass(slots=True)
class World:
    """What all servers of one simulator share."""

    cluster: Cluster
    plan: Plan
    imp_database: Database
    cucm_database: Database
    account: str
    delay_s: float
    log: list[Exchange] = field(default_factory=list)


class Server:
    """Answers for one machine: an IM&P node, or the CUCM publisher (`node` is None)."""

    def __init__(self, world: World, name: str, node: Node | None) -> None:
        """Take the machine's name as AXL knows it."""
        self._world = world
        self._name = name
        self._node = node
        self._sessions: set[str] = set()
        self._connections: dict[int, int] = {}
        self._authorization = "Basic " + base64.b64encode(world.account.encode()).decode()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; leaves a record in the log however it ends."""
        try:
            question = envelope.read(await request.read())
        except ConnectionError:
            return web.Response()
        interface = self._interface(request.path)
        entry = self._enter(request, interface, question)
        try:
            if self._world.delay_s:
                await asyncio.sleep(self._world.delay_s)
            response = await self._respond(request, interface, question, entry)
            entry.status = response.status
        except ConnectionError:
            response = web.Response()
        finally:
            entry.ended = time.monotonic()
        return response

    def _number(self, request: web.BaseRequest) -> int:
        """Return the number of the request's connection, by the port it comes from."""
        peer = request.get_extra_info("peername") or ("", 0)
        return self._connections.setdefault(peer[1], len(self._connections))

    def _interface(self, path: str) -> Interface | None:
        path = path.rstrip("/")
        if path == axl.PATH:
            return Interface.CUCM_AXL if self._node is None else Interface.IMP_AXL
        if self._node is None:
            return None
        paths = {
            control_center.PATH: Interface.CONTROL_CENTER,
            perfmon.PATH: Interface.PERFMON,
        }
        return paths.get(path)

    def _enter(
        self, request: web.BaseRequest, interface: Interface | None, question: Question | None
    ) -> Exchange:
        operation = question.operation if question else ""
        statement = "".join(question.texts("sql")).strip() if question else ""
        reads = operation in _READS and (operation != axl.SQL or _is_select(statement))
        connection = self._number(request)
        entry = Exchange(
            node=self._name,
            interface=interface or "",
            operation=operation,
            soap_action=request.headers.get("SOAPAction", ""),
            statement=statement,
            authorization="Authorization" in request.headers,
            cookie=_COOKIE in request.cookies,
            connection=connection,
            writes=bool(operation) and not reads,
            started=time.monotonic(),
        )
        self._world.log.append(entry)
        return entry

    async def _respond(
        self,
        request: web.BaseRequest,
        interface: Interface | None,
        question: Question | None,
        entry: Exchange,
    ) -> web.StreamResponse:
        if interface is None:
            return await refusal.page(request, 404, "The requested resource is not available")
        rule = self._world.plan.instead(self._name, interface, entry.operation)
        if rule is not None:
            entry.fault = rule.fault
            return await refusal.instead(
                request, interface, rule, self._world.cluster.scenario.axl_versions
            )
        if self._node is not None and interface is Interface.IMP_AXL:
            service = self._node.services.get(AXL.lower())
            if service is None or not service.runs:
                return await refusal.page(request, 404, "/axl/")
        refused = await self._refuse(request, interface, question)
        if refused is not None:
            return refused
        assert question is not None  # noqa: S101 - _refuse turns away what asks nothing
        rule = self._world.plan.within(self._name, interface, entry.operation)
        entry.fault = rule.fault if rule else None
        try:
            reply = self._answer(interface, question, rule)
        except SoapFault as exc:
            return await refusal.soap_fault(request, exc)
        return await self._send(request, reply, rule)

    async def _refuse(
        self, request: web.BaseRequest, interface: Interface, question: Question | None
    ) -> web.StreamResponse | None:
        """Turn away who may not ask, or asks what is no question; None for everybody else."""
        if not self._known(request):
            return await refusal.unauthorised(request)
        if _ROLE[interface] in self._world.cluster.scenario.cluster.lacks:
            return await refusal.forbidden(request)
        if request.method != "POST":
            return await refusal.page(request, 405, "HTTP method is not supported by this URL")
        if question is None:
            return await refusal.soap_fault(request, SoapFault("soapenv:Client", "no SOAP request"))
        if interface in (Interface.CUCM_AXL, Interface.IMP_AXL) and not self._speaks(
            request, question
        ):
            return await refusal.unsupported(request, self._world.cluster.scenario.axl_versions)
        return None

    def _known(self, request: web.BaseRequest) -> bool:
        """Tell whether the account is right; wrong credentials count even beside a session."""
        given = request.headers.get("Authorization")
        if given is not None:
            return hmac.compare_digest(given.encode(), self._authorization.encode())
        return request.cookies.get(_COOKIE) in self._sessions

    def _speaks(self, request: web.BaseRequest, question: Question) -> bool:
        accepted = {*self._world.cluster.scenario.axl_versions}
        if self._node is not None:
            accepted.add(_ICSA_VERSION)
        asked = {axl.version_of(question)}
        asked.update(re.findall(r"ver=([\d.]+)", request.headers.get("SOAPAction", "")))
        return asked <= accepted

    def _answer(self, interface: Interface, question: Question, rule: Rule | None) -> Reply:
        if self._node is None:
            return axl.answer_cucm(question, self._world.cluster, self._world.cucm_database)
        if interface is Interface.IMP_AXL:
            return axl.answer_imp(question, self._world.imp_database)
        node, cluster = self._node, self._world.cluster
        host = None
        if rule is not None and rule.fault is Fault.OTHER_NODE:
            node = cluster.node(rule.of) if rule.of else cluster.neighbour(node.name)
            host = node.name
        if interface is Interface.PERFMON:
            return perfmon.answer(question, node, host)
        return control_center.answer(question, cluster, node)

    async def _send(
        self, request: web.BaseRequest, reply: Reply, rule: Rule | None
    ) -> web.StreamResponse:
        if rule is None:
            return await self._send_envelope(request, envelope.around(reply.body))
        match rule.fault:
            case Fault.CUT:
                return wire.until_closed(request, distort.cut(reply))
            case Fault.HUGE_REPLY:
                return await wire.stream(request, distort.endless(reply, rule.megabytes))
            case Fault.DTD_ENTITY | Fault.ENTITY_BOMB:
                return await wire.whole(request, distort.with_entity(reply, rule))
            case Fault.RESET:
                body = envelope.serialise(envelope.around(reply.body))
                return await wire.half_then_reset(request, body)
            case Fault.SLOW_DRIP:
                body = envelope.serialise(envelope.around(reply.body))
                return await wire.slowly(request, body, rule.interval_s)
        return await self._send_envelope(request, distort.content(reply, rule))

    async def _send_envelope(
        self, request: web.BaseRequest, whole: envelope.Element, status: int = 200
    ) -> web.StreamResponse:
        headers = {}
        if request.cookies.get(_COOKIE) not in self._sessions:
            session = secrets.token_hex(16).upper()
            self._sessions.add(session)
            headers["Set-Cookie"] = f"{_COOKIE}={session}; Path=/; Secure; HttpOnly"
        return await wire.whole(request, envelope.serialise(whole), status=status, headers=headers)


def _is_select(statement: str) -> bool:
    return re.match(r"select\b", statement, re.IGNORECASE) is not None and ";" not in statement
