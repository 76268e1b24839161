"""What is lost without a trace, and comments in the wrong place: each signal fires there, and only there."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from bench.assembly_report import core
from bench.assembly_report.core import Result
from bench.assembly_report.lost import ANSWERED_COVER, EMPTY, EMPTY_NEWEST, LOST_COVER, STRANGERS, look_lost
from bench.assembly_report.report import judge_list
from bench.assembly_report.sight import Sight, look
from bench.assembly_report.targets import NAMED_ONLY, OTHER_TARGET, other_targets
from projector.assembly.links import Link
from projector.assembly.mail import COMMENT, COVER, PULL_REQUEST
from schemas.fact import Fact
from schemas.records import MailReceived
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import PROJECT

PULL = "Hi,\n\nThe following changes since commit 1234567:\n\nare available in the Git repository at:\n\n  {url}\n"


def received(*facts: Fact | Sequence[Fact]) -> list[MailReceived]:
    found: list[MailReceived] = []
    for fact in facts:
        found += [each for each in ([fact] if isinstance(fact, Fact) else fact) if isinstance(each, MailReceived)]
    return found


def assembled(*facts: Fact | Sequence[Fact]) -> tuple[list[Sight], Result]:
    mails = received(*facts)
    return look(mails), core.run(core.see(mails, PROJECT))


def names(sights: Sequence[Sight]) -> dict[str, int]:
    return {sight.message_id.partition("@")[0]: sight.id for sight in sights}


# --- cover letters that are none ---


@pytest.mark.parametrize(
    ("subject", "signal"),
    [
        pytest.param("About the other leaks", LOST_COVER, id="no answer by its subject"),
        pytest.param("Re: [PATCH 0/2] net: fix leaks", ANSWERED_COVER, id="an answer"),
    ],
)
def test_a_comment_that_its_authors_own_1_to_n_answer_is_told(subject: str, signal: str) -> None:
    own = series("c", 2, has_cover=False, threading="none", answers="b", minute=60, patch_names=["one", "two"])
    sights, result = assembled(series("a", 2), mail(subject, "b", answers="a-0", minute=59, has_diff=False), own)
    (finding,) = look_lost(sights, result)
    assert (finding.signal, finding.mail) == (signal, names(sights)["b"])
    assert finding.why == "1..2 answer this comment"


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(series("c", 3, has_cover=False, threading="none", answers="b")[:2], id="one is missing"),
        pytest.param(
            series("c", 2, has_cover=False, threading="none", answers="b", author="X <x@example.org>"),
            id="of another author",
        ),
        pytest.param(
            [
                *series("c", 2, has_cover=False, threading="none", answers="b")[:1],
                *series("d", 2, marker="v2", has_cover=False, threading="none", answers="b")[1:],
            ],
            id="of two markers",
        ),
    ],
)
def test_a_comment_that_less_than_its_authors_1_to_n_answer_is_none(own: Sequence[Fact]) -> None:
    cover = mail("About the other leaks", "b", answers="a-0", has_diff=False)
    assert look_lost(*assembled(series("a", 2), cover, own)) == []


def test_a_mail_that_asks_to_be_ignored_is_not_lost() -> None:
    own = series("c", 2, has_cover=False, threading="none", answers="b")
    ignored = mail("[PATCH 0/2] Work", "b", has_diff=False, headers="X-Patchwork-Hint: ignore\n")
    assert look_lost(*assembled(ignored, own)) == []


def test_a_cover_letter_that_is_shown_as_such_is_not_lost() -> None:
    sights, result = assembled(series("a", 2))
    assert look_lost(sights, result) == []
    (finding,) = look_lost(sights, replace(result, kinds=result.kinds | {1: COMMENT}))
    assert (finding.signal, finding.mail) == (LOST_COVER, 1)


# --- revisions without patches ---


def test_a_cover_letter_without_patches_is_an_empty_newest_revision() -> None:
    sights, result = assembled(series("a", 2), series("b", 2, marker="v2", minute=1440)[:1])
    found = {finding.signal: (finding.mail, finding.why) for finding in look_lost(sights, result)}
    assert found == dict.fromkeys((EMPTY, EMPTY_NEWEST), (names(sights)["b-0"], "revision 2 of 2"))


def test_an_older_revision_without_patches_is_told_apart_from_the_newest() -> None:
    sights, result = assembled(series("a", 2)[:1], series("b", 2, marker="v2", minute=1440))
    assert [(finding.signal, finding.why) for finding in look_lost(sights, result)] == [(EMPTY, "revision 1 of 2")]


# --- strangers of one marker in one series ---


def linked(*parts: tuple[str, Sequence[str]]) -> tuple[list[Sight], Result]:
    """A series, and postings with these markers and patch names, all linked to it."""
    facts = [
        series(f"n{n}", len(own), marker=marker, minute=1440 * n, name=f"work {n}", patch_names=own)
        for n, (marker, own) in enumerate(parts, 1)
    ]
    sights, result = assembled(series("a", 4), *facts)
    first, *others = sorted(result.postings)
    links = {id: Link(first, 4) for id in others}
    return sights, replace(result, links=links, series_of=dict.fromkeys(result.postings, 0))


def test_full_postings_of_one_marker_without_a_common_name_are_told() -> None:
    sights, result = linked(("v2", ["net: part 1", "net: part 2"]), ("v2", ["net: part 3", "net: part 4"]))
    (finding,) = [finding for finding in look_lost(sights, result) if finding.signal == STRANGERS]
    one, other = names(sights)["n1-0"], names(sights)["n2-0"]
    assert finding.mail == other
    assert finding.why == f"2 of v2 to {names(sights)['a-0']}: mails {one}, {other}"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([("v2", ["one", "two"]), ("v3", ["three", "four"])], id="two markers"),
        pytest.param([("v2", ["one", "two"]), ("v2", ["two", "three"])], id="a name in common"),
        pytest.param([("v2", ["one"]), ("v2", ["three"]), ("v2", ["one", "three"])], id="in common through a third"),
    ],
)
def test_postings_that_continue_one_work_are_no_strangers(parts: Sequence[tuple[str, Sequence[str]]]) -> None:
    assert look_lost(*linked(*parts)) == []


def test_postings_in_two_series_are_no_strangers() -> None:
    sights, result = linked(("v2", ["one", "two"]), ("v2", ["three", "four"]))
    parted = dict(zip(sorted(result.postings), (0, 0, 1), strict=True))
    assert look_lost(sights, replace(result, series_of=parted)) == []


@pytest.mark.parametrize("change", [{"is_full": False}, {"is_partial": True}])
def test_a_posting_that_is_no_full_one_is_no_stranger(change: dict[str, bool]) -> None:
    sights, result = linked(("v2", ["one", "two"]), ("v2", ["three", "four"]))
    *_, last = sorted(result.postings)
    postings = {**result.postings, last: msgspec.structs.replace(result.postings[last], **change)}
    assert look_lost(sights, replace(result, postings=postings)) == []


# --- what comments are about ---


def conversation() -> list[MailReceived]:
    """Comments below a patch, an ignored mail, one that never came, a pull request, and nothing."""
    ignored = "X-Patchwork-Hint: ignore\n"
    return received(
        series("a", 2),
        answer("plain", ["a-0", "a-1"]),
        mail("Re: [PATCH 2/2] net: part 2", "ignored", answers=["a-0", "a-2"], headers=ignored),
        answer("over-ignored", ["ignored"]),
        answer("told", ["a-0", "a-2", "never"]),
        answer("over-missing", ["never"], minute=9),
        mail(
            "[GIT PULL] net", "pull", body=PULL.format(url="https://git.example.org/net.git tags/net"), has_diff=False
        ),
        answer("on-pull", ["pull"]),
        answer("on-nothing", ["gone"]),
    )


def test_what_comments_are_about_is_found_by_header_fields_alone() -> None:
    sights, result = assembled(conversation())
    found, ids = result.targets, names(sights)
    assert result.kinds[ids["pull"]] == PULL_REQUEST
    assert {name: found[ids[name]] for name in ("plain", "over-ignored", "over-missing", "on-pull", "on-nothing")} == {
        "plain": ids["a-1"],
        "over-ignored": ids["a-2"],
        "over-missing": ids["a-2"],
        "on-pull": ids["pull"],
        "on-nothing": None,
    }
    assert list(other_targets(sights, result)) == []


@pytest.mark.parametrize("name", ["plain", "over-ignored", "over-missing", "on-pull"])
@pytest.mark.parametrize("elsewhere", ["a-0", None])
def test_a_comment_on_anything_else_is_told(name: str, elsewhere: str | None) -> None:
    sights, result = assembled(conversation())
    ids = names(sights)
    target = ids[elsewhere] if elsewhere else None
    (finding,) = other_targets(sights, replace(result, targets={**result.targets, ids[name]: target}))
    assert (finding.signal, finding.mail) == (OTHER_TARGET, ids[name])
    assert finding.why == f"on {target}, and the nearest is {result.targets[ids[name]]}"


def test_a_comment_on_nothing_whose_references_name_a_patch_is_told() -> None:
    """What it answers came without References, so the chain ends there."""
    sights, result = assembled(series("a", 2), answer("broken", []), answer("b", ["a-0", "a-1", "broken"]))
    (finding,) = other_targets(sights, result)
    ids = names(sights)
    assert (finding.signal, finding.mail, finding.why) == (NAMED_ONLY, ids["b"], f"it names {ids['a-1']}")


def test_an_id_without_brackets_and_a_cycle_are_read() -> None:
    bare = mail("Re: [PATCH] one", "b", headers="In-Reply-To: a@example.org\n")
    sights, result = assembled(mail("[PATCH] one", "a"), bare, answer("c", "d"), answer("d", "c"))
    assert list(other_targets(sights, result)) == []
    assert result.targets[names(sights)["b"]] == names(sights)["a"]


def test_the_report_has_all_of_these_as_counts_and_as_cases() -> None:
    facts = received(series("a", 2)[:1], answer("broken", []), answer("b", ["a-0", "broken"]))
    report = judge_list(PROJECT, facts, worst=1)
    assert report.signals == {EMPTY: 1, EMPTY_NEWEST: 1, NAMED_ONLY: 1}
    assert [shown.finding.signal for shown in report.shown] == [EMPTY, EMPTY_NEWEST, NAMED_ONLY]
    assert all(shown.picture for shown in report.shown)
    assert core.run(core.see(facts, PROJECT)).kinds[1] == COVER
