"""What Dask raises for what it can make nothing of, for a message of one line."""

REFUSALS = (
    *(OSError, RuntimeError, ImportError, ValueError, TypeError),
    *(LookupError, ArithmeticError, MemoryError, AssertionError),
)
"""What Dask raises for an address, a configuration or a server that it can make nothing of."""


def first_line(error: BaseException) -> str:
    """Return what an error of Dask says, without the trace that may follow."""
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer came"
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
