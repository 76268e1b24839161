"""Times of events: they grow over all projects, so that a feed of all has no two of one time."""

import pytest

from projector.readmodel import tables as t
from schemas.records import ProjectAdded
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import World

OTHER = ProjectAdded(linkname="other", name="Other", listid="other.example.org", listemail="other@example.org")


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_times_grow_as_ids_do_whatever_the_projects(world: World, batch: int) -> None:
    world.append(OTHER)
    for number in range(3):
        world.append(*series(f"a{number}", 2, minute=number * 100, name=f"one: {number}"))
        others = [f"[PATCH] x: {number}{n}" for n in range(3)]
        world.append(*(mail(title, f"o{title[-2:]}", minute=number, list_id="other.example.org") for title in others))
    world.catch_up(batch)
    rows = world.rows(t.event)
    times = [row["event_time_us"] for row in rows]
    assert times == sorted(set(times))
    assert len({row["project_id"] for row in rows}) == 2
    last = {row["project_id"]: row["event_time_us"] for row in rows}
    assert {row["id"]: row["last_event_us"] for row in world.rows(t.project)} == last
