"""What a measurement gives back, how it is printed, and how it stands to what is wanted of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One number: what was measured, how much, in which unit; lowest and highest of its rounds, if there were some.

    at_most and at_least: what is wanted of it, in its unit; None where nothing is.
    """

    what: str
    value: float
    unit: str
    rounds: int = 1
    lowest: float = 0.0
    highest: float = 0.0
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure divided by what is wanted of it; None where nothing is."""
        goal = self.at_most if self.at_least is None else self.at_least
        return None if goal is None else self.value / goal

    @property
    def is_time(self) -> bool:
        """Whether a slower machine gives more of it."""
        return self.unit.startswith("ms") or self.unit in ("s", "% of a core")

    @property
    def is_reached(self) -> bool:
        """Whether it is what is wanted of it."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )


def over_rounds(
    what: str, values: Sequence[float], unit: str, *, at_most: float | None = None, at_least: float | None = None
) -> Figure:
    """The median of what the rounds gave, at least one."""
    return Figure(what, median(values), unit, len(values), min(values), max(values), at_most, at_least)


def table(figures: Iterable[Figure]) -> str:
    """One line a figure: the value, its unit, and between what it lay in how many rounds."""
    return "\n".join(_line(figure) for figure in figures)


def goals(figures: Iterable[Figure], slowness: float) -> str:
    """One line for each figure of which something is wanted: the value, the goal, and one divided by the other.

    slowness: how many times what this machine takes for a piece of work that took one where the goals were set. What
    is a time is also divided by that.
    """
    return "\n".join(_goal(figure, slowness) for figure in figures if figure.ratio is not None)


def _line(figure: Figure) -> str:
    line = f"{figure.what:<66} {_number(figure.value):>9} {figure.unit:<12}"
    if figure.rounds > 1:
        line += f" {_number(figure.lowest)} to {_number(figure.highest)} in {figure.rounds} rounds"
    return line.rstrip()


def _goal(figure: Figure, slowness: float) -> str:
    word, goal = ("at most", figure.at_most) if figure.at_least is None else ("at least", figure.at_least)
    assert goal is not None and figure.ratio is not None
    line = f"{figure.what:<74} {_number(figure.value):>9} {figure.unit:<19} {word} {_number(goal):<6}"
    line += f"{figure.ratio:6.2f} times"
    if figure.is_time:
        line += f", {figure.ratio / slowness:.2f} at this machine's speed"
    return line if figure.is_reached else f"{line}; missed"


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
