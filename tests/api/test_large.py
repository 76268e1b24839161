"""Answers with large texts: written piece by piece, and the same as if they were written at once."""

import re
from collections.abc import Iterator
from typing import Any

import falcon
import pytest
from falcon.testing import TestClient
from sqlalchemy import Engine

from api import pieces, resource
from api.app import create_app
from projector.readmodel import tables
from projector.readmodel.generations import ReadModels
from projector.readmodel.large import LARGE_BYTES, digest_of_large
from schemas.settings import Settings
from tests.api.rows import make_read_model
from tests.databases import DATABASES, fresh_databases

TIMES = 30_000
TEXTS = {
    "plain": "+a line of it\n" * TIMES,
    "quotes and controls": '+"\\\x01\t\x7f\n' * TIMES,
    "all lengths of characters": "+aé€\U0001f600\u202e\n" * TIMES,
    "one line": "+" + "x" * 10 * TIMES + "\n",
    "no line end": "+é" * TIMES,
    "many that are not safe": "From é é é é \n" * TIMES,
}
PATHS = (
    "patches/31/",
    "patches/?ordering=-id&perpage=6",
    "patches/?related=expand",
    "series/20/revisions/2/?related=expand",
    "series/20/revisions/",
    "series/20/comments/",
    "patches/31/comments/?related=expand",
    "projects/2/events/?related=expand",
    "patches/31/mbox/",
    "series/20/revisions/2/mbox/?link=Link",
)


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_read_model(fresh_databases(request.param, tmp_path_factory.mktemp("large"), request)())


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    """Writes what is read."""
    models = ReadModels(url)
    number = models.live()
    assert number is not None
    engine = models.engine(number)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(url: str) -> TestClient:
    return TestClient(create_app(Settings(database=url, base_url="https://patches.example.org")))


def write(engine: Engine, text: str, *, is_large: bool, diff_bytes: bytes | None = None) -> None:
    """Let a patch, its comment and a cover letter have a text."""
    digest = (digest_of_large(text, diff_bytes) or "0" * 32) if is_large else None
    texts = {"message": text, "content": text, "diff_bytes": diff_bytes, "digest": digest}
    ends = {"commit_message_start": 0, "commit_message_end": len(text)}
    cover = {"cover_letter": None if is_large else text, "cover_digest": digest}
    with engine.begin() as connection:
        connection.execute(tables.patch_text.update().where(tables.patch_text.c.patch_id == 31).values(texts | ends))
        connection.execute(tables.comment.update().where(tables.comment.c.id == 71).values(text=text, digest=digest))
        connection.execute(tables.revision.update().where(tables.revision.c.cover_id == 20).values(cover))
        connection.execute(tables.cover.delete().where(tables.cover.c.id == 20))
        common = {"id": 20, "project_id": 2, "message_id": "c@example.org", "author_id": 10, "date_us": 0}
        connection.execute(tables.cover.insert().values(**common, subject="c", text=text, digest=digest))


def ask(client: TestClient, path: str, **headers: str) -> Any:
    path, _, query = path.partition("?")
    return client.simulate_get(f"/api/1.0/{path}", query_string=query, headers=headers)


@pytest.mark.parametrize("name", TEXTS)
def test_an_answer_in_pieces_is_the_one_that_would_be_given_at_once(
    client: TestClient, engine: Engine, name: str
) -> None:
    write(engine, TEXTS[name], is_large=False)
    at_once = {path: ask(client, path) for path in PATHS}
    write(engine, TEXTS[name], is_large=True)
    for path, expected in at_once.items():
        found = ask(client, path)
        assert (path, found.status_code) == (path, 200)
        assert "event" in path or "content-length" not in found.headers, path
        if "mbox" in path and b"quoted-printable" in expected.content:
            assert re.sub(rb"=\n", b"", found.content) == re.sub(rb"=\n", b"", expected.content)
        else:
            assert found.content == expected.content


