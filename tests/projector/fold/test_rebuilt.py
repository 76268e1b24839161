"""What changed rules alone make pending is told to those who ask for it, and sets nothing off; all else is as ever."""

from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, text, update

from projector.assembly.events import NEW_PULL_REQUEST, NEW_REVISION, REBUILT
from projector.readmodel import tables as t
from projector.readmodel.generations import ReadModels
from projector.readmodel.preceding import list_preceding
from schemas.fact import Fact
from schemas.mail import PARSER_VERSION
from schemas.records import (
    ClockAdvanced,
    MailRedacted,
    ProjectAdded,
    PullRequestAnnounced,
    RevisionAnnounced,
)
from tests.databases import Fresh
from tests.projector.fold.listlog import EPOCH, ListLog
from tests.projector.fold.mailing import START, mail, series
from tests.projector.fold.stubs import stubbed
from tests.projector.fold.world import PROJECT, World, deliver

SUPERSEDING: ProjectAdded = msgspec.structs.replace(PROJECT, supersedes=True)
PULL = "are available in the Git repository at:\n\n  https://git.example.org/{}.git for-next\n\nfor you to fetch.\n"


def pull(id: str, minute: float) -> Fact:
    return mail(f"[GIT PULL] {id}", id, body=PULL.format(id), has_diff=False, minute=minute)


def late(facts: Collection[Fact], minute: float) -> list[Any]:
    """Mails that were received at another minute than the first ones."""
    received = START + timedelta(minutes=minute)
    return [msgspec.structs.replace(fact, received_at=received) for fact in facts]  # type: ignore[type-var]


def log_of(steps: Collection[Collection[Fact]], place: str, project: ProjectAdded = PROJECT) -> ListLog:
    """The log in which each step was told of before the next one came."""
    world = World(place, project=project)
    for step in steps:
        deliver(world, list(step))
    world.close()
    log: Any = world.log
    return log


def without(log: ListLog, are_untold: Callable[[Any], bool]) -> ListLog:
    """The log of a version that did not tell of some things: the clock stands in the place of their records."""
    other = ListLog()
    idle = ClockAdvanced(until=EPOCH)
    other.records = [
        msgspec.structs.replace(record, fact=idle) if are_untold(record.fact) else record for record in log.records
    ]
    return other


def revision_of(log: ListLog, id: str) -> Callable[[Any], bool]:
    """Whether a record announces the revision that has a mail, or supersedes something for its sake."""
    (mail_id,) = [one.id for one in log.records if getattr(getattr(one.fact, "parsed", None), "message_id", "") == id]
    told = [one.id for one in log.records if isinstance(one.fact, RevisionAnnounced) and mail_id in one.fact.patches]
    assert told, f"{id}: expected it to be announced"
    return lambda fact: (
        (isinstance(fact, RevisionAnnounced) and mail_id in fact.patches) or (getattr(fact, "cause", None) in told)
    )


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """The name that each event of a revision or pull request is stored by, and its parameters; oldest first."""
    names = {NEW_REVISION, NEW_PULL_REQUEST, *REBUILT.values()}
    rows = sorted(world.rows(t.event), key=lambda row: row["event_time_us"])
    return [(row["name"], msgspec.json.decode(row["parameters"])) for row in rows if row["name"] in names]


A, B, C = series("a", 2), series("b", 2, name="net: b", minute=60), series("c", 2, name="net: c", minute=120)


def test_what_was_folded_and_not_told_is_rebuilt(database_url: str, fresh_database: Fresh) -> None:
    log = log_of([A, B, C], database_url)
    old = without(log, revision_of(log, "b-1@example.org"))
    world = World(fresh_database(), old)
    world.catch_up()
    *before, (name, parameters) = told(world)
    assert [name for name, _ in before] == [NEW_REVISION] * 2
    assert (name, parameters) == (REBUILT[NEW_REVISION], {"revision": 1, "rebuilt": True})
    (row,) = [row for row in world.rows(t.event) if row["name"] == name]
    assert row["by_name_only"]
    assert all(row["event_id"] is not None for row in world.rows(t.revision)), "its number is given for good"
    assert world.generation.announcements() == []
    counts = {row["name"]: row["n"] for row in world.rows(t.count)}
    assert counts["event"] == 2
    everything, end = world.everything(), old.end()
    world.close()
    for batch in (1, 500):
        again = World(fresh_database(), old)
        again.catch_up(batch)
        assert again.everything() == everything
        again.close()
    assert old.end() == end, "expected a replay to append nothing"


