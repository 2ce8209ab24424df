"""Checks one cluster: CUCM first, then the nodes side by side, their logins in turn at first."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Lock

from auditor.collect.clients import build_endpoint
from auditor.collect.coverage import RequestResult
from auditor.collect.cucm import ask_in_turn, is_no_reply
from auditor.collect.progress import ServersListed, SurveyProgress, WaitBegan, WaitEnded
from auditor.collect.topology import declared_topology
from auditor.collect.waiting import wait_for_all
from auditor.command_lines import command_line
from auditor.config.settings import ClusterSettings, CucmServer, ServerAddress
from auditor.credentials import Credentials
from auditor.errors import ExchangeError, NotAsked, Reason
from auditor.models.deployment import INTERCLUSTER_KEY, SYNCED_FROM_KEY
from auditor.models.nodes import NodeFacts, Role
from auditor.problems import Problem
from auditor.redaction import Redactor
from auditor.setup.doctor import queries
from auditor.setup.doctor.interfaces import reachability_steps
from auditor.setup.doctor.login_turn import LoginTurn
from auditor.setup.doctor.model import (
    CheckedServer,
    Checkup,
    CheckupStep,
    DoctorCheck,
    ServerCheckup,
    StepOutcome,
    skipped_step,
)
from auditor.soap.budget import WaitBudget, longest_wait_s
from auditor.soap.client import Client
from auditor.soap.messages import RequestLimits
from auditor.soap.network import Network
from auditor.soap.redaction import (
    RedactionWarnings,
    account_secrets,
    redact_certificate,
    redact_failure,
)


def examine_cluster(
    settings: ClusterSettings,
    login: Credentials | None,
    network: Network,
    progress: SurveyProgress,
    *,
    no_login: str = "",
    refused_by: str = "",
) -> Checkup:
    """Check every server; a password that was refused once is not sent again.

    Without a login (`no_login` says why there is none), or with one that a server of another
    cluster refused (`refused_by`), everything up to the certificates is checked. At most four
    requests go to a CUCM server and four to a node; none is repeated.

    Raises:
        ConfigError: a CA file cannot be used.
        Interrupted: the run is being ended.
    """
    run = _CheckupRun(settings, login, no_login, network, refused_by)

    def check(name: str, check_server: Callable[[], ServerCheckup]) -> ServerCheckup:
        progress(settings.name, WaitBegan(name, longest_wait_s(settings.timeout_s)))
        checked = check_server()
        progress(settings.name, WaitEnded(name))
        return checked

    progress(settings.name, ServersListed(tuple(cucm.name for cucm in settings.cucm_servers)))
    servers = [check(cucm.name, partial(run.check_cucm, cucm)) for cucm in settings.cucm_servers]
    nodes = run.nodes
    progress(settings.name, ServersListed(tuple(node.name for node in nodes)))
    checks = [partial(check, node.name, partial(run.check_node, node)) for node in nodes]
    servers += _run_side_by_side(checks, settings.workers, network)
    return Checkup(settings.name, settings.username, tuple(servers), run.requests)


def _run_side_by_side(
    checks: Collection[Callable[[], ServerCheckup]], workers: int, network: Network
) -> list[ServerCheckup]:
    """Return the results in the order of the checks, so that no node waits for one that hangs."""
    with ThreadPoolExecutor(workers, thread_name_prefix="auditor-doctor") as pool:
        futures = [pool.submit(check) for check in checks]
        try:
            wait_for_all(futures)
            return [future.result() for future in futures]
        except BaseException:
            # The pool waits for its threads, and only cut connections end them at once.
            network.interrupt()
            raise


def try_login(
    settings: ClusterSettings, login: Credentials, network: Network
) -> ExchangeError | None:
    """Send CUCM one request, once: to a subscriber if the publisher cannot be reached.

    Returns why there is no reply. None: there is, so the password was accepted; no error proves
    that.

    Raises:
        ConfigError: a CA file cannot be used.
        Interrupted: the run is being ended.
    """
    # Never repeated: every refused password may count towards a locked account.
    limits = RequestLimits(timeout_s=settings.timeout_s, backoff_s=())

    def ask(server: CucmServer) -> RequestResult[str]:
        endpoint = build_endpoint(settings, server.name, server.address, settings.node_names)
        with Client(endpoint, login, limits, network, axl_version=settings.axl_version) as client:
            try:
                return RequestResult(client.ccm_version())
            except ExchangeError as error:
                return RequestResult(None, error)

    errors = [result.error for result in ask_in_turn(settings.cucm_servers, ask)]
    is_unanswered = errors[-1] is not None and is_no_reply(errors[-1])
    # Where none replied, the publisher's failure is the one to fix.
    return errors[0] if is_unanswered else errors[-1]


class _CheckupRun:
    """One check-up under way: the nodes, and the server that refused the password."""

    def __init__(
        self,
        settings: ClusterSettings,
        login: Credentials | None,
        no_login: str,
        network: Network,
        refused_by: str,
    ) -> None:
        self._settings = settings
        self._login = login
        self._no_login = no_login
        self._network = network
        self._turn = LoginTurn(settings.timeout_s)
        if refused_by:
            self._turn.note_refusal(refused_by)
        self._lock = Lock()
        self._axl_version: str | None = None
        self._are_nodes_listed = False
        self.nodes = _configured_nodes(settings)
        self.requests = 0
        self._warnings = RedactionWarnings()

    def check_cucm(self, cucm: CucmServer) -> ServerCheckup:
        """Check a CUCM server; the nodes are those of the first that lists them."""
        name, address = cucm.name, cucm.address
        server = self._checked_server(name, address, is_cucm=True)
        budget = WaitBudget(self._settings.timeout_s)
        steps = self._reachability_steps(server, budget)
        if obstacle := self._find_obstacle(server, steps):
            # The nodes of the file are checked all the same, so the last step says which they are.
            steps += _obstructed_steps(obstacle, queries.PUBLISHER_CHECKS[:-1])
            steps.append(queries.unlisted_nodes_step([node.name for node in self.nodes]))
        else:
            steps += self._ask_cucm(server, budget)
        is_publisher = name == self._settings.cucm_name
        kind = "CUCM publisher" if is_publisher else "CUCM subscriber"
        return ServerCheckup(name, kind, address.shown, tuple(steps))

    def _ask_cucm(self, server: CheckedServer, budget: WaitBudget) -> list[CheckupStep]:
        with self._client(server, budget) as client:
            results = queries.query_publisher(client, self._settings)
            self.requests += client.requests_sent
            self._axl_version = self._axl_version or client.axl_version
        if results.topology is not None and not self._are_nodes_listed:
            self.nodes = results.topology.nodes
            self._are_nodes_listed = True
        steps = queries.publisher_steps(server, results, [node.name for node in self.nodes])
        self._learn_about_login(server, steps)
        return steps

    def check_node(self, node: NodeFacts) -> ServerCheckup:
        """Check one node; a planned one is left alone."""
        address = self._settings.address_of(node.name)
        role = "node" if node.role is Role.UNKNOWN else str(node.role)
        if node.planned:
            note = "declared in planned_nodes, so not checked."
            steps = [CheckupStep(DoctorCheck.NAME, StepOutcome.NOTE, note)]
        else:
            server = self._checked_server(node.name, address, is_cucm=False)
            budget = WaitBudget(self._settings.timeout_s)
            steps = self._reachability_steps(server, budget)
            obstacle = self._find_obstacle(server, steps)
            if obstacle is None:
                with self._turn.hold():
                    # Looked for again: a node before this one may have refused the password.
                    obstacle = self._find_obstacle(server, steps)
                    if obstacle is None:
                        steps += self._ask_node(server, node, budget)
            if obstacle:
                steps += _obstructed_steps(obstacle, queries.NODE_CHECKS)
        return ServerCheckup(node.name, f"IM and Presence {role}", address.shown, tuple(steps))

    def _reachability_steps(self, server: CheckedServer, budget: WaitBudget) -> list[CheckupStep]:
        """Return the steps before any request; a certificate may repeat a password too."""
        steps = reachability_steps(self._network, server, budget)
        if self._login is None:
            return steps
        names = server.endpoint.public_names
        redactor = Redactor(account_secrets(self._login, names, own_text=True))
        return [_redact_step(step, redactor) for step in steps]

    def _ask_node(
        self, server: CheckedServer, node: NodeFacts, budget: WaitBudget
    ) -> list[CheckupStep]:
        others = frozenset(_folded_names(self.nodes) - {node.name.casefold()})
        with self._client(server, budget) as client:
            results = queries.query_node(client, node.name, others)
            with self._lock:
                self.requests += client.requests_sent
        steps = queries.node_steps(server, node.role, results, needs_axl=self._needs_axl(node))
        self._learn_about_login(server, steps)
        return steps

    def _needs_axl(self, node: NodeFacts) -> bool | None:
        """Return whether the file says that peers sync from the node, None if it leaves it open."""
        declared = self._settings.settings
        if INTERCLUSTER_KEY not in declared:
            return None
        if not any(setting.on for setting in declared[INTERCLUSTER_KEY]):
            return False
        publishers = (n.redundancy_group for n in self.nodes if n.role is Role.PUBLISHER)
        added = (name for s in declared.get(SYNCED_FROM_KEY, ()) for name in s.nodes or ())
        synced = {name.casefold() for name in (*publishers, *added) if name}
        own = {name.casefold() for name in (node.name, node.redundancy_group) if name}
        return True if own & synced else None

    def _checked_server(self, name: str, address: ServerAddress, *, is_cucm: bool) -> CheckedServer:
        nodes = [node.name for node in self.nodes]
        endpoint = build_endpoint(self._settings, name, address, nodes)
        return CheckedServer(
            endpoint,
            is_cucm,
            self._settings.name,
            self._settings.username,
            self._settings.certificate_days,
        )

    def _client(self, server: CheckedServer, budget: WaitBudget) -> Client:
        assert self._login is not None  # noqa: S101 - `_find_obstacle` looked
        return Client(
            server.endpoint,
            self._login,
            RequestLimits(timeout_s=self._settings.timeout_s, backoff_s=()),
            self._network,
            axl_version=self._settings.axl_version,
            # What the publisher agreed to is a better first guess than the newest version.
            axl_first=self._axl_version,
            warnings=self._warnings,
            budget=budget,
        )

    def _find_obstacle(
        self, server: CheckedServer, steps: Sequence[CheckupStep]
    ) -> CheckupStep | None:
        """Return the step that keeps the server from being asked, None if nothing does."""
        for step in steps:
            if step.outcome not in (StepOutcome.OK, StepOutcome.NOTE):
                return step
        check = DoctorCheck.CREDENTIALS
        # All servers take the same account, and further refusals could lock it.
        if self._turn.refused_by:
            error = NotAsked(Problem.REFUSED_ELSEWHERE, other=self._turn.refused_by)
            return CheckupStep(check, StepOutcome.SKIPPED, failure=server.locate(error))
        if self._login is None:
            login = command_line("login", self._settings.name)
            return CheckupStep(
                check,
                StepOutcome.TO_FIX,
                self._no_login,
                remedy="Give a password.",
                where=f"`{login}`, or `password_command` in the file",
            )
        return None

    def _learn_about_login(self, server: CheckedServer, steps: Sequence[CheckupStep]) -> None:
        """Remember who took the password or refused it, so that a wrong one is not sent again."""
        if any(step.reason is Reason.CREDENTIALS for step in steps):
            self._turn.note_refusal(server.endpoint.name)
            return
        if any(
            step.check is DoctorCheck.CREDENTIALS and step.outcome is StepOutcome.OK
            for step in steps
        ):
            note = self._turn.note_cucm_took_it if server.is_cucm else self._turn.note_node_took_it
            note()


def _obstructed_steps(obstacle: CheckupStep, checks: Sequence[DoctorCheck]) -> list[CheckupStep]:
    """Return the steps of a server that is not asked; the first is on the credentials."""
    first, *others = checks
    step = obstacle if obstacle.check is first else skipped_step(first, obstacle.check)
    return [step, *(skipped_step(check, obstacle.check) for check in others)]


def _redact_step(step: CheckupStep, redactor: Redactor) -> CheckupStep:
    return replace(
        step,
        failure=step.failure and redact_failure(step.failure, redactor),
        certificate=step.certificate and redact_certificate(step.certificate, redactor),
    )


def _folded_names(nodes: Sequence[NodeFacts]) -> set[str]:
    return {node.name.casefold() for node in nodes}


def _configured_nodes(settings: ClusterSettings) -> tuple[NodeFacts, ...]:
    """Return the nodes that the file names, declared or by address or pin alone."""
    declared = declared_topology(settings).nodes
    named = [*(node.name for node in declared), *settings.planned_nodes]
    names = {settings.full_name(name) for name in named}
    mentioned = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    full_names = {settings.full_name(name): name for name in mentioned}
    further = {key: name for key, name in full_names.items() if key not in names}
    undeclared = (
        NodeFacts(name, settings.address_of(name).shown, Role.UNKNOWN) for name in further.values()
    )
    return (*declared, *undeclared)
