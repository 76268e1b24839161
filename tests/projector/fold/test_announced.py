"""What an announcement says of who sent the revision, and what it leaves as it was."""

import pytest

from projector.readmodel import tables as t
from schemas.accounts import UserAdded, UserChanged
from schemas.fact import Fact
from schemas.records import ProjectChanged
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, mail, series
from tests.projector.fold.world import World, deliver

ADA = UserAdded(name="ada", emails=("ada@work.example.org", "Ada@example.org"))
NAMED_SO = UserAdded(name="ada@example.org", emails=("bob@example.org",))
VOUCHED = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n"
DKIM = ProjectChanged(linkname="demo", require_dkim="mx.example.org")


def users(world: World) -> list[int | None]:
    """The user of each event that announces a revision."""
    return [row["user_id"] for row in world.rows(t.event) if row["name"] == "series-new-revision"]


@pytest.mark.parametrize(
    ("facts", "is_ada"),
    [
        pytest.param([mail("[PATCH] a: b", "a")], True, id="by the address"),
        pytest.param([mail("[PATCH] a: b", "a", author="Ada <ADA@EXAMPLE.org>")], True, id="in any case"),
        pytest.param([mail("[PATCH] a: b", "a", author=OTHER)], False, id="somebody else"),
        pytest.param(series("a", 2), True, id="a series"),
        pytest.param([DKIM, mail("[PATCH] a: b", "a")], False, id="nobody vouches for the address"),
        pytest.param([DKIM, mail("[PATCH] a: b", "a", headers=VOUCHED)], True, id="a server vouches for it"),
        pytest.param([UserChanged(name="ada", emails=()), mail("[PATCH] a: b", "a")], False, id="no address any more"),
    ],
)
def test_event_of_a_revision_names_the_user_who_has_the_submitters_address(
    world: World, facts: list[Fact], is_ada: bool
) -> None:
    ada, _ = world.append(ADA, NAMED_SO)
    deliver(world, facts)
    assert users(world) == [ada if is_ada else None]


def test_user_who_comes_later_is_not_named_before(world: World) -> None:
    deliver(world, [mail("[PATCH] a: b", "a")])
    (ada,) = world.append(ADA)
    deliver(world, [mail("[PATCH v2] a: b", "b", minute=60)])
    assert users(world) == [None, ada]


@pytest.mark.parametrize("batch", [1, 500])
def test_announcement_updates_nothing(world: World, batch: int) -> None:
    """Its event is on the feed; what is shown of the series is what it was when its last mail came."""
    world.append(*series("a", 2), *series("b", 2, marker="v2", minute=60))
    world.fold(batch)
    (before,) = world.rows(t.series)
    world.catch_up(batch)
    assert len(users(world)) == 2
    assert world.rows(t.series) == [before]
    assert all(row["event_id"] is not None for row in world.rows(t.revision))
    check(world)
