"""Lines below the tables of a failover check, folded so that names stay whole."""

from rich.console import Console
from rich.padding import Padding

from auditor.models.findings import Verdict
from auditor.report.console import safe_text
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES
from auditor.text import printable, wrap_text

WARNING_MARK = "!"
"""The mark of what is wrong although the exit code ignores it."""


def print_verdict_line(console: Console, verdict: Verdict, text: str) -> None:
    """Print folded lines with the mark and the colour of a verdict."""
    style = "bold red" if verdict is Verdict.DRIFT else VERDICT_STYLES[verdict]
    print_line(console, f"{VERDICT_MARKS[verdict]} {text}", style)


def print_line(console: Console, text: str, style: str = "") -> None:
    """Print folded lines below a table."""
    # Names of hosts and commands are to be copied in one piece.
    for line in wrap_text(printable(text), console.width - 4):
        console.print(Padding(safe_text(line, style), (0, 0, 0, 2)))