@pytest.mark.parametrize("path", ["/patch/31/", "/series/20/"])
@pytest.mark.parametrize("name", ["plain", "one line", "no line end"])
def test_a_page_shows_the_same_of_a_large_text(client: TestClient, engine: Engine, path: str, name: str) -> None:
    text = TEXTS[name][: LARGE_BYTES * 2]
    write(engine, text, is_large=False)
    expected = client.simulate_get(path)
    write(engine, text, is_large=True)
    assert (expected.status_code, client.simulate_get(path).text) == (200, expected.text)


def test_a_diff_of_other_bytes_than_are_shown_is_in_the_mbox(client: TestClient, engine: Engine) -> None:
    shown, diff_bytes = "+é\n" * TIMES, b"+\xe9\n" * TIMES
    write(engine, shown, is_large=False, diff_bytes=diff_bytes)
    expected = ask(client, "patches/31/mbox/").content
    write(engine, shown, is_large=True, diff_bytes=diff_bytes)
    assert re.sub(rb"=\n", b"", ask(client, "patches/31/mbox/").content) == re.sub(rb"=\n", b"", expected)


@pytest.mark.parametrize("path", PATHS)
def test_who_has_a_large_answer_is_not_sent_it_again_until_it_changes(
    client: TestClient, engine: Engine, path: str
) -> None:
    write(engine, "one\n" * TIMES, is_large=True)
    tag = ask(client, path).headers["etag"]
    is_large = "content-length" not in ask(client, path).headers
    assert (ask(client, path, **{"If-None-Match": tag}).status_code, ask(client, path).headers["etag"]) == (304, tag)
    assert client.simulate_head(f"/api/1.0/{path.partition('?')[0]}").content == b""
    write(engine, "two\n" * TIMES, is_large=True)
    assert (ask(client, path).headers["etag"] != tag) == is_large


def test_an_answer_breaks_off_where_its_text_becomes_another(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, "one\n" * TIMES, is_large=True)
    read = resource.read_piece

    def changing(connection: Any, text: Any, start: int, size_bytes: int) -> bytes | None:
        if start:
            write(engine, "two\n" * TIMES, is_large=True)
        return read(connection, text, start, size_bytes)

    monkeypatch.setattr(resource, "PIECE_BYTES", 1000)
    monkeypatch.setattr(resource, "read_piece", changing)
    with pytest.raises(pieces.TextGone):
        ask(client, "patches/31/")


def test_more_large_answers_than_there_are_places_for_come_again_later(
    client: TestClient, engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, "one\n" * TIMES, is_large=True)
    monkeypatch.setattr(resource, "LARGE_ANSWERS_MAX", 0)
    crowded = TestClient(create_app(Settings(database=url, base_url="https://patches.example.org")))
    refused = ask(crowded, "patches/31/")
    assert (refused.status, refused.headers["retry-after"]) == (falcon.HTTP_429, "10")
    assert refused.json == {"detail": "Too many large answers are being read; try again later."}
    assert ask(crowded, "patches/32/").status_code == 200


@pytest.mark.parametrize(
    ("texts", "is_large"),
    [
        pytest.param(("x" * LARGE_BYTES,), False, id="as large as may be"),
        pytest.param(("x" * (LARGE_BYTES + 1),), True, id="one more"),
        pytest.param(("é" * (LARGE_BYTES // 2 + 1),), True, id="bytes count"),
        pytest.param(("é" * (LARGE_BYTES // 2),), False, id="bytes that may be"),
        pytest.param(("", None, b"\xff" * (LARGE_BYTES + 1)), True, id="one of several"),
        pytest.param(("", None, None), False, id="nothing"),
    ],
)
def test_what_is_large(texts: tuple[str | bytes | None, ...], is_large: bool) -> None:
    assert (digest_of_large(*texts) is not None) == is_large


def test_texts_that_differ_have_other_digests() -> None:
    long = "x" * (LARGE_BYTES + 1)
    found = [digest_of_large(*texts) for texts in ((long, ""), ("", long), (long, None), (f"{long}y", ""))]
    assert len(set(found)) == 4
