"""Which earlier posting a posting is the next revision of (assembly, section 4)."""

from collections.abc import Sequence

import pytest

from projector.assembly.keys import key
from projector.assembly.links import (
    Found,
    Link,
    awaited_key,
    filed_under,
    keys,
    link,
    name_key,
    patch_key,
    run_key,
    wanted_key,
)
from projector.assembly.posting import Posting, assemble
from projector.assembly.retitled import sent_key, span_of
from tests.projector.assembly.build import DAY, START, Letter, read

YEAR = 365 * DAY


def linked(*letters: Letter, series: dict[str, int | None] | None = None) -> str | None:
    """What the last letter's posting links to among all others: "a by 4" is the posting that begins with a, by rule 4.

    Each posting is in a series of its own, but for those that `series` names by their first mail.
    """
    mails = read(letters)
    id_of = {mail.message_id: mail.id for mail in mails}
    postings = assemble(mails).postings
    (last,) = (posting for posting in postings if len(mails) in posting.mails)
    found = [Found(posting, (series or {}).get(posting.first, posting.id)) for posting in postings]
    result = link(last, found, [id_of[name] for name in last.supersedes if name in id_of])
    first_of = {posting.id: posting.first for posting in postings}
    return f"{first_of[result.to]} by {result.rule}" if result is not None else None


def patch(name: str, subject: str, at: float = 0, by: str = "ada", **more: object) -> Letter:
    return Letter(name, f"[PATCH {subject}", at=at, by=by, **more)  # type: ignore[arg-type]  # the fields of Letter


