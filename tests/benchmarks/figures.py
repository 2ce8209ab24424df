"""How large a measurement is, and how its numbers are printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Size:
    """How often each side is measured, and how many clusters of four nodes a fleet has.

    `nodes` is the size of a single cluster where that is measured, `growth` how many nodes each
    row of the growth has in clusters of five.
    """

    runs: int
    clusters: int
    nodes: int
    growth: tuple[int, ...]


def in_turn(
    runs: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Measure both sides in turn, so that a busy moment of the machine meets both."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return [own for own, _ in pairs], [other for _, other in pairs]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of values that were measured side by side."""
    return median(own / other for own, other in zip(ours, theirs, strict=True))


def line(label: str, value: float, unit: str, aim: str = "") -> str:
    """Return one line: what, how much, and what is aimed at."""
    return f"  {label:<58} {value:>8.3g} {unit:<6} {aim}".rstrip() + "\n"


def table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a table: the first column is a label, each other one a number under its head."""
    width = max(len(heads[0]), *(len(label) for label, _ in rows))
    lines = [f"  {heads[0]:<{width}}" + "".join(f"  {head:>10}" for head in heads[1:])]
    lines += [
        f"  {label:<{width}}" + "".join(f"  {_shorten(value):>10}" for value in values)
        for label, values in rows
    ]
    return "".join(f"{one}\n" for one in lines)


def _shorten(value: float) -> str:
    """Return a number with three digits that count, and large ones whole."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
