"""What Dask connects or starts, in the background: it may never come to an end.

And what Dask raises for what it can make nothing of, for a message of one line.
"""

from collections.abc import Callable
from multiprocessing import TimeoutError as LimitReached
from multiprocessing.pool import ApplyResult, ThreadPool
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

REFUSALS = (
    *(OSError, RuntimeError, ImportError, ValueError, TypeError),
    *(LookupError, ArithmeticError, MemoryError, AssertionError),
)
"""What Dask raises for an address, a configuration or a server that it can make nothing of."""


def start_in_background(
    function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> ApplyResult[T]:
    """Call a function on a thread of its own, which does not keep the program from ending.

    What it returns or raises comes from `get`, which raises LimitReached after its limit.
    """
    # Not by concurrent.futures, for whose threads the interpreter waits at its end.
    pool = ThreadPool(1)
    pending = pool.apply_async(function, args, kwargs)
    pool.close()
    return pending


def first_line(error: BaseException) -> str:
    """Return what an error of Dask says, without the trace that may follow."""
    if isinstance(error, (TimeoutError, LimitReached)) and not str(error):
        return "no answer came"
    if not str(error) and error.__cause__ is not None:
        return first_line(error.__cause__)
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
