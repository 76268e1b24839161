"""What the tests of another Patchwork assert of mails that they make as they run, with mails of our own making."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from projector.assembly.subject import name_key
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import ClockAdvanced, PatchStateChanged
from tests.projector.corpus.facts import Archive
from tests.projector.fold.mailing import START, answer, mail, series
from tests.projector.fold.world import World, deliver, feed

WITHOUT_MEANING = {
    "RevisionStatus: plus a second patch numbered 2": (
        "no series is `strange` here: the second patch 2 is a partial reroll, which makes a revision of its own"
    ),
    "same: a 3-patch series with cover sent in reply to a reply below a v2 of a patch stored before": (
        "no patch is stored before series are known, since old mail is replayed; and the test itself calls it a flaw"
    ),
}
"""Scenarios that have no meaning here, each with why; `strange` has none in the others either."""

DIFFERENT = {
    "SinglePatchUpdateTest": "revision 2 has no cover letter there; a copy here keeps that of the revision before",
}
"""Scenarios of which one fact is otherwise here, each with why."""

NO_MORE = ClockAdvanced(until=START + timedelta(days=1))


def revisions(world: World) -> list[str]:
    """The patches of each revision of the only series, by name of the mail, lowest number first."""
    (only,) = world.rows(t.series)
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    rows = world.rows(t.revision)
    assert only["version"] == len(rows)
    return [" ".join(names[id] for id in msgspec.json.decode(row["patches"], type=list[int])) for row in rows]


def state(world: World) -> str:
    (only,) = world.rows(t.series)
    return str(only["state"])


def two_of_twenty_missing(world: World) -> None:
    deliver(world, series("a", 20)[:-2])
    assert (state(world), len(feed(world))) == ("incomplete", 0)


def twenty(world: World) -> None:
    deliver(world, series("a", 20))
    assert (state(world), len(feed(world))) == ("initial", 1)


def an_extra(world: World) -> None:
    deliver(world, [*series("a", 20), mail("[PATCH 21/20] net: one more", "x", answers="a-0", minute=1)])
    assert (state(world), len(feed(world)), len(revisions(world))) == ("initial", 1, 1)


def every_subject_says_extra(world: World) -> None:
    deliver(world, series("a", 20, marker="extra"))
    assert (state(world), len(feed(world))) == ("initial", 1)


def v2_and_v3_answer_v1(world: World) -> None:
    updates = [mail(f"[PATCH v{n}] net: fix leak", f"v{n}", answers="v1", minute=60 * n) for n in (2, 3)]
    deliver(world, [mail("[PATCH] net: fix leak", "v1"), *updates])
    assert revisions(world) == ["v1", "v2", "v3"]


def an_update_without_a_number(world: World) -> None:
    mails = series("a", 2, has_cover=False)
    deliver(world, [*mails, mail("[v2] net: part 2", "b", answers=("a-1", "a-2"), minute=60)])
    assert revisions(world) == ["a-1 a-2", "a-1 b"]


def two_postings(first: list[Fact], second: list[Fact]) -> Callable[[World], None]:
    """Two postings become two revisions of one series, which are announced."""

    def scenario(world: World) -> None:
        deliver(world, [*first, *second])
        assert [len(patches.split()) for patches in revisions(world)] == [len(first) - 1, len(second) - 1]
        assert len(feed(world)) == 2

    return scenario


def series_named(id: str, name: str, total: int = 3, minute: float = 0) -> list[Fact]:
    return series(id, total, name=name, minute=minute)


def names_without_their_reroll(world: World) -> None:
    for end in (" v2", " V2", ", v3", " (v4)", " (take 5)", " (Take 5)", ", take 6"):
        assert name_key(f"Awesome series{end}") == "awesomeseries"
    assert world.rows(t.series) == []


def states_of_a_series(world: World) -> None:
    mails = series("a", 3)
    deliver(world, mails[:-1])
    assert (state(world), summary(world)) == ("incomplete", {"New": 2})
    (*_, last) = world.append(mails[-1])
    world.catch_up()
    assert (state(world), summary(world)) == ("initial", {"New": 3})
    deliver(world, [PatchStateChanged(patch=last, state="Under Review")])
    assert state(world) == "in progress"
    patches = [row["id"] for row in world.rows(t.patch)]
    finals = zip(patches, ("Accepted", "Rejected", "Accepted"), strict=True)
    deliver(world, [PatchStateChanged(patch=patch, state=name) for patch, name in finals])
    assert state(world) == "done"


def summary(world: World) -> dict[str, int]:
    (only,) = world.rows(t.series)
    counts = msgspec.json.decode(only["state_summary"])
    return {row["name"]: row["count"] for row in counts}


def a_reply_with_a_patch(world: World) -> None:
    hint = "X-Patchwork-Hint: comment\n"
    above = ("a-1", "a-2")
    deliver(world, series("a", 2, has_cover=False))
    deliver(world, [mail("[PATCH v2] Meep Meep2", "b", answers=above, minute=60, path="net/part2.c", headers=hint)])
    deliver(world, [answer("r", above, minute=61)])
    assert revisions(world) == ["a-1 a-2"]
    deliver(world, [mail("[PATCH v2] Meep Meep2", "c", answers=above, minute=62, path="net/part2.c")])
    assert revisions(world) == ["a-1 a-2", "a-1 c"]


SCENARIOS: dict[str, Callable[[World], None]] = {
    "RevisionStatus: 20-patch series with cover, last 2 mails missing": two_of_twenty_missing,
    "RevisionStatus: 20-patch series, all mails": twenty,
    "RevisionStatus: plus an extra patch 21": an_extra,
    'RevisionStatus: every subject says "PATCH extra"': every_subject_says_extra,
    "SinglePatchUpdatesVariousCornerCases: v1, then v2 and v3 both in reply to v1": v2_and_v3_answer_v1,
    "same: 1/2, 2/2 in reply to it": an_update_without_a_number,
    "FullSeriesUpdateTest": two_postings(
        series_named("a", "Awesome series"), series_named("b", "Awesome series (v4)", minute=60)
    ),
    'same: second cover is "awesome series (V4)"': two_postings(
        series_named("a", "Awesome series"), series_named("b", "awesome series (V4)", minute=60)
    ),
    "same: second series has 7 patches": two_postings(
        series_named("a", "Awesome series"), series_named("b", "Awesome series v2", 7, minute=60)
    ),
    "clean_series_name": names_without_their_reroll,
    "SeriesStateTest": states_of_a_series,
    "test_patchparser ReplyPatchTest": a_reply_with_a_patch,
}
"""The scenarios by how they begin in the facts."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    SCENARIOS[name](world)
    world.close()