def test_what_was_about_to_be_told_is_told_as_ever(database_url: str, fresh_database: Fresh) -> None:
    """The version before was killed when it had folded the last revision, or two."""
    log = log_of([A, B, C], database_url)
    for lost in (["c-1"], ["b-1", "c-1"]):
        old = log
        for id in lost:
            old = without(old, revision_of(old, f"{id}@example.org"))
        world = World(fresh_database(), old)
        world.catch_up()
        assert [name for name, _ in told(world)] == [NEW_REVISION] * 3
        world.close()


def test_announcement_of_what_grew_makes_nothing_rebuilt_that_came_with_it(world: World) -> None:
    """Of one append only the first record came onto the log."""
    extra = mail("[PATCH 3/2] net: fix leaks: an extra", "a-3", answers="a-0", minute=70)
    *_, last_of_b, grown = world.append(*A, *B, extra)
    world.fold()
    facts: list[Any] = world.generation.announcements()
    first, second = facts
    assert grown in first.patches and last_of_b in second.patches, "the first one grew behind the second one"
    world.append(first)
    world.catch_up()
    assert [name for name, _ in told(world)] == [NEW_REVISION] * 2


@pytest.mark.parametrize(
    ("minute", "is_rebuilt"),
    [pytest.param(10, False, id="waited for by older versions"), pytest.param(31, True, id="longer than any waited")],
)
def test_what_the_version_before_may_still_have_waited_for_is_told_as_ever(
    database_url: str, fresh_database: Fresh, minute: float, is_rebuilt: bool
) -> None:
    """Of single patches that are replaced more may be on their way; older versions waited half an hour for them."""
    single = [mail("[PATCH v2 2/2] net: fix leaks: patch 2", "p", answers=("a-0", "a-2"), minute=5)]
    waited = [ClockAdvanced(until=START + timedelta(minutes=9))]
    log = log_of([A, late(single, 5), waited, late(C, 5 + minute)], database_url)
    old = without(log, revision_of(log, "p@example.org"))
    world = World(fresh_database(), old)
    world.catch_up()
    found = [name for name, parameters in told(world) if parameters["revision"] == 2]
    assert found == [REBUILT[NEW_REVISION] if is_rebuilt else NEW_REVISION]
    world.close()


def test_it_supersedes_nothing(database_url: str, fresh_database: Fresh) -> None:
    second = series("b", 2, marker="v2", minute=60)
    log = log_of([A, second, C], database_url, SUPERSEDING)
    as_ever = World(fresh_database(), log)
    as_ever.catch_up()
    assert len(as_ever.rows(t.superseding)) == 2, "what it does where it is not rebuilt"
    as_ever.close()
    old = without(log, revision_of(log, "b-1@example.org"))
    world = World(fresh_database(), old)
    world.catch_up()
    assert world.rows(t.superseding) == []
    assert [row["name"] for row in world.rows(t.event) if row["name"] == "patch-state-change"] == []
    third = series("d", 2, marker="v3", minute=180)
    deliver(world, third)
    assert len(world.rows(t.superseding)) == 4, "the next one that comes does as ever"
    world.close()


def test_pull_request_is_told_in_the_same_way(database_url: str, fresh_database: Fresh) -> None:
    log = log_of([[pull("one", 0)], [pull("two", 5)], [pull("three", 9)]], database_url)
    lost = [record.fact for record in log.records if isinstance(record.fact, PullRequestAnnounced)]
    assert len(lost) == 3
    for number, expected in ((1, REBUILT[NEW_PULL_REQUEST]), (2, NEW_PULL_REQUEST)):
        fact = lost[number]
        old = without(log, lambda other, fact=fact: other == fact)  # type: ignore[misc]
        world = World(fresh_database(), old)
        world.catch_up()
        name, parameters = told(world)[-1]
        assert name == expected
        assert parameters == {"pull_url": fact.pull_url, **({"rebuilt": True} if number == 1 else {})}
        deliver(world, [PullRequestAnnounced(project=fact.project, cause=fact.cause, pull_url=fact.pull_url)])
        assert len(told(world)) == 3, "a second announcement has no effect"
        world.close()


