"""Snapshots: the JSON report and the facts that it was judged on, with a digest of both.

`change.diff` compares two of them; `failover-check --since` takes the sessions from one.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from auditor.errors import ConfigError, Reason
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Outcome, Source, find_first_failure
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, FindingSubject, Severity, Verdict, Waiver
from auditor.models.report import Report
from auditor.models.statements import Statement
from auditor.report.json_report import report_to_dict
from auditor.report.summary import describe_failures, failure_reason
from auditor.text import did_you_mean, join_names, utc_timestamp

Key = TypeVar("Key")

SNAPSHOT_KIND = "auditor-snapshot"
SNAPSHOT_SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class SnapshotFinding:
    """A finding as the JSON report holds it; `statement` is `observed` as data.

    The snapshots of the first version have no statements. `caused_by` are the ids of the findings
    that explain this one.
    """

    id: str
    recommendation: str
    subject: FindingSubject
    verdict: Verdict
    kind: FindingKind | None
    severity: Severity
    observed: str
    waiver: Waiver | None
    statement: Statement | None = None
    service: str | None = None
    caused_by: tuple[str, ...] = ()

    @property
    def judged_verdict(self) -> Verdict:
        """Return the verdict without the waiver: a waived difference is still there."""
        return self.waiver.verdict if self.waiver else self.verdict


@dataclass(frozen=True, slots=True)
class SnapshotCluster:
    """A cluster of the report."""

    name: str
    findings: tuple[SnapshotFinding, ...]


@dataclass(frozen=True, slots=True)
class SnapshotRun:
    """When and by which packs the clusters were judged."""

    id: str
    finished_at: datetime
    packs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """What is read again of the report; nodes and coverage are in the facts too."""

    run: SnapshotRun
    clusters: tuple[SnapshotCluster, ...]


# What `auditor diff` compares, and what `failover-check --since` needs. A file may be older than
# this program: a key that neither of them uses would only be one more thing to refuse it for.
_FACTS_READ = frozenset(
    {"name", "nodes", "groups", "groups_known", "topology_observed", "settings", "databases"}
    | {"high_availability", "coverage", "peers", "cucm_release"}
)
"""The keys of the facts that are read again. The others may change from version to version."""


def _select_facts(facts: object) -> object:
    if not isinstance(facts, Mapping):
        return facts
    return {key: value for key, value in facts.items() if key in _FACTS_READ}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot; `facts` are by cluster name."""

    report: SnapshotReport
    facts: Mapping[str, Annotated[ClusterFacts, BeforeValidator(_select_facts)]]

    @property
    def finished_at(self) -> str:
        """Return when the run of the snapshot finished (ISO 8601, UTC)."""
        return utc_timestamp(self.report.run.finished_at)

    def select(self, names: Iterable[str]) -> "Snapshot":
        """Return the snapshot with the named clusters alone; with all if none is named.

        Case is ignored. Raises ConfigError for every name that the snapshot does not hold.
        """
        requested = {name.casefold(): name for name in names}
        if not requested:
            return self
        held = {name.casefold() for name in self.facts}
        missing = [name for folded, name in requested.items() if folded not in held]
        if missing:
            raise ConfigError(
                f"the snapshot of {self.finished_at} has no cluster {name!r}; "
                f"it has {join_names(self.facts)}"
                f"{did_you_mean(name, self.facts) or '.'}"
                for name in missing
            )
        clusters = tuple(c for c in self.report.clusters if c.name.casefold() in requested)
        facts = {name: held for name, held in self.facts.items() if name.casefold() in requested}
        return replace(self, report=replace(self.report, clusters=clusters), facts=facts)


_SNAPSHOT = TypeAdapter(Snapshot)
_FACTS = TypeAdapter(dict[str, ClusterFacts])
_STATEMENT = TypeAdapter(Statement)


def build_snapshot(report: Report, facts: Sequence[ClusterFacts]) -> dict[str, Any]:
    """Return a snapshot as plain JSON data, digest included."""
    # A file keeps the sentence of a failure, not its data, which may change with the program.
    rendered = {cluster.name: _with_rendered_coverage(cluster) for cluster in facts}
    by_name = _FACTS.dump_python(rendered, by_alias=True)
    content = {
        "kind": SNAPSHOT_KIND,
        "schema_version": SNAPSHOT_SCHEMA_VERSION,
        "report": _report_with_statements(report),
        # Sets have no order of their own, and two snapshots of the same facts must be equal.
        "facts": json.loads(json.dumps(by_name, default=sorted)),
    }
    return content | {"digest": snapshot_digest(content)}


def _report_with_statements(report: Report) -> dict[str, Any]:
    """Return the JSON report; a comparison needs what was observed as data, not as a sentence."""
    content = report_to_dict(report)
    # The report's dictionaries hold sentences only, so the statements are looked up by id.
    observed = {f.id: f.observed for cluster in report.clusters for f in cluster.findings}
    for cluster in content["clusters"]:
        for finding in cluster["findings"]:
            finding["statement"] = _STATEMENT.dump_python(observed[finding["id"]], mode="json")
    return content


def _with_rendered_coverage(facts: ClusterFacts) -> ClusterFacts:
    return replace(facts, coverage=tuple(entry.rendered() for entry in facts.coverage))


