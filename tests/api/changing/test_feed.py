"""The feed behind a cursor, and requests that wait for something to come."""

import threading
from collections.abc import Iterator

import pytest

from tests.api.changing.conftest import Live, make_live
from tests.projector.fold.mailing import mail, series

EVENTS = "/projects/demo/events/"


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("feed"), database=database_url)


def follow(live: Live, path: str, until: int) -> list[int]:
    """The ids of events, by following the Link of each part."""
    ids: list[int] = []
    while len(ids) < until:
        result = live.call("GET", path)
        assert result.status_code == 200, result.text
        assert result.json["count"] is None
        ids += [event["id"] for event in result.json["results"]]
        link, _, relation = result.headers["link"].partition(">; ")
        assert relation == 'rel="next"'
        path = link.removeprefix("<https://patches.example.org/api/1.0")
        assert (result.json["next"] is None) or result.json["next"] == link.removeprefix("<")
    return ids


def test_parts_join_without_a_gap_or_a_repeat(live: Live) -> None:
    for number in range(12):
        live.log.append([mail(f"[PATCH] net: single {number}", f"s{number}", minute=number * 100)])
    ids = follow(live, f"{EVENTS}?after=0&perpage=5&wait=20", 13)
    assert len(ids) == 13 and ids == sorted(set(ids))
    listed = live.call("GET", f"{EVENTS}?ordering=event_time&perpage=100").json["results"]
    assert [event["id"] for event in listed] == ids
    assert follow(live, f"{EVENTS}?after={ids[6]}&perpage=2", 6) == ids[7:]


def test_what_one_record_put_there_stays_together(live: Live) -> None:
    live.log.append([mail(f"[PATCH] x: {number}", f"x{number}", list_id="new.example.org") for number in range(9)])
    from schemas.records import ProjectAdded

    live.append(ProjectAdded(linkname="new", name="New", listid="new.example.org", listemail="new@example.org"))
    path = "/projects/new/events/?after=0&name=patch-new&perpage=4&wait=20"
    result = live.call("GET", path)
    assert len(result.json["results"]) == 9
    assert len({event["id"] for event in result.json["results"]}) == 1
    times = [event["event_time"] for event in result.json["results"]]
    assert times == sorted(set(times))
    assert (
        live.call("GET", f"{path.replace('after=0', 'after=' + str(result.json['results'][0]['id']))}&wait=0").json[
            "results"
        ]
        == []
    )


ALL = "/events/"
OTHER = "other.example.org"


def test_feed_of_all_projects_has_what_each_has(live: Live) -> None:
    live.log.append(
        [
            mail(f"[PATCH] x: single {number}", f"o{number}", minute=number * 100, list_id=list_id)
            for number in range(6)
            for list_id in (OTHER, "demo.example.org")
        ]
    )
    follow(live, f"{EVENTS}?after=0&perpage=99&wait=20", 7)
    follow(live, "/projects/other/events/?after=0&perpage=99&wait=20", 6)
    ids = follow(live, f"{ALL}?after=0&perpage=5&wait=20", 13)
    assert len(ids) == 13 and ids == sorted(set(ids))
    listed = live.call("GET", f"{ALL}?ordering=event_time&perpage=100").json["results"]
    assert [event["id"] for event in listed] == ids
    times = [event["event_time"] for event in listed]
    assert times == sorted(set(times)), "no two have the same time, whatever their projects"
    seen, since = [], ""
    while part := live.call("GET", f"{ALL}?ordering=event_time&perpage=4&since={since}").json["results"]:
        seen += [event["id"] for event in part]
        since = part[-1]["event_time"]
    assert seen == ids
    of_one = live.call("GET", f"{ALL}?project={live.other}").json
    assert of_one == live.call("GET", "/projects/other/events/").json
    assert of_one["count"] == 6


@pytest.mark.parametrize("start", ["after", "since"])
def test_feed_of_all_projects_waits_until_something_comes(live: Live, start: str) -> None:
    (event,) = live.call("GET", f"{ALL}?after=0&wait=20").json["results"]
    seen = event["id"] if start == "after" else event["event_time"]
    late_mail = mail("[PATCH] x: late", "late", minute=500, list_id=OTHER)
    timer = threading.Timer(0.3, live.log.append, [[late_mail]])
    timer.start()
    (late,) = live.call("GET", f"{ALL}?{start}={seen}&wait=60").json["results"]
    assert late["id"] > event["id"]


def test_feed_of_all_projects_is_told_unchanged_and_has_its_link(live: Live) -> None:
    (event,) = live.call("GET", f"{ALL}?after=0&wait=20").json["results"]
    first = live.call("GET", f"{ALL}?after={event['id']}")
    assert first.headers["link"] == f'<https://patches.example.org/api/1.0/events/?after={event["id"]}>; rel="next"'
    again = live.call("GET", f"{ALL}?after={event['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_empty_part_can_be_asked_for_again(live: Live) -> None:
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    empty = live.call("GET", f"{EVENTS}?after={event['id']}&series=7&wait=0")
    assert (empty.json["results"], empty.json["next"]) == ([], None)
    assert f"after={event['id']}&series=7&wait=0" in empty.headers["link"].replace("&amp;", "&")


@pytest.mark.parametrize("start", ["after", "since"])
def test_waits_until_something_comes(live: Live, start: str) -> None:
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    seen = event["id"] if start == "after" else event["event_time"]
    timer = threading.Timer(0.3, live.log.append, [series("late", 2, minute=500, name="late: work")])
    timer.start()
    (late,) = live.call("GET", f"{EVENTS}?{start}={seen}&wait=60").json["results"]
    assert late["id"] > event["id"]


def test_database_that_tells_of_changes_wakes_who_waits(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    if live.settings.database_url.startswith("sqlite"):
        pytest.skip("SQLite tells nobody")
    monkeypatch.setattr("api.progress.LISTEN_SECONDS_MAX", 600.0)
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    timer = threading.Timer(0.3, live.log.append, [series("late", 2, minute=500, name="late: work")])
    timer.start()
    (late,) = live.call("GET", f"{EVENTS}?after={event['id']}&wait=60").json["results"]
    assert late["id"] > event["id"]


def test_event_that_was_not_asked_for_ends_no_wait(live: Live) -> None:
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    live.log.append([mail("[PATCH] net: one more", "m", minute=300)])
    result = live.call("GET", f"{EVENTS}?after={event['id']}&name=test-result&wait=0.3")
    assert result.json["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("after=x", "after"), ("after=-1", "after"), ("after=", "after"), ("wait=x", "wait"), ("since=x", "since"),
     ("after=99999999999999999999", "after"), ("wait=-1", "wait")],
)  # fmt: skip
def test_what_cannot_be_read_names_its_field(live: Live, query: str, field: str) -> None:
    result = live.call("GET", f"{EVENTS}?{query}")
    assert (result.status_code, list(result.json)) == (400, [field])


@pytest.mark.parametrize("time", ["{}", "{}Z", "{}%2B00:00", "{}+00:00", "{} 00:00", "{}-00:00"])
def test_since_is_strictly_greater_however_it_is_written(live: Live, time: str) -> None:
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    same = time.format(event["event_time"])
    assert live.call("GET", f"{EVENTS}?since={same}").json["count"] == 0
    assert live.call("GET", f"{EVENTS}?since={event['event_time'][:10]}").json["count"] == 1
