"""Reviewers, states and reruns."""

from collections.abc import Iterator

import pytest

from schemas.records import ProjectChanged, SeriesMerged
from tests.api.changing.conftest import Live, make_live
from tests.projector.fold.mailing import series


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Live]:
    yield from make_live(tmp_path_factory.mktemp("changed"), database=database_url)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_reviewer_is_given_and_taken_away(live: Live, method: str) -> None:
    path = f"/series/{live.series}/"
    given = live.call(method, path, {"reviewer": live.stranger}, by="max")
    assert (given.status_code, given.json["reviewer"]) == (200, live.stranger)
    assert given.json == live.call("GET", path).json
    assert live.call("GET", f"{path}?related=expand").json["reviewer"] == {"id": live.stranger, "name": "sam"}
    assert live.call("GET", f"/series/?reviewer={live.stranger}").json["count"] == 1
    assert live.call("GET", "/series/?reviewer=null").json["count"] == 0
    assert live.call("GET", "/series/?reviewer=self", by="sam").json["count"] == 1
    taken = live.call(method, path, {"reviewer": None}, by="max")
    assert (taken.status_code, taken.json["reviewer"]) == (200, None)
    assert live.call("GET", "/projects/demo/series/?reviewer=null").json["count"] == 1
    assert live.call(method, path, {"reviewer": live.stranger}, by="max").status_code == 200
    assert live.call(method, path, {"reviewer": ""}, by="max").json["reviewer"] is None


def test_what_says_nothing_changes_nothing(live: Live) -> None:
    before = live.log.end()
    assert live.call("PATCH", f"/series/{live.series}/", {"name": "x"}, by="max").status_code == 200
    assert live.call("PATCH", f"/patches/{live.patches[0]}/", {"name": "x"}, by="max").status_code == 200
    assert live.log.end() == before


@pytest.mark.parametrize("reviewer", [99999, "max", " ", True, 1.5, -1])
def test_reviewer_that_is_nobody(live: Live, reviewer: object) -> None:
    result = live.call("PATCH", f"/series/{live.series}/", {"reviewer": reviewer}, by="max")
    assert (result.status_code, list(result.json)) == (400, ["reviewer"])


@pytest.mark.parametrize("state", [3, "3", "Accepted", "accepted"])
def test_state_by_id_or_name(live: Live, state: object) -> None:
    path = f"/patches/{live.patches[0]}/"
    result = live.call("PATCH", path, {"state": state}, by="max")
    assert (result.status_code, result.json["state"]) == (200, 3)
    (event,) = live.call("GET", "/projects/demo/events/?name=patch-state-change").json["results"]
    assert event["parameters"] == {"previous_state": "New", "new_state": "Accepted"}
    assert (event["patch"], event["series"], event["user"]) == (live.patches[0], live.series, live.maintainer)
    assert live.call("GET", f"/series/{live.series}/").json["state"] == "in progress"


def test_own_patch_and_no_other(live: Live) -> None:
    assert live.call("PATCH", f"/patches/{live.patches[0]}/", {"state": "RFC"}, by="ada").status_code == 200
    assert live.call("PATCH", f"/patches/{live.patches[0]}/", {"state": "RFC"}, by="sam").status_code == 403
    assert live.call("PATCH", f"/series/{live.series}/", {"reviewer": None}, by="ada").status_code == 403
    assert live.call("GET", "/series/?submitter=self", by="ada").json["count"] == 1
    assert live.call("GET", "/patches/?submitter=self", by="sam").json["count"] == 0


def test_a_submitter_sets_what_the_project_lets_submitters_set(live: Live) -> None:
    path = f"/patches/{live.patches[0]}/"
    refused = live.call("PATCH", path, {"state": "Accepted"}, by="ada")
    assert refused.status_code == 403 and "not Accepted." in refused.json["detail"]
    posted = {"state": "accepted", "message_ids": ["a-1@example.org"]}
    changed = live.call("POST", "/projects/demo/patches/states/", posted, by="ada")
    assert [patch["outcome"] for patch in changed.json] == ["forbidden"]
    live.log.append([ProjectChanged(linkname="demo", submitter_states=("New",))])
    assert live.call("PATCH", path, {"state": "RFC"}, by="ada").status_code == 403
    assert live.call("PATCH", path, {"state": "New"}, by="ada").status_code == 200


def test_unknown_state(live: Live) -> None:
    result = live.call("PATCH", f"/patches/{live.patches[0]}/", {"state": "good"}, by="max")
    assert (result.status_code, result.json) == (400, {"state": ['"good" is not a valid choice.']})


