"""The queries ask no more when there is more to show, and the common ones walk an index."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, literal, select, text

from projector.readmodel import queries, reading
from projector.readmodel.generations import Reader, ReadModels
from projector.readmodel.queries import Page, RevisionKey
from projector.readmodel.queries.matching import contains, pattern_for
from tests.api.rows import make_read_model
from tests.databases import DATABASES, fresh_databases

PAGE = Page(20, 1)
LAST_OF_MANY = Page(1, 1)

Query = Callable[[Connection], Any]


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_read_model(fresh_databases(request.param, tmp_path_factory.mktemp("readmodel"), request)())


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    reader = Reader(url)
    with reader.connect() as connection:
        yield connection
    reader.close()


def statements_of(connection: Connection, query: Query) -> list[tuple[str, Any]]:
    """What a query asks the database, with the parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement != "BEGIN":
            asked.append((statement, parameters))

    def note_read(connection: Connection, text: str, values: Sequence[Any]) -> Any:
        asked.append((text, values))
        return ask(connection, text, values)

    ask = reading.ask
    event.listen(connection, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading, "ask", note_read)
        query(connection)
    event.remove(connection, "before_cursor_execute", note)
    return asked


def plan(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """How the database would do it; PostgreSQL as if tables were too large to be read through."""
    is_read = isinstance(parameters, list)  # past SQLAlchemy: with parameters by their places
    rows = partial(reading.ask, connection) if is_read else connection.exec_driver_sql
    if connection.dialect.name == "sqlite":
        return [row[3] for row in rows(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    return [row[0] for row in rows(f"EXPLAIN {statement}", parameters)]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        pytest.param(lambda c: queries.list_projects(c, (), PAGE), 1, id="projects"),
        pytest.param(lambda c: queries.get_project(c, "widgets"), 1, id="project"),
        pytest.param(lambda c: queries.find_project(c, "widgets"), 1, id="key of a project"),
        pytest.param(lambda c: queries.list_series(c, {}, (), PAGE, expand=False), 1, id="series"),
        pytest.param(lambda c: queries.list_series(c, {}, (), PAGE, expand=True), 1, id="series, expanded"),
        pytest.param(
            lambda c: queries.list_series(c, {}, (), LAST_OF_MANY, expand=True), 2, id="a full page of series"
        ),
        pytest.param(
            lambda c: queries.list_series(c, {"project": 2}, (), LAST_OF_MANY, expand=False, known_total=4),
            1,
            id="a full page of a project's series",
        ),
        pytest.param(lambda c: queries.get_versioned_series(c, 20, expand=True), 1, id="one series"),
        pytest.param(lambda c: queries.list_revisions(c, 20, (), PAGE, expand=False), 1, id="revisions"),
        pytest.param(lambda c: queries.list_revisions(c, 20, (), PAGE, expand=True), 2, id="revisions, expanded"),
        pytest.param(lambda c: queries.get_revision(c, RevisionKey(20, 2), expand=True), 2, id="revision, expanded"),
        pytest.param(lambda c: queries.revision_results(c, RevisionKey(20, 2)), 1, id="results"),
        pytest.param(lambda c: queries.list_patches(c, {}, (), PAGE, expand=True), 1, id="patches, expanded"),
        pytest.param(lambda c: queries.get_versioned_patch(c, 31, expand=True), 1, id="patch, expanded"),
        pytest.param(lambda c: queries.patch_results(c, 31), 1, id="results of a patch"),
        pytest.param(lambda c: queries.list_events(c, {"project": 2}, (), PAGE, expand=False), 1, id="events"),
        pytest.param(lambda c: queries.list_events(c, {"project": 2}, (), PAGE, expand=True), 3, id="events, expanded"),
        pytest.param(lambda c: queries.revision_mails(c, RevisionKey(20, 2)), 3, id="mbox of two patches"),
        pytest.param(lambda c: queries.revision_mails(c, RevisionKey(40, 1)), 3, id="mbox of one patch"),
        pytest.param(lambda c: queries.patch_mails(c, 31), 3, id="mbox of a patch"),
        pytest.param(lambda c: queries.view_series(c, 20), 6, id="page of a series of two revisions"),
        pytest.param(lambda c: queries.view_series(c, 40), 5, id="page of a series without cover letter"),
        pytest.param(lambda c: queries.view_patch(c, 31), 6, id="page of a patch"),
    ],
)
def test_number_of_queries(connection: Connection, query: Query, number: int) -> None:
    assert len(statements_of(connection, query)) == number


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(
            lambda c: queries.list_series(c, {"project": 2}, (), PAGE, expand=False), "series_by_project", id="series"
        ),
        pytest.param(
            lambda c: queries.list_series(c, {"project": 2}, ("-last_updated",), PAGE, expand=True),
            "series_by_updated",
            id="series by update",
        ),
        pytest.param(
            lambda c: queries.list_series(c, {"project": 2, "updated_since": 0}, ("last_updated",), PAGE, expand=False),
            "series_by_updated",
            id="series since",
        ),
        pytest.param(
            lambda c: queries.list_patches(c, {"project": 2}, (), PAGE, expand=False), "patch_by_project", id="patches"
        ),
        pytest.param(lambda c: queries.list_patches(c, {}, (), PAGE, expand=False), "patch_by_date", id="all patches"),
        pytest.param(
            lambda c: queries.list_events(c, {"project": 2}, (), PAGE, expand=False), "event_by_time", id="events"
        ),
        pytest.param(
            lambda c: queries.list_events(c, {"project": 2, "since": 0}, ("event_time",), PAGE, expand=False),
            "event_by_time",
            id="events since",
        ),
        pytest.param(
            lambda c: queries.list_events(c, {"project": 2, "names": ["patch-new"]}, (), PAGE, expand=False),
            "event_by_name",
            id="events of one name",
        ),
        pytest.param(lambda c: queries.revision_results(c, RevisionKey(20, 2)), "test_result_by_posting", id="results"),
    ],
)
def test_common_queries_walk_an_index_and_sort_nothing(connection: Connection, query: Query, index: str) -> None:
    [(statement, parameters)] = statements_of(connection, query)
    steps = "\n".join(plan(connection, statement, parameters))
    assert index in steps
    assert "TEMP B-TREE" not in steps
    assert "Sort" not in steps or index == "test_result_by_posting", "only the few results of one revision"


