"""Entry point: `auditor` and `python -m auditor`."""

import gc
import logging
import os
import sys
import threading
from types import TracebackType

from auditor.cli import app
from auditor.findings import ExitCode

log = logging.getLogger("auditor")

_ALLOCATIONS = 50_000
"""New objects between two looks for garbage; Python's own 700 suit programs that stay longer."""


def _report_bug(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Say in one line that the program itself failed; the trace only with --verbose."""
    log.info("the trace", exc_info=(kind, error, trace))
    sys.stderr.write(
        f"auditor: this is a bug in auditor ({kind.__name__}: {error}). No verdict was reached. "
        "Run again with --verbose for the trace, and report it.\n"
    )


def main() -> None:
    """Run the command line; after Ctrl-C, do not wait for threads that still hang in the system.

    A name look-up cannot be cut off from outside; everything that had to be written is written.
    """
    gc.set_threshold(_ALLOCATIONS, 20, 20)
    sys.excepthook = _report_bug
    try:
        app()
    except SystemExit as ending:
        if ending.code == ExitCode.INTERRUPTED and threading.active_count() > 1:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ExitCode.INTERRUPTED)
        raise


if __name__ == "__main__":
    main()
