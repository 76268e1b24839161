"""Of projects that share a list, the one that has what a mail answers has the mail that lost its tag, in any order."""

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import ProjectAdded
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, answer, mail, series
from tests.projector.fold.test_projects import homes
from tests.projector.fold.world import PROJECT, World, deliver

TOOLS: ProjectAdded = msgspec.structs.replace(PROJECT, linkname="tools", subject_prefix_tags=("tools",))


def world_of(place: Path, facts: Sequence[Fact], batch: int = 500) -> World:
    """Fold mails in a world of two projects, and announce nothing before the end."""
    place.mkdir()
    world = World(place)
    world.append(TOOLS)
    world.append(*facts)
    world.fold(batch)
    world.catch_up()
    check(world)
    return world


def targets(world: World) -> dict[str, str]:
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    return {names[row["id"]]: names.get(row["target_id"], "") for row in world.rows(t.comment)}


CONVERSATION: list[Fact] = [
    *series("a", 2),
    *series("t", 2, name="tool: tidy up", marker="tools"),
    mail("Re: [PATCH tools 1/2] net: part 1", "r1", answers=["t-0", "t-1"], author=OTHER, minute=4),
    mail("Re: [PATCH 2/2] net: part 2", "r2", answers=["t-0", "t-2"], author=OTHER, minute=5),
    mail("Re: [PATCH 2/2] net: part 2", "r3", answers=["t-0", "t-2", "r2"], minute=6),
    mail("Re: [PATCH 2/2] net: part 2", "r4", answers=["t-0", "gone"], minute=7),
    mail("Re: [PATCH 1/2] net: part 1", "r5", answers=["a-0", "a-1"], author=OTHER, minute=8),
    mail("Re: [PATCH tools] net: part 1", "r6", answers=["a-0", "a-1"], author=OTHER, minute=9),
    mail("Re: [PATCH] net: part 1", "r7", answers=["a-0", "a-1", "r6"], author=OTHER, minute=10),
]
IN_TOOLS = {"t-0", "t-1", "t-2", "r1", "r2", "r3", "r4", "r6", "r7"}


@pytest.mark.parametrize("seed", [None, *range(8)])
def test_an_answer_goes_where_the_mail_is_that_it_answers(tmp_path: Path, seed: int | None) -> None:
    facts = CONVERSATION if seed is None else random.Random(seed).sample(CONVERSATION, len(CONVERSATION))
    world = world_of(tmp_path / "one", facts, batch=3)
    assert {name for name, home in homes(world).items() if home == "tools"} == IN_TOOLS
    found = targets(world)
    assert (found["r1"], found["r2"], found["r3"], found["r4"], found["r5"]) == ("t-1", "t-2", "t-2", "t-0", "a-1")
    patches = {row["message_id"].partition("@")[0] for row in world.rows(t.patch)}
    assert patches == {"a-1", "a-2", "t-1", "t-2"}
    assert sorted(row["name"] for row in world.rows(t.series)) == ["net: fix leaks", "tool: tidy up"]
    world.close()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_patch_that_lost_the_tag_completes_its_series(tmp_path: Path, is_first: bool) -> None:
    facts = series("t", 3, name="tool: tidy up", marker="tools")
    lost = mail("[PATCH 2/3] net: part 2", "t-2", answers="t-0", minute=2 / 60)
    world = world_of(tmp_path / "one", [lost, *facts[:2], facts[3]] if is_first else [*facts[:2], lost, facts[3]])
    assert set(homes(world).values()) == {"tools"}
    (row,) = world.rows(t.series)
    assert (row["name"], row["state"]) == ("tool: tidy up", "initial")
    world.close()


def test_a_patch_without_the_tag_answers_one_with_it(tmp_path: Path) -> None:
    lost = mail("[PATCH] tool: one more", "p", answers=["t-0", "t-2"], minute=50)
    world = world_of(tmp_path / "one", [*series("t", 2, name="tool: tidy up", marker="tools"), lost])
    assert homes(world)["p"] == "tools"
    world.close()


def test_what_was_shown_as_a_series_stays_where_it_is(tmp_path: Path) -> None:
    lost = mail("[PATCH] net: part 2", "p", answers="t-0", minute=2)
    world = world_of(tmp_path / "one", [lost])
    assert len(world.rows(t.series)) == 1
    deliver(world, series("t", 1, name="tool: tidy up", marker="tools"))
    assert homes(world)["p"] == "demo"
    check(world)
    world.close()


def test_what_asks_to_pull_or_has_another_copy_stays_where_it_is(tmp_path: Path) -> None:
    pull = "The following changes are available in the Git repository at:\n\n  https://example.org/x.git main\n"
    facts: list[Fact] = [
        mail("[GIT PULL] net", "p", answers="t-0", body=pull),
        answer("r", "t-0"),
        answer("r", "t-0", body="Something else.\n"),
    ]
    world = world_of(tmp_path / "one", [*facts, *series("t", 1, name="tool: tidy up", marker="tools")])
    assert (homes(world)["p"], homes(world)["r"]) == ("demo", "demo")
    assert len(world.rows(t.conflicting_copy)) == 1
    world.close()


def test_only_tags_and_no_rest(tmp_path: Path) -> None:
    docs = msgspec.structs.replace(TOOLS, linkname="docs", subject_prefix_tags=("docs",))
    world = World(tmp_path, project=docs)
    deliver(world, [TOOLS, *series("t", 1, marker="tools"), answer("r", "t-1"), answer("s", "gone")])
    assert homes(world)["r"] == "tools"
    assert [row["message_id"] for row in world.rows(t.dead_letter)] == ["s@example.org"]
    check(world)
    world.close()
