"""Who asks again for what has not changed costs no answer, and never hears of what is no longer so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import api.gate
import api.patches
from api import revalidation
from api.revalidation import Revalidation
from ingest.log import open_log
from projector.readmodel.generations import Basis, NoReadModel, Reader, ReadModels
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


def test_who_asks_again_gets_the_same_fields_and_does_not_come_to_the_routes(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tag = f"/patches/{live.patches[0]}/", tag_of(live)
    answers = []
    for _ in range(2):
        answers.append(live.call("GET", path, headers={"If-None-Match": tag}))
        monkeypatch.setattr(Revalidation, "process_resource", None)
    first, again = (list(answer.headers.items()) for answer in answers)
    assert first == again
    assert [answer.status_code for answer in answers] == [304, 304]
    lines = live.client.simulate_get("/metrics", extras={"client": ["127.0.0.1", 1]}).text.splitlines()
    counted = 'patchlog_http_request_seconds_count{method="GET",route="/api/1.0/patches/{patch}",status="304"} 2.0'
    assert counted in lines


def test_who_shows_a_token_is_let_in_each_time(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.token(live.maintainer, "patchlog_soon", expires_at=datetime(2100, 1, 1, tzinfo=UTC))
    tag, shown = tag_of(live), {"Authorization": "Token patchlog_soon"}
    assert [ask(live, tag, **shown) for _ in range(3)] == [304] * 3
    monkeypatch.setattr(api.gate, "now_us", lambda: 5_000_000_000_000_000)  # in 2128
    path = f"/patches/{live.patches[0]}/"
    assert live.call("GET", path, headers={"If-None-Match": tag, **shown}).status_code == 401


def test_a_read_model_that_is_away_is_said_to_be(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = tag_of(live)
    assert [ask(live, tag) for _ in range(2)] == [304, 304]

    def away(_: Reader) -> Basis:
        raise NoReadModel("away")

    monkeypatch.setattr(Reader, "basis", away)
    result = live.call("GET", f"/patches/{live.patches[0]}/", headers={"If-None-Match": tag})
    assert (result.status_code, result.json["detail"]) == (503, "away")


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
    looks: list[Any] = []
    monkeypatch.setattr(Reader, "basis", looks.append)
    path = "/projects/demo/events/?after=0&wait=0.01"
    tag = live.call("GET", path).headers["etag"]
    assert [live.call("GET", path, headers={"If-None-Match": tag}).status_code for _ in range(2)] == [304, 304]
    assert looks == []


def test_what_is_known_has_an_end(live: Live, made: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revalidation, "KNOWN_MAX", 1)
    first, second = (f"/patches/{patch}/" for patch in live.patches)
    tags = {path: live.call("GET", path).headers["etag"] for path in (first, second)}
    assert [ask(live, tags[path], path) for path in (first, second, first, first)] == [304] * 4
    assert made == [*live.patches, *live.patches, live.patches[0]]
