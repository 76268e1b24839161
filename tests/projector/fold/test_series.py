"""How series, revisions and announcements come about as mail comes in."""

from datetime import timedelta

import msgspec
import pytest

from projector.readmodel import tables as t
from schemas.records import ClockAdvanced, ImportFinished, ProjectChanged, RevisionAnnounced
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, OTHER, START, answer, mail, series
from tests.projector.fold.world import World, deliver, feed, shape


def only_series(world: World) -> dict[str, object]:
    (row,) = world.rows(t.series)
    return row


def revisions(world: World) -> list[list[str]]:
    """The Message-IDs (without domain) of each revision's patches, revision by revision."""
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    rows = world.rows(t.revision)
    return [[names[id] for id in msgspec.json.decode(row["patches"], type=list[int])] for row in rows]


def test_series_with_a_cover_letter_is_announced_once_when_it_is_complete(world: World) -> None:
    mails = series("a", 3)
    deliver(world, mails[:-1])
    assert (only_series(world)["state"], feed(world)) == ("incomplete", [])
    deliver(world, mails[-1:])
    row = only_series(world)
    assert (row["name"], row["n_patches"], row["version"], row["state"]) == ("net: fix leaks", 3, 1, "initial")
    assert feed(world) == [(row["id"], 1)]
    assert revisions(world) == [["a-1", "a-2", "a-3"]]


def test_series_id_is_the_lowest_record_of_its_mails_and_patch_ids_are_their_records(world: World) -> None:
    ids = world.append(*series("a", 2))
    world.catch_up()
    assert only_series(world)["id"] == ids[0]
    assert [row["id"] for row in world.rows(t.patch)] == ids[1:]


def test_patches_that_overtake_their_cover_letter_join_the_same_revision(world: World) -> None:
    cover, *patches = series("a", 2)
    deliver(world, [*patches, cover])
    assert revisions(world) == [["a-1", "a-2"]]
    assert len(feed(world)) == 1


@pytest.mark.parametrize("threading", ["shallow", "deep", "none"])
def test_series_without_a_cover_letter_gets_a_number_once_it_is_full(world: World, threading: str) -> None:
    mails = series("a", 3, has_cover=False, threading=threading)
    deliver(world, mails[:2])
    assert world.rows(t.series) == []
    assert [row["series_id"] for row in world.rows(t.patch)] == [None, None]
    deliver(world, mails[2:])
    assert only_series(world)["name"] == "Series without cover letter"
    assert revisions(world) == [["a-1", "a-2", "a-3"]]


def test_incomplete_series_without_a_cover_letter_is_listed_when_its_wait_is_over(world: World) -> None:
    deliver(world, series("a", 3, has_cover=False)[:2])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=1799))])
    assert world.rows(t.series) == []
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=1800))])
    assert (only_series(world)["state"], feed(world)) == ("incomplete", [])


def test_an_extra_to_a_single_patch_that_never_came_is_listed_when_its_wait_is_over(world: World) -> None:
    deliver(world, [mail("[PATCH 2/1] net: one more", "e", answers="gone")])
    assert world.rows(t.series) == []
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=1800))])
    assert [(row["n_patches"], row["state"]) for row in world.rows(t.series)] == [(1, "incomplete")]
    deliver(world, [mail("[PATCH 1/1] net: part 1", "gone")])
    assert revisions(world) == [["gone", "e"]]
    assert [row["state"] for row in world.rows(t.series)] == ["initial"]


def test_wait_also_ends_by_a_later_mail_of_the_same_source(world: World) -> None:
    deliver(world, series("a", 3, has_cover=False)[:2])
    deliver(world, [mail("Hello", "x", source="import:other", received=START + timedelta(days=1))])
    assert world.rows(t.series) == []
    deliver(world, [mail("Hello", "y", received=START + timedelta(seconds=1800))])
    assert only_series(world)["state"] == "incomplete"


