"""What a waiver that is about to be written is about, and what it will hide."""

from collections.abc import Sequence

from auditor.config.hosts import match_names
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.models.deployment import DEPLOYMENT_KEY_PREFIX, DEPLOYMENT_KEYS
from auditor.models.findings import SubjectKind, Verdict
from auditor.models.history import HistoricalFinding
from auditor.recommendations.packs import Recommendation
from auditor.report.wording import kind_suffix
from auditor.text import did_you_mean, join_names
from auditor.waivers.load import WaiverRule


def resolve_subject(
    row: Recommendation,
    typed: str,
    settings: ClusterSettings,
    recorded: Sequence[HistoricalFinding],
) -> str:
    """Return the whole name of a subject.

    Raises:
        ConfigError: it means none, or several; names the candidates.
    """
    names = [finding.subject.name for finding in recorded]
    # A run has a finding on every subject; the file may name only some of the nodes and groups.
    is_complete = bool(names)
    if not names:
        names = _configured_subjects(row.subject, settings)
        is_complete = row.subject in (SubjectKind.CLUSTER, SubjectKind.KEY)
    prefixed = f"{DEPLOYMENT_KEY_PREFIX}{typed}" if row.subject is SubjectKind.KEY else typed
    matches = match_names(typed, names) or match_names(prefixed, names)
    if len(matches) == 1:
        return matches[0]
    if len(matches) > 1:
        many = join_names(matches, word="or")
        raise ConfigError([f"{typed!r} may be {many}: give the whole name."])
    if is_complete:
        hint = did_you_mean(prefixed, names) or "."
        candidates = join_names(names, limit=12)
        raise ConfigError(
            [f"{row.id} is about no {row.subject} {typed!r}{hint} Known: {candidates}."]
        )
    return typed


def _configured_subjects(kind: SubjectKind, settings: ClusterSettings) -> list[str]:
    match kind:
        case SubjectKind.CLUSTER:
            return [settings.name]
        case SubjectKind.KEY:
            return [f"{DEPLOYMENT_KEY_PREFIX}{key}" for key in DEPLOYMENT_KEYS]
        case SubjectKind.GROUP:
            return [g for node in settings.nodes if (g := node.redundancy_group)]
        case SubjectKind.NODE:
            declared = [node.name for node in settings.nodes]
            full_names = {settings.full_name(name) for name in declared}
            return [*declared, *sorted(settings.node_names - full_names)]


def effect_text(rule: WaiverRule, recorded: Sequence[HistoricalFinding]) -> str:
    """Return what the waiver hides, by the last recorded run."""
    subject = rule.subject.casefold()
    finding = next((f for f in recorded if f.subject.name.casefold() == subject), None)
    if finding is None:
        return (
            "No recorded run shows whether it matches a finding: the next audit lists it under "
            "its notices if it does not."
        )
    what = f"{finding.recommendation} on {finding.subject.name}"
    name = f"{what}{f', {finding.service}' if finding.service else ''}"
    if finding.verdict in (Verdict.DRIFT, Verdict.EXPLAINED):
        return (
            f"It hides until the end of {rule.expires} (UTC): {finding.severity.upper()} {name}"
            f"{kind_suffix(finding.kind)}, {finding.verdict} since {finding.age.since}."
        )
    if finding.verdict is Verdict.UNKNOWN:
        return (
            f"It hides nothing while {what} is unknown, as it was in the last run: you cannot "
            "waive an unknown. A difference that a later run finds there is hidden until the end "
            f"of {rule.expires} (UTC)."
        )
    return f"It hides nothing now: {name} was {finding.verdict.words} in the last run."
