"""Walks one cluster, one server and one question at a time: the CUCM publisher, then each node.

What one node is asked, and the steps that its answers make.

What the CUCM publisher is asked, and the steps that its answers make.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditor.collect.axl import AXL_PROBE_SQL
from auditor.collect.clients import build_endpoint
from auditor.collect.perfmon import HA_STATE_OBJECT, refuse_foreign_counters
from auditor.collect.topology import Topology, declared_topology, read_topology
from auditor.config.settings import ClusterSettings, ServerAddress
from auditor.credentials import Credentials
from auditor.errors import ExchangeError, Reason
from auditor.models.facts import NodeFacts, Role
from auditor.setup.doctor.advice import (
    CheckedServer,
    build_checked_server,
    no_groups_step,
    no_nodes_step,
    optional_axl_step,
)
from auditor.setup.doctor.interfaces import (
    QueryResult,
    credentials_step,
    reachability_steps,
    role_step,
    service_step,
    skipped_step,
    version_step,
    versions_sentence,
)
from auditor.setup.doctor.model import Checkup, CheckupStep, DoctorCheck, ServerCheckup, StepOutcome
from auditor.soap.client import Client
from auditor.soap.messages import RequestLimits
from auditor.soap.network import Network
from auditor.text import count_noun

NODE_CHECKS = (
    DoctorCheck.CREDENTIALS, DoctorCheck.SERVICEABILITY_SERVICE, DoctorCheck.SERVICEABILITY_ROLE,
    DoctorCheck.AXL_SERVICE, DoctorCheck.AXL_ROLE, DoctorCheck.VERSION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeQueryResults:
    """What became of each question, in order; one that settles is the last."""

    serviceability: tuple[QueryResult, ...]
    axl: QueryResult
    versions: str


def query_node(client: Client, name: str, others: frozenset[str]) -> NodeQueryResults:
    """Ask Control Center, PerfMon and AXL once each; `others` are the other nodes, lower case.

    After an error that settles, such as a refused password, the rest is not asked.
    """
    release: list[str] = []

    def control_center() -> None:
        release.append(client.product_information().active_version or "")

    def perfmon() -> None:
        refuse_foreign_counters(client.perfmon_counters(HA_STATE_OBJECT, name), name, others)

    asked = [_try_query("Control Center", control_center)]
    if not _has_final_error(asked):
        asked.append(_try_query("PerfMon", perfmon))
    axl = asked[-1]
    if not _has_final_error(asked):
        axl = _try_query("AXL", lambda: client.sql(AXL_PROBE_SQL))
    versions = versions_sentence("".join(release), client.axl_version)
    return NodeQueryResults(tuple(asked), axl, versions)


def _try_query(label: str, question: Callable[[], object]) -> QueryResult:
    try:
        question()
    except ExchangeError as error:
        return QueryResult(label, error)
    return QueryResult(label)


def _has_final_error(asked: Sequence[QueryResult]) -> bool:
    return asked[-1].error is not None and asked[-1].error.settles


def node_steps(about: CheckedServer, role: Role, answers: NodeQueryResults) -> list[CheckupStep]:
    """Return the steps of a node in that role."""
    serviceability = answers.serviceability
    below = service_step(about, DoctorCheck.SERVICEABILITY_SERVICE, serviceability)
    axl = _axl_service_step(about, role, answers.axl)
    return [
        credentials_step(about, (*serviceability, answers.axl)),
        below,
        role_step(
            about, DoctorCheck.SERVICEABILITY_ROLE, _ignore_perfmon_fault(serviceability), below
        ),
        axl,
        _axl_role_step(about, answers.axl, axl),
        version_step([answers.axl], answers.versions, below),
    ]


def _ignore_perfmon_fault(asked: Sequence[QueryResult]) -> list[QueryResult]:
    """Take PerfMon's SOAP fault for an answer: a release may lack the object asked for."""
    return [
        QueryResult(one.label)
        if one.label == "PerfMon" and one.error and one.error.reason is Reason.SOAP_FAULT
        else one
        for one in asked
    ]


def _axl_service_step(about: CheckedServer, role: Role, axl: QueryResult) -> CheckupStep:
    absent = axl.error is not None and axl.error.reason is Reason.NO_SUCH_SERVICE
    if absent and role is Role.SUBSCRIBER and axl.error is not None:
        return optional_axl_step(about, axl.error)
    return service_step(about, DoctorCheck.AXL_SERVICE, [axl])


def _axl_role_step(about: CheckedServer, axl: QueryResult, service: CheckupStep) -> CheckupStep:
    if service.outcome is StepOutcome.NOTE:
        return CheckupStep(
            DoctorCheck.AXL_ROLE, StepOutcome.NOTE, "cannot be seen while its AXL is off."
        )
    return role_step(about, DoctorCheck.AXL_ROLE, [axl], service)