def test_end_of_an_import_ends_its_waits(world: World) -> None:
    deliver(world, series("a", 3, has_cover=False, source="import:a")[:2])
    deliver(world, [ClockAdvanced(until=START + timedelta(days=9)), ImportFinished(source="import:b", mails=0)])
    assert world.rows(t.series) == []
    deliver(world, [ImportFinished(source="import:a", mails=2)])
    assert only_series(world)["state"] == "incomplete"


def test_full_reroll_in_reply_is_the_next_revision(world: World) -> None:
    deliver(world, [*series("a", 2), *series("b", 2, marker="v2", answers="a-0", minute=90)])
    assert revisions(world) == [["a-1", "a-2"], ["b-1", "b-2"]]
    assert [number for _, number in feed(world)] == [1, 2]


def test_reroll_in_a_new_thread_is_the_next_revision(world: World) -> None:
    deliver(world, [*series("a", 2), *series("b", 2, marker="v2", minute=90)])
    assert revisions(world) == [["a-1", "a-2"], ["b-1", "b-2"]]


def test_reroll_that_comes_first_keeps_its_number_and_the_older_one_says_so(world: World) -> None:
    deliver(world, series("b", 2, marker="v2", minute=90))
    deliver(world, series("a", 2))
    assert revisions(world) == [["b-1", "b-2"], ["a-1", "a-2"]]
    rows = (row for row in world.rows(t.event) if row["name"] == "series-new-revision")
    events = [msgspec.json.decode(row["parameters"]) for row in rows]
    assert events == [{"revision": 1}, {"revision": 2, "older_than": 1}]
    assert only_series(world)["submitted_us"] == START.timestamp() * 1e6


def test_patch_in_reply_replaces_one_patch_and_is_announced_at_once(world: World) -> None:
    deliver(world, [*series("a", 3), mail("[PATCH v2] net: part 2", "b", answers=("a-0", "a-2"), minute=60)])
    assert revisions(world) == [["a-1", "a-2", "a-3"], ["a-1", "b", "a-3"]]
    assert [number for _, number in feed(world)] == [1, 2]
    assert (only_series(world)["name"], only_series(world)["n_patches"]) == ("net: fix leaks", 3)


def test_answers_to_a_patch_that_was_sent_again_are_about_what_stands_for_it(world: World) -> None:
    again = [
        mail(f"[PATCH {n}/4] net: part {n}", f"b-{n}", answers=("a-0",), minute=10 + n / 60, path=f"net/part{n}.c")
        for n in range(1, 5)
    ]
    reroll = mail("[PATCH v2] net: part 1", "c", answers=("a-0", "a-1"), minute=90)
    for sent in [*series("a", 4)[:3], *again, answer("r", ("a-0", "a-2")), reroll]:
        deliver(world, [sent])
    assert revisions(world) == [["b-1", "b-2", "b-3", "b-4"], ["c", "b-2", "b-3", "b-4"]]
    assert told(world) == [{"revision": 1}, {"revision": 2}]


def test_a_set_that_was_sent_again_keeps_the_number_that_was_announced_of_both_mixed(world: World) -> None:
    again = [
        mail(f"[PATCH {n}/4] net: part {n}", f"b-{n}", answers=("a-0",), minute=10 + n / 60, path=f"net/part{n}.c")
        for n in range(1, 5)
    ]
    cover, one, two, *_ = series("a", 4)
    for sent in (again[0], again[3], one, again[2], cover, again[1], two):
        deliver(world, [sent])
        check(world)
    assert revisions(world) == [["b-1", "b-2", "b-3", "b-4"]]
    assert told(world) == [{"revision": 1}]


def told(world: World) -> list[dict[str, object]]:
    """What is said of each announced revision, in order."""
    rows = sorted(world.rows(t.event), key=lambda row: row["event_time_us"])
    return [msgspec.json.decode(row["parameters"]) for row in rows if row["name"] == "series-new-revision"]


