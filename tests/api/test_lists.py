"""Filters, orders and pages of the lists."""

from urllib.parse import parse_qs, urlsplit

import pytest
from falcon.testing import TestClient

from tests.api.conftest import Get

SERIES_FILTERS = [
    pytest.param("", [61, 55, 51, 40, 20], id="newest id first"),
    pytest.param("project=2", [55, 51, 40, 20], id="project"),
    pytest.param("project=999", [], id="project that is not there"),
    pytest.param("project=widgets", [], id="no project id"),
    pytest.param("submitter=11", [40], id="submitter"),
    pytest.param("submitter=999", [], id="submitter that is not there"),
    pytest.param("submitter=99999999999999999999", [], id="submitter beyond 64 bits"),
    pytest.param("submitter=self", [], id="self of nobody"),
    pytest.param("submitter=me", [], id="unknown submitter"),
    pytest.param("submitter=null", [], id="submitter who is nobody"),
    pytest.param("submitter=%20", [], id="blank submitter"),
    pytest.param("submitter=", [61, 55, 51, 40, 20], id="empty submitter"),
    pytest.param("reviewer=7", [20], id="reviewer"),
    pytest.param("reviewer=null", [61, 55, 51, 40], id="no reviewer"),
    pytest.param("reviewer=0", [], id="reviewer that cannot be"),
    pytest.param("reviewer=somebody", [], id="unknown reviewer"),
    pytest.param("reviewer=self", [], id="self of nobody, as reviewer"),
    pytest.param("reviewer=NULL", [], id="reviewer that is not null"),
    pytest.param("reviewer=%20", [], id="blank reviewer"),
    pytest.param("reviewer=", [61, 55, 51, 40, 20], id="empty reviewer"),
    pytest.param("name=TIDY", [20], id="name without case"),
    pytest.param("name=%C3%A4nderung", [51], id="name without case beyond ASCII"),
    pytest.param("name=stra%C3%9Fe", [40], id="name with a letter of one case"),
    pytest.param("name=100%25_", [40], id="wildcards of LIKE are letters"),
    pytest.param("name=[g", [61], id="wildcards of GLOB are letters"),
    pytest.param("name=*", [], id="star"),
    pytest.param("name=", [61, 55, 51, 40, 20], id="empty name"),
    pytest.param("name=a%00b", [], id="name with a NUL"),
    pytest.param("name=%ff%fe", [], id="name that is no UTF-8"),
    pytest.param("name=" + "x" * 60000, [], id="name longer than any"),
    pytest.param("msgid=mail-31@example.org", [20], id="Message-ID of a patch"),
    pytest.param("msgid=%3Cmail-31@example.org%3E", [20], id="Message-ID in angle brackets"),
    pytest.param("msgid=cover@example.org", [20], id="Message-ID of a cover letter"),
    pytest.param("msgid=nothing@example.org", [], id="Message-ID that never came"),
    pytest.param("state=done", [40], id="state"),
    pytest.param("state=in%20progress,incomplete", [55, 20], id="states"),
    pytest.param("state=in-progress", [20], id="state with a hyphen"),
    pytest.param("state=asleep", [], id="unknown state"),
    pytest.param("state=none", [], id="unknown state that is a word of ours"),
    pytest.param("state=,", [], id="state of commas"),
    pytest.param("state=", [61, 55, 51, 40, 20], id="empty state"),
    pytest.param("state=asleep&ordering=-last_updated&project=2", [], id="unknown state in another order"),
    pytest.param("state=asleep,done", [40], id="unknown state beside a known one"),
    pytest.param("test_state=success", [40], id="test state"),
    pytest.param("test_state=success,failure", [61, 40], id="test states"),
    pytest.param("test_state=null", [55, 51], id="no test state"),
    pytest.param("test_state=null,warning", [55, 51, 20], id="no test state or one"),
    pytest.param("test_state=perfect", [], id="unknown test state"),
    pytest.param("test_state=perfect,null", [55, 51], id="unknown test state beside none"),
    pytest.param("test_state=%20,", [], id="test state of commas"),
    pytest.param("test_state=", [61, 55, 51, 40, 20], id="empty test state"),
    pytest.param("submitted_since=2024-05-05T09:00:00", [61, 55], id="submitted since, strictly"),
    pytest.param("submitted_before=2024-05-02T09:00:00", [40, 20], id="submitted before, or then"),
    pytest.param("updated_since=2024-06-01T00:00:00.013344", [20], id="updated since, to the microsecond"),
    pytest.param("updated_since=2024-06-01T00:00:00.013345", [], id="updated since, strictly"),
    pytest.param("updated_before=2024-05-02", [], id="updated before a date"),
    pytest.param("updated_before=2024-05-02T09:00:00Z", [40], id="updated before, or then"),
    pytest.param("project=2&submitter=10&state=initial,incomplete&name=n", [55, 51], id="all must hold"),
    pytest.param("colour=blue", [61, 55, 51, 40, 20], id="unknown parameter"),
    pytest.param("project=3&project=2", [55, 51, 40, 20], id="the last of two counts"),
    pytest.param("ordering=name", [55, 20, 61, 40, 51], id="by name"),
    pytest.param("ordering=last_updated", [40, 51, 55, 61, 20], id="by update"),
    pytest.param("ordering=-last_updated", [20, 61, 55, 51, 40], id="by update, descending"),
    pytest.param("ordering=version", [40, 51, 55, 61, 20], id="equal ones by id"),
    pytest.param("ordering=-version", [20, 61, 55, 51, 40], id="equal ones by id, descending"),
    pytest.param("ordering=test_state", [51, 55, 61, 40, 20], id="null first"),
    pytest.param("ordering=-test_state", [20, 40, 61, 55, 51], id="null last, descending"),
    pytest.param("ordering=submitter.name", [40, 20, 51, 55, 61], id="by the submitter's name"),
    pytest.param("ordering=project.name", [61, 20, 40, 51, 55], id="by the project's name"),
    pytest.param("ordering=-project.name,id", [20, 40, 51, 55, 61], id="by the project's name, descending"),
    pytest.param("ordering=reviewer.username", [40, 51, 55, 61, 20], id="by the reviewer's name, null first"),
    pytest.param("ordering=-reviewer.username&related=expand", [20, 61, 55, 51, 40], id="by it, descending"),
    pytest.param("ordering=project.name&related=expand", [61, 20, 40, 51, 55], id="by the project's name, expanded"),
    pytest.param("ordering=-n_patches,name", [55, 20, 61, 40, 51], id="by two fields"),
    pytest.param("ordering=shoe_size", [61, 55, 51, 40, 20], id="unknown order"),
]


