"""Whether a node's own AXL answers an authenticated request."""

from auditor.errors import BadReply, ExchangeError, Reason
from auditor.failure_reasons import Interface
from auditor.models.nodes import AxlAvailability, AxlProbe
from auditor.problems import Problem
from auditor.soap.client import Client

AXL_PROBE_SQL = "SELECT count(*) from processnode WHERE systemnode='f' and tknodeusage= 0"
"""The statement that Cisco's intercluster sync sends to a peer (TAC document 217581)."""

# Not among them: a refused account or role. The fault is the account's then, not AXL's.
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

_PROVING_PROBLEMS = frozenset({Problem.NO_DATABASE, Problem.NO_COUNT, Problem.NO_MEMORY})
"""Failures that AXL itself reports, so that nothing else has to answer to prove them."""


def count_nodes_over_axl(client: Client, server: str) -> None:
    """Ask the AXL of a server to count the nodes. Sends one request.

    Raises:
        ExchangeError: there was no reply, or a reply other than one row with a count of 1 or
            more; `judge_axl_failure` returns what that means.
    """
    # Of AXL's operations, only executeSQLQuery is documented to work on an IM&P node.
    rows = client.sql(AXL_PROBE_SQL)
    values = list(rows[0].values()) if len(rows) == 1 else []
    # A cluster has a publisher, so a healthy database counts at least one node.
    if len(values) != 1 or not _is_positive_number(values[0] or ""):
        raise BadReply(Problem.NO_COUNT, server, Interface.AXL)


def _is_positive_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def probe_axl(client: Client, server: str) -> AxlProbe:
    """Return that the node's AXL answered, or raise as `count_nodes_over_axl` does."""
    count_nodes_over_axl(client, server)
    return AxlProbe(AxlAvailability.ANSWERED, "AXL answered an authenticated executeSQLQuery.")


def _is_axl_broken(error: ExchangeError) -> bool:
    """Return whether a failure of the probe is one that AXL itself reported or showed."""
    return error.failure.problem in _PROVING_PROBLEMS


def judge_axl_failure(error: ExchangeError, *, control_center_answered: bool) -> AxlProbe:
    """Return what a failed probe shows.

    A failure of the connection is AXL's fault only if Control Center answered. AXL that had less
    than a whole time-out may only be slow.
    """
    if _is_axl_broken(error):
        is_database_fault = error.failure.problem is Problem.NO_DATABASE
        return AxlProbe(AxlAvailability.NOT_ANSWERING, error.detail, is_database_fault)
    had_its_time = error.failure.problem is not Problem.SHARE_PASSED
    if control_center_answered and had_its_time and error.reason in _NO_RESPONSE_REASONS:
        return AxlProbe(AxlAvailability.NOT_ANSWERING, f"AXL did not answer: {error.detail}")
    return AxlProbe(AxlAvailability.UNKNOWN, f"It is unknown whether AXL answers: {error.detail}")