def test_replacements_with_places_wait_for_each_other(world: World) -> None:
    deliver(world, series("a", 3))
    deliver(world, [mail("[PATCH v2 1/3] net: part 1", "b", answers=("a-0", "a-1"), minute=60)])
    assert len(feed(world)) == 1
    deliver(world, [mail("[PATCH v2 3/3] net: part 3", "c", answers=("a-0", "a-3"), minute=61)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=119))])
    assert len(feed(world)) == 1
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=120))])
    assert revisions(world) == [["a-1", "a-2", "a-3"], ["b", "a-2", "c"]]
    assert len(feed(world)) == 2


def test_replacements_that_lie_too_far_apart_are_two_revisions(world: World) -> None:
    deliver(world, series("a", 3))
    deliver(world, [mail("[PATCH v2 1/3] net: part 1", "b", answers=("a-0", "a-1"), minute=60)])
    deliver(world, [mail("[PATCH v2 3/3] net: part 3", "c", answers=("a-0", "a-3"), minute=62.1)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=120))])
    assert revisions(world) == [["a-1", "a-2", "a-3"], ["b", "a-2", "a-3"], ["b", "a-2", "c"]]


def test_a_project_that_does_not_wait_announces_each_replacement(world: World) -> None:
    deliver(world, [ProjectChanged(linkname="demo", partial_wait_seconds=0), *series("a", 3)])
    for number, minute in ((1, 60), (3, 60.1)):
        answered = ("a-0", f"a-{number}")
        deliver(
            world, [mail(f"[PATCH v2 {number}/3] net: part {number}", f"b-{number}", answers=answered, minute=minute)]
        )
        deliver(world, [ClockAdvanced(until=START + timedelta(seconds=number))])
    assert revisions(world) == [["a-1", "a-2", "a-3"], ["b-1", "a-2", "a-3"], ["b-1", "a-2", "b-3"]]
    assert told(world) == [{"revision": 1}, {"revision": 2}, {"revision": 3, "continues": 2}]


def test_replacement_that_comes_after_its_posting_was_announced_makes_one_more_revision(world: World) -> None:
    deliver(world, series("a", 3))
    deliver(world, [mail("[PATCH v2 1/3] net: part 1", "b", answers=("a-0", "a-1"), minute=60)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=1800))])
    deliver(world, [mail("[PATCH v2 3/3] net: part 3", "c", answers=("a-0", "a-3"), minute=61)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=3600))])
    assert revisions(world) == [["a-1", "a-2", "a-3"], ["b", "a-2", "a-3"], ["b", "a-2", "c"]]
    assert told(world) == [{"revision": 1}, {"revision": 2}, {"revision": 3, "continues": 2}]


@pytest.mark.parametrize(
    ("subject", "author", "minute"),
    [
        pytest.param("[PATCH v3 3/3] net: part 3", AUTHOR, 61, id="another marker"),
        pytest.param("[PATCH v2 1/3] net: part 1", AUTHOR, 61, id="the same place"),
        pytest.param("[PATCH v2 3/3] net: part 3", OTHER, 61, id="another author"),
        pytest.param("[PATCH v2 3/3] net: part 3", AUTHOR, 99, id="another run"),
        pytest.param("[PATCH v2] net: part 3", AUTHOR, 61, id="without a place"),
    ],
)
def test_what_was_not_sent_with_an_announced_replacement_does_not_continue_it(
    world: World, subject: str, author: str, minute: float
) -> None:
    deliver(world, series("a", 3))
    deliver(world, [mail("[PATCH v2 1/3] net: part 1", "b", answers=("a-0", "a-1"), minute=60)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=1800))])
    answered = "a-1" if "part 1" in subject else "a-3"
    deliver(world, [mail(subject, "c", answers=("a-0", answered), minute=minute, author=author)])
    deliver(world, [ClockAdvanced(until=START + timedelta(seconds=3600))])
    assert len(told(world)) == 3
    assert all("continues" not in parameters for parameters in told(world))


