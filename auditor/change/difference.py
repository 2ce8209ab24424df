"""The comparison of two snapshots, put together and told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.change.snapshot import clusters
from auditor.compare.announced import Announced
from auditor.compare.comparing import compare
from auditor.compare.difference import Difference, Sort, exit_code
from auditor.errors import ConfigError
from auditor.findings import ExitCode
from auditor.report.screen import printable

HEADS = {
    Sort.UNEXPECTED: "Unexpected changes",
    Sort.MISSING: "Announced, and not done",
    Sort.NEW: "New drift",
    Sort.UNAUDITABLE: "No longer auditable",
    Sort.RESTART: "Restarts that nobody announced",
    Sort.EXPECTED: "Expected changes",
    Sort.FIXED: "Fixed drift",
    Sort.PERSISTING: "Drift that stays",
}
"""What each sort is called, gravest first."""

_VERDICTS = {
    ExitCode.COMPLIANT: "Nothing unexpected changed.",
    ExitCode.DRIFT: "Something changed that nobody announced.",
    ExitCode.INCOMPLETE: "Nothing unexpected was seen, but something can no longer be told.",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of every cluster that both snapshots hold, by cluster name."""

    before: str
    after: str
    clusters: Mapping[str, tuple[Difference, ...]]

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 nothing unexpected, 3 unexpected, 4 newly unknown (contract, section 6)."""
        return exit_code(d for found in self.clusters.values() for d in found)


def compared(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    announced: Mapping[str, Announced],
) -> Comparison:
    """Compare two snapshots; `announced` is what a precheck wrote, by cluster name.

    Raises:
        ConfigError: the snapshots are not of the same clusters, or the announcement is of none.
    """
    was, now = clusters(before), clusters(after)
    _refuse_others(set(was), set(now), set(announced))
    return Comparison(
        before=before["report"]["run"]["finished_at"],
        after=after["report"]["run"]["finished_at"],
        clusters={
            name: compare(was[name], now[name], announced.get(name, Announced())) for name in was
        },
    )


def _refuse_others(was: set[str], now: set[str], announced: set[str]) -> None:
    problems = []
    if was != now:
        problems.append(
            f"the snapshots are of different clusters: {_names(was)} before, {_names(now)} after."
        )
    if announced - was:
        problems.append(
            f"the expectation is for cluster {_names(announced)}, the snapshots are of "
            f"{_names(was)}."
        )
    if problems:
        raise ConfigError(problems)


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def render_text(comparison: Comparison) -> str:
    """Return the comparison for a reader: the verdict first, then each sort under its head."""
    lines = [f"{_VERDICTS[comparison.exit_code]} From {comparison.before} to {comparison.after}."]
    for name, found in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {_count(found)}"]
        for sort, head in HEADS.items():
            lines += _section(head, [d for d in found if d.sort is sort])
    code = comparison.exit_code
    return "\n".join((*lines, "", f"Exit code {int(code)}.", ""))


def _count(found: Sequence[Difference]) -> str:
    return f"{len(found)} differences" if len(found) != 1 else "1 difference"


def _section(head: str, found: Sequence[Difference]) -> list[str]:
    if not found:
        return []
    rows = [f"    {printable(d.about)}: {printable(d.text)}" for d in found]
    return ["", f"  {head} ({len(found)})", *rows]


def render_json(comparison: Comparison) -> str:
    """Return the comparison as JSON: sorted keys, one list of differences a cluster."""
    content = {
        "schema_version": "1.0",
        "before": comparison.before,
        "after": comparison.after,
        "clusters": [
            {
                "name": name,
                "differences": [
                    {"sort": str(d.sort), "about": d.about, "text": d.text} for d in found
                ],
            }
            for name, found in comparison.clusters.items()
        ],
        "exit_code": int(comparison.exit_code),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
