"""The record of every request that a simulated server got."""

from dataclasses import dataclass


@dataclass(slots=True)
class Exchange:
    """One request. Times are `time.monotonic()`; `ended` is None while it is under way.

    `interface` is "" for an address that is none of ours. `authorization` and `cookie` tell
    whether the request carried them; `statement` is the SQL of an executeSQLQuery. `writes`
    marks whatever is not known to only read. `status` is None where no HTTP status was sent.
    `connection` numbers the TCP connections of a server.
    """

    node: str
    interface: str
    operation: str
    soap_action: str
    statement: str
    authorization: bool
    cookie: bool
    connection: int
    writes: bool
    started: float
    ended: float | None = None
    status: int | None = None
    fault: str | None = None
