"""A cluster among several: what differs, the first step of each cause, what is unknown and why.

Nothing that differs or is unknown is left out; what it says in full is in the long report.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.errors import Reason
from auditor.failures import Failure, failure_advice
from auditor.models.causes import Cause
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import Finding, FindingKind, Severity, Verdict
from auditor.models.forms import Form
from auditor.report.block_rows import check_list_rows, place_text
from auditor.report.fleet import FleetRow
from auditor.report.grouping import (
    difference_group_key,
    group_by_key,
    own_severity_note,
    recommendation_title,
)
from auditor.report.matrix_services import short_service_name
from auditor.report.sentences import render_sentence
from auditor.report.steps import first_steps
from auditor.report.unread import UnreadServer, alike_failure
from auditor.report.wording import LabelledText, difference_suffix
from auditor.service_names import start_position
from auditor.text import count_noun, join_names


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A heading with what to do, or with a few labelled lines.

    `findings` are those that it stands for.
    """

    verdict: Verdict
    head: str
    advice: str = ""
    rows: tuple[LabelledText, ...] = ()
    findings: tuple[Finding, ...] = ()


def digest_cluster(row: FleetRow) -> tuple[DigestEntry, ...]:
    """Return what is to be known of a cluster, in the order in which to act."""
    cluster = row.cluster
    drift = list(_drift_entries(cluster))
    unread = list(_unread_entries(row))
    # Where nothing was read, why not matters more than findings on the profile.
    first = [*unread, *drift] if cluster.is_nothing_read else [*drift, *unread]
    covered = {finding.id for entry in first for finding in entry.findings}
    unknown = [
        finding
        for finding in cluster.findings
        if finding.verdict is Verdict.UNKNOWN and finding.id not in covered
    ]
    return (
        *first,
        *_unknown_entries(unknown, cluster),
        *_gap_entries(row),
        *_accepted_entries(cluster, Verdict.EXPLAINED, "explained by the HA state"),
        *_accepted_entries(cluster, Verdict.WAIVED, "waived"),
    )


def _drift_entries(cluster: ClusterReport) -> Iterator[DigestEntry]:
    """Yield causes that say the same as one entry, and so those that are to wait for others."""
    groups: dict[object, list[Cause]] = {}
    for cause in cluster.causes:
        groups.setdefault(_cause_group_key(cause), []).append(cause)
    for causes in groups.values():
        yield _drift_entry(causes, cluster)


def _cause_group_key(cause: Cause) -> object:
    finding = cause.finding
    if _waits_for_others(finding):
        return finding.kind, finding.subject
    return cause.severity, difference_group_key(finding)


def _waits_for_others(finding: Finding) -> bool:
    return bool(finding.remedy) and finding.remedy[0].form is Form.FIX_CAUSE_FIRST


def _drift_entry(causes: Sequence[Cause], cluster: ClusterReport) -> DigestEntry:
    ordered = sorted(causes, key=lambda cause: start_position(cause.finding.service))
    findings = [cause.finding for cause in ordered]
    explained = [finding for cause in ordered for finding in cause.explains]
    titles = join_names(dict.fromkeys(map(recommendation_title, findings)))
    waits = _waits_for_others(findings[0])
    own = "" if waits else own_severity_note(findings[0], causes[0].severity)
    what = f"{titles}{difference_suffix(findings[0])}{own}, {place_text(findings, cluster)}"
    steps = (_order_step(findings, explained),) if waits else first_steps(findings)
    rows = [("do", step) for step in steps]
    rows += [("explains", text) for text in _effect_texts(explained, cluster)]
    head = f"{_severities_text([cause.severity for cause in causes])} {what}"
    if not causes[0].severity.reaches(cluster.fail_on):
        head += f" (below the threshold {cluster.fail_on})"
    return DigestEntry(Verdict.DRIFT, head, rows=tuple(rows), findings=(*findings, *explained))


def _severities_text(severities: Iterable[Severity]) -> str:
    """Return `HIGH`, or `6 CRITICAL, 2 HIGH` where causes of several are one entry."""
    tally = Counter(severities)
    if len(tally) == 1:
        return next(iter(tally)).upper()
    counts = (f"{tally[severity]} {severity.upper()}" for severity in Severity if tally[severity])
    return f"{', '.join(counts)}:"


def _order_step(findings: Sequence[Finding], explained: Iterable[Finding]) -> str:
    """Return what comes before causes that wait for others, apart from each other."""
    here = {finding.recommendation for finding in (*findings, *explained)}
    before = dict.fromkeys(
        name for finding in findings for name in _names_to_fix_first(finding) if name not in here
    )
    order = "these in this order, where they still differ"
    return f"First fix {join_names(before)}, then {order}." if before else f"Fix {order}."


def _names_to_fix_first(finding: Finding) -> tuple[str, ...]:
    value = finding.remedy[0].get("recommendations")
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _effect_texts(explained: Iterable[Finding], cluster: ClusterReport) -> Iterator[str]:
    """Yield one line for each place: its services with their recommendations."""
    rows = group_by_key(explained, lambda f: (f.service, f.recommendation, f.subject.kind))
    places: dict[str, dict[str, list[str]]] = {}
    for group in rows:
        what = short_service_name(group[0].service or "")
        ids = places.setdefault(place_text(group, cluster), {}).setdefault(what, [])
        ids.append(group[0].recommendation)
    for place, services in places.items():
        texts = (
            f"{what} ({', '.join(ids)})" if what else ", ".join(ids)
            for what, ids in services.items()
        )
        yield f"{', '.join(texts)}, {place}"