def work(name: str, tags: str, title: str, at: float, patches: Sequence[str], by: str = "ada") -> list[Letter]:
    """A cover letter with its patches; total and orders are worked out."""
    n = len(patches)
    cover = Letter(name, f"[PATCH {tags} 0/{n}] {title}", at=at, by=by)
    return [
        *(
            Letter(f"{name}{order}", f"[PATCH {tags} {order}/{n}] {what}", name, at=at + order / 60, by=by)
            for order, what in enumerate(patches, 1)
        ),
        cover,
    ]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([patch("b", "] other")], None, id="nothing in common"),
        pytest.param([patch("b", "] one", at=9, change_id="x")], "a by 1", id="the same change-id"),
        pytest.param(
            [patch("b", "] other", at=-9, change_id="x")], None, id="a change-id links to earlier postings only"
        ),
        pytest.param([patch("b", "] other", at=9, change_id="y")], None, id="another change-id"),
        pytest.param([patch("b", "] other", at=9, supersedes=("a",))], "a by 2", id="supersedes"),
        pytest.param([patch("b", "] other", at=9, supersedes=("gone",))], None, id="supersedes what never came"),
        pytest.param([patch("b", "] other", at=-9, supersedes=("a",))], "a by 2", id="supersedes, by a wrong clock"),
        pytest.param(
            [patch("c", "] one", at=5), patch("b", "] one", at=9, change_id="x", supersedes=("c",))],
            "a by 1",
            id="the strongest link only",
        ),
        pytest.param(
            [patch("c", "] other", at=5, change_id="x"), patch("b", "v2] 1", at=9, change_id="x")],
            "c by 1",
            id="of two, the newest",
        ),
        pytest.param([patch("b", "1/2] two", at=9, change_id="x")], "a by 1", id="an incomplete one, by change-id"),
        pytest.param(
            [patch("e", "] one", at=5, change_id="x", by="eve"), patch("b", "v2] one", at=9, change_id="x")],
            "a by 1",
            id="the author's own, though somebody copied it later",
        ),
        pytest.param(
            [patch("b", "v2] one", at=9, change_id="x", by="eve")], "a by 1", id="another author's, with the patch"
        ),
        pytest.param([patch("b", "v2] two", at=9, change_id="x", by="eve")], None, id="another author's, without it"),
        pytest.param([patch("b", "] one", at=9, supersedes=("a",), by="eve")], None, id="another author's Supersedes"),
        pytest.param(
            [patch("b", "1/2] two", at=9, supersedes=("a",))], "a by 2", id="an incomplete one that supersedes"
        ),
    ],
)
def test_rules_1_and_2_change_id_and_supersedes(letters: Sequence[Letter], expected: str | None) -> None:
    assert linked(patch("a", "] one", change_id="x"), *letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [patch("a", "net] one"), patch("b", "v2 net] one", at=9, answers="a")], "a by 3", id="a partial reroll"
        ),
        pytest.param(
            [patch("a", "net] one"), patch("b", "mm] one", at=9, answers="a")],
            "a by 3",
            id="a partial reroll for another tree",
        ),
        pytest.param(
            [*work("a", "net", "Work", 0, ["one", "two"]), *work("b", "v2 net", "Work", 60, ["1", "2"])[:2],
             Letter("b", "[PATCH v2 net 0/2] Work", "a", at=60)],
            "a by 3",
            id="the same name and prefix",
        ),
        pytest.param(
            [Letter("a", "[PATCH net 0/2] Work"), Letter("b1", "[PATCH 1/2] x", "b", at=60),
             Letter("b", "[PATCH 0/2] Work", "a", at=60)],
            "a by 3",
            id="the same name, a wider prefix, incomplete",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b1", "[PATCH net 1/2] x", "b", at=60),
             Letter("b", "[PATCH net 0/2] Work", "a", at=60)],
            None,
            id="the same name, a narrower prefix",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b1", "[PATCH 1/2] x", "b", at=60, by="bob"),
             Letter("b", "[PATCH 0/2] Work", "a", at=60, by="bob")],
            None,
            id="the same name, another author",
        ),
        pytest.param(
            [Letter("a", "[PATCH] Work"), Letter("b", "[PATCH v2] Work", "a", at=60, by="bob")],
            "a by 3",
            id="the same name, another author, a higher reroll",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b", "[PATCH v2 usb 0/2] Play", "a", at=60)],
            "a by 3",
            id="the same author with a higher reroll",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b1", "[PATCH v2 1/2] x", "b", at=60, by="bob"),
             Letter("b", "[PATCH v2 0/2] Play", "a", at=60, by="bob")],
            None,
            id="another author with a higher reroll",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b1", "[PATCH 1/2] x", "b", at=60),
             Letter("b", "[PATCH 0/2] Play", "a", at=60)],
            None,
            id="the same author with the same reroll",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b", "[PATCH v2 0/2] Play", "a", at=30)],
            None,
            id="one run of send-email",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("b", "[PATCH v2 0/2] Work", "a", at=30)],
            "a by 3",
            id="in half an hour, under the same name",
        ),
        pytest.param(
            [*work("a", "", "Work", 0, ["one", "two"]), Letter("b1", "[PATCH v2 1/2] one", "b", at=30),
             Letter("b", "[PATCH v2 0/2] Play", "a", at=30)],
            "a by 3",
            id="in half an hour, with a patch name in common",
        ),
        pytest.param(
            [Letter("a", "[PATCH 5.10 0/2] Work"), Letter("b", "[PATCH 5.4 v2 0/2] Work", "a", at=60)],
            None,
            id="for another stable kernel",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("m", "[PATCH v2 0/2] Work", "a", at=60),
             Letter("b", "[PATCH v3 0/2] Play", "a m", at=120)],
            "m by 3",
            id="the nearest",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2] Work"), Letter("m", "[PATCH 0/2] Play", "a", at=60, by="bob"),
             Letter("b", "[PATCH v3 0/2] Work", "a m", at=120)],
            "a by 3",
            id="through another posting",
        ),
        pytest.param(
            [*work("a", "", "Work", 0, ["one", "two"]), patch("b1", "1/2] one", at=60, answers="a"),
             patch("b2", "2/2] two", at=61, answers="a")],
            "a by 3",
            id="a resend with the same cover letter",
        ),
        pytest.param(
            [*work("a", "", "Work", 0, ["one", "two"]), patch("c1", "v3 1/2] one", at=120, answers="a"),
             patch("c2", "v3 2/2] two", at=121, answers="a"), patch("b1", "v2 1/2] one", at=60, answers="a"),
             patch("b2", "v2 2/2] two", at=61, answers="a")],
            "a by 3",
            id="a reroll with the same cover letter, to what was before it",
        ),
        pytest.param(
            [*work("a", "", "Work", 180, ["one", "two"]), patch("b1", "v2 1/2] one", at=60, answers="a"),
             patch("b2", "v2 2/2] two", at=61, answers="a")],
            "a by 3",
            id="a reroll by a wrong clock",
        ),
        pytest.param(
            [Letter("a", "[PATCH 0/2]"), Letter("b1", "[PATCH 1/2]", "b", at=60),
             Letter("b", "[PATCH 0/2]", "a", at=60)],
            None,
            id="no name is no name",
        ),
    ],
)  # fmt: skip
def test_rule_3_answers(letters: Sequence[Letter], expected: str | None) -> None:
    assert linked(*letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([patch("b", "v2] One (v2)", at=9)], "a by 4", id="the same name, a higher reroll"),
        pytest.param([patch("b", "v2 usb] one", at=9)], "a by 4", id="a higher reroll, with another prefix"),
        pytest.param([patch("b", "v2] one", at=2 * YEAR)], "a by 4", id="a higher reroll at any age, by its patches"),
        pytest.param([patch("b", "v2] two", at=9)], None, id="another name"),
        pytest.param([patch("b", "RESEND net-next] one", at=9)], "a by 4", id="a resend"),
        pytest.param([patch("b", "] one", at=9)], "a by 4", id="the same reroll, a wider prefix"),
        pytest.param([patch("b", "usb] one", at=9)], None, id="the same reroll, another prefix"),
        pytest.param([patch("b", "] one", at=YEAR)], "a by 4", id="the same reroll after a year"),
        pytest.param([patch("b", "] one", at=YEAR + 1)], None, id="the same reroll after more than a year"),
        pytest.param([patch("b", "] one", at=9, files=("b.c",))], None, id="the same reroll, no file in common"),
        pytest.param([patch("b", "v2] one", at=9, by="bob")], "a by 4", id="another submitter, a higher reroll"),
        pytest.param([patch("b", "] one", at=9, by="bob")], None, id="another submitter, the same reroll"),
        pytest.param([patch("b", "v2] one", at=2 * YEAR, by="bob")], "a by 4", id="another submitter, at any age"),
        pytest.param([patch("b", "v2] one", at=-9)], None, id="an earlier one has nothing to link to"),
    ],
)
def test_rule_4_single_patches_of_one_name(letters: Sequence[Letter], expected: str | None) -> None:
    assert linked(patch("a", "net] one"), *letters) == expected


