"""What `bench.scale` makes is a read model that the API serves rightly, the same each time. No figure is judged."""

from collections import Counter
from pathlib import Path

import pytest
from falcon.testing import TestClient
from sqlalchemy import func, select

from api.app import create_app
from bench.processes import free_port, patchlog, serving
from bench.scale import Served, compare
from bench.scale_filling import fill, stored_bytes
from bench.scale_questions import Bound, deep_questions, questions
from bench.scale_rows import COLUMNS, LINKNAMES, RARITIES, Landmarks, Rows
from projector.readmodel import tables as t
from projector.readmodel.generations import Reader
from schemas.settings import Settings
from tests.databases import DATABASES, fresh_databases

SERIES = 150


@pytest.fixture(scope="module", params=DATABASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Landmarks]:
    folder = tmp_path_factory.mktemp("scale")
    (folder / "0").mkdir()
    url = fresh_databases(request.param, folder, request)()
    return url, fill(url, SERIES)


def test_the_same_number_gives_the_same_rows() -> None:
    first, second = list(Rows(60).chunks()), list(Rows(60).chunks())
    assert first == second
    assert list(Rows(60, seed=2).chunks()) != first


def test_rows_fit_their_tables_and_what_is_rare_is_as_rare_in_all_sizes() -> None:
    found = {}
    for series in (3_000, 6_000):
        rows: Counter[str] = Counter()
        rare: Counter[str] = Counter()
        made = Rows(series)
        for number in range(series):
            rare.update(made._rarities(number))
        for chunk in made.chunks():
            for name, each in chunk.items():
                rows[name] += len(each)
                assert {len(row) for row in each} == {len(COLUMNS[name])}, name
        found[series] = rare
        assert rows["series"] == made.landmarks.counts["series"] == series
        assert rows["patch"] == rows["patch_text"] == made.landmarks.counts["patch"]
    assert found[3_000] == found[6_000]
    assert set(found[3_000]) == set(RARITIES)


def test_what_is_served_is_what_was_written(made: tuple[str, Landmarks]) -> None:
    url, marks = made
    client = TestClient(create_app(Settings(database=url)))
    reader = Reader(url)
    with reader.connect() as connection:
        for kind, table in (("series", t.series), ("patch", t.patch), ("mail", t.mail)):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == marks.counts[kind]
    reader.close()
    get = {question.what: client.simulate_get(question.path) for question in questions(marks)}
    assert {what: answer.status_code for what, answer in get.items() if answer.status_code != 200} == {}
    assert get["series"].json["count"] == marks.counts["series"] == SERIES
    assert get["patches"].json["count"] == marks.counts["patch"]
    assert get["a project's patches"].json["count"] == marks.counts["patch:2"]
    assert get["events"].json["count"] == marks.counts["event:2"]
    assert get["a series"].json["version"] == 3
    assert get["a patch"].json["id"] == marks.patch
    for what in ("of a submitter", "by a part of the name", "of a reviewer", "that failed", "incomplete"):
        assert get[f"series {what}"].json["count"] == get[f"a project's series {what}"].json["count"] > 0, what
    assert get["patches in a rare state"].json["count"] > 0
    assert get["series by the cover's Message-ID"].json["count"] == 1
    assert get["its mbox"].text.count("\nSubject: ") == 5
    assert get["its comments"].json["count"] > 0
    assert len(get["its test results"].json) == 3
    assert get["projects"].json["count"] == len(LINKNAMES)
    assert stored_bytes(url) > 3_000 * marks.counts["patch"]


def test_deep_pages_are_asked_for_where_there_are_some(made: tuple[str, Landmarks]) -> None:
    client = TestClient(create_app(Settings(database=made[0])))
    assert {client.simulate_get(question.path).status_code for question in deep_questions()} == {404}
    assert {question.bound for question in deep_questions()} == {Bound.DEEP}


def test_two_read_models_are_compared(
    made: tuple[str, Landmarks], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, marks = made
    port = free_port()
    command = patchlog("api", "--data", tmp_path, "--http", f"127.0.0.1:{port}")
    with serving(command, port, settings={"PATCHLOG_DATABASE": url, "PATCHLOG_API_WORKERS": "1"}) as pid:
        served = Served("both", marks, port, pid, None)
        compare(served, served, "a patch's mbox")
    assert "a patch's mbox" in capsys.readouterr().out
