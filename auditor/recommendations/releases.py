"""Whether a release is in a range."""

import re

from auditor.models.forms import Form
from auditor.models.statements import make_statement
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation

_MAX_RELEASE = (10**6, 0)


def evaluate_release_range(release: str | None, start: str | None, below: str | None) -> Evaluation:
    """Return whether a release is at least `start` and lower than `below`; either may be None."""
    # Most rows hold for every release; the release of the cluster need not be known for them.
    if start is None and below is None:
        return ALWAYS_TRUE
    bounds = (
        *((make_statement(Form.RELEASE_FROM, release=start),) if start else ()),
        *((make_statement(Form.RELEASE_BELOW, release=below),) if below else ()),
    )
    number = _parse_release(release)
    reason = make_statement(Form.RELEASE_RANGE, bounds=bounds, release=release or "")
    if number is None:
        return Evaluation(None, (reason,), (make_statement(Form.READ_RELEASE),))
    inside = (_parse_release(start) or number) <= number < (_parse_release(below) or _MAX_RELEASE)
    return Evaluation(inside, () if inside else (reason,))


def evaluate_release_nine(release: str | None) -> Evaluation:
    """Return whether a release is 9.x: only then can a peer run Cisco Unified Presence 8.6(x)."""
    return evaluate_release_range(release, "9.0", "10.0")


def _parse_release(release: str | None) -> tuple[int, int] | None:
    # Two fields are enough: no row depends on a service update.
    match = re.match(r"(\d+)(?:\.(\d+))?", release or "")
    return (int(match[1]), int(match[2] or 0)) if match else None
