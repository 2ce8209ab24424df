"""The exit codes of every command. Apart, because `--version` needs nothing else of the models."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a timer can act on."""

    # 1 and 2 are those of Python and Typer for the same; 130 is 128 + SIGINT, as shells have it.
    COMPLIANT = 0
    BUG = 1
    USAGE = 2
    DRIFT = 3
    INCOMPLETE = 4
    UNAUDITABLE = 5
    INTERRUPTED = 130

    @property
    def rank(self) -> int:
        """Return 0 for what makes a run stop at all, to the last for compliant: worst first."""
        return _EXIT_CODES_WORST_FIRST.index(self)

    @staticmethod
    def worst(codes: Iterable["ExitCode"], default: "ExitCode") -> "ExitCode":
        """Return the one code for all of them; `default` is for none at all."""
        return min(codes, key=lambda code: code.rank, default=default)


# Drift before gaps: what was found is certain, whatever could not be read.
_EXIT_CODES_WORST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.DRIFT,
    ExitCode.UNAUDITABLE,
    ExitCode.INCOMPLETE,
    ExitCode.COMPLIANT,
)

EXIT_CODE_MEANINGS = {
    ExitCode.COMPLIANT: "compliant and complete",
    ExitCode.BUG: "auditor itself failed",
    ExitCode.USAGE: "usage or configuration error, nothing was asked",
    ExitCode.DRIFT: "drift",
    ExitCode.INCOMPLETE: "incomplete: something is unknown",
    ExitCode.UNAUDITABLE: "nothing could be audited",
    ExitCode.INTERRUPTED: "interrupted",
}
