"""Entry point: `auditor` and `python -m auditor`.

What takes time to load is loaded only once Ctrl-C is handled, even the standard library's own.
"""

import _thread
import gc
import os
import sys

# A type checker knows the name; taking it from `typing` would load that module first.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Literal, TextIO


GC_ALLOCATION_THRESHOLD = 250_000
"""New objects between two garbage collections: more than loading and auditing one cluster makes.

Each collection looks at all that was loaded, and none of that is garbage.
"""
GC_OLDER_THRESHOLDS = (20, 20)
"""How many collections come between two of what is older."""


def _report_bug(
    kind: type[BaseException], error: BaseException, trace: "TracebackType | None"
) -> None:
    """Print in one line that the program itself failed; the trace only with --verbose."""
    import logging

    from auditor.cli.messages import print_error

    logging.getLogger("auditor").info("the trace", exc_info=(kind, error, trace))
    print_error(
        f"this is a bug in auditor ({kind.__name__}: {error}). No verdict was reached. "
        "Run again with --verbose for the trace, and report it."
    )


def _open_streams() -> None:
    """Give a closed standard stream the null device, so that nothing else takes its number."""
    sys.stdin = sys.stdin or _open_null_device("r")
    sys.stdout = sys.stdout or _open_null_device("w")
    sys.stderr = sys.stderr or _open_null_device("w")


def _open_null_device(mode: "Literal['r', 'w']") -> "TextIO":
    return os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8")


_PAUSE_S = 0.02
"""Until a lost interrupt is raised again: longer than what it was lost in."""


def _raise_interrupt_again(lost: "sys.UnraisableHookArgs") -> None:
    """Raise an interrupt that Python drops, as in the clean-up of an import; print anything else.

    The run would go on to its end, and SIGTERM is ignored by then.
    """
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return

    import signal

    # It may be ignored, as in a job of a shell that has no terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # By another thread, and later: here it would be dropped once more.
    _thread.start_new_thread(_interrupt_main_thread, (_thread.get_ident(),))


def _interrupt_main_thread(main_thread: int) -> None:
    import signal
    import time

    time.sleep(_PAUSE_S)
    # A signal ends what the thread waits in; Windows has none for a single thread.
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does, so that nothing stays half done.

    On Windows SIGBREAK takes the place of SIGHUP.
    """
    import signal

    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    ends = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def interrupt(*_: object) -> None:
        # A service manager may send both; the second must not disturb the end of the program.
        for number in ends:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    sys.unraisablehook = _raise_interrupt_again
    for number in ends:
        # Under `nohup` the program goes on without its terminal.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def main() -> None:
    """Run the command line."""
    try:
        _interrupt_on_signals()
        gc.set_threshold(GC_ALLOCATION_THRESHOLD, *GC_OLDER_THRESHOLDS)
        # Searching every installed package for plugins of pydantic takes longer than reading
        # the configuration, and no plugin is wanted.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        _open_streams()
        sys.excepthook = _report_bug
        _run_command_line()
    except KeyboardInterrupt:
        sys.stderr.write("auditor: interrupted.\n")
        sys.exit(130)
    finally:
        # Python ends as killed by SIGINT, whatever its exit code, where an interrupt fell into the
        # `exec` of a text, of which each dataclass is made; the next `exec` takes that back.
        exec("")  # noqa: S102 - nothing is executed
        # Python looks for garbage once more at its end, for up to a third of a run's seconds; the
        # system takes all of it back anyway.
        gc.freeze()


def _run_command_line() -> None:
    """Load the commands, where Ctrl-C has the same effect as later."""
    from typer.main import get_command

    from auditor.cli.app import app

    get_command(app)()  # calling the app itself would put another hook in place of ours


if __name__ == "__main__":
    main()