@pytest.mark.parametrize("has_cover", [True, False], ids=["cover", "no cover"])
@pytest.mark.parametrize(("number", "total"), [(1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3)])
def test_scenario_of_single_patch_updates(tmp_path: Path, number: int, total: int, has_cover: bool) -> None:
    world = World(tmp_path)
    update = mail(f"[PATCH v2 {number}/{total}] net: part {number}", "b", answers=f"a-{number}", minute=60)
    deliver(world, [*series("a", total, has_cover=has_cover), update, NO_MORE])
    first = [f"a-{place}" for place in range(1, total + 1)]
    second = ["b" if place == number else f"a-{place}" for place in range(1, total + 1)]
    assert revisions(world) == [" ".join(first), " ".join(second)]
    covers = [row["cover_id"] for row in world.rows(t.revision)]
    assert len(set(covers)) == 1
    assert (covers[0] is not None) == has_cover
    world.close()


def test_every_scenario_is_played_or_has_no_meaning(archive: Archive) -> None:
    beginnings = [*SCENARIOS, *DIFFERENT, *WITHOUT_MEANING]
    for entry in archive.expected["fdo"]["generated_scenarios"]:
        found = [beginning for beginning in beginnings if entry["scenario"].startswith(beginning)]
        assert len(found) == 1, (entry["scenario"], found)
    assert len(beginnings) == len(archive.expected["fdo"]["generated_scenarios"])
