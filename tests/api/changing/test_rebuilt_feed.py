"""What comes of changed rules alone is on the feed for those who ask for it, in every way of reading it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.records import PullRequestAnnounced, RevisionAnnounced
from tests.api.changing.conftest import Live, make_live
from tests.api.changing.test_feed import ALL, EVENTS, follow
from tests.projector.fold.mailing import mail

ASKED = "rebuilt=true"


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("feed"), database=database_url)


def announced(live: Live, revision: int, *, rebuilt: bool) -> RevisionAnnounced:
    """An announcement of a revision that is elsewhere now."""
    return RevisionAnnounced(
        project=live.project, cause=live.comment, series=live.series, revision=revision, patches=(), rebuilt=rebuilt
    )


def pulled(live: Live, *, rebuilt: bool) -> PullRequestAnnounced:
    return PullRequestAnnounced(
        project=live.project, cause=live.patches[-1], pull_url="https://git.example.org/a.git x", rebuilt=rebuilt
    )


def told(live: Live) -> tuple[list[int], list[int]]:
    """The events of a feed that half consists of rebuilt ones: those that everybody sees, and all."""
    (first,) = (event["id"] for event in live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"])
    facts = [announced(live, number, rebuilt=number % 2 == 0) for number in range(2, 8)]
    *revisions, pull = live.append(*facts, pulled(live, rebuilt=True))
    return [first, *revisions[1::2]], [first, *revisions, pull]


def ids(answer: Any) -> list[int]:
    return [event["id"] for event in answer.json["results"]]


@pytest.mark.parametrize("feed", [EVENTS, ALL])
def test_it_is_shown_to_those_who_ask_for_it(live: Live, feed: str) -> None:
    plain, every = told(live)
    for no in ("", "?rebuilt=", "?rebuilt=false", "?rebuilt=0", "?name=series-new-revision"):
        answer = live.call("GET", f"{feed}{no}")
        assert (ids(answer), answer.json["count"]) == (plain[::-1], len(plain)), no
    for yes in ("?rebuilt=true", "?rebuilt=1", "?rebuilt=True"):
        answer = live.call("GET", f"{feed}{yes}")
        assert (ids(answer), answer.json["count"]) == (every[::-1], len(every)), yes
    names = {event["name"] for event in answer.json["results"]}
    assert names == {"series-new-revision", "pull-request-new"}, "each has the name of its kind"
    marked = [event["id"] for event in answer.json["results"] if event["parameters"].get("rebuilt") is True]
    assert sorted(marked) == sorted(set(every) - set(plain))
    revisions = live.call("GET", f"{feed}?{ASKED}&name=series-new-revision")
    assert (ids(revisions), revisions.json["count"]) == (every[:-1][::-1], len(every) - 1)
    assert ids(live.call("GET", f"{feed}?{ASKED}&name=comment-new,nonsense")) == ids(
        live.call("GET", f"{feed}?name=comment-new")
    )
    for stored in ("series-new-revision (rebuilt)", "nonsense"):
        assert ids(live.call("GET", f"{feed}?{ASKED}&name={stored}")) == []
    refused = live.call("GET", f"{feed}?rebuilt=yes")
    assert refused.status_code == 400
    assert refused.json == {"rebuilt": ["Expected true or false, came 'yes'."]}


@pytest.mark.parametrize("feed", [EVENTS, ALL])
@pytest.mark.parametrize("more", ["", "&name=series-new-revision,pull-request-new"])
def test_parts_and_pages_join_without_a_gap_or_a_repeat(live: Live, feed: str, more: str) -> None:
    plain, every = told(live)
    for asked, expected in (("", plain), (f"&{ASKED}", every)):
        assert follow(live, f"{feed}?after=0&perpage=2{asked}{more}", len(expected)) == expected
        pages = [live.call("GET", f"{feed}?perpage=3&page={page}{asked}{more}") for page in range(1, 3)]
        while pages[-1].json["next"]:
            pages.append(live.call("GET", f"{feed}?perpage=3&page={len(pages) + 1}{asked}{more}"))
        assert [id for page in pages for id in ids(page)] == expected[::-1]
        assert {page.json["count"] for page in pages} == {len(expected)}
        seen, since = [], ""
        while part := live.call("GET", f"{feed}?ordering=event_time&perpage=2&since={since}{asked}{more}").json[
            "results"
        ]:
            seen += [event["id"] for event in part]
            since = part[-1]["event_time"]
        assert seen == expected


@pytest.mark.parametrize("feed", [EVENTS, ALL])
def test_orders_and_filters_are_those_of_the_kind(live: Live, feed: str) -> None:
    _, every = told(live)
    by_name = live.call("GET", f"{feed}?{ASKED}&ordering=name&perpage=100").json["results"]
    assert [(event["name"], event["id"]) for event in by_name] == sorted(
        (event["name"], event["id"]) for event in by_name
    )
    assert ids(live.call("GET", f"{feed}?{ASKED}&ordering=-name")) == [event["id"] for event in by_name[::-1]]
    of_series = live.call("GET", f"{feed}?{ASKED}&series={live.series}&ordering=id")
    assert ids(of_series) == every[:-1]
    assert ids(live.call("GET", f"{feed}?{ASKED}&patch={live.patches[-1]}")) == every[-1:]
    assert ids(live.call("GET", f"{feed}?patch={live.patches[-1]}")) == []
    expanded = live.call("GET", f"{feed}?{ASKED}&related=expand&after={every[-2]}").json["results"]
    assert [(event["id"], event["patch"]["id"]) for event in expanded] == [(every[-1], live.patches[-1])]


def test_it_ends_the_waits_of_those_alone_who_ask_for_it(live: Live) -> None:
    (event,) = live.call("GET", f"{EVENTS}?after=0&wait=20").json["results"]
    timer = threading.Timer(0.3, live.log.append, [[announced(live, 2, rebuilt=True)]])
    timer.start()
    (late,) = live.call("GET", f"{EVENTS}?after={event['id']}&wait=60&{ASKED}").json["results"]
    assert late["parameters"] == {"revision": 2, "rebuilt": True}
    later = threading.Timer(0.3, live.log.append, [[mail("[PATCH] x: late", "late", minute=500)]])
    later.start()
    (seen,) = live.call("GET", f"{EVENTS}?after={event['id']}&wait=60").json["results"]
    assert "rebuilt" not in seen["parameters"]


def test_answers_have_tags_of_their_own(live: Live) -> None:
    told(live)
    plain, every = live.call("GET", EVENTS), live.call("GET", f"{EVENTS}?{ASKED}")
    assert plain.headers["etag"] != every.headers["etag"]
    for path, tag in ((EVENTS, plain.headers["etag"]), (f"{EVENTS}?{ASKED}", every.headers["etag"])):
        assert live.call("GET", path, headers={"If-None-Match": tag}).status_code == 304
    live.append(announced(live, 9, rebuilt=True))
    again = live.call("GET", EVENTS, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304, "nothing that it shows has changed"
    assert live.call("GET", f"{EVENTS}?{ASKED}", headers={"If-None-Match": every.headers["etag"]}).status_code == 200
