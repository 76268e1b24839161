"""What a measurement gives back, and how it is printed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number: what was measured, how much, in which unit."""

    what: str
    value: float
    unit: str


def table(figures: Iterable[Figure]) -> str:
    """One line a figure."""
    return "\n".join(f"{figure.what:<60} {figure.value:>12.3f} {figure.unit}" for figure in figures)
