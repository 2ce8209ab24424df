"""Which drift explains which: the causes of a cluster, and what to act on first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from auditor.models.findings import (
    Finding,
    FindingSortKey,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.service_names import DATABASE, START_ORDER, start_position

CauseSortKey: TypeAlias = tuple[int, bool, int, int, int, FindingSortKey]


@dataclass(frozen=True, slots=True)
class Cause:
    """A drift that nothing else explains, and all that it explains, what to act on first, first.

    `users` are the sessions of a redundancy group that has failed over, where they were read.
    """

    finding: Finding
    explains: tuple[Finding, ...] = ()
    users: int = 0

    @property
    def severity(self) -> Severity:
        """Return the gravest severity of the finding and of what it explains."""
        return min((f.severity for f in (self.finding, *self.explains)), key=lambda s: s.rank)


def group_causes(
    findings: Sequence[Finding], users: Mapping[str, int] | None = None
) -> tuple[Cause, ...]:
    """Return the causes of the drift among findings of one cluster, worst first.

    Of the same severity, a stopped database is the worst, then what explains the most, then what
    starts first, then the group with the most `users` (by its name in lower case).
    A finding with several causes is under the first of them, directly or through others.
    """
    drifts = {f.id: f for f in findings if f.verdict is Verdict.DRIFT}
    explained: dict[str, list[tuple[int, Finding]]] = {
        finding.id: [] for finding in drifts.values() if not _known_causes(finding, drifts)
    }
    for finding in drifts.values():
        chain = _causal_chain(finding, drifts)
        if len(chain) > 1:
            explained[chain[-1].id].append((_causal_depth(finding, drifts), finding))
    causes = (
        Cause(
            drifts[root],
            tuple(finding for _, finding in sorted(effects, key=_effect_sort_key)),
            _count_users(drifts[root].subject, users or {}),
        )
        for root, effects in explained.items()
    )
    return tuple(sorted(causes, key=_cause_key))


def _count_users(subject: FindingSubject, users: Mapping[str, int]) -> int:
    return users.get(subject.name.lower(), 0) if subject.kind is SubjectKind.GROUP else 0


def cause_sort_key(
    finding: Finding, severity: Severity, number_explained: int, users: int = 0
) -> CauseSortKey:
    """Return the sort key of a cause, the worst first; `severity` is the gravest of its block.

    `users` is that of `Cause`.
    """
    order, service = START_ORDER, finding.service
    return (
        severity.rank,
        # Nothing starts without it, though no guide says which services stop with it.
        service != DATABASE,
        -number_explained,
        order.index(service) if service in order else len(order),
        -users,
        finding_sort_key(finding),
    )


def _cause_key(cause: Cause) -> CauseSortKey:
    return cause_sort_key(cause.finding, cause.severity, len(cause.explains), cause.users)


def _known_causes(finding: Finding, drifts: Mapping[str, Finding]) -> list[Finding]:
    return [drifts[cause] for cause in finding.caused_by if cause in drifts]


def _causal_chain(finding: Finding, drifts: Mapping[str, Finding]) -> list[Finding]:
    """Return a finding, its first cause, the first cause of that, and so on to the root."""
    chain = [finding]
    while causes := _known_causes(chain[-1], drifts):
        chain.append(causes[0])
    return chain


def _causal_depth(finding: Finding, drifts: Mapping[str, Finding]) -> int:
    """Return how many steps the longest chain of causes of a finding has."""
    causes = _known_causes(finding, drifts)
    return 1 + max(_causal_depth(cause, drifts) for cause in causes) if causes else 0


def _effect_sort_key(effect: tuple[int, Finding]) -> tuple[int, int, FindingSortKey]:
    # By depth first: a service that others wait for is the next to start.
    depth, finding = effect
    return depth, start_position(finding.service), finding_sort_key(finding)
