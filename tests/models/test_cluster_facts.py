"""What is computed from the facts of a cluster: switch, release, gaps."""

import pytest

from auditor.errors import Reason
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from tests.factories import cluster, gap, group, node, subscriber


@pytest.mark.parametrize(
    ("switch", "origin", "discovered"),
    [
        (None, Origin.OBSERVED, False),
        (None, Origin.DISCOVERED, True),
        (Origin.DISCOVERED, Origin.OBSERVED, True),
        (Origin.DISCOVERED, Origin.DECLARED, True),
        (Origin.OBSERVED, Origin.DISCOVERED, False),
    ],
)
def test_the_origin_of_a_switch_is_its_own_else_that_of_the_group(
    switch: Origin | None, origin: Origin, discovered: bool
) -> None:
    assert group(origin=origin, switch_origin=switch).switch_discovered is discovered


@pytest.mark.parametrize(
    ("publisher", "others", "release"),
    [
        ("15", ("14", "14"), "15"),
        (None, ("14", "14"), "14"),
        (None, ("14", None), "14"),
        (None, ("14", "15"), None),
        (None, (None, None), None),
    ],
)
def test_the_release_is_the_publishers_else_that_of_all_others(
    publisher: str | None, others: tuple[str | None, ...], release: str | None
) -> None:
    rest = [subscriber(f"imp{n}", release=told) for n, told in enumerate(others, 2)]
    assert cluster(node(release=publisher), *rest).release == release


def test_a_gap_is_that_of_the_node_and_the_source_alone() -> None:
    collected = Coverage(Source.PERFMON, "imp1", Outcome.COLLECTED)
    not_due = Coverage(Source.TCP, "imp1", Outcome.SKIPPED)
    missing = gap("imp1", Source.CONTROL_CENTER, Reason.TIMED_OUT)
    facts = cluster(gaps=[gap("imp2", Source.PERFMON), collected, not_due, missing])

    assert facts.gap("imp1", Source.CONTROL_CENTER) is missing
    assert facts.gap("imp1", Source.PERFMON) is None
    assert facts.gap("imp1", Source.TCP) is None
    assert facts.gap("imp2", Source.CONTROL_CENTER) is None