@pytest.mark.parametrize(("query", "expected"), SERIES_FILTERS)
def test_series_list(get: Get, query: str, expected: list[int]) -> None:
    listed = get(f"/series/?{query}")
    assert [series["id"] for series in listed["results"]] == expected
    assert listed["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", [55, 51, 40, 20], id="all"),
        pytest.param("state=done", [40], id="filtered"),
        pytest.param("project=2", [55, 51, 40, 20], id="the same project"),
        pytest.param("project=3", [], id="another project"),
        pytest.param("ordering=id", [20, 40, 51, 55], id="ordered"),
    ],
)
@pytest.mark.parametrize("project", ["widgets", "2"])
def test_series_list_of_a_project(get: Get, project: str, query: str, expected: list[int]) -> None:
    listed = get(f"/projects/{project}/series/?{query}")
    assert [series["id"] for series in listed["results"]] == expected
    assert listed["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", [21, 22, 40, 31, 32, 45, 51, 61], id="oldest date first"),
        pytest.param("project=3", [61], id="project"),
        pytest.param("submitter=11", [40], id="submitter"),
        pytest.param("submitter=self", [], id="self of nobody"),
        pytest.param("name=tidy", [21, 22, 31, 32], id="name"),
        pytest.param("name=%C3%84nDerUng", [51], id="name beyond ASCII"),
        pytest.param("msgid=a/b%25c%2Bd@example.org", [51], id="Message-ID"),
        pytest.param("state=3", [32], id="state by number"),
        pytest.param("state=under-review,Superseded", [22, 61], id="states by name"),
        pytest.param("state=77,asleep", [], id="unknown states"),
        pytest.param("state=-1", [], id="state that cannot be"),
        pytest.param("state=77,3", [32], id="unknown state beside a known one"),
        pytest.param("state=", [21, 22, 40, 31, 32, 45, 51, 61], id="empty state"),
        pytest.param("submitter=Ada", [], id="submitter by name"),
        pytest.param("reviewer=nobody&test_state=x", [21, 22, 40, 31, 32, 45, 51, 61], id="no parameters of patches"),
        pytest.param("submitted_since=2024-05-05T09:00:00", [61], id="submitted since, strictly"),
        pytest.param("submitted_before=2024-05-01T10:00:01", [21, 22], id="submitted before, or then"),
        pytest.param("updated_since=2024-06-01", [31], id="updated since"),
        pytest.param("updated_before=2024-05-01T10:00:00", [21], id="updated before, or then"),
        pytest.param("ordering=-date", [61, 51, 45, 32, 31, 40, 22, 21], id="newest date first"),
        pytest.param("ordering=-project.name", [51, 45, 40, 32, 31, 22, 21, 61], id="by the project's name"),
        pytest.param("ordering=state", [21, 31, 40, 45, 51, 61, 32, 22], id="by state, then id"),
    ],
)
def test_patch_list(get: Get, query: str, expected: list[int]) -> None:
    listed = get(f"/patches/?{query}")
    assert [patch["id"] for patch in listed["results"]] == expected
    assert listed["count"] == len(expected)


