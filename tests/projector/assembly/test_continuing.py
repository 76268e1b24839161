"""One continuation: of postings of one marker that link to one target, which go on with its series."""

from collections.abc import Sequence

import pytest

from projector.assembly.continuing import Follower, may_stand_apart, one_continuation
from projector.assembly.links import BY_CHANGE_ID, BY_NAME, BY_OPERATOR, BY_PATCHES, BY_REPLY, BY_RERUN, Link
from projector.assembly.posting import Posting, assemble
from tests.projector.assembly.build import Letter, read


def postings(letters: Sequence[Letter]) -> list[Posting]:
    """The postings of some letters."""
    return list(assemble(read(letters)).postings)


def posted(
    id: str, names: Sequence[str], *, marker: str = "v2 ", at: float = 60, by: str = "ada", total: int = 0
) -> list[Letter]:
    """A set without a cover letter, each patch in answer to the first."""
    total = total or len(names)
    return [
        Letter(f"{id}-{n}", f"[PATCH {marker}{n}/{total}] {name}", at=at + n / 60, by=by, answers=f"{id}-1" * (n > 1))
        for n, name in enumerate(names, 1)
    ]


def links_of(rules: dict[str, int], *sets: Sequence[Letter]) -> dict[str, str | None]:
    """What each set links to in the end, by its first mail, of all that link by a rule to the first set."""
    letters = [letter for each in sets for letter in each]
    names = {number: letter.name for number, letter in enumerate(letters, 1)}
    target, *rest = sorted(postings(letters), key=lambda posting: posting.id)
    followers = [Follower(posting, Link(target.id, rules[names[posting.id]])) for posting in rest]
    expected = {posting.id for posting in rest}
    found = one_continuation(target, followers)
    assert found.keys() == expected
    assert one_continuation(target, followers[::-1]) == found, "in any order"
    return {names[id]: names[link.to] if link is not None else None for id, link in found.items()}


FIRST = posted("t", ["a", "b", "c", "d"], marker="", at=0)


def test_a_set_that_was_split_into_two_works_is_two_series() -> None:
    one, other = posted("x", ["a", "b"]), posted("y", ["c", "d"], at=61)
    assert links_of({"x-1": BY_PATCHES, "y-1": BY_PATCHES}, FIRST, one, other) == {"x-1": "t-1", "y-1": None}


@pytest.mark.parametrize(
    ("rules", "names", "winner"),
    [
        pytest.param((BY_NAME, BY_REPLY), (["a", "b"], ["c"]), "y-1", id="the stronger rule"),
        pytest.param((BY_NAME, BY_NAME), (["a"], ["c", "d"]), "y-1", id="more patch names in common"),
        pytest.param((BY_NAME, BY_NAME), (["a", "b"], ["c", "d"]), "x-1", id="the earlier"),
    ],
)
def test_the_strongest_goes_on(rules: tuple[int, int], names: tuple[list[str], list[str]], winner: str) -> None:
    found = links_of(
        dict(zip(("x-1", "y-1"), rules, strict=True)), FIRST, posted("x", names[0]), posted("y", names[1], at=61)
    )
    assert [name for name, to in found.items() if to == "t-1"] == [winner]


def test_what_shares_patch_names_through_others_goes_on_together() -> None:
    sets = [posted("x", ["a", "b"]), posted("y", ["c", "d"], at=70), posted("z", ["b", "c"], at=80)]
    assert set(links_of({"x-1": BY_NAME, "y-1": BY_NAME, "z-1": BY_NAME}, FIRST, *sets).values()) == {"t-1"}


def test_another_work_that_was_sent_twice_is_one_series() -> None:
    sets = [posted("x", ["a", "b"]), posted("y", ["c", "d"], at=70), posted("z", ["d", "e"], at=99)]
    found = links_of({"x-1": BY_NAME, "y-1": BY_NAME, "z-1": BY_NAME}, FIRST, *sets)
    assert found == {"x-1": "t-1", "y-1": None, "z-1": "y-1"}


def test_the_authors_own_goes_on_before_another_authors_whatever_the_rule() -> None:
    sets = [posted("x", ["a"], by="eve", at=20), posted("y", ["c", "d"], at=70)]
    assert links_of({"x-1": BY_CHANGE_ID, "y-1": BY_PATCHES}, FIRST, *sets) == {"x-1": None, "y-1": "t-1"}


def test_an_operators_links_count_beside_the_strongest() -> None:
    sets = [posted("x", ["a"]), posted("y", ["b"], at=70), posted("z", ["c"], at=80), posted("w", ["d"], at=90)]
    rules = {"x-1": BY_OPERATOR, "y-1": BY_OPERATOR, "z-1": BY_NAME, "w-1": BY_CHANGE_ID}
    assert links_of(rules, FIRST, *sets) == {"x-1": "t-1", "y-1": "t-1", "z-1": None, "w-1": "t-1"}


def test_a_cover_letter_alone_says_nothing_of_its_work() -> None:
    cover = [Letter("z", "[PATCH v2 0/2] all", at=2000)]
    sets = [posted("x", ["a", "b"]), posted("y", ["c", "d"], at=70)]
    found = links_of({"x-1": BY_NAME, "z": BY_NAME, "y-1": BY_NAME}, FIRST, sets[0], cover, sets[1])
    assert found == {"x-1": "t-1", "z": "t-1", "y-1": None}
    assert links_of({"z": BY_NAME}, FIRST, cover) == {"z": "t-1"}


def test_parts_of_one_set_that_took_too_long_stay_together() -> None:
    late = [Letter("y-2", "[PATCH v2 2/3] d", at=200)]
    early = [Letter("x-1", "[PATCH v2 1/3] a", at=60)]
    assert links_of({"x-1": BY_NAME, "y-2": BY_NAME}, FIRST, early, late) == {"x-1": "t-1", "y-2": "t-1"}
    again = [Letter("z-1", "[PATCH v2 1/3] e", at=200)]
    assert links_of({"x-1": BY_NAME, "z-1": BY_NAME}, FIRST, early, again)["z-1"] is None, "one order is two works"


def test_links_of_reruns_and_replacements_count_always() -> None:
    (plain,) = postings([Letter("a", "[PATCH] a")])
    assert may_stand_apart(plain, Link(9, BY_NAME))
    assert not may_stand_apart(plain, Link(9, BY_RERUN))
    assert not may_stand_apart(plain, None)
    partial = [posting for posting in _with_partial() if posting.is_partial]
    assert partial
    assert not any(may_stand_apart(posting, Link(9, BY_REPLY)) for posting in partial)


def _with_partial() -> list[Posting]:
    return postings([*FIRST, Letter("p", "[PATCH v2 2/4] b", answers="t-1 t-2", at=30)])
