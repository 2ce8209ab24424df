"""What travels between here and the workers: JSON of frozen data, and never a password.

Not pickles of our classes: what another version or another program sends is refused by its shape,
and what leaves this machine can be read as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from auditor import __version__
from auditor.config.settings import ClusterSettings
from auditor.errors import AuditorError
from auditor.failures import Failure
from auditor.fleet.privacy import Privacy
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import RecordedTopology
from auditor.problems import Problem

_MALFORMED = (ValueError, LookupError, TypeError, RecursionError)
_FAILURE_KEYS = frozenset(field.name for field in fields(Failure))


class OtherVersion(AuditorError):
    """The other side runs another version of auditor; holds its name."""


class BrokenMessage(AuditorError):
    """A message that was cut, changed, or is about another cluster: nothing of it counts."""


@dataclass(frozen=True, slots=True)
class ClusterTask:
    """All that a worker needs to ask one cluster, but for the password.

    The settings name no file of this machine: `ca_bundle` and `probes` are the texts of theirs.
    `workers` limits the nodes that are asked at once. `recorded` is the topology that the history
    has of the cluster. `attempts` is where the scheduler keeps who tried this cluster. `privacy` is
    how the worker must be connected.
    """

    settings: ClusterSettings
    workers: int
    attempts: tuple[str, ...]
    privacy: Privacy = Privacy.TLS
    insecure: bool = False
    reread_after_s: float | None = None
    ca_bundle: str | None = None
    probes: str | None = None
    recorded: RecordedTopology | None = None


@dataclass(frozen=True, slots=True)
class ClusterResult:
    """What a worker came to: the facts, or the problem why nothing was asked, with its values."""

    facts: ClusterFacts | None = None
    problem: str = ""
    values: dict[str, str] | None = None


T = TypeVar("T", ClusterTask, ClusterResult)

# Here, because one takes longer to make than to use.
_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (ClusterTask, ClusterResult)
}


def pack_message(content: ClusterTask | ClusterResult) -> str:
    """Return a task or result as JSON, with the version of this program."""
    return json.dumps({"version": __version__, "content": asdict(content)}, default=_plain_value)


def unpack_message(kind: type[T], text: str) -> T:
    """Return the task or result in a message.

    Raises:
        OtherVersion: it is of another version; nothing of it was read.
        BrokenMessage: it is not what the other side packed, as a whole.
    """
    try:
        version = json.loads(text)["version"]
    except _MALFORMED as error:
        raise BrokenMessage from error
    if version != __version__:
        raise OtherVersion(version)
    try:
        content = _read_content(kind, text)
        # A field that is missing would have its default: a failure that is not in the list of
        # what was read would count as none.
        is_whole = json.loads(pack_message(content)) == json.loads(text)
    except _MALFORMED as error:
        raise BrokenMessage from error
    if not is_whole:
        raise BrokenMessage
    return content


def _read_content(kind: type[T], text: str) -> T:
    message = json.loads(text, object_hook=_restore_problem)
    # By name: `detail`, the alias of a field, is the key of files.
    content: T = _ADAPTERS[kind].validate_python(message["content"], by_name=True, by_alias=False)
    return content


def unpack_result(cluster: str, text: str) -> ClusterResult:
    """Return a result that holds the facts of this cluster, or a problem.

    Raises:
        OtherVersion, BrokenMessage: as `unpack_message`; the latter too for another cluster.
    """
    result = unpack_message(ClusterResult, text)
    if result.facts is None:
        is_expected = result.problem in Problem.__members__
    else:
        is_expected = result.facts.name == cluster
    if not is_expected:
        raise BrokenMessage
    return result


def _plain_value(value: object) -> object:
    if isinstance(value, Problem):
        return value.name
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not travel")


def _restore_problem(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table of JSON, the problem of a failure restored from its name."""
    if table.keys() == _FAILURE_KEYS:
        table["problem"] = Problem[table["problem"]]
    return table
