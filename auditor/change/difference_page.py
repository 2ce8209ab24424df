"""A comparison of two snapshots, told: the verdict first, then each sort of difference."""

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap

from auditor.change.difference import Comparison
from auditor.compare.difference import SURPRISES, Difference, Sort
from auditor.report.screen import printable

HEADS = {
    Sort.UNEXPECTED: "Unexpected changes",
    Sort.MISSING: "Announced, and not done",
    Sort.NEW: "New drift",
    Sort.UNAUDITABLE: "No longer auditable",
    Sort.UNSEEN: "Not read before, and so not compared",
    Sort.RESTART: "Restarts that nobody announced",
    Sort.READABLE: "Known only now, and so not compared",
    Sort.FORESEEN: "Only until the profile follows",
    Sort.EXPECTED: "Expected changes",
    Sort.FIXED: "Fixed drift",
    Sort.PERSISTING: "Drift that stays",
}
"""What each sort is called, gravest first."""


def render_text(comparison: Comparison, *, width: int | None = None) -> str:
    """Return the comparison for a reader: the verdict first, then each sort under its head.

    Without a width each difference has a line of its own, which is what a pipe wants.
    """
    first = f"{_headline(comparison)} From {comparison.before} to {comparison.after}."
    lines = [first] if width is None else wrap(first, max(width, 40))
    for name, found in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {_count(found)}"]
        for sort, head in HEADS.items():
            lines += _section(head, [d for d in found if d.sort is sort], width)
    code = comparison.exit_code
    return "\n".join((*lines, "", f"Exit code {int(code)}.", ""))


def _headline(comparison: Comparison) -> str:
    """Return the verdict, with the worst of what nobody announced, or why nothing is known."""
    verdict = _verdict({d.sort for d in comparison.found})
    surprises = [d for d in comparison.found if d.sort in SURPRISES]
    if surprises:
        worst = min(surprises, key=lambda d: (d.severity.rank, SURPRISES.index(d.sort)))
        mark = "Worst: " if len(surprises) > 1 else ""
        return f"{verdict} {mark}{printable(worst.about)}: {printable(worst.text)}"
    if comparison.unasked:
        return f"Nothing could be compared: {printable(comparison.unasked)}."
    return verdict


def _verdict(sorts: set[Sort]) -> str:
    """Say which matter it is: changes, drift, restarts, something undone, or something unread."""
    told = [*_unannounced(sorts), *_undone(sorts)]
    blind = ""
    if Sort.READABLE in sorts:
        blind = "something is known only now and could not be compared"
    if Sort.UNSEEN in sorts:
        blind = "something could not be compared"
    if Sort.UNAUDITABLE in sorts:
        blind = "something can no longer be told"
    if blind and not told:
        return f"Nothing unexpected was seen, but {blind}."
    told += [f"{blind.capitalize()}."] if blind else []
    return " ".join(told) or "Nothing unexpected changed."


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


def _section(head: str, found: Sequence[Difference], width: int | None) -> list[str]:
    if not found:
        return []
    rows = [f"{printable(d.about)}: {printable(d.text)}" for d in found]
    return ["", f"  {head} ({len(found)})", *(line for row in rows for line in _row(row, width))]


def _row(text: str, width: int | None) -> list[str]:
    if width is None:
        return [f"    {text}"]
    return wrap(
        text,
        max(width, 40),
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_on_hyphens=False,
        break_long_words=False,
    )


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
