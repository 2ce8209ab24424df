"""Puts all figures of the recorded runs together. No I/O."""

from collections.abc import Sequence

from auditor.history.estate.days import build_cluster_days, build_estate_days, count_not_judged
from auditor.history.estate.episodes import (
    find_flapping,
    find_open_differences,
    measure_fix_times,
)
from auditor.history.estate.gaps import find_clock_steps, find_gaps
from auditor.history.estate.outages import find_outages
from auditor.history.estate.records import ClusterRun, EstateRecord
from auditor.models.estate import ClusterSummary, Estate, PublisherUse


def build_estate(record: EstateRecord, now: str) -> Estate:
    """Return the figures of all runs on record; `now` is ISO 8601 in UTC."""
    moments = sorted(run.past.started_at for runs in record.runs.values() for run in runs)
    cluster_days = build_cluster_days(record)
    return Estate(
        at=now,
        runs=len({run.seq for runs in record.runs.values() for run in runs}),
        first_at=moments[0] if moments else None,
        last_at=moments[-1] if moments else None,
        clusters=_summarise_clusters(record),
        days=build_estate_days(record, cluster_days),
        cluster_days=cluster_days,
        differences=find_open_differences(record),
        flapping=find_flapping(record),
        fix_times=measure_fix_times(record, now),
        outages=find_outages(record),
        gaps=find_gaps(record, now),
        clock_steps=find_clock_steps(record),
    )


def _summarise_clusters(record: EstateRecord) -> tuple[ClusterSummary, ...]:
    not_judged = count_not_judged(record)
    return tuple(
        ClusterSummary(
            cluster=cluster,
            last=runs[-1].past,
            runs=len(runs),
            first_at=min(run.past.started_at for run in runs),
            causes=runs[-1].causes,
            unread=None if runs[-1].unread is None else tuple(sorted(runs[-1].unread)),
            not_judged=not_judged[cluster, runs[-1].seq],
            publishers=_list_publishers(runs),
        )
        for cluster, runs in record.runs.items()
    )


def _list_publishers(runs: Sequence[ClusterRun]) -> tuple[PublisherUse, ...]:
    by_name: dict[str, list[ClusterRun]] = {}
    for run in runs:
        if run.publisher:
            by_name.setdefault(run.publisher.casefold(), []).append(run)
    return tuple(
        PublisherUse(
            used[-1].publisher or name,
            used[0].past.started_at,
            used[-1].past.started_at,
            len(used),
        )
        for name, used in by_name.items()
    )
