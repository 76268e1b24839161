"""The postings that are filed under one key, where there are many: in their order, so that only the nearest are asked.

Anybody can send a thousand mails of one name. A posting looks at the WINDOW before it by its own author and the WINDOW
before it by whomever; so others' postings never keep it from its own, and what it links to hangs on which postings
there are, not on which came first.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from projector.assembly.posting import Posting

WINDOW = 50

Place = tuple[int, str, int]
"""A posting's order, and its id."""


class Shelf:
    """Postings in their order: of everybody, and of each author."""

    def __init__(self, postings: Iterable[Posting]) -> None:
        self._all: list[Place] = []
        self._by_author: dict[bytes, list[Place]] = {}
        for posting in postings:
            self._all.append(_place(posting))
            self._by_author.setdefault(posting.author, []).append(_place(posting))
        for places in (self._all, *self._by_author.values()):
            places.sort()

    def put(self, posting: Posting) -> None:
        """Add a posting."""
        insort(self._all, _place(posting))
        insort(self._by_author.setdefault(posting.author, []), _place(posting))

    def drop(self, posting: Posting) -> None:
        """Take a posting away, as it was when it was added."""
        for places in (self._all, self._by_author[posting.author]):
            del places[bisect_left(places, _place(posting))]

    def before(self, posting: Posting) -> set[int]:
        """The ids of the postings that one looks at."""
        found: set[int] = set()
        for places in self._seen_by(posting):
            at = bisect_left(places, _place(posting))
            found.update(id for _, _, id in places[max(0, at - WINDOW) : at])
        return found

    def behind(self, posting: Posting) -> set[int]:
        """The ids of the postings that look at one, or whose looks it ends."""
        found: set[int] = set()
        for places in self._seen_by(posting):
            at = bisect_left(places, _place(posting))
            found.update(id for _, _, id in places[at : at + WINDOW + 1])
        found.discard(posting.id)
        return found

    def latest_first(self) -> Iterator[int]:
        """The ids of all, the last first."""
        return (id for _, _, id in reversed(self._all))

    def newest(self) -> Iterable[int]:
        """The ids of the newest, the last first."""
        return [id for _, _, id in reversed(self._all[-WINDOW:])]

    def first(self, author: bytes, windows: int = 1) -> set[int]:
        """The ids of the earliest: of an author, and of all."""
        end = windows * WINDOW
        return {id for places in (self._all, self._by_author.get(author, [])) for _, _, id in places[:end]}

    def _seen_by(self, posting: Posting) -> tuple[list[Place], list[Place]]:
        return self._all, self._by_author.get(posting.author, [])


def _place(posting: Posting) -> Place:
    return (*posting.order, posting.id)
