"""Audit a live Cisco IM and Presence cluster against Cisco's service activation recommendations."""

TYPE_CHECKING = False


__version__: str

# A type checker that saw this function would take any misspelt name for valid.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> str:
        """Look the version up when it is asked for: that loads much, before Ctrl-C is minded."""
        if name != "__version__":
            raise AttributeError(f"module 'auditor' has no attribute {name!r}")
        from importlib.metadata import version

        return version("auditor")
