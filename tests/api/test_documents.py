"""Every document of the REST page, field by field and in order."""

from typing import Any

import pytest

from tests.api.conftest import Get
from tests.api.rows import COMMIT_DATE, DIFF, NEW

WIDGETS = {
    "id": 2,
    "name": "Widgets",
    "linkname": "widgets",
    "listemail": "widgets@example.org",
    "web_url": "https://example.org/w",
    "scm_url": "",
    "webscm_url": "",
}
SERIES_20 = {
    "id": 20,
    "project": 2,
    "name": "Tidy <everything>",
    "n_patches": 2,
    "submitter": 10,
    "submitted": "2024-05-01T09:59:59",
    "last_updated": "2024-06-01T00:00:00.013345",
    "version": 2,
    "reviewer": 7,
    "test_state": "warning",
    "state": "in progress",
    "state_summary": NEW,
    "test_summary": [],
    "depends_on": [40, 51],
    "may_follow": None,
}
PATCH_31 = {
    "id": 31,
    "project": 2,
    "name": "[v2,1/2] one: tidy",
    "date": "2024-05-03T10:00:00",
    "last_updated": "2024-06-01T00:00:00.500000",
    "submitter": 10,
    "state": 1,
    "content": DIFF,
    "author": {"name": "Ada", "email": "ada@example.org"},
    "author_date": COMMIT_DATE,
    "commit_title": "31",
    "warnings": [],
    "pull_url": None,
}
ADA = {"id": 10, "name": "Ada Ärlig"}


def same_in_order(document: Any, expected: Any) -> bool:
    return bool(document == expected and list(document) == list(expected))


def test_api(get: Get) -> None:
    assert get("/") == {"revision": 3}


def test_projects_are_listed_by_linkname(get: Get) -> None:
    listed = get("/projects/")
    assert list(listed) == ["count", "next", "previous", "results"]
    assert (listed["count"], listed["next"], listed["previous"]) == (2, None, None)
    assert [project["linkname"] for project in listed["results"]] == ["gadgets", "widgets"]
    assert same_in_order(listed["results"][1], WIDGETS)


@pytest.mark.parametrize("key", ["2", "widgets"])
def test_project(get: Get, key: str) -> None:
    assert same_in_order(get(f"/projects/{key}/"), WIDGETS)


def test_series(get: Get) -> None:
    assert same_in_order(get("/series/20/"), SERIES_20)


def test_series_without_reviewer_and_tests(get: Get) -> None:
    series = get("/series/55/")
    assert (series["reviewer"], series["test_state"], series["state"]) == (None, None, "incomplete")


def test_expanded_series(get: Get) -> None:
    expanded = {**SERIES_20, "project": WIDGETS, "submitter": ADA, "reviewer": {"id": 7, "name": "cy"}}
    assert same_in_order(get("/series/20/?related=expand"), expanded)
    assert expanded in get("/projects/widgets/series/?related=expand")["results"]


def test_person_without_a_name_is_called_by_the_address(get: Get) -> None:
    assert get("/series/40/?related=expand")["submitter"] == {"id": 11, "name": "bo@example.org"}


def test_unknown_way_to_relate_is_ignored(get: Get) -> None:
    assert get("/series/20/?related=everything") == SERIES_20


def test_revisions_are_listed_by_version(get: Get) -> None:
    listed = get("/series/20/revisions/")
    assert listed["count"] == 2
    assert listed["results"] == [
        {"version": 1, "cover_letter": "All of it.\n\nReally.", "patches": [21, 22]},
        {"version": 2, "cover_letter": "Again.", "patches": [31, 32]},
    ]


def test_revision(get: Get) -> None:
    assert same_in_order(get("/series/20/revisions/2/"), {"version": 2, "cover_letter": "Again.", "patches": [31, 32]})
    assert get("/series/40/revisions/1")["cover_letter"] is None


def test_expanded_revision_has_its_patches_in_order(get: Get) -> None:
    patches = get("/series/20/revisions/2/?related=expand")["patches"]
    assert [patch["id"] for patch in patches] == [31, 32]
    assert same_in_order(
        patches[0], {**PATCH_31, "project": WIDGETS, "submitter": ADA, "state": {"id": 1, "name": "New"}}
    )
    listed = get("/series/20/revisions/?related=expand")["results"]
    assert [[patch["id"] for patch in revision["patches"]] for revision in listed] == [[21, 22], [31, 32]]


def test_expanded_revision_without_patches(get: Get) -> None:
    assert get("/series/55/revisions/1/?related=expand")["patches"] == []


def test_patch(get: Get) -> None:
    assert same_in_order(get("/patches/31/"), PATCH_31)
    assert PATCH_31 in get("/patches/")["results"]


def test_expanded_patch(get: Get) -> None:
    expanded = {**PATCH_31, "project": WIDGETS, "submitter": ADA, "state": {"id": 1, "name": "New"}}
    assert same_in_order(get("/patches/31/?related=expand"), expanded)
    assert expanded in get("/projects/2/patches/?related=expand")["results"]


def test_pull_request_has_no_content(get: Get) -> None:
    assert get("/patches/45/")["content"] is None


def test_events(get: Get) -> None:
    listed = get("/projects/widgets/events/")
    assert listed["count"] == 5
    assert listed["results"][:2] == [
        {
            "id": 95,
            "name": "patch-state-change",
            "event_time": "2024-05-05T00:00:00.500000",
            "series": 20,
            "patch": 32,
            "user": 7,
            "parameters": {"previous_state": "New", "new_state": "Accepted"},
        },
        {
            "id": 94,
            "name": "pull-request-new",
            "event_time": "2024-05-04T09:00:05",
            "series": None,
            "patch": 45,
            "user": None,
            "parameters": {"pull_url": "git://example.org/w.git main"},
        },
    ]
    assert list(listed["results"][0]) == ["id", "name", "event_time", "series", "patch", "user", "parameters"]


def test_expanded_events_hold_series_and_patches(get: Get) -> None:
    newest, pull, *_ = get("/projects/widgets/events/?related=expand")["results"]
    assert newest["series"] == get("/series/20/?related=expand")
    assert newest["patch"] == get("/patches/32/?related=expand")
    assert (pull["series"], pull["patch"]["id"]) == (None, 45)


def test_results_of_a_revision_are_a_bare_array_by_test_name(get: Get) -> None:
    results = get("/series/20/revisions/2/test-results/")
    assert results == [
        {
            "date": "2024-05-03T11:00:03.529000",
            "state": "success",
            "summary": None,
            "test_name": "BAT",
            "url": None,
        },
        {
            "date": "2024-05-03T11:00:03.529000",
            "state": "warning",
            "summary": "2 warnings",
            "test_name": "zoo",
            "url": "https://ci.example.org/1",
        },
    ]
    assert list(results[0]) == ["date", "state", "summary", "test_name", "url"]


def test_results_of_a_patch(get: Get) -> None:
    assert [row["test_name"] for row in get("/patches/40/test-results/")] == ["lint"]


@pytest.mark.parametrize("path", ["/series/20/revisions/1/test-results/", "/patches/21/test-results/"])
def test_no_results_are_an_empty_array(get: Get, path: str) -> None:
    assert get(path) == []
