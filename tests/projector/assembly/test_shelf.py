"""The postings under a key, of which only the nearest are asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projector.assembly import shelf
from projector.assembly.posting import Posting, assemble
from projector.assembly.shelf import Shelf
from tests.projector.assembly.build import Letter, read

MOST = 2


def postings(said: list[tuple[str, int]]) -> list[Posting]:
    """One for each author and minute."""
    letters = [Letter(f"m{n}", "[PATCH] one", at=at, by=by) for n, (by, at) in enumerate(said)]
    return sorted(assemble(read(letters)).postings, key=lambda posting: posting.id)


def nearest(posting: Posting, others: list[Posting]) -> set[int]:
    """The ids of those before a posting that it looks at."""
    before = sorted((other for other in others if other.order < posting.order), key=lambda other: other.order)
    own = [other for other in before if other.author == posting.author]
    return {other.id for other in [*before[-MOST:], *own[-MOST:]]}


@given(st.lists(st.tuples(st.sampled_from(["ada", "bob"]), st.integers(0, 9)), min_size=1, max_size=12), st.data())
def test_a_posting_looks_at_the_nearest_before_it_and_at_the_nearest_of_its_author(
    said: list[tuple[str, int]], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(shelf, "WINDOW", MOST)
        known = postings(said)
        gone = data.draw(st.sampled_from(known))
        rest = [posting for posting in known if posting is not gone]
        made = Shelf(known[:1])
        for posting in known[1:]:
            made.put(posting)
        made.drop(gone)
        for posting in known:
            assert made.before(posting) == nearest(posting, rest)
        for posting in rest:
            assert {other.id for other in rest if posting.id in nearest(other, rest)} <= made.behind(posting)
        looks = {other.id: nearest(other, rest) for other in rest}
        changed = {other.id for other in rest if nearest(other, known) != looks[other.id]}
        assert changed <= made.behind(gone)
        for author in {posting.author for posting in known}:
            in_order = sorted(rest, key=lambda posting: posting.order)
            own = [posting for posting in in_order if posting.author == author]
            assert made.first(author) == {posting.id for posting in [*in_order[:MOST], *own[:MOST]]}
        assert list(made.latest_first()) == [p.id for p in sorted(rest, key=lambda p: p.order)][::-1]
        assert list(made.newest()) == [p.id for p in sorted(rest, key=lambda p: p.order)][::-1][:MOST]


def test_an_author_who_is_not_there_sees_the_others() -> None:
    one, other = postings([("ada", 0), ("bob", 1)])
    assert Shelf([one]).before(other) == {one.id}
    assert Shelf([other]).behind(replace(one, author=b"nobody")) == {other.id}
