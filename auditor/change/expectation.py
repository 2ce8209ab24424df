"""What a check before a change announced, so that the comparison after it knows."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from auditor.change.decision import Decision
from auditor.change.diff.model import (
    ChangeExpectation,
    ExpectedChange,
    ExpectedFinding,
    ExpectedSetting,
)
from auditor.errors import ConfigError
from auditor.toml_errors import StrictTable


class _ExpectedChangeEntry(StrictTable, strict=True):
    node: str
    service: str
    activated: bool


class _ExpectedSettingEntry(StrictTable, strict=True):
    key: str
    was: str | None
    tested: str


class _ExpectedFindingEntry(StrictTable, strict=True):
    id: str
    verdict: str
    kind: str | None
    observed: str


class _ExpectationFile(StrictTable, strict=True):
    """`foreseen` are findings that last until the profile has the tested `features`."""

    kind: Literal["auditor-expectation"] = "auditor-expectation"
    schema_version: Literal["1.0"] = "1.0"
    cluster: str
    services: list[_ExpectedChangeEntry]
    drift: list[str]
    features: list[_ExpectedSettingEntry] = Field(default_factory=list)
    foreseen: list[_ExpectedFindingEntry] = Field(default_factory=list)


def serialize_expectation(decision: Decision) -> str:
    """Return what a decision announces, as it is written to a file."""
    content = _ExpectationFile(
        cluster=decision.cluster,
        services=[
            _ExpectedChangeEntry(node=s.node, service=s.service, activated=s.activated)
            for s in decision.announced
        ],
        drift=sorted(decision.drift),
        features=[
            _ExpectedSettingEntry(key=f.key, was=f.was, tested=f.tested) for f in decision.features
        ],
        foreseen=[
            _ExpectedFindingEntry(id=f.id, verdict=f.verdict, kind=f.kind, observed=f.observed)
            for f in decision.foreseen
        ],
    )
    return content.model_dump_json(indent=1) + "\n"


def read_expectation(path: Path) -> tuple[str, ChangeExpectation]:
    """Return the cluster and what was announced for it.

    Raises:
        ConfigError: unreadable, or not what `auditor precheck` writes.
    """
    try:
        told = _ExpectationFile.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}."]) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        text = f"{path}: is no expectation of this version: {where}: {first['msg']}."
        raise ConfigError([text]) from error
    return told.cluster, ChangeExpectation(
        services=tuple(ExpectedChange(s.node, s.service, s.activated) for s in told.services),
        drift=frozenset(told.drift),
        features=tuple(ExpectedSetting(f.key, f.was, f.tested) for f in told.features),
        foreseen=tuple(ExpectedFinding(f.id, f.verdict, f.kind, f.observed) for f in told.foreseen),
    )
