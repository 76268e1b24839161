"""What holds for any set of mails (assembly, section 0)."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projector.assembly.links import Found, link
from projector.assembly.mail import Mail
from projector.assembly.posting import assemble
from projector.assembly.series import Member, components, revise
from tests.projector.assembly.build import Letter, read

TAGS = ["", "1/1", "0/2", "1/2", "2/2", "3/2", "0/3", "1/3", "2/3", "3/3", "0/1"]
REROLLS = ["", "v2", "v5", "v5.10"]
TITLES = ["one", "two", "Work", "Work (v2)"]
AUTHORS = ["ada", "bob"]


@st.composite
def threads(draw: st.DrawFn, prefix: str = "", size: int = 9) -> list[Letter]:
    """Mails that name one another, and some that never came, in any way: backwards, in circles, or not at all."""
    names = [f"{prefix}{number}" for number in range(draw(st.integers(1, size)))]
    named = [*names, f"{prefix}gone", f"{prefix}lost"]
    letters = []
    for name in names:
        answers = draw(st.lists(st.sampled_from(named), max_size=3, unique=True))
        kind = draw(st.sampled_from(["[PATCH {}] {}", "[PATCH {}] {}", "[PATCH {}] {}", "Re: [PATCH {}] {}", "{1}"]))
        tags = f"{draw(st.sampled_from(REROLLS))} {draw(st.sampled_from(TAGS))}".strip()
        letters.append(
            Letter(
                name,
                kind.format(tags, draw(st.sampled_from(TITLES))),
                " ".join(answers),
                at=draw(st.sampled_from([0, 1, 2, 20, 40, 60, 90])),
                by=prefix + draw(st.sampled_from(AUTHORS)),
                diff=draw(st.sampled_from([None, None, None, True, False])),
                files=(draw(st.sampled_from(["a.c", "b.c"])),),
                pull_url=draw(st.sampled_from([None, None, "https://example.org/linux.git for-next"])),
                content=draw(st.sampled_from([None, "same"])),
                hint=draw(st.sampled_from(["", "", "", "ignore"])),
            )
        )
    return letters


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_order_of_the_mails_does_not_matter(data: st.DataObject) -> None:
    mails = read(data.draw(threads()))
    shuffled = data.draw(st.permutations(mails))
    expected, found = assemble(mails), assemble(shuffled)
    assert found.postings == expected.postings
    assert (found.kinds, found.targets) == (expected.kinds, expected.targets)


@settings(max_examples=200, deadline=None)
@given(threads(), st.integers(0, 8), st.integers(0, 8))
def test_postings_that_were_made_before_are_the_same_that_would_be_made_now(
    letters: list[Letter], count: int, changed: int
) -> None:
    """Others came meanwhile, and another copy of one counts."""
    mails = read(letters)
    before = assemble(mails[:count], made={})
    if changed < len(mails):
        mails[changed] = msgspec.structs.replace(mails[changed], author=b"eve", name_key=b"evil")
    now = assemble(mails, made=before.made)
    assert now == assemble(mails, made={})
    assert (now.postings, now.kinds) == (assemble(mails).postings, assemble(mails).kinds)
    assert assemble(mails, made=now.made).postings == now.postings


def test_a_posting_of_the_same_mails_is_not_made_anew() -> None:
    letters = [
        Letter("c", "[PATCH 0/2] Work"),
        Letter("p", "[PATCH 1/2] one", "c", at=1),
        Letter("x", "[PATCH] other", by="eve", at=100),
        Letter("y", "[PATCH] more", "x", by="bob", at=101),
        Letter("q", "[PATCH 2/2] two", "c", at=2),
        Letter("z", "[PATCH] above", "w", by="zed", at=50),
        Letter("w", "[PATCH] top", by="una", at=49),
    ]
    mails = read(letters)
    before = assemble(mails[:4], made={})
    after = assemble(mails[:6], made=before.made)
    assert [after.made[id][1] is before.made[id][1] for id in (1, 3, 4)] == [False, True, True]
    below = assemble(mails, made=after.made)
    assert below.made[6][1] is not after.made[6][1]
    assert below.made[6][1].answers == (7,)


@settings(max_examples=200, deadline=None)
@given(threads("x"), threads("y"))
def test_threads_that_have_nothing_in_common_do_not_matter_to_each_other(
    one: list[Letter], other: list[Letter]
) -> None:
    mails = read([*one, *other])
    apart = [assemble(mails[: len(one)]), assemble(mails[len(one) :])]
    together = assemble(mails)
    assert together.kinds == apart[0].kinds | apart[1].kinds
    assert together.targets == apart[0].targets | apart[1].targets
    expected = sorted((posting for half in apart for posting in half.postings), key=lambda posting: posting.order)
    assert list(together.postings) == expected


@settings(max_examples=200, deadline=None)
@given(threads())
def test_each_patch_is_in_one_posting_and_has_one_place(letters: list[Letter]) -> None:
    assembled = assemble(read(letters))
    patches = [patch.id for posting in assembled.postings for patch in posting.patches]
    patches += [extra for posting in assembled.postings for extra in posting.extras]
    assert sorted(patches) == sorted(id for id, kind in assembled.kinds.items() if kind == "patch")
    assert len({posting.id for posting in assembled.postings}) == len(assembled.postings)
    own = [posting.cover for posting in assembled.postings if posting.id == posting.cover]
    covers = {id for id, kind in assembled.kinds.items() if kind == "cover"}
    assert {posting.cover for posting in assembled.postings} - {None} == covers >= set(own)
    for posting in assembled.postings:
        assert posting.id in posting.mails
        assert not set(posting.answers) & (set(posting.mails) - set(covers))
        assert posting.is_full or posting.total != 1 or not posting.patches or posting.patches[0].place > 1


def revisions(mails: list[Mail]) -> list[list[tuple[int, int, tuple[int, ...], bool]]]:
    """The series that some mails make, each as posting, number, patches and completeness of its revisions."""
    postings = assemble(mails).postings
    found = [Found(posting, posting.id) for posting in postings]
    links = {posting.id: link(posting, found, ()) for posting in postings}
    by_id = {posting.id: posting for posting in postings}
    groups = components({id: to.to if to is not None else None for id, to in links.items()})
    return [
        [
            (revision.posting.id, revision.version, revision.patches, revision.is_complete)
            for revision in revise([Member(by_id[id], settled=True) for id in group])
        ]
        for group in groups
    ]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_series_are_the_same_whatever_the_order(data: st.DataObject) -> None:
    mails = read(data.draw(threads()))
    series = revisions(mails)
    assert revisions(data.draw(st.permutations(mails))) == series
    for found in series:
        assert [version for _, version, _, _ in found] == list(range(1, len(found) + 1))
        for _, _, patches, _ in found:
            assert len(set(patches)) == len(patches)
