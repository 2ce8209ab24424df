"""Coverage: what each source returned or why it did not, one entry for each source and node."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from auditor.errors import Reason
from auditor.failures import Failure, failure_detail, failure_text
from auditor.problems import Problem


class Source(StrEnum):
    """The interface that is asked."""

    CUCM_AXL = "cucm-axl"
    CONTROL_CENTER = "control-center"
    PERFMON = "perfmon"
    IMP_AXL = "imp-axl"
    TCP = "tcp"


class Outcome(StrEnum):
    """The result of asking a source."""

    COLLECTED = "collected"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The result of asking one source about one node (or host).

    `reason` says why there is a gap; None: there is none. `failure` has the details of it, and
    `note` is a sentence where nothing failed, such as why a source did not have to be asked.
    `requests` counts the requests sent, and `elapsed_ms` is how long they took without pauses;
    only these two differ between two runs on an unchanged cluster.
    """

    source: Source
    node: str
    outcome: Outcome
    reason: Reason | None = None
    note: Annotated[str, Field(alias="detail")] = ""
    requests: int = 0
    elapsed_ms: int = 0
    failure: Annotated[Failure | None, Field(exclude=True)] = None

    @property
    def detail(self) -> str:
        """Return what happened, and what to do if it was asked, as sentences; may be empty."""
        if self.failure is None:
            return self.note
        # The advice belongs to the earlier failure, which has an entry of its own.
        if self.failure.problem is Problem.AFTER_FAILURE:
            return failure_detail(self.failure)
        return failure_text(self.failure)

    @property
    def explanation(self) -> str:
        """Return the detail; where there is none, what the reason means, and what to do."""
        if self.detail or self.reason is None:
            return self.detail
        return failure_text(Failure(self.reason, Problem.UNSPECIFIED, self.node))

    def rendered(self) -> "Coverage":
        """Return the entry with its sentences in place of the failure, as a file keeps it."""
        return replace(self, note=self.detail, failure=None)


def find_first_failure(coverage: Iterable[Coverage], node: str | None = None) -> Coverage | None:
    """Return the failure that best explains why a server, or any, gave nothing; None if none did.

    That a source was not asked after another failure explains least.
    """
    gaps = [
        entry
        for entry in coverage
        if entry.reason and (node is None or entry.node.lower() == node.lower())
    ]
    return min(gaps, key=_failure_weight, default=None)


def _failure_weight(entry: Coverage) -> tuple[bool, bool]:
    main_sources = (Source.CUCM_AXL, Source.CONTROL_CENTER)
    return entry.reason is Reason.NOT_ASKED, entry.source not in main_sources


def asked_cucm_servers(coverage: Iterable[Coverage]) -> tuple[str, ...]:
    """Return the CUCM servers that were asked, in turn: the publisher is always the first."""
    return tuple(entry.node for entry in coverage if entry.source is Source.CUCM_AXL)