PUBLISHER_CHECKS = (
    DoctorCheck.CREDENTIALS,
    DoctorCheck.AXL_SERVICE,
    DoctorCheck.AXL_ROLE,
    DoctorCheck.VERSION,
    DoctorCheck.NODES,
)


@dataclass(frozen=True, slots=True)
class PublisherQueryResults:
    """What AXL gave: the nodes (`error` why not), whether it answered at all, versions."""

    axl: QueryResult
    told: Topology | None
    error: ExchangeError | None
    versions: str


def query_publisher(client: Client, settings: ClusterSettings) -> PublisherQueryResults:
    """Ask for nodes, groups and the release: three requests, one more to agree on a version."""
    told, release, failure = None, "", None
    try:
        told = read_topology(client, settings)
        release = client.ccm_version()
    except ExchangeError as error:
        failure = error
    answered = QueryResult("AXL", None if client.axl_version else failure)
    return PublisherQueryResults(
        answered, told, failure, versions_sentence(release, client.axl_version)
    )


def publisher_steps(
    about: CheckedServer, answers: PublisherQueryResults, nodes: Sequence[str]
) -> list[CheckupStep]:
    """Return the steps; `nodes` are the names of those that will be looked at."""
    service = service_step(about, DoctorCheck.AXL_SERVICE, [answers.axl])
    return [
        credentials_step(about, [answers.axl]),
        service,
        role_step(about, DoctorCheck.AXL_ROLE, [answers.axl], service),
        version_step([answers.axl], answers.versions, service),
        _nodes_step(answers, nodes),
    ]


def _nodes_step(answers: PublisherQueryResults, nodes: Sequence[str]) -> CheckupStep:
    if answers.told is None:
        return no_nodes_step(None if answers.axl.error else answers.error, nodes)
    if answers.told.trouble is not None:
        return no_groups_step(answers.told.trouble, nodes)
    count = count_noun(len(nodes), "IM and Presence node")
    return CheckupStep(DoctorCheck.NODES, StepOutcome.OK, f"{count}: {', '.join(nodes)}.")


CheckupProgress = Callable[[str, str], None]
"""Told the cluster and the server that was just looked at."""


def examine_cluster(
    settings: ClusterSettings,
    login: Credentials | None,
    wire: Network,
    progress: CheckupProgress,
    *,
    no_login: str = "",
) -> Checkup:
    """Look at every server in turn; a password that was refused once is not sent again.

    Without a login (`no_login` says why there is none) everything up to the certificates is
    looked at. At most four requests go to the CUCM publisher and four to a node; none is repeated.

    Raises:
        ConfigError: a CA file cannot be used.
        Interrupted: the run is being ended.
    """
    walk = _CheckupRun(settings, login, no_login, wire)
    found = [walk.cucm()]
    progress(settings.name, settings.cucm_name)
    for member in walk.members:
        found.append(walk.node(member))
        progress(settings.name, member.name)
    return Checkup(settings.name, settings.username, tuple(found), walk.requests)


def try_login(settings: ClusterSettings, login: Credentials, wire: Network) -> ExchangeError | None:
    """Ask the CUCM publisher one question, once.

    Returns why it gave no answer; None: it did, which is to say, it took the password. No error
    proves that.

    Raises:
        ConfigError: a CA file cannot be used.
        Interrupted: the run is being ended.
    """
    place = build_endpoint(
        settings, settings.cucm_name, settings.cucm_publisher, settings.node_names
    )
    limits = RequestLimits(timeout_s=settings.timeout_s, backoff_s=())
    with Client(place, login, limits, wire, axl_version=settings.axl_version) as client:
        try:
            client.ccm_version()
        except ExchangeError as error:
            return error
    return None


