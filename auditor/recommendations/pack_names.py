"""The names of the packs of recommendations, which a command checks before it loads any."""

from collections.abc import Sequence

from auditor.errors import ConfigError

BUILT_IN_PACKS = ("table", "guides")
"""The built-in packs: Cisco's table, and what other Cisco guides add to it."""


def check_pack_names(names: Sequence[str]) -> None:
    """Raise ConfigError for names that no pack has."""
    # A user may have typed the name, so this is no fault of the program.
    unknown = [name for name in names if name not in BUILT_IN_PACKS]
    if unknown:
        packs = ", ".join(BUILT_IN_PACKS)
        raise ConfigError(f"There is no pack {name!r}; the packs are {packs}." for name in unknown)
