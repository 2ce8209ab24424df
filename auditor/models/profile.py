"""An entry of a deployment profile: a key with what the cluster shows for it."""

from dataclasses import dataclass, replace

ProfileValue = bool | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A key with its value.

    `why` are sentences on the source of the value. With a `question` the key is written as a
    comment, and `value` is an example.
    """

    key: str
    value: ProfileValue
    why: str = ""
    question: str = ""

    @property
    def on(self) -> bool:
        """Return whether something is in use."""
        return not self.question and bool(self.value)

    @property
    def off(self) -> bool:
        """Return whether something is not in use."""
        return not self.question and not self.value

    def asking(self, question: str) -> "ProfileEntry":
        """Return the entry as a question."""
        return replace(self, question=question)