def _unread_entries(row: FleetRow) -> Iterator[DigestEntry]:
    """Yield the servers that returned nothing; those that failed alike are one entry."""
    groups: dict[object, list[UnreadServer]] = {}
    for server in row.unread:
        groups.setdefault(_comparable_failure(server.failure), []).append(server)
    for servers in groups.values():
        names = [server.name for server in servers]
        hidden = [finding for server in servers for finding in server.findings]
        unknown = f" ({count_noun(len(hidden), 'check')} unknown)" if hidden else ""
        failures = [server.failure for server in servers if server.failure]
        yield DigestEntry(
            Verdict.UNKNOWN,
            f"{join_names(names, limit=6)} not read{_reason_text(failures)}{unknown}.",
            _failure_advice(failures),
            findings=tuple(hidden),
        )


def _failure_advice(failures: Sequence[Coverage]) -> str:
    """Return what failed and what to do about it, for one server or for several alike."""
    alike = _comparable_failure(failures[0]) if failures else None
    if alike is None:
        return "Find out why it returned nothing: run again with --full."
    if len(failures) == 1:
        return failures[0].explanation
    return f"For each of them: {failure_advice(replace(alike, server='the server'))}."


def _reason_text(failures: Sequence[Coverage]) -> str:
    """Return why several servers gave nothing; of one, the advice begins with it."""
    if len(failures) < 2:
        return ""
    reason = failures[0].reason
    return f", {reason.words}" if reason else ""


def _comparable_failure(entry: Coverage | None) -> Failure | None:
    return alike_failure(entry, entry.reason) if entry and entry.reason else None


def _unknown_entries(findings: Sequence[Finding], cluster: ClusterReport) -> Iterator[DigestEntry]:
    """Yield the checks that one act would settle as one entry; all undeclared keys are another."""
    waiting = [finding for finding in findings if finding.awaited_keys]
    others = [finding for finding in findings if not finding.awaited_keys]
    for group in group_by_key(
        sorted(others, key=lambda f: f.severity.rank),
        lambda finding: finding.remedy or (finding.recommendation, finding.because),
    ):
        steps = first_steps(group[:1]) or (render_sentence(group[0].because),)
        yield _unknown_entry(group, cluster, steps[0])
    if waiting:
        keys = dict.fromkeys(f"`{key}`" for finding in waiting for key in finding.awaited_keys)
        step = f"Declare {join_names(keys)} in [cluster.deployment]; --full has the lines to paste."
        yield _unknown_entry(waiting, cluster, step)


def _unknown_entry(group: Sequence[Finding], cluster: ClusterReport, step: str) -> DigestEntry:
    gravest = min((finding.severity for finding in group), key=lambda severity: severity.rank)
    if len({finding.recommendation for finding in group}) == 1:
        checks = f"{recommendation_title(group[0])}, {place_text(group, cluster)}"
    else:
        checks = "; ".join(text for _, text in check_list_rows(group, cluster))
    head = f"{gravest.upper()} {count_noun(len(group), 'check')} unknown: {checks}."
    return DigestEntry(Verdict.UNKNOWN, head, step, findings=tuple(group))


def _gap_entries(row: FleetRow) -> Iterator[DigestEntry]:
    """Yield the sources that gave nothing on servers that answered others."""
    unread = {server.name for server in row.unread}
    failed = {e.node for e in row.cluster.coverage if e.outcome is Outcome.FAILED}
    groups: dict[object, list[Coverage]] = {}
    for entry in row.cluster.coverage:
        follows = entry.reason is Reason.NOT_ASKED and entry.node in failed
        is_covered = follows or entry.node in unread or _is_judged(entry, row.cluster)
        if entry.reason is not None and not is_covered:
            groups.setdefault((entry.source, _comparable_failure(entry)), []).append(entry)
    for entries in groups.values():
        names = join_names(dict.fromkeys(entry.node for entry in entries), limit=6)
        head = f"{entries[0].source} of {names} not read{_reason_text(entries)}."
        yield DigestEntry(Verdict.UNKNOWN, head, _failure_advice(entries))


def _is_judged(entry: Coverage, cluster: ClusterReport) -> bool:
    """Return whether a failure of AXL is a difference itself (AXL-04), which has its own entry."""
    return entry.source is Source.IMP_AXL and any(
        finding.kind is FindingKind.NOT_ANSWERING and finding.subject.name == entry.node
        for finding in cluster.findings
    )


def _accepted_entries(
    cluster: ClusterReport, verdict: Verdict, words: str
) -> Iterator[DigestEntry]:
    findings = [finding for finding in cluster.findings if finding.verdict is verdict]
    if findings:
        checks = "; ".join(text for _, text in check_list_rows(findings, cluster))
        ends = sorted(f.waiver.expires for f in findings if f.waiver)
        until = f" (the first until {ends[0]})" if ends else ""
        head = f"{len(findings)} {words}{until}: {checks}"
        yield DigestEntry(verdict, head, findings=tuple(findings))
