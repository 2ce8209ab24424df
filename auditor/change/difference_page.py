"""A comparison of two snapshots, told: the verdict first, then each sort of difference."""

import json
from collections.abc import Iterator, Sequence

from auditor.change.difference import Comparison
from auditor.compare.difference import Difference, Sort
from auditor.report.screen import printable

HEADS = {
    Sort.UNEXPECTED: "Unexpected changes",
    Sort.MISSING: "Announced, and not done",
    Sort.NEW: "New drift",
    Sort.UNAUDITABLE: "No longer auditable",
    Sort.RESTART: "Restarts that nobody announced",
    Sort.FORESEEN: "Only until the profile follows",
    Sort.EXPECTED: "Expected changes",
    Sort.FIXED: "Fixed drift",
    Sort.PERSISTING: "Drift that stays",
}
"""What each sort is called, gravest first."""


def render_text(comparison: Comparison) -> str:
    """Return the comparison for a reader: the verdict first, then each sort under its head."""
    verdict = _verdict({d.sort for d in comparison.found})
    lines = [f"{verdict} From {comparison.before} to {comparison.after}."]
    for name, found in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {_count(found)}"]
        for sort, head in HEADS.items():
            lines += _section(head, [d for d in found if d.sort is sort])
    code = comparison.exit_code
    return "\n".join((*lines, "", f"Exit code {int(code)}.", ""))


def _verdict(sorts: set[Sort]) -> str:
    """Say which matter it is: changes, drift, restarts, something undone, or something unread."""
    told = [*_unannounced(sorts), *_undone(sorts)]
    if Sort.UNAUDITABLE not in sorts:
        return " ".join(told) or "Nothing unexpected changed."
    if not told:
        return "Nothing unexpected was seen, but something can no longer be told."
    return " ".join((*told, "Something can no longer be told."))


def _unannounced(sorts: set[Sort]) -> Iterator[str]:
    if Sort.UNEXPECTED in sorts or {Sort.NEW, Sort.RESTART} <= sorts:
        yield "Something changed that nobody announced."
    elif Sort.NEW in sorts:
        yield "There is new drift that nobody announced."
    elif Sort.RESTART in sorts:
        yield "Services were restarted that nobody announced."


def _undone(sorts: set[Sort]) -> Iterator[str]:
    if Sort.MISSING in sorts:
        if Sort.EXPECTED in sorts:
            yield "Not all that was announced was done."
        else:
            yield "What was announced was not done."
        if not any(_unannounced(sorts)):
            yield "Nothing else is unexpected."


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
