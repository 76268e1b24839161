"""Who asks again for what has not changed costs no answer, and never hears of what is no longer so."""

from collections.abc import Iterator
from typing import Any

import pytest

import api.patches
from api import revalidation
from ingest.log import open_log
from projector.readmodel.generations import ReadModels
from projector.replay import replay
from tests.api.changing.conftest import Live, make_live, user


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("revalidation"), database=database_url)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets the id of each patch of which a document is made."""
    made: list[int] = []
    make = api.patches.get_versioned_patch

    def noted(connection: Any, patch_id: int, **options: Any) -> Any:
        made.append(patch_id)
        return make(connection, patch_id, **options)

    monkeypatch.setattr(api.patches, "get_versioned_patch", noted)
    return made


def ask(live: Live, tag: str, path: str = "", **headers: str) -> int:
    result = live.call("GET", path or f"/patches/{live.patches[0]}/", headers={"If-None-Match": tag, **headers})
    assert result.headers["etag"] == tag or result.status_code == 200
    assert result.headers["vary"] == "Accept"
    assert result.headers["allow"]
    return result.status_code


def tag_of(live: Live) -> str:
    return live.call("GET", f"/patches/{live.patches[0]}/").headers["etag"]


def test_the_answer_is_made_once_while_nothing_happens(live: Live, made: list[int]) -> None:
    tag = tag_of(live)
    assert [ask(live, tag) for _ in range(4)] == [304] * 4
    assert len(made) == 2  # to know the tag, and to find it unchanged
    assert ask(live, tag, Accept="text/html") == 304
    assert len(made) == 3  # whoever asks otherwise is not taken for the same


def test_it_is_made_again_when_something_was_folded(live: Live, made: list[int]) -> None:
    tag = tag_of(live)
    assert [ask(live, tag) for _ in range(2)] == [304, 304]
    live.append(user("zoe", "zoe@example.org"))
    assert [ask(live, tag) for _ in range(2)] == [304, 304]
    assert len(made) == 3


def test_a_change_is_seen_at_once(live: Live) -> None:
    path = f"/patches/{live.patches[0]}/"
    tag = tag_of(live)
    for state in ("RFC", "Accepted", "Rejected"):
        assert [ask(live, tag) for _ in range(2)] == [304, 304]
        live.call("PATCH", path, {"state": state}, by="max")
        assert ask(live, tag) == 200
        tag = tag_of(live)


def test_another_generation_is_looked_at_anew(live: Live, made: list[int]) -> None:
    tag = tag_of(live)
    assert [ask(live, tag) for _ in range(2)] == [304, 304]
    log = open_log(live.settings.log_url)
    replay(log, ReadModels(live.settings.database_url), lambda *_: None)
    log.close()
    assert [ask(live, tag) for _ in range(2)] == [304, 304]
    assert len(made) == 3


def test_one_who_waits_for_events_is_not_told_that_there_are_none(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Any] = []
    monkeypatch.setattr(revalidation, "_asked", lambda scope: known.append(scope))
    path = "/projects/demo/events/?after=0&wait=0.01"
    tag = live.call("GET", path).headers["etag"]
    assert live.call("GET", path, headers={"If-None-Match": tag}).status_code == 304
    assert known == []


def test_what_is_known_has_an_end(live: Live, made: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revalidation, "KNOWN_MAX", 1)
    first, second = (f"/patches/{patch}/" for patch in live.patches)
    tags = {path: live.call("GET", path).headers["etag"] for path in (first, second)}
    assert [ask(live, tags[path], path) for path in (first, second, first, first)] == [304] * 4
    assert made == [*live.patches, *live.patches, live.patches[0]]
