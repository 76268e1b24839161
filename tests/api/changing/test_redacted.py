"""What is answered of a patch, a series and people once a mail was redacted."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.mbox import LEFT_OUT
from schemas.records import MailRedacted
from tests.api.changing.conftest import Live, make_live

PROBLEM = {"detail": "This was redacted: what its mail said is no longer kept."}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A world that is changed for good, so each test has its own."""
    yield from make_live(tmp_path)


def redact(live: Live, name: str, *mails: int) -> None:
    live.append(MailRedacted(message_id=f"{name}@example.org", mails=mails, reason="asked for"))


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        pytest.param("GET", "", None, id="the patch"),
        pytest.param("GET", "mbox/", None, id="its mbox"),
        pytest.param("PATCH", "", {"state": "accepted"}, id="a change of its state"),
    ],
)
def test_a_redacted_patch_is_gone(live: Live, method: str, rest: str, body: object) -> None:
    redact(live, "a-1", live.patches[0])
    answer = live.call(method, f"/patches/{live.patches[0]}/{rest}", body, by="max")
    assert (answer.status_code, answer.json) == (410, PROBLEM)
    assert answer.headers["content-type"] == "application/problem+json"


def test_its_comments_and_results_stay(live: Live) -> None:
    redact(live, "a-1", live.patches[0])
    path = f"/patches/{live.patches[0]}"
    assert live.call("GET", f"{path}/comments/").json["count"] == 1
    posted = live.call("POST", f"{path}/test-results/", {"test_name": "bat", "state": "success"}, by="max")
    assert posted.status_code == 201
    assert [result["test_name"] for result in live.call("GET", f"{path}/test-results/").json] == ["bat"]


def test_lists_show_it_without_its_words_and_count_it(live: Live) -> None:
    before = live.call("GET", "/patches/").json["count"]
    redact(live, "a-1", live.patches[0])
    listed = live.call("GET", "/patches/").json
    assert listed["count"] == len(listed["results"]) == before
    names = {patch["id"]: (patch["name"], patch["content"] is None) for patch in listed["results"]}
    assert names == {live.patches[0]: ("[redacted]", True), live.patches[1]: ("[2/2] net: part 2", False)}
    assert live.call("GET", "/patches/?name=part").json["count"] == 1


def test_the_rest_of_a_revision_is_there(live: Live, tmp_path: Path) -> None:
    redact(live, "a-1", live.patches[0])
    revision = live.call("GET", f"/series/{live.series}/revisions/1/?related=expand").json
    assert [patch["name"] for patch in revision["patches"]] == ["[redacted]", "[2/2] net: part 2"]
    mbox = live.call("GET", f"/series/{live.series}/revisions/1/mbox/")
    assert f"\n{LEFT_OUT}: redacted, patch {live.patches[0]}\n" in mbox.text
    (tmp_path / "mbox").write_bytes(mbox.content)
    read = ["git", "mailinfo", "message", "patch"]
    told = subprocess.run(read, input=mbox.content, capture_output=True, cwd=tmp_path, check=True).stdout.decode()
    assert "Subject: net: part 2\n" in told, "git passes over the field"
    assert "call(" in (tmp_path / "patch").read_text()


def test_a_revision_without_any_words_is_gone_as_an_mbox(live: Live) -> None:
    for name, id in zip(("a-1", "a-2"), live.patches, strict=True):
        redact(live, name, id)
    assert live.call("GET", f"/series/{live.series}/revisions/1/mbox/").status_code == 410
    assert live.call("GET", f"/series/{live.series}/revisions/1/").status_code == 200


def test_a_redacted_cover_letter_leaves_no_name_and_no_text(live: Live) -> None:
    redact(live, "a-0", live.series)
    assert live.call("GET", f"/series/{live.series}/").json["name"] == "[redacted]"
    assert live.call("GET", f"/series/{live.series}/revisions/1/").json["cover_letter"] == "[redacted]"
    assert live.call("GET", f"/patches/{live.patches[0]}/").status_code == 200


def test_a_redacted_comment_gives_no_trailer_any_more(live: Live) -> None:
    path = f"/patches/{live.patches[0]}"
    assert "Reviewed-by: Max" in live.call("GET", f"{path}/mbox/").text
    redact(live, "r", live.comment)
    assert "Reviewed-by: Max" not in live.call("GET", f"{path}/mbox/").text
    (comment,) = live.call("GET", f"{path}/comments/?related=expand").json["results"]
    assert (comment["text"], comment["author"]["name"]) == ("[redacted]", "[redacted]")


def test_somebody_is_named_as_long_as_a_mail_does(live: Live) -> None:
    redact(live, "a-0", live.series)
    named = live.call("GET", f"/series/{live.series}/?related=expand").json["submitter"]
    assert named == {"id": live.series, "name": "Ada Author"}, "by her other mails, under the number that she had"
    for name, id in zip(("a-1", "a-2"), live.patches, strict=True):
        redact(live, name, id)
    unnamed = live.call("GET", f"/series/{live.series}/?related=expand").json["submitter"]
    assert unnamed == {"id": live.series, "name": "[redacted]"}


def test_pages_do_not_show_it(live: Live) -> None:
    redact(live, "a-1", live.patches[0])
    page = live.client.simulate_get(f"/patch/{live.patches[0]}/")
    assert (page.status_code, "redacted" in page.text) == (410, True)
    assert "net: part 1" not in live.client.simulate_get(f"/series/{live.series}/").text