def test_two_series_that_turn_out_to_be_one_become_one_and_old_places_lead_to_it(world: World) -> None:
    mails = series("b", 2, marker="v2", minute=90, name="net: other name", patch_names=["net: x", "net: y"])
    deliver(world, mails)
    b_id = only_series(world)["id"]
    v1 = series("a", 2)
    deliver(world, v1)
    a_id, other_id = sorted(row["id"] for row in world.rows(t.series))[::-1]
    assert (b_id, len(world.rows(t.series))) == (other_id, 2)
    deliver(
        world,
        series("c", 2, marker="v3", minute=180, name="net: fix leaks", answers="b-0", patch_names=["net: x", "net: y"]),
    )
    assert len(world.rows(t.series)) == 2, "v3 answers v2 and is of its author: it goes with it, whatever its name"
    assert a_id in {row["id"] for row in world.rows(t.series)}


def test_series_that_merge_late_leave_aliases(world: World) -> None:
    """v3 supersedes v2 by name and answers v1: until v2's own first posting comes, they are apart."""
    deliver(world, series("a", 2, name="net: one", patch_names=["net: a", "net: b"]))
    deliver(world, series("c", 2, name="net: two", marker="v3", minute=200, patch_names=["net: c", "net: d"]))
    first, second = sorted(row["id"] for row in world.rows(t.series))
    deliver(
        world,
        series("b", 2, name="net: two", marker="v2", minute=100, answers="a-0", patch_names=["net: c", "net: d"]),
    )
    assert only_series(world)["id"] == first
    assert revisions(world) == [["a-1", "a-2"], ["c-1", "c-2"], ["b-1", "b-2"]] or len(revisions(world)) == 3
    assert world.rows(t.series_alias) == [{"id": second, "target_id": first}]
    (alias,) = world.rows(t.revision_alias)
    assert (alias["series_id"], alias["version"], alias["target_series_id"]) == (second, 1, first)
    assert len(feed(world)) == 3


def test_second_announcement_of_the_same_cause_has_no_effect(world: World) -> None:
    deliver(world, series("a", 2))
    announced = [record.fact for record in world.log.records if isinstance(record.fact, RevisionAnnounced)]
    before = world.rows(t.event)
    deliver(world, announced)
    assert world.rows(t.event) == before


def test_comment_is_about_its_nearest_patch_or_cover_letter(world: World) -> None:
    deliver(world, [*series("a", 2), answer("r1", ("a-0", "a-2")), answer("r2", ("a-0", "a-2", "r1"))])
    deliver(world, [answer("r3", "a-0")])
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    targets = {row["message_id"].partition("@")[0]: names[row["target_id"]] for row in world.rows(t.comment)}
    assert targets == {"r1": "a-2", "r2": "a-2", "r3": "a-0"}


def test_comment_that_comes_before_its_patch_finds_it_later(world: World) -> None:
    deliver(world, [answer("r2", ("a-0", "a-1", "r1")), answer("r1", ("a-0", "a-1"))])
    assert [row["target_id"] for row in world.rows(t.comment)] == [None, None]
    ids = world.append(*series("a", 1))
    world.catch_up()
    assert [row["target_id"] for row in world.rows(t.comment)] == [ids[1], ids[1]]


def test_mail_delivered_twice_is_counted_and_changes_nothing(world: World) -> None:
    mails = series("a", 2)
    deliver(world, mails)
    before = shape(world)
    deliver(world, mails)
    assert shape(world) == before
    assert {row["name"]: row["n"] for row in world.rows(t.count)}["mail:duplicate"] == 3


def test_untagged_root_becomes_a_cover_letter_when_its_series_answers_it(world: World) -> None:
    root = mail("net: fix leaks at last", "a-0", has_diff=False)
    deliver(world, [root])
    assert [row["kind"] for row in world.rows(t.mail)] == ["other"]
    deliver(world, [mail(f"[PATCH {n}/2] net: part {n}", f"a-{n}", answers="a-0", minute=n) for n in (1, 2)])
    assert [row["kind"] for row in world.rows(t.mail)] == ["cover", "patch", "patch"]
    assert only_series(world)["name"] == "net: fix leaks at last"
    (revision,) = world.rows(t.revision)
    assert revision["cover_letter"] == "net: fix leaks at last."


