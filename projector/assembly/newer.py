"""Which of two revisions of a series is the newer one, and which of all it shows (assembly, section 4).

Markers are begun anew, and clocks are wrong by hours: where two were sent more than SAME_DAYS_SECONDS apart the later
one is the newer, else the one with the higher marker.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

SAME_DAYS_SECONDS = 2 * 86400

Stand = tuple[tuple[int, ...], tuple[int, str]]
"""A reroll, and the order of a posting: its Date, and the Message-ID of its earliest mail."""
T = TypeVar("T")


def is_newer(one: Stand, other: Stand) -> bool:
    """Whether a revision is newer than another."""
    seconds = one[1][0] - other[1][0]
    return seconds > 0 if abs(seconds) > SAME_DAYS_SECONDS else one > other


class Newest(Generic[T]):
    """Of what was put in by where it stands, what is shown: within SAME_DAYS_SECONDS of the latest Date the highest.

    What was sent before another one that stands higher is of no use: the rest falls from date to date.
    """

    def __init__(self, found: Iterable[tuple[Stand, T]] = ()) -> None:
        self._dates: list[int] = []
        self._stands: list[Stand] = []
        self._values: list[T] = []
        for place, value in found:
            self.put(place, value)

    def put(self, place: Stand, value: T) -> None:
        """Take one in."""
        date = place[1][0]
        later = bisect_left(self._dates, date)
        if later < len(self._stands) and self._stands[later] >= place:
            return
        start = end = bisect_right(self._dates, date)
        while start and self._stands[start - 1] <= place:
            start -= 1
        self._dates[start:end], self._stands[start:end], self._values[start:end] = [date], [place], [value]

    def exchange(self, value: T, other: T) -> None:
        """Put one in the place of another that stood there, if that is kept."""
        self._values = [other if each is value else each for each in self._values]

    def __contains__(self, value: T) -> bool:
        return any(other is value for other in self._values)

    def get(self) -> T | None:
        """What is shown; None where nothing was put in."""
        if not self._dates:
            return None
        return self._values[bisect_left(self._dates, self._dates[-1] - SAME_DAYS_SECONDS)]


class Announced:
    """The announced revisions of a series: told which is newer than another one, the highest numbers first."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._stands: list[Stand] = []
        self._highest: Stand | None = None
        self._latest = 0

    def add(self, number: int, place: Stand) -> None:
        """Note that a revision was announced."""
        at = bisect_left(self._numbers, number)
        self._numbers.insert(at, number)
        self._stands.insert(at, place)
        self._highest = place if self._highest is None else max(self._highest, place)
        self._latest = max(self._latest, place[1][0])

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    def newer(self, place: Stand) -> int | None:
        """The highest number of a revision that is newer; None where none is."""
        is_last = self._highest is None or (place >= self._highest and self._latest - place[1][0] <= SAME_DAYS_SECONDS)
        if is_last:
            return None
        pairs = zip(reversed(self._numbers), reversed(self._stands), strict=True)
        return next((number for number, other in pairs if is_newer(other, place)), None)
