"""A verdict on its way to a finding: what was seen and why, before the row's own words join it."""

from dataclasses import dataclass

from auditor.facts import Evidence
from auditor.findings import Kind, Verdict


@dataclass(frozen=True, slots=True)
class Draft:
    """What a judgement came to.

    `because` is a sentence, empty where the reason that the row applies says it all. `hint` tells
    how to find out what is unknown.
    """

    verdict: Verdict
    expected: str
    observed: str
    because: str = ""
    kind: Kind | None = None
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
