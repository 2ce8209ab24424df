"""Whether a node that the file declares as not installed yet is there after all."""

from dataclasses import replace

from auditor.cluster import Reach
from auditor.collect.node import NodeAnswers, untouched
from auditor.collect.topology import Member
from auditor.config.settings import ClusterSettings
from auditor.errors import Reason
from auditor.facts import Coverage, Outcome, Source
from auditor.soap.exchange import TcpResult, Wire

KNOCK_S = 2.0
"""How long a node has to accept a bare TCP connection, where no more is asked of it."""


def declared(settings: ClusterSettings, member: Member) -> bool:
    """Tell whether the file names a node as planned, whatever a survey found out since."""
    return member.planned or member.name.casefold() in map(str.casefold, settings.planned_nodes)


def knock(wire: Wire, settings: ClusterSettings, member: Member) -> NodeAnswers:
    """Open and close one TCP connection; nothing is sent, and no password risked.

    A node that accepts it contradicts the file, which is drift (PROFILE-02), and what is due there
    is unknown, because nobody looked at what runs. Any other outcome proves nothing, and the
    declaration stands.
    """
    place = settings.dial(member.name)
    result = wire.tcp(place.host, place.port, min(KNOCK_S, settings.timeout_s))
    answers = there(member) if result.reach is Reach.REACHED else left_alone(member)
    return replace(answers, coverage=(*answers.coverage, _tested(place.shown, result)))


def left_alone(member: Member) -> NodeAnswers:
    """Return the answers of a node that is planned, as far as anybody knows."""
    return untouched(member, None, "Declared in planned_nodes: not installed yet.")


def there(member: Member) -> NodeAnswers:
    """Return the answers of a node that is declared planned, and accepts connections."""
    return untouched(
        replace(member, planned=False),
        Reason.NOT_ASKED,
        "Not asked, because planned_nodes names it; but it accepts connections. "
        "Take it out of planned_nodes once it is installed.",
    )


def _tested(place: str, result: TcpResult) -> Coverage:
    told = Outcome.SKIPPED if result.reach is Reach.UNKNOWN else Outcome.COLLECTED
    return Coverage(Source.TCP, place, told, None, result.text, 1, result.elapsed_ms)