def test_patch_list_of_a_project(get: Get) -> None:
    assert [patch["id"] for patch in get("/projects/gadgets/patches/")["results"]] == [61]


NEWEST_FIRST = ["05-05", "05-04", "05-03", "05-02", "05-01"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", NEWEST_FIRST, id="newest first"),
        pytest.param("ordering=event_time", NEWEST_FIRST[::-1], id="oldest first"),
        pytest.param("since=2024-05-03T10:00:05", ["05-05", "05-04"], id="since, strictly"),
        pytest.param("since=2024-05-03T10:00:04.999999", ["05-05", "05-04", "05-03"], id="since, to the microsecond"),
        pytest.param("since=2024-05-05T02:00:00.499999+02:00", ["05-05"], id="since, a plus that is a space"),
        pytest.param("since=2024-05-05T00:00:00.500000", [], id="since the last"),
        pytest.param("since=", NEWEST_FIRST, id="since nothing"),
        pytest.param("name=series-new-revision", ["05-03", "05-02", "05-01"], id="name"),
        pytest.param("name=pull-request-new,patch-state-change", ["05-05", "05-04"], id="names"),
        pytest.param("name=patch-new", ["05-01"], id="a kind for those who ask"),
        pytest.param("name=nothing-new", [], id="unknown name"),
        pytest.param("name=,", [], id="name of commas"),
        pytest.param("name=", NEWEST_FIRST, id="empty name"),
        pytest.param("series=20", ["05-05", "05-03", "05-01"], id="series"),
        pytest.param("series=20&name=series-new-revision&since=2024-05-02", ["05-03"], id="all must hold"),
        pytest.param("patch=45", ["05-04"], id="patch"),
        pytest.param("patch=x", [], id="no patch"),
    ],
)
def test_event_list(get: Get, query: str, expected: list[str]) -> None:
    listed = get(f"/projects/widgets/events/?{query}")
    assert [event["event_time"][5:10] for event in listed["results"]] == expected
    assert listed["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", [95, 94, 93, 92, 90], id="newest first"),
        pytest.param("ordering=event_time", [90, 92, 93, 94, 95], id="oldest first"),
        pytest.param("ordering=id", [90, 92, 93, 94, 95], id="by id"),
        pytest.param("ordering=-id", [95, 94, 93, 92, 90], id="by id, descending"),
        pytest.param("ordering=name,-id", [95, 94, 93, 92, 90], id="by name"),
        pytest.param("project=2", [95, 94, 93, 92, 90], id="project"),
        pytest.param("project=3", [], id="project without events"),
        pytest.param("project=widgets", [], id="no project id"),
        pytest.param("since=2024-05-03T10:00:05", [95, 94], id="since, strictly"),
        pytest.param("since=2024-05-03T10:00:05&ordering=id&project=2", [94, 95], id="since, of a project"),
        pytest.param("name=series-new-revision,patch-new", [93, 92, 91, 90], id="names"),
        pytest.param("name=nothing-new", [], id="unknown name"),
        pytest.param("series=20", [95, 93, 90], id="series"),
        pytest.param("patch=21&name=patch-new", [91], id="patch"),
        pytest.param("patch=21", [], id="patch, without a kind for those who ask"),
        pytest.param("related=expand&perpage=3&page=2", [92, 90], id="a page"),
    ],
)
def test_event_list_of_all_projects(get: Get, query: str, expected: list[int]) -> None:
    listed = get(f"/events/?{query}")
    assert [event["id"] for event in listed["results"]] == expected
    assert listed["count"] == (5 if "page" in query else len(expected))


