"""A dry run says what a fix of the parser will change; then the fix is made, and just that changes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import falcon.testing
import pytest

from api.app import create_app
from ingest.log import Log, open_log
from projector.beside import rehearse
from projector.readmodel.generations import PASSING, NoReadModel, Reader, ReadModels
from projector.readmodel.tables import SCHEMA_VERSION
from projector.replay import ReplayRunning, ReplayStopped, replay
from schemas.fact import Fact
from schemas.mail import PARSER_VERSION
from schemas.settings import Settings
from tests.databases import Fresh
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import PROJECT
from tests.replay.everything import Telling, tell_everything
from tests.replay.test_same_answers import every_row, follow
from tests.replay.walk import Walked, walk

FEED = "/api/1.0/projects/demo/events/?after=0&perpage=100"
WITH_REBUILT = f"{FEED}&rebuilt=true"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


def silent(position: int, end: int) -> None:
    """Nobody looks at the progress."""


def in_bars(id: str, version: int, name: str, *, answers: str | None = None) -> list[Fact]:
    """A series of two patches whose marker no rule knows yet."""
    tags = [f"|PATCH v{version} {number}/2|" for number in range(3)]
    titles = [name, f"{name}: one", f"{name}: two"]
    above = [[answers] if answers else [], *[[answers, f"{id}-0"] if answers else [f"{id}-0"]] * 2]
    return [
        mail(f"{tag} {title}", f"{id}-{number}", answers=references, minute=60 + number, has_diff=number > 0)
        for number, (tag, title, references) in enumerate(zip(tags, titles, above, strict=True))
    ]


def fix_the_parser(patch: pytest.MonkeyPatch) -> None:
    """Bars are brackets from now on."""
    patch.setattr("projector.assembly.tags._BRACKETS", re.compile(r"\s*[\[|]([^\[\]|]*)[\]|]"))
    for module in ("schemas.mail", "projector.fold.reading", "projector.readmodel.generations"):
        patch.setattr(f"{module}.PARSER_VERSION", PARSER_VERSION + 1)


def told(log: Log, database_url: str) -> None:
    """Two series that every parser reads, two postings that wait for a better one, and a reroll that nobody sees."""
    names = ["net: c one", "net: c two"]
    log.append([PROJECT, *series("a", 2, name="net: a"), *series("c", 2, name="net: c", patch_names=names)])
    follow(log, ReadModels(database_url))
    log.append([mail("[PATCH] net: g", "g"), mail("[PATCH] |v2| net: g", "h", minute=90)])
    log.append([*in_bars("b", 2, "net: a", answers="a-0"), *in_bars("d", 1, "net: d")])
    follow(log, ReadModels(database_url))


def read_feed(database_url: str, feed: str = WITH_REBUILT) -> list[dict[str, Any]]:
    reader = Reader(database_url)
    client = falcon.testing.TestClient(create_app(Settings(database=database_url), reader))
    events: list[dict[str, Any]] = client.simulate_get(feed).json["results"]
    reader.close()
    return events


def leading_nowhere(database_url: str, before: Walked) -> list[str]:
    """The paths that were answered before, and are answered neither there nor elsewhere any more."""
    reader = Reader(database_url)
    client = falcon.testing.TestClient(create_app(Settings(database=database_url), reader))
    lost = []
    for path in before:
        answer = client.simulate_get(path)
        while answer.status_code == 301:
            answer = client.simulate_get(re.sub(r"^https?://[^/]*", "", answer.headers["location"]))
        if answer.status_code != 200:
            lost.append(path)
    reader.close()
    return lost


def test_same_program_changes_nothing(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    tell_everything(Telling(log, lambda: follow(log, models)))
    before, end = every_row(models), log.end()
    assert rehearse(log, models, silent, batch_size=7).is_empty
    assert (models.numbers(), every_row(models), log.end()) == ([1], before, end)


def test_fix_of_the_parser_changes_what_the_dry_run_said(
    log: Log, database_url: str, fresh_database: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(log, database_url)
    models = ReadModels(database_url)
    walked, feed, untouched = walk(database_url), read_feed(database_url), every_row(models)
    fix_the_parser(monkeypatch)
    said = rehearse(log, models, silent)
    assert every_row(models) == untouched
    assert models.numbers() == [1]
    lines = [*said.series_added, *said.series_gone, *said.series_moved, *said.series_changed]
    assert {one.name for one in lines} == {"net: a", "net: d", "net: g", "|v2| net: g"}, "and not net: c"
    (moved,) = said.series_moved
    assert moved.message_ids == ("h@example.org",)
    way = (f"{moved.series}/1", f"{moved.now[0]}/2")
    assert [(one.before, one.after) for one in said.revisions_moved] == [way]
    assert way in [(alias.place, alias.target) for alias in said.aliases]
    assert said.rebuilt == len(said.announced) == 2, "all that is in them had been folded before"
    announced = {(event.place, event.message_ids) for event in said.announced}
    assert {ids for _, ids in announced} == {tuple(f"{id}-{n}@example.org" for n in (1, 2)) for id in "bd"}
    replay(log, models, silent)
    follow(log, models)
    now = read_feed(database_url)
    assert now[: len(feed)] == feed
    places = {f"{event['series']}/{event['parameters']['revision']}" for event in now[len(feed) :]}
    assert places == {place for place, _ in announced}
    assert len(now) == len(feed) + len(announced)
    assert all(event["parameters"]["rebuilt"] is True for event in now[len(feed) :])
    assert read_feed(database_url, FEED) == feed, "expected nothing new for who does not ask for it"
    assert leading_nowhere(database_url, walked) == []
    lost = fresh_database()
    replay(log, ReadModels(lost), silent)
    assert read_feed(lost) == now


def test_where_tables_cannot_be_compared_it_says_what_would_be_announced(
    log: Log, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(log, database_url)
    log.append(series("e", 2, name="net: e"))
    models, before = ReadModels(database_url), read_feed(database_url, FEED)
    monkeypatch.setattr("projector.readmodel.generations.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    assert (said := rehearse(log, models, silent)).announced == []
    fix_the_parser(monkeypatch)
    said = rehearse(log, models, silent)
    assert (said.compared, said.is_empty, said.rebuilt) == (False, False, 2)
    mails = {one.message_ids for one in said.announced}
    assert mails == {tuple(f"{id}-{n}@example.org" for n in (1, 2)) for id in "bd"}, "and not what came since"
    assert [said.series_added, said.revisions_added, said.patches_moved, said.aliases] == [[]] * 4
    assert models.numbers() == [1]
    replay(log, models, silent)
    follow(log, models)
    now = read_feed(database_url)
    marked = [event["parameters"].get("rebuilt", False) for event in now[len(before) :]]
    assert marked == [True, True, False], "what came since is announced as ever"


def test_live_one_that_is_behind_is_compared_where_it_is(log: Log, database_url: str) -> None:
    told(log, database_url)
    log.append(series("e", 2, name="net: e"))
    assert rehearse(log, ReadModels(database_url), silent).is_empty


def test_dry_run_that_is_stopped_leaves_nothing(log: Log, database_url: str) -> None:
    told(log, database_url)
    models = ReadModels(database_url)
    positions: list[int] = []
    with pytest.raises(ReplayStopped):
        rehearse(log, models, lambda at, end: positions.append(at), batch_size=2, is_stopping=lambda: positions[-1] > 3)
    assert models.numbers() == [1]


def test_dry_run_and_an_unfinished_replay_leave_each_other_alone(log: Log, database_url: str) -> None:
    told(log, database_url)
    models = ReadModels(database_url)
    unfinished, killed = models.create(), models.create(PASSING)
    rehearse(log, models, silent)
    assert models.numbers() == [1, unfinished], "what a dry run left that was killed is gone"
    models.create(PASSING)
    assert replay(log, models, silent) == unfinished != killed
    assert models.numbers() == [1, unfinished]


def test_dry_run_needs_something_live_and_to_be_alone(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    with pytest.raises(NoReadModel, match="no live read model to compare with"):
        rehearse(log, models, silent)
    told(log, database_url)

    def again(position: int, end: int) -> None:
        with pytest.raises(ReplayRunning):
            rehearse(log, models, silent)

    rehearse(log, models, again)
