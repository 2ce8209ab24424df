"""The shape of a pack's TOML blocks, and a sentence for every mistake of shape.

What a pack must have right beyond its shape: known names, and a remedy for each drift.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StrictStr, StringConstraints, ValidationError

from auditor.errors import ConfigError
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.findings import FindingKind, Severity, SubjectKind
from auditor.recommendations.vocabulary import (
    Condition,
    Expectation,
    JudgingMode,
    NodeScope,
)
from auditor.service_names import (
    FEATURE_SERVICES,
    NETWORK_SERVICES,
    canonical_name,
    is_deployable_service,
    is_service_name,
)
from auditor.text import did_you_mean, printable_excerpt
from auditor.toml_errors import StrictTable, describe_mistake, table_keys

PackText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_ID_PATTERN = r"[A-Z]+-[0-9]{2}"
RecommendationId = Annotated[str, StringConstraints(pattern=f"^{_ID_PATTERN}$")]
ReleaseNumber = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class RemedyBlock(StrictTable):
    """`remedy.KIND = { page, action, cli }`."""

    page: PackText
    action: PackText
    cli: StrictStr = ""


class SourceBlock(StrictTable):
    """`source = { document, section, url, releases }`; `passage` for a section without a title."""

    document: PackText
    section: PackText | None = None
    passage: PackText | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    releases: PackText


class ReleasesBlock(StrictTable):
    """`releases = { from = "11.0", below = "15.0" }`, either left out."""

    start: ReleaseNumber | None = Field(default=None, alias="from")
    below: ReleaseNumber | None = None


class FeatureServicesBlock(StrictTable):
    """One block of `[[recommendation.watches]]`."""

    key: PackText
    services: Annotated[tuple[PackText, ...], Field(min_length=1)]
    on: NodeScope = NodeScope.ALL
    unless: tuple[Condition, ...] = ()
    yields_to: tuple[RecommendationId, ...] = ()


class RecommendationBlock(StrictTable):
    """One `[[recommendation]]`."""

    id: RecommendationId
    title: PackText
    service: PackText | None = None
    subject: SubjectKind = SubjectKind.NODE
    applies: Condition = Condition.ALWAYS
    on: NodeScope = NodeScope.ALL
    expects: Expectation
    severity: Severity
    consequence: PackText
    source: SourceBlock
    remedy: dict[FindingKind, RemedyBlock] = Field(default_factory=dict)
    kind: FindingKind | None = None
    mode: JudgingMode = JudgingMode.AUDIT
    or_activated: StrictBool = False
    unless: Condition | None = None
    network: StrictBool = False
    routing_nodes: StrictBool = True
    releases: ReleasesBlock = ReleasesBlock()
    severity_when: dict[Condition, Severity] = Field(default_factory=dict)
    watches: tuple[FeatureServicesBlock, ...] = ()


class _PackDocument(StrictTable):
    recommendation: tuple[RecommendationBlock, ...]


def parse_pack_blocks(text: str, origin: str) -> tuple[RecommendationBlock, ...]:
    """Return the blocks of a pack.

    Raises:
        ConfigError: one line for every mistake, naming the file, the block and the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise ConfigError([f"{origin}: no valid TOML: {mistake}"]) from mistake
    try:
        pack = _PackDocument.model_validate(data)
    except ValidationError as mistakes:
        raise ConfigError(_pack_error_lines(mistakes, data, origin)) from mistakes
    if not pack.recommendation:
        raise ConfigError([f"{origin}: the pack holds no recommendation"])
    return pack.recommendation


def _pack_error_lines(
    mistakes: ValidationError, data: Mapping[str, Any], origin: str
) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        where, path = _locate_block(mistake["loc"], data)
        yield (
            f"{origin}: {where}:"
            f" {describe_mistake(mistake, path, _block_keys(path[:-1]), _pattern_text)}"
        )


