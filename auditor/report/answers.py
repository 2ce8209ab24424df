"""The answers that unknown checks wait for: lines of the profile, filled with what was seen."""

from collections.abc import Sequence

from auditor.models.profile import ProfileEntry
from auditor.text import count_noun

_SNIPPET_WIDTH = 76


def waiting_checks_text(number: int) -> str:
    """Return the title of the checks that wait for keys which the profile does not declare."""
    return f"{count_noun(number, 'check')} {'waits' if number == 1 else 'wait'} for these answers"


def paste_instruction(cluster: str) -> str:
    """Return what to do with the lines that `render_answers` returns."""
    return (
        f'Put the lines below under [cluster.deployment] of cluster "{cluster}" in the '
        "configuration file; if it has no such header, write one. They show what the cluster is: "
        "correct them to what it is meant to be, and answer the questions."
    )


def render_answers(proposed: Sequence[ProfileEntry]) -> str:
    """Return lines for [cluster.deployment]; a question is a comment until it is answered."""
    # Late: a report without open questions does without a TOML writer.
    from auditor.report.profile_toml import profile_entry_lines

    lines = (line for entry in proposed for line in profile_entry_lines(entry, _SNIPPET_WIDTH))
    return "".join(f"{line}\n" for line in lines)
