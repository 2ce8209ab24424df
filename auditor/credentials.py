"""Who asks: the account of a cluster, and a type for its password that never prints it."""

from dataclasses import dataclass

from auditor.errors import HIDDEN


class Secret:
    """A string that shows itself only when `reveal()` is called."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value out of repr, str, format and pickle."""
        self._value = value

    def reveal(self) -> str:
        """Return the value itself; only the transport does this."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be stored")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account that is used on the CUCM publisher and on every IM&P node of a cluster."""

    username: str
    password: Secret
