"""Whether a node's own AXL answers an authenticated request (contract, AXL-04)."""

from auditor.errors import ExchangeError, Reason, SoapFault
from auditor.models.facts import AxlAvailability, AxlProbe
from auditor.soap.client import Client

AXL_PROBE_SQL = "SELECT count(*) from processnode WHERE systemnode='f' and tknodeusage= 0"
"""The statement that Cisco's intercluster sync sends to a peer (TAC document 217581)."""

_NO_RESPONSE_REASONS = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.TIMED_OUT,
        Reason.NO_SUCH_SERVICE,
        Reason.UNAVAILABLE,
        Reason.BAD_REPLY,
    }
)
"""Failures that mean "AXL does not answer", if Control Center of the node does."""


def probe_axl(client: Client) -> AxlProbe:
    """Ask the node's AXL once; a SOAP fault counts as an answer too. Sends one request.

    Raises:
        ExchangeError: there was no answer; `judge_axl_failure` returns what that means.
    """
    try:
        client.sql(AXL_PROBE_SQL)
    except SoapFault as fault:
        return AxlProbe(AxlAvailability.ANSWERED, fault.detail, fault=True)
    return AxlProbe(AxlAvailability.ANSWERED, "AXL answered an authenticated executeSQLQuery.")


def judge_axl_failure(error: ExchangeError, *, control_center_answered: bool) -> AxlProbe:
    """Return what a failed probe shows; AXL is at fault only if Control Center answered."""
    if control_center_answered and error.reason in _NO_RESPONSE_REASONS:
        return AxlProbe(AxlAvailability.NOT_ANSWERING, f"AXL did not answer: {error.detail}")
    return AxlProbe(AxlAvailability.UNKNOWN, f"It is unknown whether AXL answers: {error.detail}")
