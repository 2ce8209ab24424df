"""What one node is asked, and the steps that its answers make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditor.collect import ha
from auditor.collect.axl import STATEMENT
from auditor.doctor import advice, interfaces
from auditor.doctor.advice import Subject
from auditor.doctor.interfaces import Asked
from auditor.doctor.steps import Check, Outcome, Step
from auditor.errors import ExchangeError, Reason
from auditor.facts import Role
from auditor.soap.client import Client

CHECKS = (
    Check.CREDENTIALS, Check.SERVICEABILITY_SERVICE, Check.SERVICEABILITY_ROLE,
    Check.AXL_SERVICE, Check.AXL_ROLE, Check.VERSION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of each question, in order; one that settles is the last."""

    serviceability: tuple[Asked, ...]
    axl: Asked
    versions: str


def ask(client: Client, name: str, others: frozenset[str]) -> Answers:
    """Ask Control Center, PerfMon and AXL once each; `others` are the other nodes, lower case.

    After an error that settles, such as a refused password, the rest is not asked.
    """
    release: list[str] = []

    def control_center() -> None:
        release.append(client.product_information().active_version or "")

    def perfmon() -> None:
        ha.refuse_foreign(client.perfmon_counters(ha.OBJECT, name), name, others)

    asked = [_put("Control Center", control_center)]
    if not _settled(asked):
        asked.append(_put("PerfMon", perfmon))
    axl = asked[-1]
    if not _settled(asked):
        axl = _put("AXL", lambda: client.sql(STATEMENT))
    versions = interfaces.versions("".join(release), client.axl_version)
    return Answers(tuple(asked), axl, versions)


def _put(label: str, question: Callable[[], object]) -> Asked:
    try:
        question()
    except ExchangeError as error:
        return Asked(label, error)
    return Asked(label)


def _settled(asked: Sequence[Asked]) -> bool:
    return asked[-1].error is not None and asked[-1].error.settles


def steps(about: Subject, role: Role, answers: Answers) -> list[Step]:
    """Return the steps of a node in that role."""
    serviceability = answers.serviceability
    below = interfaces.service(about, Check.SERVICEABILITY_SERVICE, serviceability)
    axl = _axl_service(about, role, answers.axl)
    return [
        interfaces.credentials(about, (*serviceability, answers.axl)),
        below,
        interfaces.role(about, Check.SERVICEABILITY_ROLE, _lenient(serviceability), below),
        axl,
        _axl_role(about, answers.axl, axl),
        interfaces.version([answers.axl], answers.versions, below),
    ]


def _lenient(asked: Sequence[Asked]) -> list[Asked]:
    """Take PerfMon's SOAP fault for an answer: a release may lack the object asked for."""
    return [
        Asked(one.label)
        if one.label == "PerfMon" and one.error and one.error.reason is Reason.SOAP_FAULT
        else one
        for one in asked
    ]


def _axl_service(about: Subject, role: Role, axl: Asked) -> Step:
    absent = axl.error is not None and axl.error.reason is Reason.NO_SUCH_SERVICE
    if absent and role is Role.SUBSCRIBER and axl.error is not None:
        return advice.optional_axl(about, axl.error)
    return interfaces.service(about, Check.AXL_SERVICE, [axl])


def _axl_role(about: Subject, axl: Asked, service: Step) -> Step:
    if service.outcome is Outcome.NOTE:
        return Step(Check.AXL_ROLE, Outcome.NOTE, "cannot be seen while its AXL is off.")
    return interfaces.role(about, Check.AXL_ROLE, [axl], service)
