"""What could not be read, from when to when, and since when it can be read again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from auditor.history.estate.records import ClusterRun, EstateRecord, RecordedFinding
from auditor.models.estate import Outage, OutageKind
from auditor.models.findings import SubjectKind, Verdict


def find_outages(record: EstateRecord) -> tuple[Outage, ...]:
    """Return every stretch of runs that could not read a cluster or a node, the latest first."""
    readings = _node_readings(record.findings)
    outages = [
        outage
        for cluster, runs in record.runs.items()
        for outage in (
            *_cluster_outages(cluster, runs),
            *_node_outages(cluster, runs, readings.get(cluster, {})),
        )
    ]
    outages.sort(key=lambda outage: (outage.cluster, outage.kind, outage.node or ""))
    return tuple(sorted(outages, key=lambda outage: outage.last_at, reverse=True))


def _outage_kind(run: ClusterRun) -> OutageKind | None:
    if run.is_unauditable:
        return OutageKind.UNAUDITABLE
    return OutageKind.INCOMPLETE if run.is_incomplete else None


def _cluster_outages(cluster: str, runs: Sequence[ClusterRun]) -> Iterator[Outage]:
    stretches = [(kind, tuple(group)) for kind, group in groupby(runs, key=_outage_kind)]
    for place, (kind, stretch) in enumerate(stretches):
        if kind is None:
            continue
        # A cluster of which a part can be read again is not unauditable any more.
        later = (
            following[0]
            for other, following in stretches[place + 1 :]
            if other is None or (kind is OutageKind.UNAUDITABLE and other is not kind)
        )
        healed = next(later, None)
        reasons = [why for run in stretch for why in (run.reason, *(run.unread or {}).values())]
        yield _build_outage(kind, cluster, None, stretch, reasons, healed)


def _build_outage(
    kind: OutageKind,
    cluster: str,
    node: str | None,
    runs: Sequence[ClusterRun],
    reasons: Iterable[str | None],
    healed: ClusterRun | None,
) -> Outage:
    return Outage(
        kind=kind,
        cluster=cluster,
        node=node,
        first_at=runs[0].past.started_at,
        last_at=runs[-1].past.started_at,
        runs=len(runs),
        reasons=tuple(dict.fromkeys(filter(None, reasons))),
        healed_at=healed.past.started_at if healed else None,
    )


_Readings = Mapping[str, Sequence[tuple[int, int]]]
"""By node in lower case, the first and last runs of periods in which something was judged there."""


def _node_readings(findings: Iterable[RecordedFinding]) -> dict[str, _Readings]:
    readings: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        if finding.identity.subject.kind is SubjectKind.NODE:
            node = finding.identity.subject.name.lower()
            readings[finding.identity.cluster][node] += [
                (period.first, period.last)
                for period in finding.periods
                if period.verdict not in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
            ]
    return {cluster: dict(nodes) for cluster, nodes in readings.items()}


def _node_outages(
    cluster: str, runs: Sequence[ClusterRun], readings: _Readings
) -> Iterator[Outage]:
    yield from _publisher_outages(cluster, runs)
    recorded = [run for run in runs if run.unread is not None]
    for node in dict.fromkeys(name for run in recorded for name in run.unread or ()):
        yield from _outages_of_node(cluster, node, recorded, readings.get(node, ()))


def _publisher_outages(cluster: str, runs: Sequence[ClusterRun]) -> Iterator[Outage]:
    """Yield the stretches in which a CUCM publisher failed; a run keeps its failure as `reason`."""
    for publisher in dict.fromkeys(run.publisher for run in runs if run.publisher and run.reason):
        asked = [run for run in runs if run.publisher == publisher]
        stretches = [(k, tuple(g)) for k, g in groupby(asked, key=lambda run: bool(run.reason))]
        for place, (has_failed, stretch) in enumerate(stretches):
            if has_failed:
                healed = stretches[place + 1][1][0] if place + 1 < len(stretches) else None
                reasons = [run.reason for run in stretch]
                kind = OutageKind.UNREAD_NODE
                yield _build_outage(kind, cluster, publisher, stretch, reasons, healed)


def _outages_of_node(
    cluster: str, node: str, runs: Sequence[ClusterRun], readings: Sequence[tuple[int, int]]
) -> Iterator[Outage]:
    stretch: list[ClusterRun] = []
    for run in runs:
        if node in (run.unread or ()):
            stretch.append(run)
        elif stretch and any(first <= run.seq <= last for first, last in readings):
            yield _node_outage(cluster, node, stretch, run)
            stretch = []
    if stretch:
        yield _node_outage(cluster, node, stretch, None)


def _node_outage(
    cluster: str, node: str, stretch: Sequence[ClusterRun], healed: ClusterRun | None
) -> Outage:
    reasons = [(run.unread or {}).get(node) for run in stretch]
    return _build_outage(OutageKind.UNREAD_NODE, cluster, node, stretch, reasons, healed)
