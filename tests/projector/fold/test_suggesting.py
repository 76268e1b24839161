"""Series that may follow another one under another title: shown, kept up to date, and never linked by itself."""

from pathlib import Path
from typing import Any

import pytest

from projector.assembly.retitled import is_like
from projector.fold.suggesting import Suggesting
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from schemas.fact import Fact
from schemas.records import MailRedacted, RevisionLinked
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.orders import in_orders
from tests.projector.fold.world import World, deliver

FIRST = mail("[PATCH] parser: fix leak bug in parse_item()", "a", path="src/parser.c")
LATER = mail("[PATCH v2] parser: fix leak in parse_item()", "b", path="src/parser.c", minute=300)


def follows(world: World) -> dict[str, str | None]:
    """Which series may follow which, by their names."""
    names = {row["id"]: row["name"] for row in world.rows(t.series)}
    return {row["name"]: names.get(row["may_follow"]) for row in world.rows(t.series) if row["may_follow"]}


EXPECTED = {"parser: fix leak in parse_item()": "parser: fix leak bug in parse_item()"}


@pytest.mark.parametrize("order", [[FIRST, LATER], [LATER, FIRST]], ids=["in order", "the first came late"])
@pytest.mark.parametrize("batch", [1, 500])
def test_a_patch_that_lost_a_word_of_its_title(world: World, order: list[Fact], batch: int) -> None:
    deliver(world, order, batch)
    assert follows(world) == EXPECTED
    assert len(world.rows(t.series)) == 2, "it links nothing"
    check(world)


def test_sets_are_compared_by_the_files_of_all_their_patches_in_any_order(tmp_path: Path) -> None:
    first = series("a", 3, name="net: rework the queue for speed")
    later = series(
        "b",
        3,
        name="net: rework the queues for speed",
        marker="v2",
        minute=300,
        patch_names=["net: x", "net: y", "net: z"],
    )
    found = [follows(world) for world in in_orders(tmp_path, [*first, *later], 10)]
    assert found == [{"net: rework the queues for speed": "net: rework the queue for speed"}] * 10


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"path": "src/other.c"}, id="another file"),
        pytest.param({"author": "Eve <eve@example.org>"}, id="another author"),
    ],
)
def test_what_is_not_alike_is_not_suggested(world: World, other: dict[str, Any]) -> None:
    deliver(
        world, [mail("[PATCH] parser: fix leak bug in parse_item()", "a", **{"path": "src/parser.c", **other}), LATER]
    )
    assert follows(world) == {}


def test_the_nearest_by_files_then_the_newest(world: World) -> None:
    older = mail("[PATCH] parser: fix a leak in parse_item()", "o", path="src/parser.c", minute=-100)
    deliver(world, [FIRST, older, LATER])
    assert follows(world) == EXPECTED


def test_an_operator_takes_it_up(world: World) -> None:
    deliver(world, [FIRST, LATER])
    first, later = (row["id"] for row in world.rows(t.patch))
    deliver(world, [RevisionLinked(mail=later, to=first)])
    assert follows(world) == {}
    assert [row["version"] for row in world.rows(t.series)] == [2]
    check(world)


def test_a_link_found_late_takes_it_away(world: World) -> None:
    deliver(world, [FIRST, LATER])
    deliver(world, [mail("[PATCH] parser: fix leak in parse_item()", "c", path="src/parser.c", minute=150)])
    assert follows(world) == {}
    check(world)


def test_it_goes_where_the_series_goes(world: World) -> None:
    """The first becomes a revision of what came late, whose id is lower by then."""
    deliver(world, [FIRST, LATER])
    before = mail("[PATCH] parser: fix leak bug in parse_item()", "z", path="src/parser.c", minute=-60)
    deliver(world, [before])
    assert len(world.rows(t.series)) == 2
    assert follows(world) == EXPECTED
    check(world)


@pytest.mark.parametrize("name", ["a", "b"])
def test_without_words_there_is_no_suggestion(world: World, tmp_path: Path, name: str) -> None:
    deliver(world, [FIRST, LATER])
    mail_id = next(row["id"] for row in world.rows(t.mail) if row["message_id"] == f"{name}@example.org")
    deliver(world, [MailRedacted(message_id=f"{name}@example.org", mails=(mail_id,), reason="asked")])
    assert follows(world) == {}
    assert all(row["may_follow"] is None for row in world.rows(t.series))
    replayed = World(tmp_path, world.log)
    replayed.fold()
    assert replayed.everything() == world.everything()
    replayed.close()


def test_what_was_sent_before_is_not_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of somebody who sends much, nearly all rerolls are older than what comes."""
    compared: list[str] = []

    def counted(title: str, other: str) -> bool:
        compared.append(title)
        return is_like(title, other)

    deliver(world, [mail(f"[PATCH v2] net: {n}", f"r{n}", minute=-n) for n in range(1, 20)])
    deliver(world, [FIRST, LATER])
    monkeypatch.setattr("projector.fold.suggesting.is_like", counted)
    deliver(world, [mail("[PATCH] parser: mend parse_item()", "c", minute=10)])
    assert compared == ["parser: fix leak in parse_item()"] * 2
    assert follows(world) == EXPECTED


def test_files_are_gathered_once_for_all_that_are_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[int] = []
    original = Suggesting._gathered

    def counted(self: Suggesting, state: PostingState) -> frozenset[bytes]:
        gathered.append(state.posting.id)
        return original(self, state)

    deliver(world, [mail(f"[PATCH v2] net: say what is meant in {n}", f"r{n}", minute=100 + n) for n in range(10)])
    monkeypatch.setattr(Suggesting, "_gathered", counted)
    deliver(world, [mail("[PATCH] net: say what is meant in all", "a")])
    assert len(gathered) == len(set(gathered)) == 11
