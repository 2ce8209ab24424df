"""What the cluster is used for: settings and databases, and the file compared with the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from auditor.models.evidence import Evidence, Origin
from auditor.models.statements import Statement

TRUE_ON_SOME_NODES = "true on some nodes"
"""The value of a feature that the cluster shows, without showing on which nodes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a deployment key, from one source.

    `on` is False for `false` and for an empty list. `nodes` None means that the value holds for
    all nodes. `expressway`: the federation runs on Expressway. `placed` False: it is on, but it is
    unknown on which nodes. `from_option`: it was given with --feature, and is in no file.
    """

    on: bool
    origin: Origin
    source: str
    nodes: frozenset[str] | None = None
    expressway: bool = False
    placed: bool = True
    from_option: Annotated[bool, Field(exclude=True)] = False

    def as_toml(self) -> str:
        """Return the value as the configuration file spells it; node names in lower case.

        A feature that is on for unknown nodes is `TRUE_ON_SOME_NODES`, which no file has.
        """
        if self.expressway:
            return '"expressway"'
        if not self.on:
            return "false"
        if not self.placed:
            return TRUE_ON_SOME_NODES
        if self.nodes is None:
            return "true"
        return "[" + ", ".join(f'"{name}"' for name in sorted(n.lower() for n in self.nodes)) + "]"


class Reach(StrEnum):
    """The result of a TCP connection from this machine."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExternalDatabase:
    """An external database that the profile declares, or that the cluster's own tables list.

    `nodes` None: every node. `host` is empty and `port` 0 where they are unknown. `used_by` holds
    `permanent_chat`, `compliance` or `managed_file_transfer`. `reach` is the result of the TCP
    check from this machine; NOT_TRIED if `probe` is false in the profile.
    """

    name: str
    host: str
    port: int
    type: str
    used_by: frozenset[str]
    nodes: frozenset[str] | None
    reach: Reach
    origin: Origin
    reach_text: str = ""


class Agreement(StrEnum):
    """The result of comparing a key of the file with the cluster.

    UNREADABLE: the CUCM publisher should have shown it and did not. NOT_COMPARABLE: nothing was
    read that it could be compared with.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    # Snapshots hold these values, so they stay although the names have changed.
    UNREADABLE = "untold"
    NOT_COMPARABLE = "silent"


@dataclass(frozen=True, slots=True)
class KeyComparison:
    """The comparison of a key that is not a feature, why it ended so, and the evidence."""

    agreement: Agreement
    because: Statement
    evidence: tuple[Evidence, ...] = ()


def append_settings(
    settings: Mapping[str, tuple[Setting, ...]], discovered: Mapping[str, Setting]
) -> Mapping[str, tuple[Setting, ...]]:
    """Return the settings of every key, with the discovered one last."""
    return {**settings, **{key: (*settings.get(key, ()), new) for key, new in discovered.items()}}
