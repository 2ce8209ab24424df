"""Whose counters PerfMon sent."""

import pytest

from auditor.collect.perfmon import refuse_foreign_counters
from auditor.errors import WrongNode
from auditor.soap.records import PerfmonCounter
from tests.lab import PUB, SUB


def counters(host: str) -> list[PerfmonCounter]:
    """Return one counter of a host."""
    return [PerfmonCounter(rf"\\{host}\Cisco Server Recovery Manager\SRMState", 3, 1)]


@pytest.mark.parametrize("host", [PUB, "imp1", "IMP1.LAB.TEST", "someone-else"])
def test_counters_that_name_no_other_node_are_accepted(host: str) -> None:
    refuse_foreign_counters(counters(host), PUB, frozenset({SUB}))


@pytest.mark.parametrize("host", [SUB, "imp2", "IMP2.LAB.TEST"])
def test_counters_of_another_node_are_refused(host: str) -> None:
    with pytest.raises(WrongNode, match="answered for imp2"):
        refuse_foreign_counters(counters(host), PUB, frozenset({SUB}))


@pytest.mark.parametrize("host", ["***", "***.lab.test", "imp***"])
def test_counters_of_a_redacted_host_are_refused(host: str) -> None:
    """It may be any node's; to let it pass would be to guess."""
    with pytest.raises(WrongNode, match="host that holds a secret"):
        refuse_foreign_counters(counters(host), PUB, frozenset({SUB}))
