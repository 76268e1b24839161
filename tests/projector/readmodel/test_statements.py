"""Many rows at once, in either database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select

from projector.readmodel import tables as t
from projector.readmodel.generations import ReadModels
from projector.readmodel.statements import delete_where, sending, update_rows, upsert

ODD = [
    "",
    "\\u0000",
    '"\\"',
    "line\nline\r\n",
    "\x01\x7f\x85\u2028",
    "ä\U0001f600",
    "%s %(x)s %",
    "\ufffd",
    "a\tb",
    "{}",
]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A writer's, in one transaction."""
    models = ReadModels(database_url)
    engine = models.engine(models.create())
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def mail(id: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": id, "project_id": 2**62, "message_id": f"{id}@example.org", "thread_id": -id, "kind": "patch",
        "target_id": None, "author_id": None, "summary": bytes(range(256)),
    }  # fmt: skip
    return {**row, **changes}


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()]


def test_rows_come_back_as_they_were_written_and_take_the_place_of_older_ones(connection: Connection) -> None:
    first = [mail(id, kind=kind) for id, kind in enumerate(ODD, 1)]
    upsert(connection, t.mail, first)
    assert rows(connection, t.mail) == first
    second = [mail(2, target_id=7, summary=b""), mail(50)]
    upsert(connection, t.mail, second)
    assert rows(connection, t.mail) == [first[0], second[0], *first[2:], second[1]]


def test_truth_values_stay_what_they_are(connection: Connection) -> None:
    row = {column.name: None for column in t.revision.columns}
    row |= {"series_id": 1, "version": 1, "posting_id": 1, "name": "", "submitter_id": 1, "n_patches": 1}
    row |= {"submitted_us": 1, "patches": "[1]", "reroll": "[1]"}
    given = [{**row, "complete": True}, {**row, "version": 2, "complete": False}]
    upsert(connection, t.revision, given)
    assert rows(connection, t.revision) == given


def test_row_that_is_all_key_may_be_there_already(connection: Connection) -> None:
    for _ in range(2):
        upsert(connection, t.posting_key, [{"project_id": 1, "key": -(2**63), "posting_id": 3}])
    assert len(rows(connection, t.posting_key)) == 1


def test_values_can_be_added(connection: Connection) -> None:
    for n in (5, -2):
        upsert(connection, t.count, [{"name": "patch", "n": n}, {"name": f"new {n}", "n": n}], adding=("n",))
    assert rows(connection, t.count) == [
        {"name": "new -2", "n": -2},
        {"name": "new 5", "n": 5},
        {"name": "patch", "n": 3},
    ]


def test_some_columns_can_be_changed_and_rows_taken_away(connection: Connection) -> None:
    upsert(connection, t.mail, [mail(1), mail(2), mail(3), mail(4)])
    with sending(connection):
        update_rows(
            connection,
            t.mail,
            [{"id": 1, "target_id": 9, "kind": "comment"}, {"id": 2, "target_id": None, "kind": "x"}],
        )
        update_rows(connection, t.mail, [])
        delete_where(connection, t.mail, ["id"], [3, 77])
        delete_where(connection, t.mail, ["project_id", "message_id"], [(2**62, "4@example.org"), (1, "2@example.org")])
        delete_where(connection, t.mail, ["id"], [])
    assert rows(connection, t.mail) == [mail(1, target_id=9, kind="comment"), mail(2, kind="x")]


def test_more_than_one_statement_holds_is_cut(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projector.readmodel.postgresql.writing.JSON_MAX_BYTES", 1000)
    given = [mail(id, kind="x" * 10 * id) for id in range(1, 100)]
    upsert(connection, t.mail, given)
    assert rows(connection, t.mail) == given


def test_large_values_are_kept(connection: Connection) -> None:
    given = [mail(1, kind="ä" * 5_000_000, summary=b"\xff" * 10_000_000)]
    upsert(connection, t.mail, given)
    assert rows(connection, t.mail) == given


def test_nul_becomes_what_postgresql_can_store(connection: Connection) -> None:
    upsert(connection, t.mail, [mail(1, kind="a\0b\\u0000")])
    kind = "a\0b\\u0000" if connection.dialect.name == "sqlite" else "a\ufffdb\\u0000"
    assert rows(connection, t.mail) == [mail(1, kind=kind)]
    assert connection.execute(select(t.mail.c.id).where(t.mail.c.kind == "a\0b\\u0000")).scalar() == 1
