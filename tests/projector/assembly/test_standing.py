"""A mail that changes nothing of its thread is placed as it is where all are read together."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector.assembly import rerolls, standing
from projector.assembly.mail import COMMENT, PATCH, Mail
from projector.assembly.posting import Assembled, Posting, assemble
from projector.assembly.standing import Standing, base_of
from tests.projector.assembly.build import Letter, read
from tests.projector.assembly.test_properties import AUTHORS, TITLES, threads

FORMS = [
    "[PATCH]", "[PATCH]", "[PATCH v2]", "[PATCH v3]", "[PATCH v5.10]", "[PATCH v5.11]", "[PATCH v5.10 v2]",
    "[PATCH 1/1]", "[PATCH 1/2]", "[PATCH 2/2]", "[PATCH v2 1/2]", "[PATCH 0/2]", "[PATCH 1]", "Re: [PATCH]", "Re:",
]  # fmt: skip


class Growing:
    """A thread to which mails come one by one: `placed` of them without a look at the others."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.postings: dict[int, Posting] = {}
        self.targets: dict[int, int | None] = {}
        self.kinds: dict[int, str] = {}
        self.placed = 0
        self._standing = Standing.of((), {})

    def receive(self, mail: Mail) -> None:
        is_named = any(mail.message_id in other.references for other in self.mails)
        self.mails.append(mail)
        if is_named or not self._standing.takes(mail) or not self._place(mail):
            self.assemble()

    def assemble(self) -> Assembled:
        found = assemble(self.mails, self.postings)
        self._standing = Standing.after(found)
        self.postings = {posting.id: posting for posting in found.postings}
        self.kinds, self.targets = found.kinds, found.targets
        return found

    def _place(self, mail: Mail) -> bool:
        kind = self._standing.add(mail)
        if kind == PATCH:
            posting = self._standing.post(mail, self._posting_of, self._replaced_of)
            if posting is None:
                return False
            self.postings[posting.id] = posting
        elif kind == COMMENT:
            self.targets[mail.id] = self._standing.target(mail)
        self.kinds[mail.id] = kind
        self.placed += 1
        return True

    def _posting_of(self, patch: int) -> Posting:
        (found,) = (posting for posting in self.postings.values() if patch in posting.mails)
        return found

    def _replaced_of(self, id: int, is_own: bool) -> int:
        base = self.postings[id]
        return sum(
            len(posting.patches)
            for posting in self.postings.values()
            if (posting.is_partial or posting.is_apart)
            and base_of(posting, self._posting_of) is base
            and (posting.author == base.author) == is_own
        )


def grow(mails: Iterable[Mail]) -> Growing:
    """Receive mails, and see after each that all is as if they were read together."""
    growing = Growing()
    for mail in mails:
        growing.receive(mail)
        known = (growing.postings, growing.kinds, growing.targets)
        found = assemble(growing.mails, growing.postings)
        assert known == ({posting.id: posting for posting in found.postings}, found.kinds, found.targets)
    return growing


@st.composite
def answers(draw: st.DrawFn) -> list[Letter]:
    """Mails of which each answers one that came before, with its references or the last of them alone."""
    letters: list[Letter] = []
    above: dict[str, str] = {}
    for number in range(draw(st.integers(2, 12))):
        name = f"m{number}"
        parent = draw(st.sampled_from([*above, "gone"])) if above else ""
        chain = f"{above.get(parent, '')} {parent}".strip()
        above[name] = chain
        title = draw(st.sampled_from(TITLES))
        letters.append(
            Letter(
                name,
                f"{draw(st.sampled_from(FORMS))} {title}",
                draw(st.sampled_from([chain, chain, parent])),
                at=number + draw(st.sampled_from([0, 0, 0, -30, 90])),
                by=draw(st.sampled_from([AUTHORS[0], *AUTHORS])),
                files=(draw(st.sampled_from(["a.c", "b.c"])),),
                diff=draw(st.sampled_from([None, None, False])),
                pull_url=draw(st.sampled_from([None, None, "https://example.org/linux.git for-next"])),
                content=draw(st.sampled_from([None, "same"])),
                hint=draw(st.sampled_from(["", "", "", "ignore"])),
            )
        )
    return letters


@settings(max_examples=200, deadline=None)
@given(answers())
def test_a_mail_is_placed_as_it_is_where_all_are_read_together(letters: list[Letter]) -> None:
    grow(read(letters))