def test_pull_request_is_a_patch_with_a_url_and_an_event_of_its_own(world: World) -> None:
    body = (
        "The following changes since commit 1234567890123456789012345678901234567890:\n\n  Linux (2026-01-01)\n\n"
        "are available in the Git repository at:\n\n  git://git.example.org/net.git tags/net-1\n\nfor you to fetch\n"
    )
    (id,) = world.append(mail("[GIT PULL] net fixes", "p", body=body, has_diff=False))
    world.catch_up()
    (event,) = world.rows(t.event)
    assert (event["name"], event["patch_id"], event["series_id"]) == ("pull-request-new", id, None)
    assert msgspec.json.decode(event["parameters"]) == {"pull_url": "git://git.example.org/net.git tags/net-1"}
    (patch,) = world.rows(t.patch)
    assert patch["pull_url"] == "git://git.example.org/net.git tags/net-1"


def test_patch_beyond_the_total_joins_as_an_extra_without_a_new_revision(world: World) -> None:
    deliver(world, series("a", 3))
    deliver(world, [mail("[PATCH 4/3] net: one more", "x", answers="a-0", minute=20)])
    assert revisions(world) == [["a-1", "a-2", "a-3", "x"]]
    assert len(feed(world)) == 1


@pytest.mark.parametrize(("asked", "state"), [("new", 1), ("Under-Review", 2), ("rfc", 5), ("Accepted", 1), ("4", 1)])
def test_a_header_asks_for_action_and_decides_nothing(world: World, asked: str, state: int) -> None:
    deliver(world, [mail("[PATCH] net: ask", "a", headers=f"X-Patchwork-State: {asked}\n")])
    assert [row["state"] for row in world.rows(t.patch)] == [state]


def test_first_state_comes_from_the_mail(world: World) -> None:
    deliver(world, [mail("[PATCH] net: ask first", "a", headers="X-Patchwork-State: rfc\n")])
    (patch,) = world.rows(t.patch)
    assert patch["state"] == 5
    assert only_series(world)["state"] == "done"


def test_ignored_mail_is_counted_and_shown_nowhere(world: World) -> None:
    deliver(world, [mail("[PATCH] net: not for you", "a", headers="X-Patchwork-Hint: ignore\n")])
    assert world.rows(t.patch) == []
    assert {row["name"]: row["n"] for row in world.rows(t.count)}["mail:ignored"] == 1


def test_weekly_series_of_one_name_stay_apart(world: World) -> None:
    for week in range(4):
        names = [f"net: fix {week}-{number}" for number in (1, 2)]
        deliver(world, series(f"w{week}", 2, name="Netfilter fixes for net", minute=week * 10080, patch_names=names))
    assert len(world.rows(t.series)) == 4


@pytest.mark.parametrize("is_last", [False, True])
def test_posting_that_supersedes_what_is_dated_later_follows_it_whatever_came_first(
    world: World, is_last: bool
) -> None:
    mails = [
        mail("[PATCH] net: old", "a", minute=40),
        mail("[PATCH] net: new", "b", minute=9, body="Supersedes: <a@example.org>\n"),
    ]
    deliver(world, mails[: 1 if is_last else 0] + mails[1:] + mails[: 0 if is_last else 1])
    assert len(world.rows(t.series)) == 1
    assert sorted(map(tuple, revisions(world))) == [("a",), ("b",)]


def test_same_title_by_two_people_stays_two_series(world: World) -> None:
    deliver(world, [mail("[PATCH] net: fix typo", "a"), mail("[PATCH] net: fix typo", "b", author=OTHER, minute=9)])
    assert len(world.rows(t.series)) == 2