def _locate_block(loc: tuple[int | str, ...], data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the name of the block and the path of keys inside it."""
    keys = [part for part in loc if isinstance(part, str) and part != "[key]"]
    if len(loc) < 2 or loc[0] != "recommendation" or not isinstance(loc[1], int):
        return "the pack", keys
    block = data["recommendation"][loc[1]]
    name = block.get("id") if isinstance(block, dict) else None
    known = isinstance(name, str) and re.fullmatch(_ID_PATTERN, name)
    return str(name) if known else f"block {loc[1] + 1}", keys[1:]


def _block_keys(path: list[str]) -> list[str]:
    """Return the keys that may stand in the table at a path inside a block."""
    return table_keys(_BLOCK_TABLES.get(path[0] if path else "", RecommendationBlock))


def _pattern_text(pattern: str) -> str:
    return f"a text that matches {pattern}"


_BLOCK_TABLES: Mapping[str, type[BaseModel]] = {
    "remedy": RemedyBlock,
    "source": SourceBlock,
    "releases": ReleasesBlock,
    "watches": FeatureServicesBlock,
}


_EXPECTATION_KINDS: Mapping[Expectation, frozenset[FindingKind]] = {
    Expectation.RUNNING: frozenset(
        {FindingKind.NOT_ACTIVATED, FindingKind.STOPPED, FindingKind.UNSTABLE}
    ),
    Expectation.NOT_ACTIVATED: frozenset({FindingKind.MISPLACED, FindingKind.UNNEEDED}),
    Expectation.OPTIONAL: frozenset(),
    Expectation.STAYS_UP: frozenset({FindingKind.UNSTABLE}),
    Expectation.ANSWERS: frozenset({FindingKind.NOT_ANSWERING}),
    Expectation.PAIR_HEALTHY: frozenset({FindingKind.HA_ABNORMAL}),
    Expectation.GROUPED: frozenset({FindingKind.NOT_GROUPED}),
    Expectation.PROFILE_AGREES: frozenset({FindingKind.PROFILE_CONFLICT}),
    Expectation.PROFILE_NAMES_EXIST: frozenset({FindingKind.PROFILE_CONFLICT}),
    Expectation.ABSENT_FEATURE_IS_OFF: frozenset({FindingKind.PROFILE_CONFLICT}),
    Expectation.CONFIRMED: frozenset(),
}
"""The kinds of drift of each expectation, all others being prerequisites."""

_PREREQUISITE_KINDS = frozenset({FindingKind.PREREQUISITE_MISSING, FindingKind.PROFILE_CONFLICT})

_EXPECTATION_SUBJECTS = {
    Expectation.PAIR_HEALTHY: SubjectKind.GROUP,
    Expectation.PROFILE_AGREES: SubjectKind.KEY,
    Expectation.PROFILE_NAMES_EXIST: SubjectKind.KEY,
    Expectation.ABSENT_FEATURE_IS_OFF: SubjectKind.KEY,
    Expectation.CONFIRMED: SubjectKind.CLUSTER,
}
"""The subject of each expectation, all others being judged on nodes."""

_EXPECTATIONS_WITHOUT_SERVICE = frozenset({*_EXPECTATION_SUBJECTS, Expectation.GROUPED})


def validate_pack(rows: Sequence[RecommendationBlock], origin: str) -> Iterator[str]:
    """Yield a line for everything in the blocks that does not fit together."""
    counts = Counter(row.id for row in rows)
    for name, count in counts.items():
        if count > 1:
            yield f"{origin}: {name}: the id stands {count} times"
    for row in rows:
        parts = (
            _validate_service(row),
            _validate_subject_and_kind(row),
            _validate_remedies(row),
            _validate_feature_services(row),
            _validate_source(row),
        )
        for problem in chain.from_iterable(parts):
            yield f"{origin}: {row.id}: {problem}"


def _validate_service(row: RecommendationBlock) -> Iterator[str]:
    if row.expects in _EXPECTATIONS_WITHOUT_SERVICE:
        if row.service is not None:
            yield f"`service` has no place beside expects = `{row.expects}`"
        return
    if row.service is None:
        yield f"the key `service` is missing; expects = `{row.expects}` needs it"
        return
    yield from _validate_service_name(row.service, "service")
    if row.network is not (is_deployable_service(row.service) is False):
        yield f"`network` must be {str(not row.network).lower()} for {row.service}"


def _validate_source(row: RecommendationBlock) -> Iterator[str]:
    if (row.source.section is None) == (row.source.passage is None):
        yield "`source` needs `section`, the title as Cisco has it, or else `passage`"


def _validate_service_name(service: str, key: str) -> Iterator[str]:
    if not is_service_name(service):
        near = did_you_mean(service, FEATURE_SERVICES | NETWORK_SERVICES)
        yield f"`{key}` names no service of IM and Presence: `{printable_excerpt(service)}`{near}"
    elif canonical_name(service) != service:
        yield (
            f"`{key}` must be spelled `{canonical_name(service)}`, not"
            f" `{printable_excerpt(service)}`"
        )


def _validate_subject_and_kind(row: RecommendationBlock) -> Iterator[str]:
    subject = _EXPECTATION_SUBJECTS.get(row.expects, SubjectKind.NODE)
    if row.subject is not subject:
        yield f"`subject` must be `{subject}` beside expects = `{row.expects}`"
    if (row.mode is JudgingMode.PRECHECK) is not (row.expects is Expectation.CONFIRMED):
        yield "`mode` = `precheck` and expects = `confirmed` belong together"
    if row.expects is Expectation.NOT_ACTIVATED:
        if row.kind not in _EXPECTATION_KINDS[row.expects]:
            yield "`kind` must be `misplaced` or `unneeded` beside expects = `not_activated`"
    elif row.kind is not None:
        yield f"`kind` has no place beside expects = `{row.expects}`"


def _validate_remedies(row: RecommendationBlock) -> Iterator[str]:
    needed = _required_remedy_kinds(row)
    for kind in sorted(needed - row.remedy.keys()):
        yield f"the key `remedy.{kind}` is missing"
    for kind in sorted(row.remedy.keys() - needed):
        yield f"`remedy.{kind}` can never be needed"


def _required_remedy_kinds(row: RecommendationBlock) -> frozenset[FindingKind]:
    if row.network:
        return frozenset({FindingKind.STOPPED, FindingKind.UNSTABLE})
    if row.expects is Expectation.NOT_ACTIVATED:
        return frozenset({row.kind} if row.kind else ())
    return _EXPECTATION_KINDS.get(row.expects, _PREREQUISITE_KINDS)


def _validate_feature_services(row: RecommendationBlock) -> Iterator[str]:
    if bool(row.watches) is not (row.expects is Expectation.ABSENT_FEATURE_IS_OFF):
        yield "`watches` and expects = `absent_feature_is_off` belong together"
    for watch in row.watches:
        if watch.key not in DEPLOYMENT_KEYS:
            near = did_you_mean(watch.key, DEPLOYMENT_KEYS)
            yield f"`watches.key` is no deployment key: `{printable_excerpt(watch.key)}`{near}"
        for service in watch.services:
            yield from _validate_service_name(service, "watches.services")