def test_rerun_is_a_revision_of_its_own_with_its_own_event_and_results(live: Live) -> None:
    posted = {"test_name": "bat", "state": "failure"}
    live.call("POST", f"/series/{live.series}/revisions/1/test-results/", posted, by="max")
    result = live.call("POST", f"/series/{live.series}/revisions/1/newrevision/", by="ada")
    assert result.status_code == 201, result.text
    assert result.headers["location"].endswith(f"/series/{live.series}/revisions/2/")
    assert (result.json["version"], result.json["patches"], result.json["rerun_of"]) == (2, live.patches, 1)
    shown = live.call("GET", f"/series/{live.series}/").json
    assert (shown["version"], shown["test_state"]) == (2, None)

    rerun = live.call("GET", f"/projects/demo/events/?after=0&name=series-new-revision&series={live.series}")
    assert [(event["user"], event["parameters"]) for event in rerun.json["results"]] == [
        (live.author, {"revision": 1}),
        (live.author, {"revision": 2, "rerun_of": 1}),
    ]
    live.call("POST", f"/series/{live.series}/revisions/2/test-results/", {**posted, "state": "success"}, by="max")
    states = [
        live.call("GET", f"/series/{live.series}/revisions/{number}/test-results/").json[0]["state"]
        for number in (1, 2)
    ]
    assert states == ["failure", "success"]
    assert live.call("GET", f"/series/{live.series}/").json["test_state"] == "success"
    assert "rerun_of" not in live.call("GET", f"/series/{live.series}/revisions/1/").json


def test_rerun_of_what_is_incomplete(live: Live) -> None:
    (cover, *_) = live.append(*series("b", 3, name="net: other", minute=600)[:-1])
    result = live.call("POST", f"/series/{cover}/revisions/1/newrevision/", by="max")
    assert (result.status_code, result.json) == (409, {"detail": "Revision 1 is not complete."})


def test_many_states_by_message_id(live: Live) -> None:
    posted = {"state": "Rejected", "message_ids": ["<a-1@example.org>", "a-2@example.org", "none@example.org"]}
    result = live.call("POST", "/projects/demo/patches/states/", posted, by="max")
    assert result.status_code == 200, result.text
    assert result.json == [
        {"message_id": "a-1@example.org", "patch": live.patches[0], "outcome": "done"},
        {"message_id": "a-2@example.org", "patch": live.patches[1], "outcome": "done"},
        {"message_id": "none@example.org", "patch": None, "outcome": "not-found"},
    ]
    assert live.call("GET", f"/series/{live.series}/").json["state"] == "done"
    again = live.call("POST", "/projects/demo/patches/states/", posted, by="sam").json
    assert [row["outcome"] for row in again] == ["forbidden", "forbidden", "not-found"]


def test_commits_accept_the_patches_that_they_came_by(live: Live) -> None:
    found = live.call("GET", f"/patches/{live.patches[0]}/").json["content"]
    from projector.assembly.diff_id import diff_id

    patch_id = diff_id(found.encode())
    assert patch_id is not None
    lines = f"{patch_id} {'a' * 40}\n{'0' * 40} {'b' * 40}\n"
    headers = {"Content-Type": "text/plain"}
    result = live.call("POST", "/projects/demo/commits/", by="max", body=lines, headers=headers)
    assert result.status_code == 200, result.text
    assert result.json == [
        {"commit": "a" * 40, "patch": live.patches[0], "outcome": "done"},
        {"commit": "b" * 40, "patch": None, "outcome": "not-found"},
    ]
    json = {"commits": [{"id": "a" * 40, "patch_id": patch_id}]}
    assert live.call("POST", "/projects/demo/commits/", json, by="max").json[0]["outcome"] == "unchanged"
    assert live.call("GET", f"/patches/{live.patches[0]}/").json["state"] == 3
    (event,) = live.call("GET", "/projects/demo/events/?name=patch-state-change").json["results"]
    assert event["parameters"]["commit"] == "a" * 40
    assert live.call("POST", "/projects/demo/commits/", by="max", body="", headers=headers).json == []
    assert live.call("POST", "/projects/demo/commits/", {"commits": [{"id": "x"}]}, by="max").status_code == 400
    assert live.call("POST", "/projects/demo/commits/", json, by="ada").status_code == 403


def test_comments_of_a_patch_and_of_its_series(live: Live) -> None:
    (listed,) = live.call("GET", f"/patches/{live.patches[0]}/comments/").json["results"]
    assert listed["id"] == live.comment
    assert (listed["parent"], listed["patch"], listed["text"]) == (
        live.patches[0],
        live.patches[0],
        "Reviewed-by: Max <m@example.org>\n",
    )
    assert live.call("GET", f"/series/{live.series}/comments/").json["results"] == [listed]
    assert live.call("GET", "/series/99999/comments/").status_code == 404
    expanded = live.call("GET", f"/patches/{live.patches[0]}/comments/?related=expand").json["results"][0]
    assert expanded["author"]["id"] == listed["author"]


def test_what_moved_is_changed_where_it_is_now(live: Live) -> None:
    other, *_ = live.append(*series("b", 2, name="net: other work", minute=600))
    live.append(SeriesMerged(mails=(live.patches[0], other)))
    assert live.call("GET", f"/series/{other}/").status_code == 301
    posted = {"test_name": "moved", "state": "info"}
    result = live.call("POST", f"/series/{other}/revisions/1/test-results/", posted, by="max")
    assert result.status_code == 201
    assert result.headers["location"].endswith(f"/series/{live.series}/revisions/2/test-results/")
    changed = live.call("PATCH", f"/series/{other}/", {"reviewer": live.author}, by="max")
    assert (changed.json["id"], changed.json["reviewer"]) == (live.series, live.author)
    rerun = live.call("POST", f"/series/{other}/revisions/1/newrevision/", by="max")
    assert (rerun.json["version"], rerun.json["rerun_of"]) == (3, 2)
