"""Test results as CI systems post them."""

from typing import Any

import pytest

from tests.api.changing.conftest import Live

PATHS = ["/series/{series}/revisions/1/test-results/", "/patches/{patch}/test-results/"]


def path_of(live: Live, path: str) -> str:
    return path.format(series=live.series, patch=live.patches[0])


@pytest.mark.parametrize("path", PATHS)
def test_result_is_created_then_updated_and_keeps_what_is_left_out(live: Live, path: str) -> None:
    path = path_of(live, path)
    created = live.call(
        "POST", path, {"test_name": "bat", "state": "pending", "url": "https://ci.example.org/1"}, by="max"
    )
    assert created.status_code == 201, created.text
    assert created.headers["content-type"] == "application/json"
    assert (created.json["state"], created.json["url"], created.json["summary"]) == (
        "pending",
        "https://ci.example.org/1",
        None,
    )
    updated = live.call("POST", path, {"test_name": "bat", "state": "success", "summary": "ok"}, by="max")
    assert updated.status_code == 201
    assert updated.json["url"] == "https://ci.example.org/1"
    assert [result for result in live.call("GET", path).json if result["test_name"] == "bat"] == [updated.json]
    cleared = live.call("POST", path, {"test_name": "bat", "state": "success", "url": None}, by="max")
    assert (cleared.json["url"], cleared.json["summary"]) == (None, "ok")
    given = {"test_name": "bat", "state": "success", "url": "https://ci.example.org/2"}
    assert live.call("POST", path, given, by="max").json["url"] == given["url"]
    emptied = live.call("POST", path, {**given, "url": ""}, by="max")
    assert (emptied.status_code, emptied.json["url"]) == (201, None)


@pytest.mark.parametrize("path", PATHS)
def test_form_is_as_good_as_json(live: Live, path: str) -> None:
    result = live.call(
        "POST",
        path_of(live, path),
        by="max",
        body="test_name=form+test&state=warning&summary=a%26b&url=",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert result.status_code == 201
    assert {name: result.json[name] for name in ("test_name", "state", "summary", "url")} == {
        "test_name": "form test",
        "state": "warning",
        "summary": "a&b",
        "url": None,
    }


@pytest.mark.parametrize(
    ("posted", "errors"),
    [
        pytest.param({"state": "success"}, {"test_name": ["This field is required."]}, id="no name"),
        pytest.param({"test_name": "a"}, {"state": ["This field is required."]}, id="no state"),
        pytest.param({"test_name": "a", "state": "x"}, {"state": ['"x" is not a valid choice.']}, id="state"),
        pytest.param({"test_name": "a", "state": "info", "url": "nowhere"}, {"url": ["Enter a valid URL."]}, id="url"),
        pytest.param({"test_name": "a", "state": "info", "url": " "}, {"url": ["Enter a valid URL."]}, id="blank url"),
        pytest.param(
            {"test_name": "", "state": None, "url": "javascript:alert(1)"},
            {
                "test_name": ["This field may not be blank."],
                "state": ["This field may not be null."],
                "url": ["Enter a valid URL."],
            },
            id="all at once",
        ),
        pytest.param(
            {"test_name": ["a"], "state": "info"}, {"test_name": ["Expected a string, came an array."]}, id="a list"
        ),
    ],
)
def test_what_is_wrong_is_said_field_by_field(live: Live, posted: dict[str, Any], errors: dict[str, Any]) -> None:
    before = live.log.end()
    result = live.call("POST", path_of(live, PATHS[0]), posted, by="max")
    assert (result.status_code, result.json) == (400, errors)
    assert result.headers["content-type"] == "application/json"
    assert live.log.end() == before


@pytest.mark.parametrize(
    ("body", "type", "status"),
    [
        pytest.param("{", "application/json", 400, id="no JSON"),
        pytest.param("[1]", "application/json", 400, id="no object"),
        pytest.param('{"a":' + "[" * 100_000, "application/json", 400, id="nested too deeply"),
        pytest.param("\udcff", "application/json", 400, id="no UTF-8"),
        pytest.param("x=\xff", "application/x-www-form-urlencoded", 400, id="no form"),
        pytest.param("<a/>", "text/xml", 415, id="another type"),
        pytest.param("x" * (1024 * 1024 + 1), "application/json", 413, id="too large"),
        pytest.param("", "application/json", 400, id="nothing"),
    ],
)
def test_body_that_cannot_be_read(live: Live, body: str, type: str, status: int) -> None:
    raw = body.encode("latin-1" if "\xff" in body else "utf-8", "surrogateescape")
    result = live.call("POST", path_of(live, PATHS[0]), by="max", body=raw, headers={"Content-Type": type})
    assert result.status_code == status, result.text


def test_worst_result_is_the_state_of_the_series_which_counts_as_updated(live: Live) -> None:
    path = path_of(live, PATHS[0])
    before = live.call("GET", f"/series/{live.series}/").json
    for state in ("failure", "failure"):
        result = live.call("POST", path, {"test_name": "worst", "state": state}, by="max")
        after = live.call("GET", f"/series/{live.series}/").json
        assert after["test_state"] == "failure"
        assert after["last_updated"] == result.json["date"] > before["last_updated"]
        before = after
    live.call("POST", path, {"test_name": "worst", "state": "info"}, by="max")


def test_result_is_on_the_feed_for_those_who_ask(live: Live) -> None:
    live.call("POST", path_of(live, PATHS[0]), {"test_name": "fed", "state": "info"}, by="max")
    (event,) = live.call("GET", "/projects/demo/events/?name=test-result&perpage=1").json["results"]
    assert event["parameters"] == {"test_name": "fed", "state": "info", "revision": 1}
    assert (event["series"], event["user"]) == (live.series, live.maintainer)
    names = {event["name"] for event in live.call("GET", "/projects/demo/events/").json["results"]}
    assert "test-result" not in names


@pytest.mark.parametrize("path", ["/series/99999/revisions/1/test-results/", "/patches/99999/test-results/"])
def test_what_is_not_there(live: Live, path: str) -> None:
    result = live.call("POST", path, {"test_name": "a", "state": "info"}, by="max")
    assert (result.status_code, result.json) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("name", ["bat\x1b[2J", "bat\r\nevil", "bat\u202eevil", "bat\u200b", "bat\u2028x", "bat\x85"])
def test_name_of_a_test_has_no_controls(live: Live, name: str) -> None:
    path = f"/series/{live.series}/revisions/1/test-results/"
    refused = live.call("POST", path, {"test_name": name, "state": "info"}, by="max")
    assert (refused.status_code, refused.json) == (400, {"test_name": ["Control characters are not allowed."]})


def test_summary_may_be_long_and_its_page_shows_the_beginning(live: Live) -> None:
    path = f"/series/{live.series}/revisions/1/test-results/"
    posted = {"test_name": "long", "state": "info", "summary": "ä" * 65_536}
    assert live.call("POST", path, posted, by="max").json["summary"] == posted["summary"]
    longer = live.call("POST", path, {**posted, "summary": "ä" * 65_537}, by="max")
    assert longer.json == {"summary": ["Ensure this field has no more than 65536 characters."]}
    page = live.client.simulate_get(f"/series/{live.series}/").text
    assert "ä" * 300 + "…" in page and "ä" * 301 not in page
