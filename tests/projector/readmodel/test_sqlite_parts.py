"""The index of parts of names follows the tables, and never hides a name."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from projector.readmodel import queries
from projector.readmodel import tables as t
from projector.readmodel.generations import Reader, ReadModels
from projector.readmodel.queries import Page
from projector.readmodel.queries.matching import parts_of, with_parts
from projector.readmodel.sqlite_parts import MAKE
from projector.readmodel.statements import delete_where, update_rows, upsert
from tests.api.rows import make_read_model


@pytest.fixture
def url(tmp_path: Path) -> str:
    return make_read_model(f"sqlite:///{tmp_path}/readmodel.db")


def writing(url: str) -> Any:
    models = ReadModels(url)
    live = models.live()
    assert live is not None
    return models.engine(live)


def found(connection: Connection, sought: str) -> list[int]:
    parts = parts_of(sought)
    assert parts
    ids = select(t.patch.c.id).where(with_parts(t.patch.c.id, "patch_by_part")).order_by(t.patch.c.id)
    return list(connection.execute(ids, {"parts": parts}).scalars())


def test_names_are_found_as_they_are_now(url: str) -> None:
    engine = writing(url)
    with engine.begin() as connection:
        row = dict(connection.execute(select(t.patch).where(t.patch.c.id == 21)).mappings().one())
        assert found(connection, "tidy") == [21, 22, 31, 32]
        upsert(connection, t.patch, [{**row, "state": 3}])
        assert found(connection, "tidy") == [21, 22, 31, 32]
        upsert(connection, t.patch, [{**row, "name": "[redacted]"}, {**row, "id": 99, "name": "TIDY again"}])
        assert found(connection, "tidy") == [22, 31, 32, 99]
        update_rows(connection, t.patch, [{"id": 22, "name": "clean"}])
        delete_where(connection, t.patch, ["id"], [31])
        assert found(connection, "tidy") == [32, 99]
        assert found(connection, "redact") == [21]
    engine.dispose()


def test_cleaning_leaves_no_part_of_a_name_that_is_gone(url: str) -> None:
    engine = writing(url)
    for name in ("quartz", "[redacted]"):
        with engine.begin() as connection:
            update_rows(connection, t.patch, [{"id": 21, "name": name}])
    engine.dispose()
    models = ReadModels(url)
    assert models.clean(models.live() or 0)
    stored = b"".join(path.read_bytes() for path in Path(url.removeprefix("sqlite:///")).parent.iterdir())
    assert b"artz" not in stored and b"0rtz" not in stored and b"0art" not in stored


def test_all_cases_of_sure_letters_are_found(url: str) -> None:
    """SQLite folds cases by a table of its own: whatever `name` finds, its parts have to find."""
    engine = writing(url)
    letters = [letter for letter in map(chr, range(1, 0x3000)) if parts_of(letter * 3)]
    pairs = [(letter, case) for letter in letters for case in (letter.upper(), letter.lower(), letter.title())]
    pairs = [(letter, case) for letter, case in pairs if len(case) == 1]
    assert len(letters) > 1200
    with engine.begin() as connection:
        (model,) = connection.execute(select(t.patch).where(t.patch.c.id == 21)).mappings()
        rows = [{**model, "id": 1000 + n, "name": f"<{case * 3}>"} for n, (_, case) in enumerate(pairs)]
        upsert(connection, t.patch, rows)
        hidden = [pair for n, pair in enumerate(pairs) if 1000 + n not in found(connection, pair[0] * 3)]
    engine.dispose()
    assert hidden == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("tidy", '"tid" "idy"', id="letters"),
        pytest.param('a"b', '"a""b"', id="quote"),
        pytest.param("ab", "", id="too short"),
        pytest.param("\u1e9e\u1e9e\u1e9e", "", id="letters that SQLite may fold otherwise"),
        pytest.param("tida\0b", '"tid" "ida"', id="NUL"),
    ],
)
def test_parts(text: str, parts: str) -> None:
    assert parts_of(text) == parts


def test_long_texts_have_few_parts() -> None:
    assert parts_of("".join(map(chr, range(97, 500)))).count(" ") < 12


def test_without_fts5_names_are_read_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projector.readmodel.sqlite_parts.MAKE", MAKE.replace("trigram", "no-such-tokenizer"))
    with capture_logs() as said:
        url = make_read_model(f"sqlite:///{tmp_path}/readmodel.db")
    reader = Reader(url)
    with reader.connect() as connection:
        listed = queries.list_patches(connection, {"name": "TIDY"}, (), Page(), expand=False)
    reader.close()
    assert [patch.id for patch in listed.documents] == [21, 22, 31, 32]
    assert [line["event"] for line in said] == ["database.without-trigrams"]
