"""What may follow an earlier posting under another title: titles, files, markers and dates."""

import pytest

from projector.assembly.posting import Posting, assemble
from projector.assembly.retitled import (
    DAYS_SECONDS,
    followed_keys,
    following_keys,
    is_like,
    is_next,
    sent_key,
    shares_files,
    span_of,
)
from tests.projector.assembly.build import DAY, Letter, read


def posting(subject: str, at: float = 0, by: str = "ada") -> Posting:
    (found,) = assemble(read([Letter(f"m{at}", subject, at=at, by=by)])).postings
    return found


@pytest.mark.parametrize(
    ("title", "other", "like"),
    [
        ("parser: fix leak bug in parse_item()", "parser: fix leak in parse_item()", True),
        ("net: fix the leak", "net: Fix THE Leak (v2)", True),
        ("a b c d", "a b c e", True),
        ("a b c", "a b d", False),
        ("a b c d", "a b e f", False),
        ("net: fix", "net: fix the leak that comes with each frame", False),
        ("", "", False),
        ("a a a b", "a b", False),
        ("word " * 100, "word " * 100, True),
        ("word " * 101, "word " * 100, False),
    ],
)
def test_three_in_four_words(title: str, other: str, like: bool) -> None:
    assert (is_like(title, other), is_like(other, title)) == (like, like)


@pytest.mark.parametrize(
    ("files", "others", "shared"),
    [("a", "a", True), ("abc", "abcde", True), ("ab", "abcd", False), ("", "", False), ("a", "", False)],
)
def test_three_in_five_files(files: str, others: str, shared: bool) -> None:
    one, two = ({name.encode() for name in names} for names in (files, others))
    assert (shares_files(one, two), shares_files(two, one)) == (shared, shared)


@pytest.mark.parametrize(
    ("subject", "at", "by", "follows"),
    [
        pytest.param("[PATCH v2] b", DAY, "ada", True, id="the next marker"),
        pytest.param("[PATCH v2] b", 45 * DAY, "ada", True, id="45 days"),
        pytest.param("[PATCH v2] b", 45 * DAY + 1, "ada", False, id="more"),
        pytest.param("[PATCH v2] b", -DAY, "ada", False, id="earlier"),
        pytest.param("[PATCH v3] b", DAY, "ada", False, id="a marker is left out"),
        pytest.param("[PATCH] b", DAY, "ada", False, id="the same marker"),
        pytest.param("[PATCH v2] b", DAY, "eve", False, id="another author"),
    ],
)
def test_who_may_follow_whom(subject: str, at: float, by: str, follows: bool) -> None:
    first, later = posting("[PATCH] a"), posting(subject, at, by)
    assert is_next(later, first) == follows
    found = set(followed_keys(later)) & {sent_key(first.author, first.reroll[0], span_of(first))}
    assert not follows or found, "by its keys it finds what it may follow"
    assert not follows or sent_key(later.author, 2, span_of(later)) in following_keys(first), "and is found"


def test_what_is_no_whole_posting_follows_nothing_and_is_not_followed() -> None:
    partial = next(
        found
        for found in assemble(
            read([Letter("a", "[PATCH] a"), Letter("b", "[PATCH v2] a", answers="a", at=DAY)])
        ).postings
        if found.is_partial
    )
    assert followed_keys(partial) == following_keys(partial) == []
    assert not is_next(posting("[PATCH v3] b", 2 * DAY), partial)
    assert followed_keys(posting("[PATCH] a")) == [], "nothing has a lower marker"


def test_spans_are_as_long_as_the_time_that_may_pass() -> None:
    one, other = posting("[PATCH] a"), posting("[PATCH v2] b", DAYS_SECONDS / 60)
    assert span_of(other) - span_of(one) == 1