def serialize_snapshot(snapshot: Mapping[str, Any]) -> str:
    """Return a snapshot as it is written to a file."""
    return json.dumps(snapshot, indent=1, sort_keys=True) + "\n"


def snapshot_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything except the digest; white space and key order do not count.

    It detects damage and careless edits. It has no key, so it proves nothing against forgery.
    """
    rest = {key: value for key, value in content.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read_snapshot(path: Path) -> Snapshot:
    """Return the snapshot in a file.

    Raises:
        ConfigError: unreadable, not a snapshot, of another schema version, edited, or malformed.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}."]) from error
    # JSON that is nested too deeply ends in RecursionError, which is no ValueError.
    except (ValueError, RecursionError) as error:
        text = f"{path}: cannot be read as a snapshot: it is cut short, or something else."
        raise ConfigError([text]) from error
    if not isinstance(content, dict) or content.get("kind") != SNAPSHOT_KIND:
        raise ConfigError([f"{path}: is not a snapshot; `auditor snapshot` writes one."])
    # Before the digest: another version may compute it otherwise, and the file would be called
    # edited.
    version = content.get("schema_version")
    if version != SNAPSHOT_SCHEMA_VERSION:
        text = f"{path}: has schema version {version}; this auditor reads"
        raise ConfigError([f"{text} {SNAPSHOT_SCHEMA_VERSION}."])
    if content.get("digest") != snapshot_digest(content):
        raise ConfigError([f"{path}: was edited after it was written: its digest does not match."])
    return parse_snapshot(content, str(path))


def parse_snapshot(content: Mapping[str, Any], origin: str) -> Snapshot:
    """Return the content of a snapshot file as data; `origin` is what errors call it.

    Raises:
        ConfigError: a key is missing or has another shape; names the first such key.
    """
    try:
        snapshot = _SNAPSHOT.validate_python(content)
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors()[0]["loc"])
        text = f"{origin}: is not complete: {key} is not as `auditor snapshot` writes it."
        raise ConfigError([text]) from error
    # A comparison looks up the facts by the names of the report.
    names = [cluster.name for cluster in snapshot.report.clusters]
    if sorted(names) != sorted(snapshot.facts):
        text = f"{origin}: is not complete: its report and its facts are of different clusters."
        raise ConfigError([text])
    _check_reply_times(snapshot, origin)
    return snapshot


def _check_reply_times(snapshot: Snapshot, origin: str) -> None:
    """Raise ConfigError if a reply time, which the facts hold as text, is not a time."""
    for cluster in snapshot.facts.values():
        for node in cluster.nodes:
            try:
                # A node that was not read has no reply time, which is right; any valid date serves.
                datetime.fromisoformat(node.replied_at or "2000-01-01")
            except ValueError:
                text = f"{origin}: is not complete: replied_at of {node.name} is not a time."
                raise ConfigError([text]) from None


def reason_nothing_read(coverage: Iterable[Coverage]) -> str:
    """Return why no server answered at all, empty if one did."""
    # A port that accepts a connection gives no facts: with only that, nothing was read.
    requested = [entry for entry in coverage if entry.source is not Source.TCP]
    if any(entry.outcome is Outcome.COLLECTED for entry in requested):
        return ""
    failures = [entry for entry in requested if entry.reason]
    return describe_failures(failures) or "no server was asked"


def first_failure_detail(coverage: Iterable[Coverage]) -> str:
    """Return the detail of the first failure, which says what to do."""
    failed = find_first_failure(coverage)
    return failed.detail if failed else ""


def missing_data_sentences(cluster: ClusterReport) -> Iterator[str]:
    """Yield a sentence for everything that a snapshot of a cluster lacks."""
    if why := reason_nothing_read(cluster.coverage):
        yield f"It holds nothing of {cluster.name}: {why}."
        return
    if not cluster.nodes:
        why = failure_reason(cluster) or "CUCM listed none"
        yield f"It holds no node of {cluster.name}: {why}."
        return
    failures = [entry for entry in cluster.coverage if entry.reason]
    for reason, nodes in _group_names((_unread_reason(cluster, n), n) for n in cluster.unread):
        verb, whose = ("is", "its") if len(nodes) == 1 else ("are", "their")
        yield (
            f"{join_names(nodes, limit=3)} {verb} missing ({_reason_text(reason)}):"
            f" {whose} services cannot be compared later."
        )
    # A node without services has its sentence above, whatever else failed there.
    rest = [entry for entry in failures if entry.node not in cluster.unread]
    for (source, reason), nodes in _group_names(((e.source, e.reason), e.node) for e in rest):
        names = join_names(nodes, limit=3)
        yield f"The answer of {source} on {names} is missing ({_reason_text(reason)})."


def _unread_reason(cluster: ClusterReport, node: str) -> Reason | None:
    failed = find_first_failure(cluster.coverage, node)
    return failed.reason if failed else None


def _reason_text(reason: Reason | None) -> str:
    return reason.words if reason else "no state was reported"


def _group_names(pairs: Iterable[tuple[Key, str]]) -> Iterable[tuple[Key, list[str]]]:
    """Return the names of each key, keys and names in their order."""
    groups: dict[Key, list[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return groups.items()
