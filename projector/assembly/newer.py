"""Which announced revision of a series stands above another: told without a look at all of them."""

from bisect import bisect_left

from projector.assembly.series import Stand


class Announced:
    """The announced revisions of a series. Of two the one with the lower number and the lower stand is of no use."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._stands: list[Stand] = []
        """From the highest to the lowest, while the numbers rise."""

    def add(self, number: int, stand: Stand) -> None:
        """Note that a revision was announced."""
        end = bisect_left(self._numbers, number)
        if end < len(self._stands) and self._stands[end] >= stand:
            return
        start = self._first_at_most(stand, end)
        self._numbers[start:end], self._stands[start:end] = [number], [stand]

    def above(self, stand: Stand) -> int | None:
        """The highest number of a revision that stands above; None where nothing does."""
        end = self._first_at_most(stand, len(self._stands))
        return self._numbers[end - 1] if end else None

    def _first_at_most(self, stand: Stand, end: int) -> int:
        return bisect_left(self._stands, True, hi=end, key=lambda other: other <= stand)
