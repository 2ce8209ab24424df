"""Recommendations as data: the packs are TOML files of this package, one block a recommendation.

Only the built-in packs are loaded, so a mistake in one is a fault of the program: pydantic's own
error names the block and the key, and the tests load every pack.
"""

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from auditor.errors import ConfigError
from auditor.models.findings import FindingKind, Severity, SubjectKind
from auditor.recommendations.pack_names import BUILT_IN_PACKS, check_pack_names
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode, NodeScope
from auditor.text import did_you_mean

PackText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
RecommendationId = Annotated[str, StringConstraints(pattern=r"^[A-Z]+-[0-9]{2}$")]
ReleaseNumber = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class PackTable(BaseModel):
    """A table of a pack, which takes the keys that it names and no others."""

    # A misspelt key such as `unless` would otherwise be ignored, and its row judged too widely.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class HaOff(StrEnum):
    """Whose high availability is off during a remedy."""

    GROUP = "group"
    GROUPS = "groups"


class Remedy(PackTable):
    """What to do about one kind of drift: the administration page, the act there, the CLI.

    `cli` is empty where no command line does the act; `page` and `action` are where nothing else
    does. `first` comes before, and `then` after it. `once` is what must hold before, which the row
    `needs` judges. With `ha_off`, high availability is off
    meanwhile; `ha_off_where` says where, if not everywhere.
    """

    page: str = ""
    action: str = ""
    cli: str = ""
    first: str = ""
    once: str = ""
    needs: RecommendationId | None = None
    then: str = ""
    ha_off: HaOff | None = None
    ha_off_where: str = ""

    @model_validator(mode="after")
    def _require_act(self) -> Self:
        if bool(self.page) != bool(self.action):
            raise ValueError("a page has an action, and an action a page")
        if not self.action and not self.cli:
            raise ValueError("a remedy has an action or a command")
        return self


class RemedyWithout(Remedy):
    """What to do about a drift where a feature is declared absent on the node.

    A prerequisite of a service that nothing needs is not to be provided: the service goes off, as
    PROFILE-03 and XMPPFED-02 advise too.
    """

    feature: Condition


class Citation(PackTable):
    """Where Cisco says it; `releases` in words are those whose documents were read.

    `section` is the title of a chapter or section. A file gives `passage` instead, in words of
    ours, where the passage has no title.
    """

    document: PackText
    section: PackText
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    releases: PackText

    @model_validator(mode="before")
    @classmethod
    def _name_passage(cls, data: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(data, dict) and "passage" in data and "section" not in data:
            passage = data["passage"]
            rest = {key: value for key, value in data.items() if key != "passage"}
            return rest | {"section": f"the passage on {passage}"}
        return data


class Releases(PackTable):
    """The IM&P releases that a recommendation holds for: from `start`, below `below`."""

    # `from` is a keyword of Python.
    start: Annotated[ReleaseNumber | None, Field(alias="from")] = None
    below: ReleaseNumber | None = None


class FeatureServices(PackTable):
    """Services that should not run where a feature is declared absent (PROFILE-03).

    `unless` names features that need the services too, `yields_to` rows that ask for them.
    """

    key: PackText
    services: Annotated[tuple[PackText, ...], Field(min_length=1)]
    on: NodeScope = NodeScope.ALL
    unless: tuple[Condition, ...] = ()
    yields_to: tuple[RecommendationId, ...] = ()


class Recommendation(PackTable):
    """One checkable statement with its stable id.

    It applies where `applies` and `on` hold, or, with `or_activated`, where its service is
    activated; never where `unless` holds. `network`: the service cannot be activated, only
    running counts. `if_listed`: it applies only where a list of the node holds the service.
    `routing_nodes` False: it does not apply to routing nodes. `severity_when` and
    `consequence_when` replace severity and consequence under a condition, `remedy_without` the
    remedy where its feature is absent, and `remedy_ha_off` that of a group whose high availability
    is off.
    """

    id: RecommendationId
    pack: str
    title: PackText
    service: PackText | None = None
    subject: SubjectKind = SubjectKind.NODE
    applies: Condition = Condition.ALWAYS
    on: NodeScope = NodeScope.ALL
    expects: Expectation
    severity: Severity
    consequence: PackText
    source: Citation
    remedy: Mapping[FindingKind, Remedy] = Field(default_factory=dict)
    remedy_without: RemedyWithout | None = None
    remedy_ha_off: Remedy | None = None
    kind: FindingKind | None = None
    mode: JudgingMode = JudgingMode.AUDIT
    or_activated: bool = False
    unless: Condition | None = None
    network: bool = False
    if_listed: bool = False
    routing_nodes: bool = True
    releases: Releases = Releases()
    severity_when: Mapping[Condition, Severity] = Field(default_factory=dict)
    consequence_when: Mapping[Condition, PackText] = Field(default_factory=dict)
    watches: tuple[FeatureServices, ...] = ()


_ROWS = TypeAdapter(tuple[Recommendation, ...])


def load_packs(names: Sequence[str] = BUILT_IN_PACKS) -> tuple[Recommendation, ...]:
    """Return the rows of built-in packs, in the order of the names and of their blocks.

    Raises:
        ConfigError: there is no pack of that name.
    """
    check_pack_names(names)
    return tuple(row for name in dict.fromkeys(names) for row in _load_pack(name))


@cache
def _load_pack(name: str) -> tuple[Recommendation, ...]:
    return parse_pack((files(__package__) / f"{name}.toml").read_text("utf-8"), name)


def find_recommendation(typed: str, rows: Mapping[str, Recommendation]) -> Recommendation:
    """Return the row of an id in any case.

    Raises:
        ConfigError: there is none; names the nearest.
    """
    row = rows.get(typed.upper())
    if row is None:
        hint = did_you_mean(typed.upper(), rows) or "."
        raise ConfigError([f"no recommendation {typed!r}{hint} `auditor rules` lists them all."])
    return row


def parse_pack(text: str, pack: str) -> tuple[Recommendation, ...]:
    """Return the rows of a pack.

    Raises:
        ValidationError, TOMLDecodeError, KeyError: the text is no pack.
    """
    blocks = tomllib.loads(text)["recommendation"]
    return _ROWS.validate_python([{**block, "pack": pack} for block in blocks])
