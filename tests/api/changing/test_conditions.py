"""Tags, preconditions and keys: who comes too late changes nothing, and who comes twice changes it once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from falcon.testing import TestClient

from api.app import create_app
from schemas.records import ClockAdvanced
from schemas.settings import Settings
from tests.api.changing.conftest import PASSWORD, Live, basic, make_live
from tests.api.changing.serving import Served, serving


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("conditions"), database=database_url)


@pytest.fixture
def served(live: Live) -> Iterator[Served]:
    """Two worker processes on the same log and read model."""
    with serving(live.settings) as served:
        yield served


PATHS = ["/", "/projects/", "/projects/demo/", "/projects/demo/series/", "/projects/demo/events/", "/patches/"]
DETAILS = ["", "revisions/", "revisions/1/", "revisions/1/mbox/", "revisions/1/test-results/", "comments/"]


def test_every_answer_has_a_tag_that_saves_sending_it_again(live: Live) -> None:
    for path in [*PATHS, *(f"/series/{live.series}/{detail}" for detail in DETAILS)]:
        first = live.call("GET", path)
        tag = first.headers["etag"]
        assert tag.startswith('"') and first.content
        for field in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = live.call("GET", path, headers={"If-None-Match": field})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
        assert live.call("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200
        assert live.call("HEAD", path).headers["etag"] == tag


def test_tag_changes_with_the_answer(live: Live) -> None:
    path = f"/patches/{live.patches[0]}/"
    before = live.call("GET", path).headers["etag"]
    assert live.call("GET", f"{path}?related=expand").headers["etag"] != before
    changed = live.call("PATCH", path, {"state": "Accepted"}, by="max")
    after = live.call("GET", path)
    assert after.headers["etag"] != before
    assert after.content == changed.content


@pytest.mark.parametrize("kind", ["series", "patch"])
def test_change_of_what_somebody_else_changed_is_refused(live: Live, kind: str) -> None:
    path = f"/series/{live.series}/" if kind == "series" else f"/patches/{live.patches[0]}/"
    first, second = (
        [{"reviewer": live.author}, {"reviewer": live.stranger}]
        if kind == "series"
        else [{"state": "RFC"}, {"state": "Accepted"}]
    )
    tag = live.call("GET", path).headers["etag"]
    assert live.call("PATCH", path, first, by="max", headers={"If-Match": tag}).status_code == 200
    for field in (tag, f"W/{tag}", '"x"', ""):
        late = live.call("PATCH", path, second, by="max", headers={"If-Match": field})
        assert late.status_code == 412, field
        assert late.headers["content-type"] == "application/problem+json"
    now = live.call("GET", path).headers["etag"]
    for field in (f'"x", W/{now}', "*"):
        assert live.call("PATCH", path, second, by="max", headers={"If-Match": field}).status_code == 200


def test_of_two_racing_changes_of_one_version_one_wins(live: Live, served: Served) -> None:
    path = f"/api/1.0/patches/{live.patches[0]}/"
    for round in range(10):
        tag = served.call("GET", path).headers["etag"]
        states = [2 + (round * 2 + number) % 9 for number in range(2)]
        calls = [("PATCH", path, {"state": state}, {"If-Match": tag}) for state in states]
        assert sorted(result.status for result in served.race(calls)) == [200, 412]


def test_key_that_comes_twice_has_one_effect(live: Live) -> None:
    path = f"/series/{live.series}/revisions/1/newrevision/"
    first = live.call("POST", path, by="max", headers={"Idempotency-Key": "k1"})
    again = live.call("POST", path, by="max", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert live.call("GET", f"/series/{live.series}/").json["version"] == 2
    other = live.call("POST", path, {"a": 1}, by="max", headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert live.call("POST", path, by="ada", headers={"Idempotency-Key": "k1"}).json["version"] == 3
    assert live.call("POST", path, by="max", headers={"Idempotency-Key": "x" * 256}).status_code == 400
    assert live.call("POST", path, by="max", headers={"If-Match": '"1"'}).status_code == 412


def test_one_key_on_two_workers_has_one_winner(live: Live, served: Served) -> None:
    path = f"/api/1.0/series/{live.series}/revisions/1/newrevision/"
    for round in range(10):
        calls = [("POST", path, {}, {"Idempotency-Key": f"key {round}"})] * 2
        first, second = served.race(calls)
        assert (first.status, first.body) == (second.status, second.body)
        assert (first.status, json.loads(first.body)["version"]) == (201, round + 2)


def test_rerun_is_answered_when_its_event_is_on_the_feed(live: Live) -> None:
    path = f"/series/{live.series}/revisions/1/newrevision/"
    for number in range(2, 22):
        assert live.call("POST", path, by="max").json["version"] == number
        (newest, *_) = live.call("GET", f"/projects/demo/events/?series={live.series}&perpage=1").json["results"]
        assert newest["parameters"] == {"revision": number, "rerun_of": 1}
    tag = live.call("GET", f"/series/{live.series}/").headers["etag"]
    changed = live.call("PATCH", f"/series/{live.series}/", {"reviewer": live.author}, by="max",
                        headers={"If-Match": tag})  # fmt: skip
    assert changed.status_code == 200, "what was read then is still so"


def test_rerun_that_is_not_announced_in_time_is_accepted(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/api/1.0/series/{live.series}/revisions/1/newrevision/"
    headers = {"Authorization": basic("max", PASSWORD)}
    settings = msgspec.structs.replace(live.settings, write_wait_seconds=0.5)
    with monkeypatch.context() as patched:
        patched.setattr("projector.generation.Generation.announcements", lambda self: [])
        slow = TestClient(create_app(settings)).simulate_post(path, headers={**headers, "Idempotency-Key": "slow"})
    assert (slow.status_code, slow.headers["location"]) == (
        202,
        f"https://patches.example.org/api/1.0/series/{live.series}/revisions/",
    )
    live.append(ClockAdvanced(until=datetime(2026, 1, 1, tzinfo=UTC)))  # so that the projector looks again
    again = live.call("POST", path[8:], by="max", headers={"Idempotency-Key": "slow"})
    assert (again.status_code, again.json["version"]) == (201, 2)


def test_key_of_many_changes(live: Live) -> None:
    posted = {"state": "Rejected", "message_ids": ["a-1@example.org", "a-2@example.org"]}
    for _ in range(2):
        headers = {"Idempotency-Key": "many"}
        result = live.call("POST", "/projects/demo/patches/states/", posted, by="max", headers=headers)
        assert [row["outcome"] for row in result.json] == ["done", "done"]
    assert live.call("GET", "/projects/demo/events/?name=patch-state-change").json["count"] == 2


def test_projector_that_is_behind_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    for live in make_live(tmp_path):
        data = Path(live.log._path).parent  # type: ignore[attr-defined]
        slow = TestClient(create_app(Settings(data=str(data), write_wait_seconds=0.0)))
        headers = {"Authorization": basic("max", PASSWORD)}
        base = f"/api/1.0/series/{live.series}/revisions/1"
        posted = {"test_name": "slow", "state": "info"}
        result = slow.simulate_post(f"{base}/test-results/", json=posted, headers=headers)
        assert (result.status_code, result.json) == (202, posted)
        assert result.headers["location"].endswith(f"{base}/test-results/")
        assert slow.simulate_post(f"{base}/newrevision/", headers=headers).status_code == 202
        path = f"/api/1.0/patches/{live.patches[0]}/"
        assert slow.simulate_patch(path, json={"state": "RFC"}, headers=headers).status_code == 202
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        result = slow.simulate_patch(path, body="state=RFC", headers=form)
        assert (result.status_code, result.json) == (202, {"state": "RFC"})
        live.reach(live.log.end())
        assert [row["test_name"] for row in live.call("GET", f"{base[8:]}/test-results/").json] == ["slow"]
        assert live.call("GET", f"/series/{live.series}/").json["version"] == 2


def test_log_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    for live in make_live(tmp_path / "here"):
        database = f"sqlite:///{tmp_path}/here/readmodel.db"
        (tmp_path / "wall").write_text("a file where a folder should be")
        lost = TestClient(create_app(Settings(database=database, log=f"sqlite:///{tmp_path}/wall/log.db")))
        headers = {"Authorization": basic("max", PASSWORD)}
        path = f"/api/1.0/series/{live.series}/revisions/1/test-results/"
        result = lost.simulate_post(path, json={"test_name": "a", "state": "info"}, headers=headers)
        assert result.status_code == 503
        assert result.headers["retry-after"]
