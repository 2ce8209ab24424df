"""The invented reports by name, for tests that hold for every one of them."""

from auditor.models.report import Report
from tests.report import samples

SHAPES = (
    "empty",
    "compliant",
    "mixed",
    "incomplete",
    "unauditable",
    "many",
    "waived",
    "caused",
    "lenient",
    "below_threshold",
    "fleet",
    "hostile",
    "remembered",
)

GOLDEN = (
    "empty",
    "mixed",
    "incomplete",
    "unauditable",
    "waived",
    "caused",
    "hostile",
    "remembered",
)
"""The shapes whose whole text is compared."""


def sample(shape: str) -> Report:
    """Return an invented report by its name."""
    report: Report = getattr(samples, shape)()
    return report