def test_project_of_a_feed_is_that_of_its_path(get: Get) -> None:
    assert get("/projects/widgets/events/?project=3")["count"] == 5


def test_empty_list_is_a_valid_first_page(get: Get) -> None:
    assert get("/projects/gadgets/events/") == {"count": 0, "next": None, "previous": None, "results": []}


def test_pages_link_to_their_neighbours_and_keep_all_parameters(get: Get) -> None:
    first = get("/projects/widgets/series?perpage=2&ordering=id&name=&x=a%26b")
    second = get("/projects/widgets/series/?perpage=2&ordering=id&page=2")
    assert [series["id"] for series in first["results"] + second["results"]] == [20, 40, 51, 55]
    assert (first["count"], second["count"]) == (4, 4)
    assert (first["previous"], second["next"]) == (None, None)
    following = urlsplit(first["next"])
    assert following[:3] == ("https", "patches.example.org", "/api/1.0/projects/widgets/series")
    assert parse_qs(following.query) == {"perpage": ["2"], "ordering": ["id"], "x": ["a&b"], "page": ["2"]}
    assert second["previous"].endswith("/series/?perpage=2&ordering=id")


def test_reader_who_gives_parameters_again_with_each_next_url_gets_each_series_once(get: Get) -> None:
    """`git pw` follows `next` and adds its own parameters once more."""
    seen, path = [], "/series/?perpage=2&ordering=id"
    while path:
        listed = get(path)
        seen += [series["id"] for series in listed["results"]]
        path = f"{listed['next'].partition('/api/1.0')[2]}&perpage=2&ordering=id" if listed["next"] else ""
        assert path.count("perpage") in (0, 2)
    assert seen == [20, 40, 51, 55, 61]


def test_filtered_list_is_counted_over_all_pages(get: Get) -> None:
    listed = get("/series/?state=initial,incomplete,done&perpage=2")
    assert (listed["count"], len(listed["results"])) == (4, 2)


@pytest.mark.parametrize(
    ("path", "expected", "number"),
    [
        pytest.param("/series/?perpage=2", [20], 3, id="series"),
        pytest.param("/series/?perpage=5", [61, 55, 51, 40, 20], 1, id="a page that is full"),
        pytest.param("/series/?perpage=1&ordering=id", [61], 5, id="a page of one"),
        pytest.param("/series/?perpage=2&state=initial,incomplete", [51], 2, id="filtered"),
        pytest.param("/series/?perpage=1&name=TIDY", [20], 1, id="by a part of the name"),
        pytest.param("/series/?state=asleep", [], 1, id="an empty list"),
        pytest.param("/projects/widgets/series/?perpage=3", [20], 2, id="of a project"),
        pytest.param("/patches/?perpage=3", [51, 61], 3, id="patches"),
        pytest.param("/projects/?perpage=1", [2], 2, id="projects"),
        pytest.param("/series/20/comments/?perpage=3", [73], 2, id="comments"),
        pytest.param("/projects/widgets/events/?perpage=2", [90], 3, id="events"),
        pytest.param("/projects/gadgets/events/", [], 1, id="no events"),
    ],
)
def test_last_page(get: Get, path: str, expected: list[int], number: int) -> None:
    joined = f"{path}{'&' if '?' in path else '?'}page="
    last = get(f"{joined}last")
    assert last == get(f"{joined}{number}")
    assert [each["id"] for each in last["results"]] == expected


def test_last_page_of_revisions(get: Get) -> None:
    assert [each["version"] for each in get("/series/20/revisions/?perpage=1&page=last")["results"]] == [2]


def test_last_page_that_is_full_has_no_next(get: Get) -> None:
    assert get("/series/?perpage=5")["next"] is None
    assert get("/series/?perpage=1&page=5")["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/projects/?page=2",
        "/series/?page=2",
        "/series/?page=0",
        "/series/?page=Last",
        "/series/?page=-1",
        "/series/?page=99999999999999999999",
        "/series/?page=9223372036854775807&perpage=100",
        "/projects/widgets/series/?project=3&page=2",
        "/patches/?page=x",
        "/projects/widgets/events/?page=2",
        "/events/?page=2",
        "/series/20/revisions/?page=2",
    ],
)
def test_page_that_is_not_there(client: TestClient, path: str) -> None:
    path, _, query = path.partition("?")
    result = client.simulate_get(f"/api/1.0{path}", query_string=query)
    assert result.status_code == 404
    assert result.json == {"detail": "Invalid page."}
