"""Comparisons for the tests of their documents."""

from auditor.change.diff.model import ChangeEvent, Difference, Topic
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.findings import Severity

BEFORE, AFTER = "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"


def _stop(node: str) -> ChangeEvent:
    service = "Cisco SIP Proxy"
    return ChangeEvent(
        Difference(
            Category.UNEXPECTED,
            node,
            f"{service} was started, is stopped.",
            topic=Topic.SERVICE,
            service=service,
        ),
        (
            Difference(
                Category.NEW_DRIFT,
                node,
                f"SIP-01 [critical]: drift (stopped). {service} is stopped on {node}.",
                topic=Topic.FINDING,
                service=service,
                finding="f1",
            ),
            Difference(
                Category.NEW_DRIFT,
                "Default",
                "HA-01 [high]: drift (HA state not normal). `failed_over` on a | b.",
                Severity.HIGH,
                topic=Topic.FINDING,
                finding="f2",
            ),
        ),
    )


def unexpected(name: str = "campus", node: str = "imp1.lab.test") -> SnapshotComparison:
    """Return a comparison of two clusters that holds an event of every category."""
    others = [c for c in Category if c is not Category.UNEXPECTED]
    events = (
        _stop(node),
        *(
            ChangeEvent(Difference(category, node, f"Difference {number} on {node}.", Severity.LOW))
            for number, category in enumerate(others)
        ),
    )
    return SnapshotComparison(BEFORE, AFTER, {name: events, "quiet": ()})


def as_expected() -> SnapshotComparison:
    """Return a comparison after a change that went as it was meant to."""
    made = Difference(
        Category.EXPECTED, "imp1.lab.test", "Cisco SIP Proxy was not activated, is started."
    )
    fixed = Difference(Category.FIXED, "imp1.lab.test", "SIP-01 [critical]: pass. It is started.")
    return SnapshotComparison(BEFORE, AFTER, {"pair": (ChangeEvent(made, (fixed,)),)})


def incomplete() -> SnapshotComparison:
    """Return a comparison with a node that no longer answers."""
    lost = Difference(
        Category.NEWLY_UNKNOWN,
        "imp1.lab.test",
        "control-center: unreachable. Check the network.",
        topic=Topic.COVERAGE,
    )
    return SnapshotComparison(BEFORE, AFTER, {"pair": (ChangeEvent(lost),)})


COMPARISONS = {"unexpected": unexpected, "as-expected": as_expected, "incomplete": incomplete}
