"""What a check before a change announced, so that the comparison after it knows."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from auditor.change.decision import Decision
from auditor.compare.announced import Announced, Expected, Feature, Foreseen
from auditor.errors import ConfigError
from auditor.shape import Strict


class _Service(Strict, strict=True):
    node: str
    service: str
    activated: bool


class _Feature(Strict, strict=True):
    key: str
    was: str | None
    tested: str


class _Foreseen(Strict, strict=True):
    id: str
    verdict: str
    kind: str | None
    observed: str


class _Expectation(Strict, strict=True):
    """`foreseen` are findings that last until the profile has the tested `features`."""

    kind: Literal["auditor-expectation"] = "auditor-expectation"
    schema_version: Literal["1.0"] = "1.0"
    cluster: str
    services: list[_Service]
    drift: list[str]
    features: list[_Feature] = Field(default_factory=list)
    foreseen: list[_Foreseen] = Field(default_factory=list)


def text_of(decision: Decision) -> str:
    """Return what a decision announces, as it is written to a file."""
    content = _Expectation(
        cluster=decision.cluster,
        services=[
            _Service(node=s.node, service=s.service, activated=s.activated)
            for s in decision.announced
        ],
        drift=sorted(decision.drift),
        features=[_Feature(key=f.key, was=f.was, tested=f.tested) for f in decision.features],
        foreseen=[
            _Foreseen(id=f.id, verdict=f.verdict, kind=f.kind, observed=f.observed)
            for f in decision.foreseen
        ],
    )
    return content.model_dump_json(indent=1) + "\n"


def read(path: Path) -> tuple[str, Announced]:
    """Return the cluster and what was announced for it.

    Raises:
        ConfigError: unreadable, or not what `auditor precheck` writes.
    """
    try:
        told = _Expectation.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}."]) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        text = f"{path}: is no expectation of this version: {where}: {first['msg']}."
        raise ConfigError([text]) from error
    return told.cluster, Announced(
        services=tuple(Expected(s.node, s.service, s.activated) for s in told.services),
        drift=frozenset(told.drift),
        features=tuple(Feature(f.key, f.was, f.tested) for f in told.features),
        foreseen=tuple(Foreseen(f.id, f.verdict, f.kind, f.observed) for f in told.foreseen),
    )
