"""What a night came to."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class NightResult:
    """How much was tried, what was found wrong, and figures for the reader."""

    tried: int = 0
    found: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    def expect(self, is_right: bool, fault: str) -> None:
        """Note a fault unless something is right."""
        if not is_right:
            self.found.append(fault)
