"""The words of the figures of the estate, for the terminal and the page."""

from collections.abc import Iterator

from auditor.failure_reasons import Reason
from auditor.models.estate import (
    Estate,
    FindingState,
    OpenDifference,
    Outage,
    OutageKind,
    RunGap,
)
from auditor.report.durations import elapsed_text
from auditor.report.terminal_history import verdict_age_text
from auditor.report.wording import kind_note
from auditor.text import count_noun, format_minute, join_names

NOT_RECORDED = "not recorded"
# No server that failed is on record: a key may be undeclared, or one source have failed.
_UNANSWERED = "checks without an answer, which `auditor audit --full` lists"

_OUTAGE_WORDS = {
    OutageKind.UNAUDITABLE: "nothing could be read",
    OutageKind.INCOMPLETE: "a part was unknown",
    OutageKind.UNREAD_NODE: "could not be read",
}


def list_alarms(estate: Estate) -> Iterator[str]:
    """Yield what makes the figures older, or less sure, than they look."""
    for gap in estate.gaps:
        if gap.after_at is None:
            yield _open_gap_text(gap)
    if estate.clock_steps:
        step = estate.clock_steps[0]
        count = count_noun(len(estate.clock_steps), "time")
        yield (
            f"The clock was set back {count}, last between the runs of"
            f" {format_minute(step.earlier_at)} and {format_minute(step.started_at)} UTC."
            " Times to fix across it are not measured."
        )
    for cluster in estate.clusters:
        if len(cluster.publishers) > 1:
            names = join_names(use.publisher for use in cluster.publishers)
            yield (
                f"Runs of {cluster.cluster} asked {len(cluster.publishers)} CUCM publishers:"
                f" {names}. If these are different clusters, give each its own name: their figures"
                " are mixed here."
            )


def _open_gap_text(gap: RunGap) -> str:
    of_cluster = f" of {gap.cluster}" if gap.cluster else ""
    return (
        f"No run{of_cluster} for {count_noun(gap.days, 'day')}: the last one began at"
        f" {format_minute(gap.before_at)} UTC. See whether the timer still runs."
    )


def difference_state_text(entry: OpenDifference, now: str) -> str:
    """Return since when a difference has its verdict, or since when nobody judged it."""
    kind = kind_note(entry.kind)
    if entry.state is FindingState.CONFIRMED:
        return f"{verdict_age_text(entry.verdict, entry.age, now)}{kind}"
    now_word = "unknown" if entry.state is FindingState.UNKNOWN else "not judged"
    elapsed = elapsed_text(entry.last_judged, now)
    return f"was {entry.verdict.words}{kind}, {now_word} since {elapsed}"


def outage_text(outage: Outage) -> str:
    """Return what could not be read."""
    words = _OUTAGE_WORDS[outage.kind]
    return f"{outage.node} {words}" if outage.node else words


def outage_reason_text(outage: Outage) -> str:
    """Return why something could not be read, or that no run recorded it."""
    reasons = [Reason(reason).words for reason in outage.reasons]
    if not reasons and outage.kind is OutageKind.INCOMPLETE:
        return _UNANSWERED
    return join_names(reasons) if reasons else NOT_RECORDED
