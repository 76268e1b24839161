"""Why a posting links to what it links to: what was compared, what came next, what would have changed it."""

from collections.abc import Sequence

import pytest

from projector.assembly.links import Found, link
from projector.assembly.posting import Posting, assemble
from projector.assembly.subject import parse_subject
from projector.assembly.tracing import Change, Compared, changes, compare
from tests.projector.assembly.build import DAY, Letter, read

YEAR = 365 * DAY


class Traced:
    """The trace of the posting that the last letter is in. Postings are called by their first mails."""

    def __init__(self, *letters: Letter) -> None:
        mails = read(letters)
        id_of = {mail.message_id: mail.id for mail in mails}
        postings = assemble(mails).postings
        (self.posting,) = (posting for posting in postings if len(mails) in posting.mails)
        self.found = [Found(posting, posting.id) for posting in postings]
        self.superseded = [id_of[name] for name in self.posting.supersedes if name in id_of]
        self.first_of = {posting.id: posting.first for posting in postings}
        titles = {number: parse_subject(letter.subject).title for number, letter in enumerate(letters, 1)}
        self.title_of = titles.__getitem__

    def compared(self) -> list[Compared]:
        return compare(self.posting, self.found, self.superseded, self.title_of)

    def ranks(self) -> list[tuple[str, int | None]]:
        return [(self.first_of[other.posting], other.rule) for other in self.compared()]

    def changes(self, nearest: str | None = None) -> dict[str, tuple[str | None, int | None]]:
        target = next((other.posting for other in self.found if other.posting.first == nearest), None)
        told = changes(self.posting, self.found, self.superseded, target, self.title_of)
        return {change.what: self._leads(change) for change in told}

    def _leads(self, change: Change) -> tuple[str | None, int | None]:
        return (self.first_of[change.to] if change.to is not None else None, change.rule)


def patch(name: str, subject: str, at: float = 0, by: str = "ada", **more: object) -> Letter:
    return Letter(name, f"[PATCH {subject}", at=at, by=by, **more)  # type: ignore[arg-type]  # the fields of Letter


def work(name: str, tags: str, title: str, at: float, patches: Sequence[str], by: str = "ada") -> list[Letter]:
    n = len(patches)
    cover = Letter(name, f"[PATCH {tags} 0/{n}] {title}", at=at, by=by)
    titles = enumerate(patches, 1)
    return [
        Letter(f"{name}{i}", f"[PATCH {tags} {i}/{n}] {what}", name, at=at + i / 60, by=by) for i, what in titles
    ] + [cover]


def test_candidates_come_in_the_order_in_which_they_would_be_the_link() -> None:
    traced = Traced(
        patch("named", "] one"),
        patch("changed", "] other", at=10, change_id="x"),
        patch("newer", "] one", at=20),
        patch("stranger", "] else", at=30),
        patch("later", "] one", at=9999),
        patch("b", "v2] one", at=500, change_id="x", supersedes=("stranger",)),
    )
    expected = [("changed", 1), ("stranger", 2), ("newer", 4), ("named", 4)]
    assert traced.ranks() == expected
    link_now = link(traced.posting, traced.found, traced.superseded)
    assert link_now is not None
    assert (traced.first_of[link_now.to], link_now.rule) == expected[0]


def test_values_that_are_compared() -> None:
    (compared,) = Traced(
        *work("a", "net", "Fixes", 0, ["one", "two"]), *work("b", "v2 net", "Fixes", 3 * DAY, ["one", "three", "four"])
    ).compared()
    assert (compared.same_name, compared.same_author, compared.reroll, compared.prefix) == (True, True, (1,), ("net",))
    assert (compared.days, compared.common, compared.smaller, compared.misses) == (3, ("one",), 2, {})


@pytest.mark.parametrize(
    ("letters", "rule", "expected"),
    [
        pytest.param([patch("b", "] two", at=60)], 1, "no change-id in common", id="change-id"),
        pytest.param([patch("b", "] two", at=60)], 3, "it answers no mail of it", id="no answer"),
        pytest.param(
            [patch("b", "] two", at=60, answers="a", by="bob")],
            3,
            "the author is another and its marker v1 is not higher than v1 and only 0 of 1 patch names are in both",
            id="an answer by another",
        ),
        pytest.param(
            [patch("b", "] two", at=60, answers="a")],
            3,
            "the name is another, and the marker is not higher",
            id="an answer without a marker",
        ),
        pytest.param(
            [patch("b", "v2] two", at=9, answers="a", files=("b.c",))],
            3,
            "it was sent in one run with it, under another name, with no patch name in common",
            id="one run",
        ),
        pytest.param([patch("b", "] two", at=60)], 4, "the name is another (“two” against “one”)", id="another name"),
        pytest.param(
            [patch("b", "] one", at=60, files=("b.c",))],
            4,
            "its marker v1 is not higher than v1 and it touches none of the files of that one",
            id="no file in common",
        ),
        pytest.param(
            [patch("b", "usb] one", at=60)],
            4,
            "its marker v1 is not higher than v1 and its prefix says more (usb against nothing)",
            id="a narrower prefix",
        ),
        pytest.param(
            [patch("b", "] one", at=YEAR + DAY)],
            4,
            "its marker v1 is not higher than v1 and it was sent more than 365 days later",
            id="too late",
        ),
        pytest.param(
            [patch("b", "] one", at=60, by="bob")],
            4,
            "its marker v1 is not higher than v1 and the author is another",
            id="another author",
        ),
        pytest.param(
            [Letter("b", "[PATCH 0/2] one", at=60)], 4, "it is not full, and its marker is not higher", id="not full"
        ),
        pytest.param([Letter("b", "[PATCH v2 0/2] two", at=60)], 5, "it is not full", id="rule 5: not full"),
        pytest.param([patch("b", "v2] two", at=60, by="bob")], 5, "the author is another", id="rule 5: author"),
        pytest.param([patch("b", "] two", at=60)], 5, "its marker v1 is not higher than v1", id="rule 5: marker"),
        pytest.param(
            [patch("b", "v2] two", at=YEAR + DAY)], 5, "it was sent more than 365 days later", id="rule 5: too late"
        ),
        pytest.param(
            work("b", "v2", "two", 60, ["one", "x"]),
            5,
            "one is a single patch, and the other is not",
            id="rule 5: single",
        ),
        pytest.param(
            [patch("b", "v2] two", at=60)], 5, "only 0 of 1 patch names are in both", id="rule 5: other patches"
        ),
    ],
)
def test_what_the_nearest_candidate_lacks(letters: Sequence[Letter], rule: int, expected: str) -> None:
    traced = Traced(patch("a", "] one"), *letters)
    (compared,) = (other for other in traced.compared() if traced.first_of[other.posting] == "a")
    assert compared.rule is None
    assert compared.misses[rule] == expected


