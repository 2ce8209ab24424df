"""Which addresses of Dask may carry what is sent: nobody on the way is to read or change it."""

import ipaddress
from enum import StrEnum

_ENCRYPTED = frozenset({"tls", "wss"})


class Privacy(StrEnum):
    """What an address must be, for a run to use it."""

    TLS = "tls"
    LOOPBACK = "loopback"
    """TLS, or what does not leave a machine."""
    ANY = "any"


def is_encrypted(address: str) -> bool:
    """Return whether what is sent to an address of Dask is encrypted."""
    return address.rpartition("://")[0] in _ENCRYPTED


def is_private(address: str, needed: Privacy) -> bool:
    """Return whether an address of Dask is as private as a run needs it."""
    if needed is Privacy.ANY or is_encrypted(address):
        return True
    return needed is Privacy.LOOPBACK and _is_loopback(address.rpartition("://")[2])


def _is_loopback(place: str) -> bool:
    host = place.rpartition(":")[0].strip("[]") or place
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
