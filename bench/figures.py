"""What a measurement gives back, and how it is printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One number: what was measured, how much, in which unit; lowest and highest of its rounds, if there were some."""

    what: str
    value: float
    unit: str
    rounds: int = 1
    lowest: float = 0.0
    highest: float = 0.0


def over_rounds(what: str, values: Sequence[float], unit: str) -> Figure:
    """The median of what the rounds gave, at least one."""
    return Figure(what, median(values), unit, len(values), min(values), max(values))


def table(figures: Iterable[Figure]) -> str:
    """One line a figure: the value, its unit, and between what it lay in how many rounds."""
    return "\n".join(_line(figure) for figure in figures)


def _line(figure: Figure) -> str:
    line = f"{figure.what:<66} {_number(figure.value):>9} {figure.unit:<12}"
    if figure.rounds > 1:
        line += f" {_number(figure.lowest)} to {_number(figure.highest)} in {figure.rounds} rounds"
    return line.rstrip()


def _number(value: float) -> str:
    """Three digits that count, and never an exponent."""
    size = abs(value)
    return (
        f"{value:.0f}"
        if size >= 100
        else f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 1
        else f"{value:.3f}"
    )