def test_an_answer_with_a_narrower_prefix_lacks_the_width() -> None:
    traced = Traced(
        *work("a", "", "one", 0, ["x", "y"]),
        Letter("b1", "[PATCH net 1/2] p", "b", at=60),
        Letter("b", "[PATCH net 0/2] one", "a", at=60, by="ada"),
    )
    reason = "its prefix says more than that one's (net against nothing)"
    assert traced.compared()[0].misses[3] == reason


def test_a_higher_reroll_by_another_lacks_the_author_and_the_patches() -> None:
    traced = Traced(*work("a", "", "one", 0, ["x", "y"]), *work("b", "v2", "one", 60, ["p", "q"], by="bob"))
    reason = "the author is another and only 0 of 2 patch names are in both"
    assert traced.compared()[0].misses[4] == reason


def test_what_is_higher_already_and_has_no_name_is_not_tried_higher_or_renamed() -> None:
    traced = Traced(patch("a", "v2] one"), Letter("b", "[PATCH v5]", at=60))
    assert traced.changes("a") == {
        "under the name “one”": ("a", 4),
        "under the name “one” and with the marker v5": ("a", 4),
        "with a line “Supersedes: <a>”": ("a", 2),
    }


def test_different_stable_kernels_are_the_reason_by_every_rule_that_looks_at_names() -> None:
    traced = Traced(Letter("a", "[PATCH 5.10 0/1] one"), *work("b", "5.4 v2", "one", 60, ["two"]))
    answering = Traced(Letter("a", "[PATCH 5.10 0/2] one"), Letter("b", "[PATCH 5.4 v2 0/2] one", "a", at=60))
    reason = "the prefixes name different stable kernels"
    assert [traced.compared()[0].misses[rule] for rule in (4, 5)] == [reason, reason]
    assert answering.compared()[0].misses[3] == reason


@pytest.mark.parametrize(
    ("letters", "nearest", "expected"),
    [
        pytest.param(
            [patch("a", "] one"), patch("b", "] one", at=60, files=("b.c",))],
            "a",
            {"with the marker v2": ("a", 4), "with a line “Supersedes: <a>”": ("a", 2)},
            id="begins a series, for a marker is missing",
        ),
        pytest.param(
            [patch("a", "] one"), patch("b", "] two", at=60)],
            "a",
            {
                "under the name “one” and with the marker v2": ("a", 4),
                "with a line “Supersedes: <a>”": ("a", 2),
            },
            id="begins a series, for name and marker are others",
        ),
        pytest.param(
            [patch("a", "] one"), patch("b", "v2] one", at=60, files=("b.c",))],
            None,
            {"without the marker v2": (None, None)},
            id="linked by name and marker, and under another name by its patch",
        ),
        pytest.param(
            [patch("a", "] one", change_id="x"), patch("b", "] two", at=60, change_id="x")],
            None,
            {"without its change-id": (None, None)},
            id="linked by change-id",
        ),
        pytest.param(
            [patch("a", "] one"), patch("m", "] two"), patch("b", "] two", at=60, supersedes=("a",))],
            None,
            {"without its Supersedes: or Link to vN: line": ("m", 4)},
            id="linked by Supersedes",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b", "[PATCH v2 0/2] Play", "a", at=60)],
            None,
            {
                "if it had answered nothing of what was posted before": (None, None),
                "without the marker v2": (None, None),
            },
            id="linked by an answer",
        ),
    ],
)
def test_what_would_have_changed_the_link(
    letters: Sequence[Letter], nearest: str | None, expected: dict[str, tuple[str | None, int | None]]
) -> None:
    assert Traced(*letters).changes(nearest) == expected


def test_a_posting_without_candidates_has_nothing_to_compare() -> None:
    traced = Traced(patch("b", "] one"))
    assert (traced.compared(), traced.changes()) == ([], {})
    assert isinstance(traced.posting, Posting)
