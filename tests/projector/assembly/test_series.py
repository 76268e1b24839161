"""From linked postings to revisions (assembly, section 4)."""

from collections.abc import Sequence

import pytest

from projector.assembly.posting import Posting, assemble, repeat
from projector.assembly.series import Member, components, may_grow, revise, run
from tests.projector.assembly.build import DAY, Letter, read

C = Letter("c", "[PATCH 0/2] Work")
P1 = Letter("p1", "[PATCH 1/2] one", "c", at=1)
P2 = Letter("p2", "[PATCH 2/2] two", "c", at=2)


def postings(*letters: Letter) -> tuple[Posting, ...]:
    """The postings of some letters, whose record ids are 1, 2, ... in their order."""
    return assemble(read(letters)).postings


def revised(*letters: Letter, settled: bool = False) -> list[tuple[int, tuple[int, ...], bool]]:
    """Number, patches and completeness of the revisions that some letters make, which are all of one series."""
    members = [Member(posting, settled=settled) for posting in postings(*letters)]
    return [(revision.version, revision.patches, revision.is_complete) for revision in revise(members)]


@pytest.mark.parametrize(
    ("letters", "is_ready", "grows"),
    [
        pytest.param([C], True, False, id="a cover letter: at once"),
        pytest.param([C, P1], True, False, id="with a cover letter, incomplete"),
        pytest.param([Letter("p", "[PATCH] one")], True, False, id="one unnumbered patch"),
        pytest.param([Letter("p", "[PATCH 1/1] one")], True, False, id="1/1"),
        pytest.param([Letter("p", "[PATCH 1/2] one")], False, True, id="1/2, alone"),
        pytest.param([Letter("p", "[PATCH 1/2] one"), Letter("q", "[PATCH 2/2] b", "p")], True, False, id="all of two"),
        pytest.param([Letter("p", "[PATCH 2/1] one")], False, True, id="only an extra: what it is extra to may come"),
    ],
)
def test_a_posting_counts_when_its_cover_is_there_or_it_is_full(
    letters: Sequence[Letter], is_ready: bool, grows: bool
) -> None:
    (posting,) = postings(*letters)
    assert (Member(posting).is_ready, may_grow(posting)) == (is_ready, grows)
    assert Member(posting, settled=True).is_ready


@pytest.mark.parametrize(
    ("tags", "is_ready", "grows"),
    [
        pytest.param("v2 2/2", False, True, id="x/n: more may come"),
        pytest.param("v2", True, False, id="without a marker: at once"),
        pytest.param("v2 1/1", True, False, id="1/1: at once"),
        pytest.param("v2 2/1", True, False, id="beyond one: at once"),
    ],
)
def test_a_partial_reroll_waits_where_more_may_come(tags: str, is_ready: bool, grows: bool) -> None:
    _, posting = postings(C, P1, P2, Letter("q", f"[PATCH {tags}] two", "c p2", at=60))
    assert posting.is_partial
    assert (Member(posting).is_ready, may_grow(posting)) == (is_ready, grows)
    assert Member(posting, settled=True).is_ready


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({2: None, 1: None}, [[1], [2]], id="unlinked"),
        pytest.param({1: None, 2: 1, 3: 2}, [[1, 2, 3]], id="a chain"),
        pytest.param({5: None, 4: 5, 2: None, 3: 2, 1: 3}, [[1, 2, 3], [4, 5]], id="two series"),
        pytest.param({1: 2, 2: 1}, [[1, 2]], id="each other"),
        pytest.param({1: 9}, [[1]], id="what is not here"),
        pytest.param({7: 6, 6: 5, 5: 4, 4: 3, 3: None, 8: 7}, [[3, 4, 5, 6, 7, 8]], id="a long chain"),
    ],
)
def test_linked_postings_are_a_series(links: dict[int, int | None], expected: list[list[int]]) -> None:
    assert components(links) == expected


def test_revisions_are_numbered_by_date_whatever_their_order() -> None:
    v1, v2, v3 = postings(
        Letter("b", "[PATCH v9] one", at=1), Letter("a", "[PATCH] one", at=1), Letter("z", "[PATCH v2] one", at=0)
    )
    for members in ([v1, v2, v3], [v3, v1, v2]):
        found = revise([Member(posting) for posting in members])
        assert [(revision.version, revision.patches) for revision in found] == [(1, (3,)), (2, (2,)), (3, (1,))]


