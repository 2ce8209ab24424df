"""What a check before a change announced, so that the comparison after it knows."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.compare.announced import Announced, Expected
from auditor.errors import ConfigError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Service(_Strict):
    node: str
    service: str
    activated: bool


class _Expectation(_Strict):
    kind: Literal["auditor-expectation"] = "auditor-expectation"
    schema_version: Literal["1.0"] = "1.0"
    cluster: str
    services: list[_Service]
    drift: list[str]


def text_of(cluster: str, services: Iterable[Expected], drift: Iterable[str]) -> str:
    """Return an expectation as it is written to a file; `drift` are fingerprints of findings."""
    told = [_Service(node=s.node, service=s.service, activated=s.activated) for s in services]
    content = _Expectation(cluster=cluster, services=told, drift=sorted(drift))
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
    services = tuple(Expected(s.node, s.service, s.activated) for s in told.services)
    return told.cluster, Announced(services, frozenset(told.drift))
