"""Whether a posting that begins a series may follow an earlier one that has another title (assembly, section 4).

That is a suggestion to people: nothing is linked by it.
"""

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from projector.assembly.posting import Posting
from projector.assembly.subject import without_closing_reroll

DAYS = 45
DAYS_SECONDS = DAYS * 86400
TITLE_MAX_CHARS = 500
"""Titles of real mail have fewer than 200; an author's are compared with each other."""
_WORD = re.compile(r"\w+")


def sent_key(author: bytes, marker: int, span: int) -> str:
    """By this the postings find each other that an author sent with one marker, in one span of DAYS."""
    return f"sent {author.hex()} {marker} {span}"


def span_of(posting: Posting) -> int:
    """The span of DAYS since 1970 in which a posting was sent."""
    return posting.date // DAYS_SECONDS


def may_be_of_another_title(posting: Posting) -> bool:
    """Whether a posting can stand at either end of a suggestion: what was posted as a whole, under a name."""
    return not posting.is_partial and not posting.is_apart and posting.repeats is None and bool(posting.name_key)


def followed_keys(posting: Posting) -> list[str]:
    """The keys under which a posting finds what it may follow, with the next lower marker."""
    if not may_be_of_another_title(posting) or posting.reroll[0] < 2:
        return []
    span = span_of(posting)
    return [sent_key(posting.author, posting.reroll[0] - 1, number) for number in (span - 1, span)]


def following_keys(posting: Posting) -> list[str]:
    """The keys under which those are found that may follow a posting, with the next higher marker."""
    if not may_be_of_another_title(posting):
        return []
    span = span_of(posting)
    return [sent_key(posting.author, posting.reroll[0] + 1, number) for number in (span, span + 1)]


def is_next(posting: Posting, other: Posting) -> bool:
    """Whether a posting has the next higher marker of one by its author, and was sent within DAYS of it."""
    is_own = posting.author == other.author and may_be_of_another_title(other)
    return is_own and posting.reroll[0] == other.reroll[0] + 1 and 0 <= posting.date - other.date <= DAYS_SECONDS


def is_like(title: str, other: str) -> bool:
    """Whether three in four words of the longer of two titles are in both. What is as long as a text is no title."""
    if max(len(title), len(other)) > TITLE_MAX_CHARS:
        return False
    one, two = _words(title), _words(other)
    return 4 * (one & two).total() >= 3 * max(one.total(), two.total()) > 0


def shares_files(files: Collection[bytes], others: Collection[bytes]) -> bool:
    """Whether three in five of the files that either touches are touched by both."""
    one, two = frozenset(files), frozenset(others)
    return 5 * len(one & two) >= 3 * len(one | two) > 0


@lru_cache(maxsize=1024)
def _words(title: str) -> Counter[str]:
    return Counter(_WORD.findall(without_closing_reroll(title).casefold()))