def test_numbers_once_given_stay() -> None:
    one, two, three = postings(*(Letter(name, "[PATCH] one", at=at) for at, name in enumerate("abc")))
    found = revise([Member(one), Member(two, pinned=1), Member(three, pinned=4)])
    assert [(revision.version, revision.posting.id) for revision in found] == [(1, 2), (2, 1), (4, 3)]


def test_a_number_that_moved_away_is_not_given_again() -> None:
    one, two = postings(Letter("a", "[PATCH] one"), Letter("b", "[PATCH] one", at=1))
    found = revise([Member(one), Member(two)], gone={1, 3})
    assert [revision.version for revision in found] == [2, 4]


def test_replacements_in_postings_that_are_waited_for_stand_for_themselves() -> None:
    letters = [
        Letter("a", "[PATCH 1/2] one"),
        Letter("b", "[PATCH 2/2] two", at=60),
        Letter("q", "[PATCH v2] one", "a", at=90),
        Letter("r", "[PATCH v2] two", "b", at=120),
    ]
    assert revised(*letters) == [(1, (3,), False), (2, (4,), False)]


def test_a_replacement_keeps_the_extras_of_what_it_replaces_in() -> None:
    letters = [
        C,
        P1,
        P2,
        Letter("x", "[PATCH 3/2] more", "c", at=3),
        Letter("q", "[PATCH v2 2/2] two", "c p2", at=60),
        Letter("y", "[PATCH v2 4/2] yet more", "c p2 q", at=61),
    ]
    found = revise([Member(posting, settled=True) for posting in postings(*letters)])
    assert [(revision.patches, revision.extras) for revision in found] == [((2, 3, 4), (4,)), ((2, 5, 4, 6), (4, 6))]


def test_a_revision_depends_on_what_its_mails_and_those_before_it_say() -> None:
    cover = Letter("c", "[PATCH 0/1] Work", depends_on=("message-id:m@example.org",))
    letters = [
        cover,
        Letter("p", "[PATCH 1/1] one", "c", at=1),
        Letter("q", "[PATCH v2] one", "c p", at=60, depends_on=("change-id:x",)),
    ]
    revisions = revise([Member(posting) for posting in postings(*letters)])
    assert [revision.depends_on for revision in revisions] == [
        ("message-id:m@example.org",),
        ("change-id:x", "message-id:m@example.org"),
    ]


def test_a_posting_that_is_waited_for_is_no_revision_yet() -> None:
    assert revised(Letter("p", "[PATCH 1/2] one")) == []
    assert revised(Letter("p", "[PATCH 1/2] one"), settled=True) == [(1, (1,), False)]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([C], [(1, (), False)], id="a cover letter alone"),
        pytest.param([C, P2, P1], [(1, (3, 2), True)], id="in their order"),
        pytest.param(
            [C, P2, P1, Letter("x", "[PATCH 3/2] x", "c", at=3)],
            [(1, (3, 2, 4), True)],
            id="an extra makes nothing new",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH v2] two", "c p2", at=60)],
            [(1, (2, 3), True), (2, (2, 4), True)],
            id="a partial reroll",
        ),
        pytest.param(
            [C, P1, P2, Letter("x", "[PATCH 3/2] x", "c", at=3), Letter("q", "[PATCH v2] two", "c p2", at=60)],
            [(1, (2, 3, 4), True), (2, (2, 5, 4), True)],
            id="a partial reroll, with an extra",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH v2] two", "c p2", at=60), Letter("r", "[PATCH v3] one", "c p1", at=70)],
            [(1, (2, 3), True), (2, (2, 4), True), (3, (5, 4), True)],
            id="a partial reroll of a partial reroll",
        ),
        pytest.param(
            [
                C,
                P1,
                P2,
                Letter("d", "[PATCH v2 0/2] Work", at=60),
                Letter("e", "[PATCH v2 1/2] one", "d", at=61),
                Letter("f", "[PATCH v2 2/2] two", "d", at=62),
                Letter("q", "[PATCH] two", "c p2", at=70),
            ],
            [(1, (2, 3), True), (2, (5, 6), True), (3, (2, 7), True)],
            id="a partial reroll of v1 after v2",
        ),
        pytest.param(
            [C, P1, Letter("q", "[PATCH v2] one", "c p1", at=60)],
            [(1, (2,), False), (2, (3,), False)],
            id="a partial reroll of what is incomplete",
        ),
        pytest.param(
            [C, P1, Letter("q", "[PATCH v2 2/2] one", "c p1", at=60)],
            [(1, (2,), False), (2, (2, 3), True)],
            id="a partial reroll that completes",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH v2] two", "c p2", at=-60)],
            [(1, (2, 4), True), (2, (2, 3), True)],
            id="a partial reroll by a wrong clock",
        ),
    ],
)
def test_what_a_revision_has(letters: Sequence[Letter], expected: list[tuple[int, tuple[int, ...], bool]]) -> None:
    assert revised(*letters, settled=True) == expected