def test_rebuilt_pull_request_loses_its_url_and_stays_rebuilt(database_url: str, fresh_database: Fresh) -> None:
    log = log_of([[pull("one", 0)], [pull("two", 5)]], database_url)
    (first, _) = [record.fact for record in log.records if isinstance(record.fact, PullRequestAnnounced)]
    old = without(log, lambda other: other == first)
    world = World(fresh_database(), old)
    world.catch_up()
    record = world.log.end() + 1
    deliver(world, [MailRedacted(message_id="one@example.org", mails=(first.cause,), reason="asked")])
    assert world.log.end() == record
    assert (REBUILT[NEW_PULL_REQUEST], {"pull_url": "[redacted]", "rebuilt": True}) in told(world)
    stubs = World(fresh_database(), stubbed(old))
    stubs.catch_up()
    assert told(stubs) == told(world)
    stubs.close()
    world.close()


# --- where the generation of the version before is still there ---


def left_by(log: ListLog, place: str, *untold_there: str) -> World:
    """A newer version on the database of an older one, which folded the log and had nothing to tell of some revisions.

    untold_there: their Message-IDs; all others that are not announced it was about to.
    """
    old = World(place, log)
    old.fold()
    ids = {row["message_id"]: row["id"] for row in old.rows(t.mail)}
    lost = [row["posting_id"] for row in old.rows(t.revision) for id in untold_there if str(ids[id]) in row["patches"]]
    engine = old.models.engine(old.generation.number)
    with engine.begin() as connection:
        connection.execute(delete(t.pending).where(t.pending.c.cause.in_(lost)))
    engine.dispose()
    old.close()
    return old


def successor(place: str, log: ListLog) -> World:
    """A world whose generation took over from the first one."""
    world = World(place, log)
    world.models.retire(1, world.generation.number)
    return world


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The program is one that reads mail otherwise from now on."""

    def change() -> None:
        monkeypatch.setattr("projector.readmodel.generations.PARSER_VERSION", PARSER_VERSION + 1)

    return change


def test_generation_before_says_what_it_had_to_tell(
    database_url: str, fresh_database: Fresh, newer: Callable[[], None]
) -> None:
    """Of two revisions at the end of the log it was about to tell one, and the other is none by its rules."""
    log = log_of([A, B, C], database_url)
    for id in ("b-1", "c-1"):
        log = without(log, revision_of(log, f"{id}@example.org"))
    place = fresh_database()
    left_by(log, place, "b-1@example.org")
    newer()
    world = successor(place, log)
    deliver(world, series("d", 2, name="net: d", minute=180))
    assert [name for name, _ in told(world)] == [NEW_REVISION, REBUILT[NEW_REVISION], NEW_REVISION, NEW_REVISION]
    world.close()


def test_generation_of_the_same_version_says_nothing(database_url: str, fresh_database: Fresh) -> None:
    log = log_of([A, B], database_url)
    log = without(log, revision_of(log, "b-1@example.org"))
    place = fresh_database()
    left_by(log, place, "b-1@example.org")
    world = successor(place, log)
    world.catch_up()
    assert [name for name, _ in told(world)] == [NEW_REVISION] * 2
    world.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param("update checkpoint set record_id = record_id + 1000", id="a longer log"),
        pytest.param("alter table pending rename column kind to sort", id="other columns"),
        pytest.param("drop table pending", id="no such table"),
        pytest.param("hash", id="another log"),
    ],
)
def test_generation_that_knows_nothing_of_this_log_says_nothing(
    database_url: str, fresh_database: Fresh, newer: Callable[[], None], spoil: str
) -> None:
    log = log_of([A, B], database_url)
    log = without(log, revision_of(log, "b-1@example.org"))
    place = fresh_database()
    old = left_by(log, place, "b-1@example.org")
    engine = old.models.engine(old.generation.number)
    with engine.begin() as connection:
        if spoil == "hash":
            connection.execute(update(t.checkpoint).values(hash=b"x" * 32))
        else:
            connection.execute(text(spoil))
        if "1000" in spoil:
            connection.execute(update(t.meta).where(t.meta.c.name == "position").values(value=t.meta.c.value + 1000))
    engine.dispose()
    newer()
    world = successor(place, log)
    world.catch_up()
    assert [name for name, _ in told(world)] == [NEW_REVISION] * 2
    world.close()


def test_only_generations_that_were_live_are_looked_at(
    tmp_path: Path, database_url: str, newer: Callable[[], None]
) -> None:
    models = ReadModels(database_url)
    live, never, own = models.create(), models.create(), models.create()
    models.point_to(live)
    newer()
    assert list_preceding(models, own) == [], "expected nothing of one in which nothing was folded"
    assert models.numbers() == [live, never, own]
