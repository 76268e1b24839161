"""From what is known of a mail to what is said of it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from projector.assembly.explain import Explanation, Inferred, Linked, Read, Result, Told, sentences
from projector.assembly.keys import keys_of
from projector.assembly.kinds import why_kind
from projector.assembly.mail import read_subject
from projector.assembly.tracing import Change, Compared
from tests.projector.assembly.build import PROJECT, Letter

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
READ = Read(
    record=17, source="smtp", received_at=AT, message_id="b-1@example.org", message_id_derived=False,
    subject="[PATCH v2 1/2] net: a", title="net: a", number=1, total=2, reroll=(2,), branch_reroll=None, prefix=(),
    date=AT, date_from="date", author="ada@example.org", sender="ada@example.org", references=("b-0@example.org",),
    has_diff=True, files=1, change_id=None, supersedes=(), depends_on=(), warnings=(),
)  # fmt: skip
INFERRED = Inferred(
    posting=16, role="patch", place=1, cover="b-0@example.org", patches=("b-1@example.org", "b-2@example.org"), total=2,
    reroll=(2,), author="ada@example.org", name="net: one", is_full=True, missing=(), might_be_it=(),
    is_partial=False, is_apart=False, elsewhere=(), is_beyond_run=False, is_in_huge_thread=False, replaces=None,
    waits_until=None, announced=19,
)  # fmt: skip
COMPARED = Compared(3, 4, "net: one", True, True, (1,), ("net",), 2, ("net: a", "net: b"), 2)
LINKED = Linked(
    to=3, rule=4, reason="", begins=False, candidates=(COMPARED,), changes=(),
    addresses={3: "revision 1 of series 3", 9: "revision 1 of series 9"},
)  # fmt: skip
RESULT = Result(series=3, revisions=(2,), patch=17, depends_on=(), target=None, paths=("/api/1.0/series/3/",))


def said(**changes: Any) -> dict[str, list[str]]:
    """What is said of a patch that differs from the usual one in some field, of whatever part has it."""
    parts = {"read": READ, "inferred": INFERRED, "linked": LINKED, "result": RESULT}
    for name, part in parts.items():
        own = {field: value for field, value in changes.items() if field in part.__struct_fields__}
        parts[name] = msgspec.structs.replace(part, **own)
    whole = {name: value for name, value in changes.items() if name in Explanation.__struct_fields__}
    usual = {
        "id": 17,
        "project": "demo",
        "found_by": "its list fields name demo",
        "kind": "patch",
        "why_kind": "a diff",
    }
    return dict(sentences(Explanation(**{**usual, **parts, **whole})))  # type: ignore[arg-type]  # by name


def test_what_is_said_of_a_patch_whole() -> None:
    assert said() == {
        "Read from the mail": [
            "Message-ID: <b-1@example.org>, record 17 of the log, by smtp",
            "Subject: [PATCH v2 1/2] net: a",
            "Tags: number 1 of 2, marker v2; title “net: a”",
            "Date: 2026-03-02 09:00:00 UTC, from its Date field",
            "Author: ada@example.org",
            "References, nearest first: <b-0@example.org>",
            "Diff: 1 file",
        ],
        "Project and kind": ["Project demo: its list fields name demo.", "Kind: patch, for a diff."],
        "Inferred from other mails": [
            "It is the patch at place 1 of a posting of 2 patches (total 2).",
            "Cover letter: <b-0@example.org>.",
            "Patches: <b-1@example.org>, <b-2@example.org>",
            "The posting is called “net: one”, by ada@example.org, reroll v2.",
            "It is full: patches 1 to n are all there.",
            "Its revision was announced by record 19.",
        ],
        "Link to an earlier revision": [
            "It follows revision 1 of series 3: the same name (rule 4).",
            "Compared: the same name, prefix net, the same author, v1, sent 2 days earlier, 2 of 2 patch names in both"
            " (net: a; net: b)",
        ],
        "What would have changed that": [
            "Nothing in its mails alone, as far as the candidates above go.",
            "An operator can correct it: patchlog series merge, split or link.",
        ],
        "Result": ["Series 3, revision 2.", "Patch 17.", "/api/1.0/series/3/"],
    }


@pytest.mark.parametrize(
    ("changes", "part", "expected"),
    [
        pytest.param({"message_id_derived": True}, "Read", "it had none: made from its content", id="no Message-ID"),
        pytest.param({"number": None}, "Read", "Tags: no number, marker v2", id="no number"),
        pytest.param({"branch_reroll": (5, 10)}, "Read", ", branch v5.10", id="a branch"),
        pytest.param({"prefix": ("net", "rfc")}, "Read", ", prefix net, rfc;", id="a prefix"),
        pytest.param({"date_from": "received"}, "Read", "from its topmost Received field", id="a wrong Date"),
        pytest.param({"date_from": "receipt"}, "Read", "from its receipt", id="no date at all"),
        pytest.param({"sender": "list@example.org"}, "Read", "rewritten by a list as list@example.org", id="unmunged"),
        pytest.param({"references": ()}, "Read", "References: none", id="no references"),
        pytest.param({"has_diff": False}, "Read", "Diff: none", id="no diff"),
        pytest.param({"change_id": "x"}, "Read", "change-id: x", id="change-id"),
        pytest.param({"supersedes": ("a@b",)}, "Read", "Supersedes or links to: <a@b>", id="supersedes"),
        pytest.param({"depends_on": ("message-id:a@b",)}, "Read", "Depends on: message-id:a@b", id="depends"),
        pytest.param({"warnings": ("Look twice.",)}, "Read", "Warning: Look twice.", id="warning"),
        pytest.param({"kind": "cover"}, "Project", "Kind: cover letter, for a diff.", id="a cover letter"),
        pytest.param({"duplicates": (20,)}, "Project", "It came 2 times; again as record 20.", id="a duplicate"),
        pytest.param({"duplicates": (20, 21)}, "Project", "It came 3 times; again as records 20, 21.", id="duplicates"),
        pytest.param({"id": 15}, "Project", "Record 17 counts: it was chosen.", id="a copy was chosen"),
        pytest.param(
            {"copies": (Told(record=20, differs=("author", "title", "diff")),)},
            "Project",
            "Record 20 has the same Message-ID and another author, title and diff: it changes nothing.",
            id="a conflicting copy",
        ),
        pytest.param(
            {"copies": (Told(record=20, differs=("diff",)),)}, "Project", "and another diff:", id="another diff alone"
        ),
        pytest.param(
            {"has_more_copies": True}, "Project", "`patchlog copy list` has all of them.", id="more conflicting copies"
        ),
        pytest.param({"role": "extra"}, "Inferred", "It is the extra of a posting of 2 patches", id="an extra"),
        pytest.param(
            {"is_full": False, "missing": (2,)},
            "Inferred",
            "It is not full: patch 2 of 2 is missing.",
            id="a patch is missing",
        ),
        pytest.param(
            {"is_full": False, "missing": (1, 2)},
            "Inferred",
            "It is not full: patches 1, 2 of 2 are missing.",
            id="two are missing",
        ),
        pytest.param(
            {"is_full": False, "missing": tuple(range(1, 21))},
            "Inferred",
            f"It is not full: patches {', '.join(map(str, range(1, 21)))} and more of 2 are missing.",
            id="many are missing",
        ),
        pytest.param(
            {"is_full": False, "missing": (2,), "might_be_it": ("x@y",)},
            "Inferred",
            "It might be <x@y>: a diff by its author, not read as a patch.",
            id="one that might be it",
        ),
        pytest.param({"patches": ()}, "Inferred", "No patch of it has come.", id="no patch"),
        pytest.param(
            {"is_partial": True, "replaces": "a@b"}, "Inferred", "it takes the place of <a@b>", id="a partial reroll"
        ),
        pytest.param(
            {"elsewhere": ("a@b", "c@d")}, "Inferred", "read without <a@b>, <c@d>: there is too much", id="read apart"
        ),
        pytest.param(
            {"is_beyond_run": True}, "Inferred", "sent at that time without threading", id="beyond a run"
        ),
        pytest.param(
            {"is_in_huge_thread": True}, "Inferred", "read without most mails of others", id="in a huge thread"
        ),
        pytest.param(
            {"is_apart": True, "replaces": "a@b"},
            "Inferred",
            "It would take the place of <a@b>, but 50 patches",
            id="more partial rerolls than count",
        ),
        pytest.param({"waits_until": AT}, "Inferred", "More of it may come until 2026-03-02 09:00:00", id="a wait"),
        pytest.param({"to": None, "rule": None}, "Link", "links to nothing before it", id="begins a series"),
        pytest.param({"candidates": ()}, "Link", "Nothing earlier has its name", id="no candidate"),
        pytest.param(
            {"begins": True, "to": None, "reason": "why not"},
            "Link",
            "An operator said that it begins a series (“why not”).",
            id="split by an operator",
        ),
        pytest.param({"to": 9, "rule": 0}, "Link", "revision 1 of series 9: an operator said so", id="linked by one"),
        pytest.param({"to": 9, "rule": 0}, "Link", "By the rules it would be revision 1 of series 3", id="by rule"),
        pytest.param(
            {"candidates": (COMPARED, msgspec.structs.replace(COMPARED, posting=9, rule=5, same_author=False))},
            "Link",
            "Without that it would be revision 1 of series 9, the same patches by the same author",
            id="the next best",
        ),
        pytest.param(
            {"candidates": (msgspec.structs.replace(COMPARED, days=0),)},
            "Link",
            ", sent the same day,",
            id="the same day",
        ),
        pytest.param(
            {"candidates": (msgspec.structs.replace(COMPARED, days=-1),)}, "Link", ", sent 1 day later,", id="later"
        ),
        pytest.param(
            {"candidates": (msgspec.structs.replace(COMPARED, rule=None, misses={4: "too old"}),)},
            "Link",
            "not by rule 4: too old",
            id="what a candidate lacks",
        ),
        pytest.param(
            {"changes": (Change("with the marker v3", 9, 4),)},
            "What",
            "With the marker v3 it would have followed revision 1 of series 9: the same name (rule 4).",
            id="a change that leads elsewhere",
        ),
        pytest.param(
            {"changes": (Change("under another name", None, None),)},
            "What",
            "Under another name it would have begun a series.",
            id="a change that leads nowhere",
        ),
        pytest.param({"series": None}, "Result", "in no series yet: its posting waits", id="not listed yet"),
        pytest.param({"revisions": ()}, "Result", "Series 3, revision none yet.", id="no revision yet"),
        pytest.param({"result": msgspec.structs.replace(RESULT, depends_on=(5, 6))}, "Result",
                     "depends on series 5, 6", id="dependencies"),
        pytest.param({"kind": "comment", "target": "a@b"}, "Result", "It is shown with <a@b>.", id="a comment"),
        pytest.param(
            {"kind": "comment", "target": None}, "Result", "What it is about has never come.", id="about nothing"
        ),
        pytest.param(
            {"kind": "other", "series": None, "patch": None, "paths": ()},
            "Result",
            "It is kept, and shown nowhere.",
            id="shown nowhere",
        ),
        pytest.param({"dead_letter": "no-project, x"}, "Set aside", "No project took it: no-project, x.", id="dead"),
        pytest.param({"dead_letter": "x", "mend": ("Do it.",)}, "What", "Do it.", id="what mends it"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_mail_that_is_otherwise(changes: dict[str, Any], part: str, expected: str) -> None:
    lines = [line for heading, lines in said(**changes).items() if heading.startswith(part) for line in lines]
    assert any(expected in line for line in lines), lines
    if "dead_letter" not in changes:
        assert [line for lines in said().values() for line in lines if expected in line] == []


def test_only_what_was_read_and_its_kind_is_said_of_a_mail_in_no_posting() -> None:
    assert list(said(inferred=None, linked=None, result=None)) == ["Read from the mail", "Project and kind"]


def test_first_delivery_that_counts_says_no_more_than_how_often_it_came() -> None:
    assert said(duplicates=(18,))["Project and kind"][2:] == ["It came 2 times; again as record 18."]


def test_cover_letter_of_a_posting_is_named_where_there_is_another_one() -> None:
    named = "Cover letter: <b-0@example.org>."
    assert named in said()["Inferred from other mails"]
    assert named not in said(role="cover letter")["Inferred from other mails"]
    assert not any("Cover letter" in line for line in said(cover=None)["Inferred from other mails"])


def test_no_announcement_is_said_of_what_was_not_announced() -> None:
    assert not any("announced" in line for line in said(announced=None)["Inferred from other mails"])


def test_nothing_is_said_of_what_there_is_none_of() -> None:
    compared = msgspec.structs.replace(COMPARED, common=(), days=1)
    assert said(candidates=(compared,))["Link to an earlier revision"][1].endswith(
        ", sent 1 day earlier, 0 of 2 patch names in both"
    )
    assert said(paths=())["Result"] == ["Series 3, revision 2.", "Patch 17."]


@pytest.mark.parametrize(
    ("letter", "kind", "expected"),
    [
        pytest.param(Letter("a", "[PATCH] x"), "patch", "it has a diff and a tag in brackets", id="tagged"),
        pytest.param(Letter("a", "x"), "patch", "it has a diff and no references", id="untagged"),
        pytest.param(Letter("a", "Re: x"), "comment", "its subject starts as an answer does (Re:)", id="Re:"),
        pytest.param(
            Letter("a", "Re: x", diff=True),
            "comment",
            "its subject starts as an answer does (Re:), though it has a diff",
            id="Re: with a diff",
        ),
        pytest.param(
            Letter("a", "x", "b", diff=True),
            "comment",
            "it answers another mail, and has a diff but no tag in brackets",
            id="an untagged answer with a diff",
        ),
        pytest.param(
            Letter("a", "x", "b", diff=False), "comment", "it answers another mail, and has no diff", id="an answer"
        ),
        pytest.param(
            Letter("a", "[PATCH] x", hint="comment"), "comment", "its X-Patchwork-Hint says that it is one", id="hint"
        ),
        pytest.param(
            Letter("a", "[PATCH] x", hint="ignore"), "ignored", "its X-Patchwork-Hint says to ignore it", id="ignored"
        ),
        pytest.param(Letter("a", "[PATCH 0/2] x"), "cover", "its number is 0 and it has no diff", id="0/n"),
        pytest.param(
            Letter("a", "[PATCH 0/2] x", diff=True),
            "cover",
            "its number is 0 and numbered patches answer it, though it has a diff",
            id="0/n with a diff",
        ),
        pytest.param(
            Letter("a", "x", diff=False),
            "cover",
            "patches 1 to n by its author answer it directly, and it starts its thread without tag and diff",
            id="an untagged cover letter",
        ),
        pytest.param(
            Letter("a", "[PATCHSET 3/9] x", diff=False),
            "cover",
            "patches 1 to n by its author answer it, and it (3/9) has no diff itself",
            id="a nested set",
        ),
        pytest.param(
            Letter("a", "x", diff=False, pull_url="https://example.org main"),
            "pull-request",
            "it asks to pull https://example.org main and has no diff",
            id="a pull request",
        ),
        pytest.param(
            Letter("a", "x", diff=False),
            "other",
            "it has no diff, is no cover letter, asks to pull nothing and answers nothing",
            id="other",
        ),
        pytest.param(
            Letter("a", "[tip: x] x", notice="committed"),
            "other",
            "it says that a patch was committed, and answers nothing",
            id="a commit bot",
        ),
        pytest.param(
            Letter("a", "[tip: x] x", "b", notice="committed"),
            "comment",
            "it says that a patch was committed, and proposes nothing",
            id="a commit bot's answer",
        ),
        pytest.param(
            Letter("a", "[Bug 1] x", "b", notice="bug"),
            "comment",
            "a bug tracker sent it, and proposes nothing",
            id="a bug tracker",
        ),
        pytest.param(
            Letter("a", "[PATCH] x", "b", notice="applied"),
            "comment",
            "it repeats another author's patch that it answers, and proposes nothing",
            id="the patch once more",
        ),
    ],
)
def test_why_a_mail_is_of_its_kind(letter: Letter, kind: str, expected: str) -> None:
    parsed = letter.parsed()
    subject = read_subject(parsed.subject, PROJECT)
    assert why_kind(parsed, subject, keys_of(parsed, subject.title), kind) == expected