class _CheckupRun:
    """One check-up under way: what is known of the nodes, and who refused the password."""

    def __init__(
        self, settings: ClusterSettings, login: Credentials | None, no_login: str, wire: Network
    ) -> None:
        self._settings = settings
        self._login = login
        self._no_login = no_login
        self._wire = wire
        self._refused_by = ""
        self._axl_version: str | None = None
        self.members = _configured_topology_nodes(settings)
        self.requests = 0

    def cucm(self) -> ServerCheckup:
        """Look at the CUCM publisher, and learn the nodes from it."""
        dial = self._settings.cucm_publisher
        about = self._about(self._settings.cucm_name, dial, cucm=True)
        steps = reachability_steps(self._wire, about, self._settings.timeout_s)
        if blocked := self._blocked(steps):
            names = [member.name for member in self.members]
            steps += [
                *_blocked_server_steps(blocked, PUBLISHER_CHECKS[:-1]),
                no_nodes_step(None, names),
            ]
        else:
            steps += self._ask_cucm(about)
        return ServerCheckup(self._settings.cucm_name, "CUCM publisher", dial.shown, tuple(steps))

    def _ask_cucm(self, about: CheckedServer) -> list[CheckupStep]:
        with self._client(about) as client:
            answers = query_publisher(client, self._settings)
            self.requests += client.requests_sent
            self._axl_version = client.axl_version
        if answers.told is not None:
            self.members = answers.told.nodes
        steps = publisher_steps(about, answers, [member.name for member in self.members])
        self._learn(about, steps)
        return steps

    def node(self, member: NodeFacts) -> ServerCheckup:
        """Look at one node."""
        dial = self._settings.address_of(member.name)
        word = "node" if member.role is Role.UNKNOWN else str(member.role)
        steps = [
            CheckupStep(
                DoctorCheck.NAME, StepOutcome.NOTE, "declared in planned_nodes: not looked at."
            )
        ]
        if not member.planned:
            about = self._about(member.name, dial, cucm=False)
            steps = reachability_steps(self._wire, about, self._settings.timeout_s)
            blocked = self._blocked(steps)
            steps += (
                _blocked_server_steps(blocked, NODE_CHECKS)
                if blocked
                else self._ask_node(about, member)
            )
        return ServerCheckup(member.name, f"IM and Presence {word}", dial.shown, tuple(steps))

    def _ask_node(self, about: CheckedServer, member: NodeFacts) -> list[CheckupStep]:
        others = frozenset(_topology_node_names(self.members) - {member.name.casefold()})
        with self._client(about) as client:
            answers = query_node(client, member.name, others)
            self.requests += client.requests_sent
        steps = node_steps(about, member.role, answers)
        self._learn(about, steps)
        return steps

    def _about(self, name: str, dial: ServerAddress, *, cucm: bool) -> CheckedServer:
        known = _topology_node_names(self.members) | {self._settings.cucm_name.casefold()}
        others = frozenset(known - {name.casefold()})
        place = build_endpoint(self._settings, name, dial, others)
        return build_checked_server(self._settings, place, cucm=cucm)

    def _client(self, about: CheckedServer) -> Client:
        assert self._login is not None  # noqa: S101 - `_blocked` looked
        return Client(
            about.endpoint,
            self._login,
            RequestLimits(timeout_s=self._settings.timeout_s, backoff_s=()),
            self._wire,
            axl_version=self._settings.axl_version,
            axl_first=self._axl_version,
        )

    def _blocked(self, steps: Sequence[CheckupStep]) -> CheckupStep | None:
        """Return the step that keeps the server from being asked, None if it may be."""
        for step in steps:
            if step.outcome not in (StepOutcome.OK, StepOutcome.NOTE):
                return step
        if self._refused_by:
            text = f"not tried: {self._refused_by} refused it, and repeats lock accounts."
            return CheckupStep(
                DoctorCheck.CREDENTIALS, StepOutcome.SKIPPED, text, reason=Reason.NOT_ASKED
            )
        if self._login is None:
            where = f"`auditor login {self._settings.name}`, or `password_command` in the file"
            return CheckupStep(
                DoctorCheck.CREDENTIALS, StepOutcome.MEND, self._no_login, "Give a password.", where
            )
        return None

    def _learn(self, about: CheckedServer, steps: Sequence[CheckupStep]) -> None:
        """Remember who refused the password, so that nobody is asked with it again."""
        if any(step.reason is Reason.CREDENTIALS for step in steps):
            self._refused_by = about.endpoint.name


def _blocked_server_steps(blocked: CheckupStep, checks: Sequence[DoctorCheck]) -> list[CheckupStep]:
    """Return the steps of a server that is not asked; the first is on the credentials."""
    first = blocked if blocked.check is checks[0] else skipped_step(checks[0], blocked.check)
    return [first, *(skipped_step(check, blocked.check) for check in checks[1:])]


def _topology_node_names(members: Sequence[NodeFacts]) -> set[str]:
    return {member.name.casefold() for member in members}


def _configured_topology_nodes(settings: ClusterSettings) -> tuple[NodeFacts, ...]:
    """Return the nodes that the file names, declared or by address or pin alone."""
    declared = declared_topology(settings).nodes
    known = _topology_node_names(declared) | {name.casefold() for name in settings.planned_nodes}
    named = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    further = {name.casefold(): name for name in named if name.casefold() not in known}
    undeclared = (
        NodeFacts(name, settings.address_of(name).shown, Role.UNKNOWN) for name in further.values()
    )
    return (*declared, *undeclared)
