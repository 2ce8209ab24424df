"""Groups drift by cause: a block for each cause, and in it a line for each thing it explains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.models.causes import Cause
from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding
from auditor.models.forms import Form
from auditor.models.report import Report
from auditor.models.statements import Statement
from auditor.report.block_rows import common_sentences, place_text
from auditor.report.grouping import (
    FindingGroup,
    build_finding_group,
    difference_group_key,
    group_by_key,
    recommendation_title,
)
from auditor.report.sentences import render_sentence
from auditor.report.wording import LabelledText, RowLabel, difference_suffix
from auditor.text import join_names

_LABELS_AFTER_REMEDY = frozenset(
    {RowLabel.SINCE, RowLabel.WAIVER, RowLabel.ELSE, RowLabel.EVIDENCE}
)


@dataclass(frozen=True, slots=True)
class Effect:
    """Drift of one recommendation and kind that a cause explains, in one line.

    `remedies` are what to do after the remedy of the cause; empty where that is enough. `also` are
    the recommendations of its other causes, which have blocks of their own.
    """

    text: str
    also: tuple[str, ...]
    remedies: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CauseBlock:
    """Causes that say the same, on several subjects, and what they explain, in order to act."""

    group: FindingGroup
    effects: tuple[Effect, ...]

    @property
    def rows(self) -> tuple[LabelledText, ...]:
        """Return the rows of the causes, with `explains` and `then` after their remedy."""
        rows = self.group.rows
        end = next(
            (n for n, (label, _) in enumerate(rows) if label in _LABELS_AFTER_REMEDY), len(rows)
        )
        return (*rows[:end], *effect_rows(self.effects), *rows[end:])


def group_by_cause(
    report: Report, cluster: ClusterReport, *, whole: bool = False
) -> list[CauseBlock]:
    """Return the blocks of all drift, worst cause first; `whole` leaves no evidence out."""
    causes = {cause.finding.id: cause for cause in cluster.causes}
    groups = group_by_key(
        (cause.finding for cause in causes.values()),
        lambda finding: (causes[finding.id].severity, difference_group_key(finding)),
    )
    blocks = []
    for group in groups:
        effects = describe_effects([causes[finding.id] for finding in group], cluster)
        findings = [begin_remedy(finding, effects) for finding in group]
        severity = causes[group[0].id].severity
        built = build_finding_group(report, findings, cluster, whole=whole, severity=severity)
        blocks.append(CauseBlock(built, effects))
    return blocks


def begin_remedy(finding: Finding, effects: Sequence[Effect]) -> Finding:
    """Return a cause without the end of its remedy where its effects need acts of their own.

    High availability goes on once, after the last of them.
    """
    is_last = not any(effect.remedies for effect in effects)
    return finding if is_last else _drop_statements(finding, Form.HA_ON_AGAIN)


def describe_effects(causes: Sequence[Cause], cluster: ClusterReport) -> tuple[Effect, ...]:
    """Return what causes that say the same explain, in the order in which to act."""
    earlier = {_act(remedy) for cause in causes for remedy in cause.finding.remedy}
    groups = group_by_key(
        (_drop_cause_remedy(finding) for cause in causes for finding in cause.explains),
        lambda finding: (finding.recommendation, difference_suffix(finding)),
    )
    own = {cause.finding.id for cause in causes}
    others = {
        cause.finding.id: cause.finding.recommendation
        for cause in cluster.causes
        if cause.finding.id not in own
    }
    effects = [_describe_effect(group, cluster, earlier, others) for group in groups]
    findings = (f for cause in causes for f in (cause.finding, *cause.explains))
    ends = {s: None for f in findings for s in f.remedy if s.form is Form.HA_ON_AGAIN}
    acting = [number for number, effect in enumerate(effects) if effect.remedies]
    if ends and acting:
        last = effects[acting[-1]]
        ended = (*last.remedies, *map(render_sentence, ends))
        effects[acting[-1]] = replace(last, remedies=ended)
    return tuple(effects)


def _drop_cause_remedy(finding: Finding) -> Finding:
    """Return the finding without the advice to fix its cause first, which the block begins with.

    High availability goes on at the end of the block.
    """
    return _drop_statements(finding, Form.FIX_CAUSE_FIRST, Form.HA_ON_AGAIN)


def _drop_statements(finding: Finding, *forms: Form) -> Finding:
    return replace(finding, remedy=tuple(s for s in finding.remedy if s.form not in forms))


def _describe_effect(
    group: Sequence[Finding],
    cluster: ClusterReport,
    earlier: set[Statement],
    others: Mapping[str, str],
) -> Effect:
    """Return the effect; acts in `earlier` are left out, and its own are added to them.

    `others` are the causes of other blocks: their recommendations by finding id.
    """
    group = [
        replace(f, remedy=tuple(s for s in f.remedy if not _is_off_already(s, earlier)))
        for f in group
    ]
    first = group[0]
    acts = {_act(remedy) for finding in group for remedy in finding.remedy}
    remedies = (
        tuple(text for label, text in common_sentences(group) if label == RowLabel.REMEDY)
        if acts - earlier
        else ()
    )
    earlier |= acts
    also = dict.fromkeys(others[id_] for f in group for id_ in f.caused_by if id_ in others)
    text = f"{recommendation_title(first)}{difference_suffix(first)}, {place_text(group, cluster)}"
    return Effect(text, tuple(also), remedies, tuple(group))


def _is_off_already(remedy: Statement, earlier: set[Statement]) -> bool:
    """Return whether a remedy turns high availability off, as an earlier one did.

    That of a group and that of the groups are one act here, as an effect is about nodes of its
    cause.
    """
    if remedy.form is not Form.HA_OFF_FIRST:
        return False
    own, done = remedy.without("groups"), {act.without("groups") for act in earlier}
    return own in done or own.without("where") in done


def _act(remedy: Statement) -> Statement:
    """Return a remedy without its node: the same act on two nodes is read once."""
    return remedy.without("node")


def effect_rows(effects: Iterable[Effect]) -> Iterator[LabelledText]:
    """Yield a row for each effect, then what to do about them after the cause."""
    listed = tuple(effects)
    yield from (("explains", effect.text) for effect in listed)
    also = dict.fromkeys(row for effect in listed for row in effect.also)
    if also and any(effect.remedies for effect in listed):
        yield "then", f"Fix {join_names(also)} too, before you go on here."
    yield from (("then", remedy) for effect in listed for remedy in effect.remedies)