ONE = work("a", "net", "Fixes", 0, ["one", "two", "three"])


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(work("b", "net", "Fixes", 9, ["five", "six"]), None, id="fixes of another week"),
        pytest.param(work("b", "net", "Fixes", 9, ["five", "one"]), "a by 4", id="half the patch names of the smaller"),
        pytest.param(
            work("b", "net", "Fixes", 9, ["one", "five", "six"]), None, id="less than half of the patch names"
        ),
        pytest.param(
            work("b", "v2 net", "Fixes", 9, ["five", "six"]), "a by 4", id="higher reroll, no patch in common"
        ),
        pytest.param(
            work("b", "v2 net", "Fixes", YEAR, ["five", "six"]),
            "a by 4",
            id="higher reroll, none in common, a year later",
        ),
        pytest.param(
            work("b", "v2 net", "Fixes", YEAR + 9, ["five", "six"]),
            None,
            id="higher reroll, none in common, much later",
        ),
        pytest.param(
            work("b", "v2 net", "Fixes", YEAR + 9, ["one", "six"]),
            "a by 4",
            id="higher reroll, half in common, much later",
        ),
        pytest.param([Letter("b", "[PATCH v2 net 0/3] Fixes", at=9)], "a by 4", id="incomplete, higher reroll"),
        pytest.param(
            [Letter("b1", "[PATCH net 1/3] one", "b", at=9), Letter("b", "[PATCH net 0/3] Fixes", at=9)],
            None,
            id="incomplete, the same reroll",
        ),
        pytest.param(
            [*work("m", "v2 net", "Fixes", 9, ["five", "six"]), *work("b", "v3 net", "Fixes", 99, ["one", "seven"])],
            "a by 4",
            id="those sharing half the patch names first",
        ),
        pytest.param(
            [*work("m", "v2 net", "Fixes", 9, ["five", "six"]), *work("b", "v3 net", "Fixes", 99, ["seven"])],
            "m by 4",
            id="then the newest",
        ),
        pytest.param(work("b", "v2 net", "Fixes", 9, ["one", "six"], "bob"), "a by 4", id="another submitter, half"),
        pytest.param(
            work("b", "v2 net", "Fixes", 9, ["five", "six"], "bob"), None, id="another submitter, none in common"
        ),
        pytest.param(
            [*work("m", "net", "Fixes", 1, ["one", "two"], "eve"), *work("b", "v2 net", "Fixes", 9, ["one"], "bob")],
            None,
            id="another submitter, two series that fit",
        ),
        pytest.param(
            [*work("m", "v2 net", "Fixes", 1, ["one"], "bob"), *work("b", "net", "Fixes", 9, ["one", "x"], "bob")],
            "m by 4",
            id="markers begun anew, the same submitter",
        ),
    ],
)
def test_rule_4_series_of_one_name(letters: Sequence[Letter], expected: str | None) -> None:
    assert linked(*ONE, *letters) == expected


