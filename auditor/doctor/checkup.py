"""Walks one cluster, one server and one question at a time: the CUCM publisher, then each node."""

from collections.abc import Callable, Sequence

from auditor.collect import servers, topology
from auditor.collect.topology import Member
from auditor.config.settings import ClusterSettings, Dial
from auditor.credentials import Credentials
from auditor.doctor import node, publisher
from auditor.doctor.advice import Subject, no_nodes, subject
from auditor.doctor.reaching import reach, skipped
from auditor.doctor.steps import Check, Checkup, Outcome, Server, Step
from auditor.errors import ExchangeError, Reason
from auditor.facts import Role
from auditor.soap.client import Client, Limits
from auditor.soap.exchange import Wire

Progress = Callable[[str, str], None]
"""Told the cluster and the server that was just looked at."""


def examine(
    settings: ClusterSettings,
    login: Credentials | None,
    wire: Wire,
    progress: Progress,
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
    walk = _Walk(settings, login, no_login, wire)
    found = [walk.cucm()]
    progress(settings.name, settings.cucm_name)
    for member in walk.members:
        found.append(walk.node(member))
        progress(settings.name, member.name)
    return Checkup(settings.name, settings.username, tuple(found), walk.requests)


def let_in(settings: ClusterSettings, login: Credentials, wire: Wire) -> ExchangeError | None:
    """Ask the CUCM publisher one question, once.

    Returns why it gave no answer; None: it did, which is to say, it took the password. No error
    proves that.

    Raises:
        ConfigError: a CA file cannot be used.
        Interrupted: the run is being ended.
    """
    place = servers.endpoint(
        settings, settings.cucm_name, settings.cucm_publisher, settings.node_names
    )
    limits = Limits(timeout_s=settings.timeout_s, backoff_s=())
    with Client(place, login, limits, wire, axl_version=settings.axl_version) as client:
        try:
            client.ccm_version()
        except ExchangeError as error:
            return error
    return None


class _Walk:
    """One check-up under way: what is known of the nodes, and who refused the password."""

    def __init__(
        self, settings: ClusterSettings, login: Credentials | None, no_login: str, wire: Wire
    ) -> None:
        self._settings = settings
        self._login = login
        self._no_login = no_login
        self._wire = wire
        self._refused_by = ""
        self._axl_version: str | None = None
        self.members = _in_file(settings)
        self.requests = 0

    def cucm(self) -> Server:
        """Look at the CUCM publisher, and learn the nodes from it."""
        dial = self._settings.cucm_publisher
        about = self._about(self._settings.cucm_name, dial, cucm=True)
        steps = reach(self._wire, about, self._settings.timeout_s)
        if blocked := self._blocked(steps):
            names = [member.name for member in self.members]
            steps += [*_after(blocked, publisher.CHECKS[:-1]), no_nodes(None, names)]
        else:
            steps += self._ask_cucm(about)
        return Server(self._settings.cucm_name, "CUCM publisher", dial.shown, tuple(steps))

    def _ask_cucm(self, about: Subject) -> list[Step]:
        with self._client(about) as client:
            answers = publisher.ask(client, self._settings)
            self.requests += client.requests_sent
            self._axl_version = client.axl_version
        if answers.told is not None:
            self.members = answers.told.members
        steps = publisher.steps(about, answers, [member.name for member in self.members])
        self._learn(about, steps)
        return steps

    def node(self, member: Member) -> Server:
        """Look at one node."""
        dial = self._settings.dial(member.name)
        word = "node" if member.role is Role.UNKNOWN else str(member.role)
        steps = [Step(Check.NAME, Outcome.NOTE, "declared in planned_nodes: not looked at.")]
        if not member.planned:
            about = self._about(member.name, dial, cucm=False)
            steps = reach(self._wire, about, self._settings.timeout_s)
            blocked = self._blocked(steps)
            steps += _after(blocked, node.CHECKS) if blocked else self._ask_node(about, member)
        return Server(member.name, f"IM and Presence {word}", dial.shown, tuple(steps))

    def _ask_node(self, about: Subject, member: Member) -> list[Step]:
        others = frozenset(_names(self.members) - {member.name.casefold()})
        with self._client(about) as client:
            answers = node.ask(client, member.name, others)
            self.requests += client.requests_sent
        steps = node.steps(about, member.role, answers)
        self._learn(about, steps)
        return steps

    def _about(self, name: str, dial: Dial, *, cucm: bool) -> Subject:
        known = _names(self.members) | {self._settings.cucm_name.casefold()}
        others = frozenset(known - {name.casefold()})
        place = servers.endpoint(self._settings, name, dial, others)
        return subject(self._settings, place, cucm=cucm)

    def _client(self, about: Subject) -> Client:
        assert self._login is not None  # noqa: S101 - `_blocked` looked
        return Client(
            about.endpoint,
            self._login,
            Limits(timeout_s=self._settings.timeout_s, backoff_s=()),
            self._wire,
            axl_version=self._settings.axl_version,
            axl_first=self._axl_version,
        )

    def _blocked(self, steps: Sequence[Step]) -> Step | None:
        """Return the step that keeps the server from being asked, None if it may be."""
        for step in steps:
            if step.outcome not in (Outcome.OK, Outcome.NOTE):
                return step
        if self._refused_by:
            text = f"not tried: {self._refused_by} refused it, and repeats lock accounts."
            return Step(Check.CREDENTIALS, Outcome.SKIPPED, text, reason=Reason.NOT_ASKED)
        if self._login is None:
            where = f"`auditor login {self._settings.name}`, or `password_command` in the file"
            return Step(Check.CREDENTIALS, Outcome.MEND, self._no_login, "Give a password.", where)
        return None

    def _learn(self, about: Subject, steps: Sequence[Step]) -> None:
        """Remember who refused the password, so that nobody is asked with it again."""
        if any(step.reason is Reason.CREDENTIALS for step in steps):
            self._refused_by = about.endpoint.name


def _after(blocked: Step, checks: Sequence[Check]) -> list[Step]:
    """Return the steps of a server that is not asked; the first is on the credentials."""
    first = blocked if blocked.check is checks[0] else skipped(checks[0], blocked.check)
    return [first, *(skipped(check, blocked.check) for check in checks[1:])]


def _names(members: Sequence[Member]) -> set[str]:
    return {member.name.casefold() for member in members}


def _in_file(settings: ClusterSettings) -> tuple[Member, ...]:
    """Return the nodes that the file names, declared or by address or pin alone."""
    declared = topology.declared(settings).members
    known = _names(declared) | {name.casefold() for name in settings.planned_nodes}
    named = [*settings.named.get("addresses", ()), *settings.named.get("pins", ())]
    further = {name.casefold(): name for name in named if name.casefold() not in known}
    return (*declared, *(Member(name, Role.UNKNOWN) for name in further.values()))