@settings(max_examples=100, deadline=None)
@given(threads(), st.data())
def test_mails_that_name_one_another_in_any_way(letters: list[Letter], data: st.DataObject) -> None:
    grow(data.draw(st.permutations(read(letters))))


@settings(max_examples=100, deadline=None)
@given(answers(), st.integers(1, 3), st.data())
def test_more_replacements_than_count_stand_for_themselves(
    letters: list[Letter], most: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patching:
        for module in (rerolls, standing):
            patching.setattr(module, "REPLACED_MAX", most)
        mails = read(letters)
        grow(mails)
        grow(data.draw(st.permutations(mails)))


def test_what_stands_alone_is_placed_without_a_look_at_the_others() -> None:
    letters = [
        Letter("c", "[PATCH 0/2] Work"),
        Letter("p1", "[PATCH 1/2] one", "c", at=1),
        Letter("p2", "[PATCH 2/2] two", "c", at=2),
        Letter("r", "Re: [PATCH 2/2] two", "c p2", at=3, by="bob"),
        Letter("q", "[PATCH v2] two", "c p2 r", at=4),
        Letter("s", "[PATCH] three", "c p2 r q", at=5, by="bob"),
        Letter("t", "Re: [PATCH] three", "c p2 r q s", at=6),
    ]
    growing = grow(read(letters))
    assert growing.placed == len(letters) - 3
    assert [posting.is_partial for posting in growing.postings.values()] == [False, True, False]


def test_threads_that_become_one_stand_as_if_they_were_read_together() -> None:
    one = read(
        [Letter("a", "[PATCH v5.10] one"), Letter("b", "Re: one", "a lost"), Letter("c", "[PATCH v4.4] c", "lost")]
    )
    other = [Letter("d", "[PATCH v5.11] two"), Letter("e", "[PATCH v6.1] e", "d"), Letter("f", "Re: two", "d gone")]
    mails = [*one, *(mail for mail in read([*(Letter(f"x{n}", "x") for n in range(3)), *other]) if mail.id > 3)]
    both = Standing.of(mails, {mail.id: mail.kind for mail in mails})
    absorbed, rest = (Standing.of(some, {mail.id: mail.kind for mail in some}) for some in (mails[:3], mails[3:]))
    absorbed.absorb(rest)
    assert vars(absorbed) == {**vars(both), "_is_mixed": True}
    assert not absorbed.takes(read([Letter("g", "Re: one", "a")])[0])


@settings(max_examples=300, deadline=None)
@given(threads(), st.data())
def test_who_stands_above_whom_is_the_same_whatever_came_first(letters: list[Letter], data: st.DataObject) -> None:
    mails = data.draw(st.permutations(read(letters)))
    standing = Standing.of((), {})
    for number, mail in enumerate(mails, 1):
        before = {other.id: standing._above[other.message_id] for other in mails[: number - 1]}
        changed = standing.place(mail)
        whole = Standing.of(mails[:number], {other.id: other.kind for other in mails})
        if changed is None:
            standing = whole
        assert standing._parents == whole._parents
        assert {name: above for name, above in standing._above.items() if name in whole._above} == whole._above
        if changed is not None:
            moved = [
                other.id for other in mails[: number - 1] if standing._above[other.message_id] is not before[other.id]
            ]
            assert sorted(changed) == sorted(moved)


def test_mails_that_come_the_last_first_are_put_below_what_they_answer() -> None:
    letters = [
        Letter("a", "[PATCH] one"),
        Letter("b", "Re: one", "a", at=1, by="bob"),
        Letter("c", "Re: one", "lost b", at=2),
        Letter("d", "[PATCH v2] one", "c", at=3),
        Letter("e", "Re: one", "d", at=4),
    ]
    mails = read(letters)
    standing = Standing.of((), {})
    changed = [standing.place(mail) for mail in reversed(mails)]
    assert changed == [[], [5], [], [], [2, 3, 4]]
    assert [standing.target(mail) for mail in mails] == [None, 1, 1, None, 4]
    assert standing.place(mails[0]) is None


def test_a_replacement_that_was_on_the_log_before_what_came_already_is_read_with_the_others() -> None:
    first, second, third = read(
        [Letter("a", "[PATCH] one"), Letter("b", "[PATCH v2] one", "a", at=1), Letter("c", "[PATCH v3] one", "a", at=2)]
    )
    assert grow([first, third, second]).placed == 2


def test_a_replacement_without_a_marker_in_a_series_is_read_with_the_others() -> None:
    letters = [
        Letter("p1", "[PATCH 1/2] one"),
        Letter("p2", "[PATCH 2/2] two", "p1", at=1),
        Letter("q", "[PATCH] two", "p1 p2", at=99),
    ]
    assert grow(read(letters)).placed == 0


def test_an_answer_that_was_no_cover_letter_becomes_one_by_its_only_patch() -> None:
    letters = [
        Letter("a", "[PATCH] one"),
        Letter("c", "[PATCH 0/1] two", "a", at=1),
        Letter("b", "[PATCH] two", "c", at=2),
    ]
    assert grow(read(letters)).kinds[2] == "cover"


def test_a_replacement_of_a_patch_that_is_in_no_posting_is_of_itself() -> None:
    mails = read([Letter("a", "[PATCH] one"), Letter("b", "[PATCH v2] one", "a", at=1)])
    base, partial = assemble(mails).postings
    assert base_of(partial, lambda patch: base if patch == 1 else None) is base
    assert base_of(partial, lambda patch: None) is partial


def test_a_patch_that_turns_out_to_repeat_what_it_answers_has_the_thread_read_anew() -> None:
    known = read([Letter("b", "[PATCH] one", "a", at=1, by="bob", content="same"), Letter("c", "Re: one", "a b", at=2)])
    standing = Standing.of(known, {mail.id: mail.kind for mail in known})
    (first,) = (
        mail
        for mail in read([Letter(f"x{n}", "x") for n in range(2)] + [Letter("a", "[PATCH] one", content="same")])
        if mail.id == 3
    )
    assert standing.place(first) is None


def test_a_patch_that_repeats_another_is_no_patch_among_those_of_its_author() -> None:
    mails = read(
        [Letter("a", "[PATCH] one", content="same"), Letter("b", "[PATCH] one", "a", at=1, by="bob", content="same")]
    )
    found = assemble(mails)
    assert found.kinds == {1: "patch", 2: "comment"}
    (own,) = Standing.after(found).among([mails[1]])
    assert (mails[1].kind, own.kind) == ("patch", "comment")


@pytest.mark.parametrize(
    ("there", "new"),
    [
        pytest.param([Letter("a", "one", "b")], Letter("b", "two", "a"), id="each answers the other"),
        pytest.param(
            [Letter("a", "one", "x lost"), Letter("b", "two", "y lost")], Letter("lost", "three"), id="two words"
        ),
        pytest.param([Letter("a", "one", "lost")], Letter("b", "two", "x lost"), id="a new word"),
    ],
)
def test_where_words_differ_the_thread_is_read_anew(there: Sequence[Letter], new: Letter) -> None:
    *known, mail = read([*there, new])
    standing = Standing.of(known, {other.id: other.kind for other in known})
    assert standing.place(mail) is None


@pytest.mark.parametrize(
    ("letters", "name", "expected"),
    [
        pytest.param(
            [Letter("a", "[PATCH] one"), Letter("x", "Re: one", "a", by="bob"), Letter("b", "[PATCH v2] one", "a x")],
            "b", "a", id="what others said between",
        ),
        pytest.param([Letter("a", "[PATCH] one"), Letter("b", "[PATCH v2] one", "a")], "b", "a", id="its own answer"),
        pytest.param(
            [Letter("a", "[PATCH] one", by="bob"), Letter("b", "[PATCH v2] one", "gone a")], "b", "gone a",
            id="an answer to another",
        ),
        pytest.param([Letter("b", "[PATCH v2] one", "gone")], "b", "gone", id="an answer to what never came"),
        pytest.param([Letter("b", "[PATCH v2] one")], "b", "", id="the first"),
    ],
)  # fmt: skip
def test_what_a_mail_answers_among_those_of_its_author(letters: Sequence[Letter], name: str, expected: str) -> None:
    mails = read(letters)
    whole = Standing.of(mails, {mail.id: mail.kind for mail in mails})
    own = [mail for mail in mails if mail.author == mails[-1].author]
    (found,) = (mail for mail in whole.among(own) if mail.message_id == name)
    assert " ".join(found.references) == expected
    assert all(mail.id in whole for mail in mails)
    assert 99 not in whole