def test_rule_4_counts_series_not_postings() -> None:
    letters = [
        patch("a", "] one"),
        patch("m", "] one", at=9, by="eve"),
        patch("b", "v2] one", at=99, by="bob"),
    ]
    assert linked(*letters) is None
    assert linked(*letters, series={"a": 1, "m": 1}) == "m by 4"
    assert linked(*letters, series={"a": None, "m": None}) is None
    assert linked(*letters[1:], series={"m": None}) == "m by 4"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("5.10", "5.4 v2", None, id="two kernels"),
        pytest.param("5.10.y", "linux-5.10.y v2", "a by 4", id="one kernel"),
        pytest.param("", "5.4 v2", "a by 4", id="one of them names none"),
        pytest.param("v5.10", "v5.10", "a by 4", id="a branch token, resent"),
        pytest.param("v5.10", "v6.1", None, id="two branch tokens"),
    ],
)
def test_prefixes_for_other_stable_kernels_never_link(one: str, other: str, expected: str | None) -> None:
    assert linked(patch("a", f"{one}] one"), patch("b", f"{other}] one", at=9)) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            work("b", "v2", "Play", 9, ["one", "two", "x", "y"]), "a by 5", id="half the patch names, two of them"
        ),
        pytest.param(work("b", "v2", "Play", 9, ["one", "x", "y"]), None, id="one of them"),
        pytest.param(work("b", "v2", "Play", 9, ["two", "one"]), "a by 5", id="all of a set of two"),
        pytest.param(work("b", "v2", "Play", 9, ["two", "x"]), None, id="one of a set of two"),
        pytest.param(work("b", "v2", "Play", YEAR, ["two", "one"]), "a by 5", id="a year later"),
        pytest.param(work("b", "v2", "Play", YEAR + 9, ["two", "one"]), None, id="more than a year later"),
        pytest.param(work("b", "", "Play", 9, ["two", "one"]), None, id="not with the same reroll"),
        pytest.param(work("b", "v2", "Play", 9, ["two", "one"], "bob"), None, id="not of another author"),
        pytest.param([patch("b", "v2] one", at=9)], None, id="not between a full single patch and a larger set"),
        pytest.param(work("b", "v2", "Play", 9, ["one"]), None, id="not between 1/1 and a larger set"),
        pytest.param(work("b", "v2", "Play", 9, ["one", "two", "x"])[1:], None, id="not an incomplete one"),
        pytest.param(
            [*work("m", "v2", "Rest", 9, ["one", "two"]), *work("b", "v3", "Play", 99, ["one", "two"])],
            "m by 5",
            id="the newest such",
        ),
        pytest.param(work("b", "v2 5.4", "Play", 9, ["one", "two"]), "a by 5", id="for a kernel"),
    ],
)
def test_rule_5_a_renamed_cover(letters: Sequence[Letter], expected: str | None) -> None:
    assert linked(*work("a", "", "Fixes", 0, ["one", "two", "three"]), *letters) == expected