@pytest.mark.parametrize(
    ("query", "table"),
    [
        pytest.param(lambda c: queries.list_series(c, {"msgid": "x@y"}, (), PAGE, expand=False), "series", id="series"),
        pytest.param(
            lambda c: queries.list_patches(c, {"msgid": "x@y"}, (), PAGE, expand=False), "patch", id="patches"
        ),
        pytest.param(lambda c: queries.revision_mails(c, RevisionKey(20, 2)), "comment", id="mails"),
        pytest.param(
            lambda c: queries.list_series_comments(c, 20, (), PAGE, expand=True), "comment", id="comments of a series"
        ),
        pytest.param(
            lambda c: queries.list_patch_comments(c, 32, (), LAST_OF_MANY, expand=True), "comment", id="of a patch"
        ),
        pytest.param(lambda c: queries.patch_mails(c, 31), "revision", id="covers"),
        pytest.param(lambda c: queries.view_series(c, 20), "test_result", id="page of a series"),
    ],
)
def test_lookups_scan_no_table(connection: Connection, query: Query, table: str) -> None:
    steps = [step for asked in statements_of(connection, query) for step in plan(connection, *asked)]
    assert any(table in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step]
    assert not [step for step in steps if "Seq Scan" in step]


@pytest.mark.parametrize(
    ("sought", "name", "found"),
    [
        pytest.param("fix", "net: FIX leak", True, id="ASCII"),
        pytest.param("ÄRGER", "kein ärger", True, id="beyond ASCII"),
        pytest.param("ψ", "Ψ", True, id="Greek"),
        pytest.param("ё", "ЁЛКА", True, id="Cyrillic"),
        pytest.param("ß", "straße", True, id="letter of one case"),
        pytest.param("a*b", "a*b", True, id="star is a star"),
        pytest.param("a*b", "axb", False, id="star is no wildcard"),
        pytest.param("a?b", "axb", False, id="question mark is no wildcard"),
        pytest.param("[x]", "[X]", True, id="brackets are brackets"),
        pytest.param("[x]", "x", False, id="brackets are no class"),
        pytest.param("]", "[v2]", True, id="closing bracket"),
        pytest.param("^", "a^b", True, id="caret"),
        pytest.param("100%_", "100%_done", True, id="LIKE's wildcards are letters"),
        pytest.param("100%_", "100 percent", False, id="LIKE's wildcards match nothing else"),
        pytest.param("a.c", "abc", False, id="dot is a dot"),
        pytest.param("(?i)\\d+{2}|$", "x(?I)\\D+{2}|$", True, id="regular expressions are letters"),
        pytest.param("***=x", "***=X", True, id="PostgreSQL's directors are letters"),
        pytest.param("ΟΔΟΣ", "οδοσ", True, id="sigma has one small letter"),
        pytest.param("a\uffff", "A\uffff", True, id="no character of Unicode"),
        pytest.param("\ufffe", "a\uffffb", True, id="what is no character is like the other such"),
        pytest.param("\ufffdb", "a\ufffeb", True, id="what is no character is like its mark"),
        pytest.param("\ufffe", "ab", False, id="what is no character is not nothing"),
        pytest.param("", "anything", True, id="nothing is in everything"),
    ],
)
def test_text_is_found_whatever_its_case(connection: Connection, sought: str, name: str, found: bool) -> None:
    pattern = pattern_for(connection.dialect.name, sought)
    assert connection.execute(select(contains(literal(name), literal(pattern)))).scalar_one() is found


def test_text_of_any_length_and_letters_can_be_looked_for(connection: Connection) -> None:
    every = "".join(map(chr, range(1, 0x3000)))
    for sought in (every[at : at + 100] for at in range(0, len(every), 100)):
        pattern = pattern_for(connection.dialect.name, sought)
        assert connection.execute(select(contains(literal(f"<{sought}>"), literal(pattern)))).scalar_one(), sought
    pattern = pattern_for(connection.dialect.name, every)
    assert connection.execute(select(contains(literal(every), literal(pattern)))).scalar_one()


def test_count_that_is_behind_never_hides_a_page(database_url: str) -> None:
    """The rows and the counts are written together; a count that is missing is still no reason to lose rows."""
    url = make_read_model(database_url)
    models = ReadModels(url)
    engine = models.engine(models.live() or 0)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM count"))
    engine.dispose()
    reader = Reader(url)
    with reader.connect() as connection:
        listed = queries.list_series(connection, {}, (), Page(2, 2), expand=False)
    reader.close()
    assert (listed.total, [series.id for series in listed.documents]) == (4, [51, 40])
