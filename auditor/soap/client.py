"""One server's interfaces as plain methods: each sends a request and returns records, or raises.

The way of a request: `operations` builds it, `retry` repeats it while the server is busy,
`transport` sends it; then `reply_checks` refuses what is no reply to it, `redaction` hides
secrets, and `parsing` makes records, unless an equal reply is in the `reply_cache`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from auditor.credentials import Credentials
from auditor.errors import BadCredentials, NotAsked, SoapFault, TimedOut, TlsFailed
from auditor.models.nodes import Identity
from auditor.problems import Problem
from auditor.soap import operations, parsing
from auditor.soap.budget import WaitBudget, longest_wait_s
from auditor.soap.messages import Endpoint, RequestLimits, SoapRequest, SoapResponse
from auditor.soap.network import Network
from auditor.soap.records import (
    PerfmonCounter,
    ProcessNode,
    ProcessNodeService,
    ProductInformation,
    RedundancyGroup,
    ServiceStatusReply,
)
from auditor.soap.redaction import RedactionWarnings, ResponseRedactor
from auditor.soap.reply_cache import CachedReply, ReplyCache
from auditor.soap.reply_checks import AxlVersionRefused, check_response
from auditor.soap.retry import with_retries
from auditor.soap.sql_guard import check_select_statement, check_union_parts

_AUTOMATIC_AXL_VERSION = "auto"
_RecordsT = TypeVar("_RecordsT")

_shared_reply_cache = ReplyCache()


class Client(AbstractContextManager["Client"]):
    """All requests to one server (an IM&P node, or the CUCM publisher), one at a time.

    Every method raises `Interrupted` or an `ExchangeError`, whose text holds no secret. May be
    shared by threads; they take turns.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        limits: RequestLimits,
        network: Network,
        *,
        axl_version: str = _AUTOMATIC_AXL_VERSION,
        axl_first: str | None = None,
        warnings: RedactionWarnings | None = None,
        budget: WaitBudget | None = None,
        reply_cache: ReplyCache = _shared_reply_cache,
    ) -> None:
        """Prepare a session; raises `ConfigError` for a CA file or version that cannot be used.

        `axl_first` is the version to try first where none is configured, such as the one that
        another server of the cluster speaks: it saves a refusal. `warnings` is shared by the
        clients of a run. `budget`: what the server has left, if it was waited for before.
        `reply_cache` is shared by all clients of the process.
        """
        self._endpoint = endpoint
        self._limits = limits
        self._budget = budget or WaitBudget(limits.timeout_s)
        self._network = network
        self._session = network.open_session(endpoint, credentials, limits)
        self._password_source = credentials.source
        self._configured_axl_version = (
            None
            if axl_version == _AUTOMATIC_AXL_VERSION
            else operations.validate_axl_version(axl_version)
        )
        self._first_axl_version = axl_first or operations.NEWEST_AXL_VERSION
        self._axl_version: str | None = None
        self._sends_action = True
        self._identity = Identity.UNPROVEN
        self._certificate_not_after: datetime | None = None
        self._reply_cache = reply_cache
        self._redactor = ResponseRedactor(credentials, endpoint, warnings)

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out so far, repeats included."""
        return self._session.requests_sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that its exchanges took so far; pauses are no part of it."""
        return self._session.elapsed_us

    @property
    def identity(self) -> Identity:
        """Return whether a certificate or pin proved who answered last."""
        return self._identity

    @property
    def certificate_not_after(self) -> datetime | None:
        """Return when the certificate that was presented last ends; None: none could be read."""
        return self._certificate_not_after

    @property
    def axl_version(self) -> str | None:
        """Return the AXL version that both sides speak, None before its first reply."""
        return self._axl_version

    def service_status(self) -> ServiceStatusReply:
        """Return all services of the node, from one request."""
        return self._ask(
            operations.get_operation(operations.CONTROL_CENTER_API, "soapGetServiceStatus"),
            # One empty element means every service (Cisco DevNet). A list of names would miss
            # what a newer release adds.
            {"ServiceStatus": [""]},
            parsing.parse_service_status,
        )

    def product_information(self) -> ProductInformation:
        """Return the node's release and what it knows of its services."""
        return self._ask(
            operations.get_operation(operations.CONTROL_CENTER_API, "getProductInformationList"),
            # The element is required, and its value does not matter (Cisco DevNet).
            {"ServiceInfo": ""},
            parsing.parse_product_information,
        )

    def perfmon_counters(self, object_name: str, host: str) -> tuple[PerfmonCounter, ...]:
        """Return the counters of a PerfMon object on a host; the host proves no identity."""
        return self._ask(
            operations.get_operation(operations.PERFMON_API, "perfmonCollectCounterData"),
            {"Host": host, "Object": object_name},
            parsing.parse_counters,
        )

    def list_process_nodes(self) -> tuple[ProcessNode, ...]:
        """Return CUCM's server list, `EnterpriseWideData` included; no roles before AXL 10.0."""
        # AXL requires a search criterion: "%" is the pattern that every name matches.
        tags = ("name", "description", "nodeUsage", "processNodeRole")
        return self._ask_axl(
            "listProcessNode",
            operations.axl_list_parameters("name", "%", tags),
            parsing.parse_process_nodes,
        )

    def list_presence_redundancy_groups(self) -> tuple[RedundancyGroup, ...]:
        """Return the presence redundancy groups; AXL knows them from 10.0."""
        tags = ("name", "server1", "server2", "haEnabled")
        return self._ask_axl(
            "listPresenceRedundancyGroup",
            operations.axl_list_parameters("name", "%", tags),
            parsing.parse_redundancy_groups,
        )

    def list_process_node_services(self, node: str) -> tuple[ProcessNodeService, ...]:
        """Return which services are activated on one node, as CUCM's database says."""
        tags = ("processNodeName", "service", "isActive")
        rows = self._ask_axl(
            "listProcessNodeService",
            operations.axl_list_parameters("processNodeName", node, tags),
            parsing.parse_process_node_services,
        )
        # AXL reads the name as a pattern, in which "_" matches any character.
        return tuple(row for row in rows if row.node.casefold() == node.casefold())

    def ccm_version(self) -> str:
        """Return the release of the server that answers AXL."""
        return self._ask_axl("getCCMVersion", {}, parsing.parse_ccm_version)

    def sql(self, statement: str) -> tuple[Mapping[str, str | None], ...]:
        """Return the rows of one SELECT; raises `StatementRefused` before sending any other."""
        check_select_statement(statement)
        return self._ask_axl("executeSQLQuery", {"sql": statement}, parsing.parse_sql_rows)

    def sql_union(self, statements: Sequence[str]) -> tuple[Mapping[str, str | None], ...]:
        """Return the rows of several SELECTs, asked as one; `StatementRefused` as in `sql`."""
        check_union_parts(tuple(statements))
        whole = " union all ".join(statements)
        return self._ask_axl("executeSQLQuery", {"sql": whole}, parsing.parse_sql_rows)

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask_axl(
        self, name: str, values: dict[str, Any], parse: Callable[[parsing.CheckedReply], _RecordsT]
    ) -> _RecordsT:
        """Ask AXL in the newest version that both sides have.

        A server that refuses a version lists its own ones, so one repeat is enough.
        """
        version = self._axl_version or self._configured_axl_version or self._first_axl_version
        try:
            records = self._ask_axl_version(version, name, values, parse)
        except AxlVersionRefused as refused:
            common = operations.newest_common_version(refused.offered)
            # The choice of the operator is not overruled in silence, and a version that this server
            # has already answered in was no wrong guess.
            if self._axl_version or self._configured_axl_version or common is None:
                raise
            version = common
            records = self._ask_axl_version(version, name, values, parse)
        self._axl_version = version
        return records

    def _ask_axl_version(
        self,
        version: str,
        name: str,
        values: dict[str, Any],
        parse: Callable[[parsing.CheckedReply], _RecordsT],
    ) -> _RecordsT:
        """Ask AXL in one version, without a SOAP action if the server refuses ours.

        No document says which action an IM&P node's own AXL expects.
        """
        operation = operations.get_operation(operations.AXL_API, name, version)
        values = operations.drop_unsupported_tags(version, values)
        try:
            return self._ask(operation, values, parse)
        except SoapFault as fault:
            if not (self._sends_action and re.search("soap ?action", fault.text, re.IGNORECASE)):
                raise
            # For good: every later request would be refused for the same header.
            self._sends_action = False
            return self._ask(operation, values, parse)

    def _ask(
        self,
        operation: operations.SoapOperation,
        values: dict[str, Any],
        parse: Callable[[parsing.CheckedReply], _RecordsT],
    ) -> _RecordsT:
        """Send one request, repeated while the server is busy, and parse its checked reply."""
        # Only the action of AXL is in doubt: those of the other two are in Cisco's WSDLs.
        sends_action = self._sends_action or operation.interface is not operations.AXL_API
        action = operation.soap_action if sends_action else ""
        # SOAP 1.1 wants quotation marks around the action, even around an empty one.
        request = SoapRequest(
            url=f"{self._endpoint.origin}{operation.interface.path}",
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'},
            body=operation.envelope(values),
            operation=operation.name,
        )
        return with_retries(
            lambda: self._send(operation, request, parse),
            self._limits.backoff_s,
            self._network.pause,
            self._budget,
        )

    def _send(
        self,
        operation: operations.SoapOperation,
        request: SoapRequest,
        parse: Callable[[parsing.CheckedReply], _RecordsT],
    ) -> _RecordsT:
        """Send a request once; return the records of its reply."""
        response = self._post(request)
        # Before the checks: it is known who answered, even where the answer is refused.
        self._identity = response.identity
        if response.certificate is not None:
            self._certificate_not_after = response.certificate.not_after
        cached = self._reply_cache.find(operation, response)
        if cached and not self._redactor.may_hide(cached.searched_text, self._session.cookies):
            records: _RecordsT = cached.records
            return records
        return self._read(operation, response, parse)

    def _read(
        self,
        operation: operations.SoapOperation,
        response: SoapResponse,
        parse: Callable[[parsing.CheckedReply], _RecordsT],
    ) -> _RecordsT:
        """Check a reply, hide secrets in it, and return its records."""
        try:
            element = check_response(response, operation, self._endpoint.name, self._quote)
        except BadCredentials as error:
            # The environment wins over the keyring: without the source, the wrong one is corrected.
            error.failure = error.failure.with_values(password_source=self._password_source)
            raise
        # Before parsing: a secret that a server repeats in an ordinary row would otherwise reach
        # reports, history and notifications.
        searched = self._redactor.hide(element, self._session.cookies)
        sender = (self._endpoint.name, operation.interface.label)
        records = parse(parsing.CheckedReply(element, sender, response.received_at))
        if searched is not None:
            self._reply_cache.add(operation, response, CachedReply(records, searched))
        return records

    def _post(self, request: SoapRequest) -> SoapResponse:
        """Send a request within what the server has left of its time.

        An error that quotes a certificate holds no secret either.
        """
        limit_s = self._budget.next_limit_s()
        all_s = f"{longest_wait_s(self._limits.timeout_s):g}"
        if limit_s is None:
            raise NotAsked(Problem.TIME_SPENT, self._endpoint.name, seconds=all_s)
        # Measured by the session, so that a replay comes to the same decisions.
        before_us = self.elapsed_us
        try:
            return self._session.post(replace(request, timeout_s=limit_s))
        except TimedOut as error:
            self._budget.note_timeout()
            if limit_s < self._limits.timeout_s:
                # The share differs from run to run, and shows less than a whole time-out.
                error.failure = replace(
                    error.failure, problem=Problem.SHARE_PASSED, values={"seconds": all_s}
                )
            raise
        except TlsFailed as error:
            self._certificate_not_after = error.certificate_not_after
            error.failure = self._redactor.hide_in_failure(error.failure)
            raise
        finally:
            self._budget.charge((self.elapsed_us - before_us) / 1_000_000)

    def _quote(self, text: str) -> str:
        return self._redactor.quote(text, self._session.cookies)
