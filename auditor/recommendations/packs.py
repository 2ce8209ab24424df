"""Recommendations as they stand in the packs: one TOML block a row, loaded strictly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from auditor.errors import ConfigError
from auditor.models.findings import FindingKind, Severity, SubjectKind
from auditor.recommendations.pack_schema import (
    FeatureServicesBlock,
    RecommendationBlock,
    SourceBlock,
    parse_pack_blocks,
    validate_pack,
)
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode, NodeScope

BUILT_IN_PACKS = ("table", "guides")
"""The built-in packs: Cisco's table, and what other Cisco guides add to it."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about one kind of drift: the administration page, the act there, the CLI.

    `cli` is empty where no command line does it.
    """

    page: str
    action: str
    cli: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where Cisco says it; `releases` in words are those whose documents were read.

    `section` is the title of a chapter or section, or tells in words of ours what a passage is on.
    """

    document: str
    section: str
    url: str
    releases: str


@dataclass(frozen=True, slots=True)
class FeatureServices:
    """Services that should not run where a feature is declared absent (PROFILE-03).

    `unless` names features that ask for the services too, `yields_to` rows that do.
    """

    key: str
    services: tuple[str, ...]
    on: NodeScope
    unless: tuple[Condition, ...] = ()
    yields_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One checkable statement with its stable id.

    It applies where `applies` and `on` hold, or, with `or_activated`, where its service is
    activated; never where `unless` holds. `network`: the service cannot be activated, only
    running counts. `routing_nodes` False: nothing is asked of routing nodes. `releases_from` and
    `releases_below` bound the IM&P releases that it holds for. `severity_when` raises or lowers
    the severity under a condition.
    """

    id: str
    pack: str
    title: str
    service: str | None
    subject: SubjectKind
    applies: Condition
    on: NodeScope
    expects: Expectation
    severity: Severity
    consequence: str
    source: Citation
    remedy: Mapping[FindingKind, Remedy]
    kind: FindingKind | None = None
    mode: JudgingMode = JudgingMode.AUDIT
    or_activated: bool = False
    unless: Condition | None = None
    network: bool = False
    routing_nodes: bool = True
    releases_from: str | None = None
    releases_below: str | None = None
    severity_when: Mapping[Condition, Severity] = field(default_factory=dict)
    watches: tuple[FeatureServices, ...] = ()


def load_packs(names: Sequence[str] = BUILT_IN_PACKS) -> tuple[Recommendation, ...]:
    """Return the rows of built-in packs, in the order of the names and of their blocks.

    Raises:
        ConfigError: there is no pack of that name.
    """
    unknown = [name for name in names if name not in BUILT_IN_PACKS]
    if unknown:
        known = ", ".join(BUILT_IN_PACKS)
        raise ConfigError(f"There is no pack {name!r}; the packs are {known}." for name in unknown)
    texts = {name: (files(__package__) / f"{name}.toml").read_text("utf-8") for name in names}
    return tuple(
        row for name, text in texts.items() for row in parse_pack(text, f"{name}.toml", name)
    )


def parse_pack(text: str, origin: str, pack: str) -> tuple[Recommendation, ...]:
    """Return the rows of a pack; `origin` is the file that mistakes are reported in.

    Raises:
        ConfigError: one line for every mistake in the text.
    """
    read = parse_pack_blocks(text, origin)
    problems = tuple(validate_pack(read, origin))
    if problems:
        raise ConfigError(problems)
    return tuple(_build_recommendation(block, pack) for block in read)


def _build_recommendation(block: RecommendationBlock, pack: str) -> Recommendation:
    return Recommendation(
        id=block.id,
        pack=pack,
        title=block.title,
        service=block.service,
        subject=block.subject,
        applies=block.applies,
        on=block.on,
        expects=block.expects,
        severity=block.severity,
        consequence=block.consequence,
        source=_build_citation(block.source),
        remedy={kind: Remedy(**remedy.model_dump()) for kind, remedy in block.remedy.items()},
        kind=block.kind,
        mode=block.mode,
        or_activated=block.or_activated,
        unless=block.unless,
        network=block.network,
        routing_nodes=block.routing_nodes,
        releases_from=block.releases.start,
        releases_below=block.releases.below,
        severity_when=dict(block.severity_when),
        watches=tuple(_build_feature_services(watch) for watch in block.watches),
    )


def _build_citation(source: SourceBlock) -> Citation:
    section = source.section or f"the passage on {source.passage}"
    return Citation(source.document, section, source.url, source.releases)


def _build_feature_services(watch: FeatureServicesBlock) -> FeatureServices:
    return FeatureServices(watch.key, watch.services, watch.on, watch.unless, watch.yields_to)
