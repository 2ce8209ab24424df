"""The blocks of findings on the page: drift by its cause, the rest by what settles it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.models.causes import CauseSortKey, cause_sort_key
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import count_results
from auditor.models.findings import Finding, Severity, SubjectKind, Verdict
from auditor.models.nodes import NodeFacts
from auditor.models.report import Report
from auditor.recommendations.packs import Citation, Recommendation
from auditor.report.block_rows import place_text
from auditor.report.cause_blocks import CauseBlock, Effect, group_by_cause
from auditor.report.grouping import FindingGroup, build_finding_group, group_findings
from auditor.report.unread_blocks import group_unknown
from auditor.report.wording import VERDICT_HEADINGS, LabelledText, RowLabel, count_differences
from auditor.text import count_noun

Lines = tuple[tuple[str, tuple[str, ...]], ...]
"""Labelled texts, with each label once."""

_SUBJECT_LABELS = frozenset({RowLabel.ON, *SubjectKind})


@dataclass(frozen=True, slots=True)
class PageEntry:
    """Findings that say the same, with the place of the first on the page.

    `about` is the title of the recommendation where it is not known whether it holds, and the
    heading names no service. `where` says what they are about, and `nodes` are the tokens of its
    nodes, empty for the whole cluster.
    """

    anchor: str
    group: FindingGroup
    severity: Severity
    about: str
    where: str
    lines: Lines
    nodes: tuple[str, ...]
    sources: tuple[tuple[str, Citation], ...]


@dataclass(frozen=True, slots=True)
class EffectEntry:
    """What a cause explains, in its block; `also` are findings of other blocks that explain it."""

    entry: PageEntry
    text: str
    remedies: tuple[str, ...]
    also: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FindingBlock:
    """Findings that say the same, and what they explain, in the order in which to act.

    `is_new`: some of them are not as they were in the last run.
    """

    entry: PageEntry
    effects: tuple[EffectEntry, ...] = ()
    is_new: bool = False

    @property
    def entries(self) -> tuple[PageEntry, ...]:
        """Return all entries of the block, that of the cause first."""
        return (self.entry, *(effect.entry for effect in self.effects))

    @property
    def gravest(self) -> Severity:
        """Return the gravest severity of the findings and of what they explain."""
        return min((entry.severity for entry in self.entries), key=lambda s: s.rank)

    @property
    def sort_key(self) -> CauseSortKey:
        """Return a key that sorts the blocks of several clusters as a cluster sorts its causes."""
        return cause_sort_key(self.entry.group.findings[0], self.gravest, len(self.explained))

    @property
    def is_remedy_enough(self) -> bool:
        """Return whether the remedy of the cause is all that there is to do."""
        return not any(effect.remedies or effect.also for effect in self.effects)

    @property
    def explained(self) -> tuple[Finding, ...]:
        """Return the findings that those of the block explain."""
        return tuple(f for effect in self.effects for f in effect.entry.group.findings)


@dataclass(frozen=True, slots=True)
class VerdictSection:
    """All blocks of one verdict; `number` says how many findings they hold."""

    verdict: Verdict
    heading: str
    number: str
    blocks: tuple[FindingBlock, ...]


@dataclass(frozen=True, slots=True)
class FindingBlockBuilder:
    """Builds the blocks of one cluster; `tokens` stand for its nodes, by name in lower case.

    `new_ids` are the findings that were not what they are in the last run.
    """

    report: Report
    cluster: ClusterReport
    tokens: Mapping[str, str]
    rows_by_id: Mapping[str, Recommendation]
    new_ids: Collection[str] = ()

    def build_sections(self) -> Iterator[VerdictSection]:
        """Yield the sections of the page that are not empty, most important first."""
        for verdict, heading in VERDICT_HEADINGS.items():
            if verdict is Verdict.DRIFT:
                blocks = self._build_cause_blocks()
                number = count_differences(count_results(self.cluster))
            else:
                # `whole`, because the page may be the only report that its reader has.
                groups = (
                    group_unknown(self.report, self.cluster, whole=True)
                    if verdict is Verdict.UNKNOWN
                    else group_findings(self.report, self.cluster, verdict, whole=True)
                )
                blocks = tuple(self._build_block(group) for group in groups)
                number = count_noun(sum(len(group.findings) for group in groups), "finding")
            if blocks:
                yield VerdictSection(verdict, heading, number, blocks)

    def _build_cause_blocks(self) -> tuple[FindingBlock, ...]:
        return tuple(
            self._build_block(block.group, tuple(self._build_effects(block)))
            for block in group_by_cause(self.report, self.cluster, whole=True)
        )

    def _build_block(
        self, group: FindingGroup, effects: tuple[EffectEntry, ...] = ()
    ) -> FindingBlock:
        entries = (group, *(effect.entry.group for effect in effects))
        is_new = any(f.id in self.new_ids for entry in entries for f in entry.findings)
        block = FindingBlock(self._build_entry(group), effects, is_new)
        return replace(block, entry=replace(block.entry, severity=block.gravest))

    def _build_effects(self, block: CauseBlock) -> Iterator[EffectEntry]:
        """Yield what a block explains; a cause in another block is named once, where it counts."""
        drift = {f.id: f for f in self.cluster.findings if f.verdict is Verdict.DRIFT}
        groups = (block.group.findings, *(effect.findings for effect in block.effects))
        named = {finding.id for findings in groups for finding in findings}
        for effect in block.effects:
            ids = dict.fromkeys(id_ for finding in effect.findings for id_ in finding.caused_by)
            also = [id_ for id_ in ids if id_ in drift and id_ not in named]
            named.update(also)
            yield self._build_effect(effect, tuple(drift[id_] for id_ in also))

    def _build_effect(self, effect: Effect, also: tuple[Finding, ...]) -> EffectEntry:
        group = build_finding_group(self.report, effect.findings, self.cluster, whole=True)
        return EffectEntry(
            # What to do about it is told in its turn, and not among its details.
            self._build_entry(group, without=RowLabel.REMEDY),
            effect.text,
            effect.remedies,
            also,
        )

    def _build_entry(self, group: FindingGroup, *, without: RowLabel | None = None) -> PageEntry:
        """Return the entry of a group, `without` the rows of a label."""
        ids = dict.fromkeys(finding.recommendation for finding in group.findings)
        rows = self.rows_by_id
        is_bare = len(ids) == 1 and not group.findings[0].service
        is_bare &= group.verdict is Verdict.UNKNOWN
        return PageEntry(
            # By id, which stays the same from run to run, so that links to a block do too.
            anchor=f"f-{group.findings[0].id}",
            group=group,
            severity=min((f.severity for f in group.findings), key=lambda s: s.rank),
            about=next((rows[i].title for i in ids if is_bare and i in rows), ""),
            where=_places_text(group.findings, self.cluster),
            # What it is about is in the heading.
            lines=_join_lines(r for r in group.rows if r[0] not in (without, *_SUBJECT_LABELS)),
            nodes=tuple(_finding_node_tokens(self.cluster.nodes, group.findings, self.tokens)),
            sources=tuple((i, rows[i].source) for i in ids if i in rows),
        )


def _places_text(findings: Sequence[Finding], cluster: ClusterReport) -> str:
    """Return what findings are about, as `on both nodes`; what is not a node is only counted."""
    kind = min((f.subject.kind for f in findings), key=list(SubjectKind).index)
    others = len({f.subject for f in findings if f.subject.kind is not kind})
    also = f", and {count_noun(others, 'more subject')}" if others else ""
    return f"{place_text([f for f in findings if f.subject.kind is kind], cluster)}{also}"


def _join_lines(rows: Iterable[LabelledText]) -> Lines:
    lines: dict[str, list[str]] = {}
    for label, text in rows:
        if text:
            lines.setdefault(label, []).append(text)
    return tuple((label, tuple(texts)) for label, texts in lines.items())


def _finding_node_tokens(
    nodes: Sequence[NodeFacts], findings: Iterable[Finding], tokens: Mapping[str, str]
) -> list[str]:
    """Return the nodes that findings are about, none if one is about the whole cluster."""
    tokens_of_subjects: dict[str, None] = {}
    for finding in findings:
        name = finding.subject.name.lower()
        match finding.subject.kind:
            case SubjectKind.NODE if name in tokens:
                tokens_of_subjects[tokens[name]] = None
            case SubjectKind.GROUP:
                members = [n for n in nodes if (n.redundancy_group or "").lower() == name]
                tokens_of_subjects |= dict.fromkeys(tokens[node.name.lower()] for node in members)
            case _:
                return []
    return list(tokens_of_subjects)
