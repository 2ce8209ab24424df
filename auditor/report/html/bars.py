"""Heights of the bars of a chart in which several parts of one place are on top of each other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BarScale:
    """How high bars are, in pixels, where at most `parts` share the height of the `plot`.

    `least` is the height of a small number, so that it can be seen beside a large one.
    """

    plot: int
    least: int
    parts: int

    def height(self, number: int, most: int) -> int:
        """Return the height of a number, if `most` is that of the highest bar; 0 for 0."""
        # All parts may be raised to the least height, so room for that is left free.
        room = self.plot - self.parts * self.least
        return max(self.least, round(room * number / most)) if number else 0