def test_a_partial_reroll_of_what_is_waited_for_is_incomplete() -> None:
    assert revised(Letter("p", "[PATCH 1/2] one"), Letter("q", "[PATCH v2] one", "p", at=60)) == [(1, (2,), False)]


def test_a_partial_reroll_whose_posting_is_in_another_series_stands_for_itself() -> None:
    _, posting = postings(C, P1, P2, Letter("q", "[PATCH v2] two", "c p2", at=60))
    (revision,) = revise([Member(posting)])
    assert (revision.patches, revision.is_complete, revision.head) == ((4,), True, 4)


def test_a_partial_reroll_is_called_what_it_is_a_copy_of() -> None:
    first, second = revise(
        [Member(posting) for posting in postings(C, P1, P2, Letter("q", "[PATCH v2] two", "c p2", at=60, by="bob"))]
    )
    assert (first.head, first.cover, first.submitter, first.n_patches) == (1, 1, 1, 2)
    assert (second.head, second.cover, second.submitter, second.n_patches) == (1, 1, 4, 2)


@pytest.mark.parametrize(
    ("letters", "head", "submitter", "n_patches"),
    [
        pytest.param([P1, P2, C], 3, 3, 2, id="the cover letter's"),
        pytest.param([Letter("p", "[PATCH net] one")], 1, 1, 1, id="the patch's"),
        pytest.param(
            [Letter("q", "[PATCH 2/2] two", "p", by="bob", at=1), Letter("p", "[PATCH 1/2] one", by="bob")],
            None,
            2,
            2,
            id="none; the lowest patch's author",
        ),
    ],
)
def test_name_and_submitter(letters: Sequence[Letter], head: int | None, submitter: int, n_patches: int) -> None:
    (revision,) = revise([Member(posting) for posting in postings(*letters)])
    assert (revision.head, revision.submitter, revision.n_patches) == (head, submitter, n_patches)


def test_the_newest_revision_has_the_highest_reroll_of_the_last_days_then_date() -> None:
    letters = [
        Letter("b", "[PATCH v2] one", at=DAY),
        Letter("d", "[PATCH v2] one", at=2 * DAY),
        Letter("a", "[PATCH] one", at=3 * DAY),
        Letter("x", "[PATCH] one", at=9 * DAY),
    ]
    shown = []
    for end in range(1, len(letters) + 1):
        _, course = run([Member(posting) for posting in postings(*letters[:end])])
        assert course.newest is not None
        shown.append(course.newest.posting.first)
    assert shown == ["b", "d", "d", "x"]


def test_a_replacement_stands_as_high_as_the_revision_that_it_copies_and_a_rerun_as_what_it_repeats() -> None:
    """v3 replaces one patch, then somebody sends v2 of the other: what has both is the newest."""
    letters = [
        C,
        P1,
        P2,
        Letter("q", "[PATCH v3 1/2] one", "c p1", at=40),
        Letter("r", "[PATCH v2 2/2] two", "c p2", at=60),
    ]
    found = postings(*letters)
    assert [posting.reroll for posting in found] == [(1,), (3,), (2,)]
    members = [Member(posting, settled=True) for posting in found]
    rerun = Member(repeat(found[-1], 99), settled=True)
    for each in ([*members, rerun], [rerun, *reversed(members)]):
        revisions, course = run(each)
        assert [revision.reroll for revision in revisions] == [(1,), (3,), (3,), (3,)]
        assert course.newest is not None
        assert (course.newest.rerun_of, course.newest.patches) == (3, (4, 5))
