"""What the CUCM publisher is asked, and the steps that its answers make."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.collect import topology
from auditor.collect.topology import Topology
from auditor.config.settings import ClusterSettings
from auditor.doctor import advice, interfaces
from auditor.doctor.advice import Subject
from auditor.doctor.interfaces import Asked
from auditor.doctor.steps import Check, Outcome, Step
from auditor.errors import ExchangeError
from auditor.soap.client import Client

CHECKS = (Check.CREDENTIALS, Check.AXL_SERVICE, Check.AXL_ROLE, Check.VERSION, Check.NODES)


@dataclass(frozen=True, slots=True)
class Answers:
    """What AXL gave: the nodes (`error` why not), whether it answered at all, versions."""

    axl: Asked
    told: Topology | None
    error: ExchangeError | None
    versions: str


def ask(client: Client, settings: ClusterSettings) -> Answers:
    """Ask for nodes, groups and the release: three requests, one more to agree on a version."""
    told, release, failure = None, "", None
    try:
        told = topology.ask(client, settings)
        release = client.ccm_version()
    except ExchangeError as error:
        failure = error
    answered = Asked("AXL", None if client.axl_version else failure)
    return Answers(answered, told, failure, interfaces.versions(release, client.axl_version))


def steps(about: Subject, answers: Answers, nodes: Sequence[str]) -> list[Step]:
    """Return the steps; `nodes` are the names of those that will be looked at."""
    service = interfaces.service(about, Check.AXL_SERVICE, [answers.axl])
    return [
        interfaces.credentials(about, [answers.axl]),
        service,
        interfaces.role(about, Check.AXL_ROLE, [answers.axl], service),
        interfaces.version([answers.axl], answers.versions, service),
        _listed(answers, nodes),
    ]


def _listed(answers: Answers, nodes: Sequence[str]) -> Step:
    if answers.told is None:
        return advice.no_nodes(None if answers.axl.error else answers.error, nodes)
    if answers.told.trouble is not None:
        return advice.no_groups(answers.told.trouble, nodes)
    count = f"{len(nodes)} IM and Presence node" + ("s" if len(nodes) != 1 else "")
    return Step(Check.NODES, Outcome.OK, f"{count}: {', '.join(nodes)}.")
