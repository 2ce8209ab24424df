"""Progress on standard error, on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.collect.terms import Progress


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Show which server was asked last and how many were; say nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda _cluster, _server: None
        return
    from rich.console import Console
    from rich.status import Status

    asked = 0
    with Status("Asking the CUCM publishers", console=Console(stderr=True)) as status:

        def show(cluster: str, server: str) -> None:
            nonlocal asked
            asked += 1
            status.update(line(asked, cluster, server))

        yield show


def line(asked: int, cluster: str, server: str) -> str:
    """Return what is shown while something is under way."""
    servers = "server" if asked == 1 else "servers"
    return f"{asked} {servers} asked; last: {server} ({cluster})"