def test_rule_5_a_renamed_cover_of_one_patch() -> None:
    assert linked(*work("a", "", "Fix", 0, ["one"]), patch("b", "v2] one", at=9)) == "a by 5"
    assert linked(*work("a", "5.10", "Fix", 0, ["one"]), patch("b", "v2 5.4] one", at=9)) is None


def test_a_resend_of_a_single_patch_with_its_cover_letter() -> None:
    assert linked(*work("a", "", "Fix", 0, ["one"]), *work("b", "", "Fix", 9, ["one"])) == "a by 4"


def only(*letters: Letter) -> Posting:
    (posting,) = assemble(read(letters)).postings
    return posting


def sent(posting: Posting) -> set[str]:
    """By this it is found under another title."""
    key = sent_key(posting.author, posting.reroll[0], span_of(posting))
    assert key in filed_under(posting)
    return {key}


def test_a_posting_is_filed_under_all_by_which_it_is_found() -> None:
    half_hour = int(START.timestamp()) // 1800
    cover = Letter("c", "[PATCH 0/2] Work", supersedes=("old",), change_id="x")
    posting = only(cover, Letter("p", "[PATCH 1/2] one", "c"))
    ada = key("ada@example.org")
    assert keys(posting) == {name_key(key("work")), "change x", patch_key(ada, key("one"))}
    assert filed_under(posting) - sent(posting) == keys(posting) | {awaited_key("old"), run_key(ada, 2, half_hour)}


def test_a_cover_letter_with_all_its_patches_below_it_is_found_by_no_run() -> None:
    posting = only(Letter("c", "[PATCH 0/1] Work"), Letter("p", "[PATCH 1/1] one", "c"))
    assert filed_under(posting) - sent(posting) == keys(posting)


def test_a_posting_is_filed_under_what_it_depends_on() -> None:
    names = ("change-id:x:y", "message-id:m:1@example.org")
    posting = only(Letter("p", "[PATCH] one", "c", depends_on=names))
    assert filed_under(posting) - sent(posting) == keys(posting) | {awaited_key("m:1@example.org"), wanted_key("x:y")}


def test_a_posting_that_answers_is_found_by_no_run() -> None:
    posting = assemble(read([Letter("c", "[PATCH] zero"), Letter("p", "[PATCH 1/2] one", "c")])).postings[-1]
    assert filed_under(posting) - sent(posting) == keys(posting)
    lost = only(Letter("p", "[PATCH 1/2] one", "c"))
    assert filed_under(lost) - sent(lost) == keys(lost) | {run_key(lost.author, 2, lost.runs[0])}


def test_a_posting_never_links_to_itself() -> None:
    posting = only(patch("a", "] one", change_id="x", supersedes=("a",)))
    assert link(posting, [Found(posting, 1)], [1]) is None


def test_a_link_says_where_and_by_which_rule() -> None:
    first, second = assemble(read([patch("a", "] one"), patch("b", "v2] one", at=9)])).postings
    assert link(second, [Found(first, None)], ()) == Link(1, 4)


def test_a_name_that_too_many_have_says_nothing_of_whose_work_goes_on() -> None:
    letters = [patch("a", "] one"), patch("b", "] one", at=1, by="bob"), patch("c", "v2] one", at=2, by="bob")]
    first, own, second = assemble(read(letters)).postings
    assert link(second, [Found(first, 1)], ()) == Link(1, 4)
    assert link(second, [Found(first, 1, is_common=True)], ()) is None
    assert link(second, [Found(first, 1, is_common=True), Found(own, 2, is_common=True)], ()) == Link(2, 4)
