"""Every way to the rows of a list leads to the same rows, and the way taken is one of searches in indexes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, desc, func, select

from bench.scale_filling import fill
from bench.scale_rows import PROJECT_IDS, RARE_EVENT, RARE_PERSON, RARE_STATE, RARE_WORD, REVIEWERS, Landmarks
from projector.readmodel import queries, tables
from projector.readmodel.generations import Reader
from projector.readmodel.queries import NeedsPatience, Page, listing, ways
from projector.readmodel.queries.ways import IN_ORDER, Filters, Ordering
from tests.databases import DATABASES, fresh_databases, settle
from tests.projector.readmodel.test_queries import plan, statements_of

SERIES = 200
PROJECT, SMALL_PROJECT = PROJECT_IDS[0], PROJECT_IDS[1]


@pytest.fixture(scope="module", params=DATABASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Landmarks]:
    folder = tmp_path_factory.mktemp("scale")
    (folder / "0").mkdir()
    url = fresh_databases(request.param, folder, request)()
    marks = fill(url, SERIES)
    settle(url)
    return url, marks


@pytest.fixture
def marks(made: tuple[str, Landmarks]) -> Landmarks:
    return made[1]


@pytest.fixture
def connection(made: tuple[str, Landmarks]) -> Iterator[Connection]:
    reader = Reader(made[0])
    with reader.connect() as connection:
        yield connection
    reader.close()


LISTS = {"series": queries.list_series, "patches": queries.list_patches, "events": queries.list_events}
EARLY_US, LATE_US = 1_577_840_000_000_000, 1_577_880_000_000_000
ASKED: list[Any] = [
    pytest.param("series", {}, (), id="series"),
    pytest.param("series", {"project": PROJECT}, (), id="series of a project"),
    pytest.param("series", {"states": ["initial", "done"]}, (), id="series in two states"),
    pytest.param("series", {"project": PROJECT, "states": ["done"]}, ("-last_updated",), id="done series by update"),
    pytest.param("series", {"test_states": ["", "failure"]}, (), id="series that failed or were not tested"),
    pytest.param("series", {"reviewer": 0, "project": PROJECT}, (), id="series that nobody reviews"),
    pytest.param("series", {"reviewer": REVIEWERS[0]}, ("id",), id="series of a reviewer, oldest first"),
    pytest.param("series", {"reviewer": REVIEWERS[0], "states": ["done"]}, (), id="series of a reviewer in a state"),
    pytest.param("series", {"name": RARE_WORD}, (), id="series by a part of the name"),
    pytest.param("series", {"name": "THE", "project": PROJECT}, ("name",), id="series by a frequent part, by name"),
    pytest.param("series", {"name": "a"}, (), id="series by one letter"),
    pytest.param("series", {"submitter": RARE_PERSON}, (), id="series of a submitter"),
    pytest.param("series", {"submitted_since": EARLY_US, "submitted_before": LATE_US}, (), id="series of some hours"),
    pytest.param("series", {"submitted_since": LATE_US, "project": PROJECT}, (), id="series since"),
    pytest.param("series", {"updated_before": LATE_US, "states": ["done"]}, (), id="series before, in a state"),
    pytest.param("series", {}, ("submitter.name", "-version"), id="series by names"),
    pytest.param("series", {"project": SMALL_PROJECT}, ("-reviewer",), id="series by reviewers"),
    pytest.param("patches", {}, (), id="patches"),
    pytest.param("patches", {"project": SMALL_PROJECT}, ("-last_updated",), id="patches of a project by update"),
    pytest.param("patches", {"states": [RARE_STATE]}, (), id="patches in a rare state"),
    pytest.param("patches", {"states": [1, 9, RARE_STATE], "project": PROJECT}, ("-date",), id="patches in states"),
    pytest.param("patches", {"states": [1], "submitted_since": LATE_US}, (), id="patches in a state since"),
    pytest.param("patches", {"states": [1, 9], "submitter": RARE_PERSON}, (), id="patches of a submitter in states"),
    pytest.param("patches", {"updated_since": LATE_US}, (), id="patches updated since"),
    pytest.param("patches", {"updated_since": LATE_US, "project": PROJECT}, (), id="patches of a project since"),
    pytest.param("patches", {"name": RARE_WORD.upper(), "states": [1]}, (), id="patches by a part of the name"),
    pytest.param("events", {"project": PROJECT}, (), id="events"),
    pytest.param("events", {}, (), id="events of all projects"),
    pytest.param("events", {}, ("id",), id="events of all projects, by id"),
    pytest.param("events", {"since": LATE_US}, ("-id",), id="events of all projects since"),
    pytest.param("events", {"names": ["patch-new", RARE_EVENT]}, ("name",), id="events of all projects by name"),
    pytest.param("events", {"project": PROJECT, "names": ["patch-new", RARE_EVENT]}, (), id="events of two names"),
    pytest.param("events", {"project": PROJECT, "names": ["patch-new"], "since": LATE_US}, (), id="events since"),
    pytest.param("events", {"project": PROJECT, "since": LATE_US}, ("id",), id="events since, by id"),
    pytest.param("events", {"project": PROJECT, "rebuilt": True}, (), id="events, rebuilt ones too"),
    pytest.param("events", {"rebuilt": True}, ("name",), id="events of all projects, rebuilt ones too, by name"),
    pytest.param("events", {"rebuilt": True, "since": LATE_US}, ("-id",), id="rebuilt events of all projects since"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "filters", "order"), ASKED)
@pytest.mark.parametrize(("few", "merged"), [(10_000, 60), (10_000, 0), (3, 60), (-1, 0)])
def test_every_way_leads_to_the_same_rows(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    filters: Filters,
    order: Ordering,
    few: int,
    merged: int,
) -> None:
    expected = _ids_in_order(connection, kind, filters, order)
    monkeypatch.setattr(ways, "FEW", few)
    monkeypatch.setattr(ways, "MERGED_MAX", merged)
    found: list[int] = []
    size = max(3, len(expected) // 3)
    for number in range(1, -(-len(expected) // size) + 1):
        listed = LISTS[kind](connection, filters, order, Page(size, number), expand=False)
        assert listed.total == len(expected)
        found += [document.id for document in listed.documents]
    assert found == expected
    assert len(expected) > 0, "a question that finds nothing shows nothing"


def _ids_in_order(connection: Connection, kind: str, filters: Filters, order: Ordering) -> list[int]:
    """What the database gives when it is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "find_way", lambda *_, **_options: IN_ORDER)
        patch.setattr(listing, "knows_parts", lambda *_: False)
        listed = LISTS[kind](connection, filters, order, Page(100_000), expand=False)
    return [document.id for document in listed.documents]


@pytest.mark.parametrize(
    ("kind", "filters", "order", "steps"),
    [
        pytest.param("patches", {"states": [8], "project": PROJECT}, (), ["patch_by_state"], id="a state of a project"),
        pytest.param("patches", {"states": [8]}, ("-date",), ["patch_by_all_states"], id="a state"),
        pytest.param("patches", {"states": [8, 9]}, (), ["MERGE (UNION ALL)", "patch_by_all_states"], id="states"),
        pytest.param("patches", {"name": RARE_WORD}, (), ["patch_by_part VIRTUAL TABLE"], id="a part of a name"),
        pytest.param("series", {"name": RARE_WORD}, (), ["series_by_part VIRTUAL TABLE"], id="of a series' name"),
        pytest.param("series", {"states": ["incomplete"], "project": PROJECT}, (), ["series_by_state"], id="state"),
        pytest.param("series", {"test_states": [""], "project": PROJECT}, (), ["series_by_test_state"], id="tested"),
        pytest.param("series", {"reviewer": 0, "project": PROJECT}, (), ["series_by_reviewer"], id="not reviewed"),
        pytest.param("series", {"submitted_before": EARLY_US}, (), ["series_by_submitted"], id="series before"),
        pytest.param("series", {"updated_before": EARLY_US}, (), ["series_by_all_updated"], id="series updated before"),
        pytest.param("patches", {"updated_since": LATE_US, "project": PROJECT}, (), ["patch_by_updated"], id="updated"),
        pytest.param("patches", {"submitter": 30, "project": PROJECT}, (), ["patch_by_submitter"], id="submitter"),
        pytest.param(
            "patches", {"submitter": 30, "states": [1, 2], "project": PROJECT}, (), ["patch_by_submitter"], id="own"
        ),
        pytest.param(
            "events", {"names": ["a", "b"], "project": PROJECT}, (), ["MERGE (UNION ALL)", "event_by_name"], id="names"
        ),
        pytest.param(
            "events", {"rebuilt": True, "project": PROJECT}, (), ["MERGE (UNION ALL)", "event_by_name"], id="rebuilt"
        ),
        pytest.param("events", {"series": 5, "project": PROJECT}, (), ["event_by_series"], id="events of a series"),
        pytest.param("events", {}, (), ["MERGE (UNION ALL)", "event_by_all_names"], id="events of all projects"),
        pytest.param("events", {"since": 5}, ("id",), ["MERGE (UNION ALL)", "event_by_all_names"], id="all, by id"),
        pytest.param("events", {"names": [f"x{n}" for n in range(60)]}, (), ["event_by_all_names"], id="all, by names"),
    ],
)  # fmt: skip
def test_what_is_rare_is_found_by_its_index(
    connection: Connection, kind: str, filters: Filters, order: Ordering, steps: list[str]
) -> None:
    """On SQLite, which does as it is told; PostgreSQL decides by what is in the tables, and here is little."""
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables through")
    options = {"expand": False, "is_patient": "name" in filters}
    asked = statements_of(connection, lambda c: LISTS[kind](c, filters, order, Page(1), **options))
    plans = ["\n".join(plan(connection, *one)) for one in asked if "EXPLAIN" not in one[0]]
    assert all(step in "\n".join(plans) for step in steps), plans
    for each in plans:
        scans = [line for line in each.splitlines() if line.startswith("SCAN ") and "VIRTUAL" not in line]
        assert not [line for line in scans if line.split()[1] in ("patch", "series", "event")], each


@pytest.mark.parametrize(
    ("kind", "filters", "index"),
    [
        pytest.param("patches", {}, "patch_by_date", id="patches"),
        pytest.param("patches", {"project": PROJECT}, "patch_by_project", id="patches of a project"),
        pytest.param("patches", {"states": [1]}, "patch_by_all_states", id="patches in a state"),
        pytest.param("events", {"project": PROJECT}, "event_by_time", id="events"),
    ],
)
def test_a_page_far_behind_passes_over_keys_alone(
    connection: Connection, kind: str, filters: Filters, index: str
) -> None:
    asked = statements_of(connection, lambda c: LISTS[kind](c, filters, (), Page(3, 9), expand=False, known_total=99))
    steps = "\n".join(plan(connection, *asked[0]))
    how = "USING COVERING INDEX" if connection.dialect.name == "sqlite" else "Index Only Scan using"
    assert f"{how} {index}" in steps.replace("Index Only Scan Backward", "Index Only Scan")


@pytest.mark.parametrize(
    ("kind", "filters", "number"),
    [
        pytest.param("patches", {"states": [1], "project": PROJECT}, 2, id="a state of a project"),
        pytest.param("patches", {"states": [1, 9]}, 2, id="states"),
        pytest.param("series", {"states": ["initial", "done"]}, 3, id="states of series, after the projects"),
        pytest.param("series", {"submitted_since": EARLY_US}, 2, id="series since, after a look at how many"),
        pytest.param("events", {"names": ["patch-new"], "project": PROJECT}, 2, id="events of a name"),
        pytest.param("events", {}, 2, id="events of all projects"),
        pytest.param("events", {"names": ["patch-new"]}, 2, id="events of a name in all projects"),
    ],
)
def test_number_of_queries_of_a_full_page(connection: Connection, kind: str, filters: Filters, number: int) -> None:
    asked = statements_of(connection, lambda c: LISTS[kind](c, filters, (), Page(1), expand=False))
    assert len(asked) == number


@pytest.mark.parametrize(
    ("kind", "filters", "order", "page"),
    [
        pytest.param("patches", {"name": "xy"}, (), 1, id="two letters"),
        pytest.param("series", {"submitted_since": 0}, (), 1, id="many"),
        pytest.param("patches", {"states": [1]}, (), 1, id="many to count"),
        pytest.param("series", {}, ("name",), 1, id="order without an index"),
        pytest.param("series", {"name": RARE_WORD}, (), 1, id="a rare part of a name"),
        pytest.param("series", {"reviewer": REVIEWERS[0]}, ("last_updated",), 1, id="reviewer in another order"),
        pytest.param("events", {"project": PROJECT, "names": ["patch-new"]}, ("id",), 1, id="events by id"),
        pytest.param("events", {}, ("series",), 1, id="events of all projects by series"),
        pytest.param("events", {"names": ["patch-new"]}, (), 1, id="many events of all projects to count"),
        pytest.param("series", {}, (), 30, id="page far behind"),
    ],
)
def test_what_may_take_long_is_asked_for_with_patience(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    filters: Filters,
    order: Ordering,
    page: int,
) -> None:
    for module in (ways, listing):
        monkeypatch.setattr(module, "FEW", 50)
    with pytest.raises(NeedsPatience):
        LISTS[kind](connection, filters, order, Page(3, page), expand=False, is_patient=False)
    LISTS[kind](connection, filters, order, Page(3, page), expand=False, is_patient=True)


def test_who_has_much_is_no_way_to_few(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = select(tables.patch.c.submitter_id, func.count().label("n")).group_by(tables.patch.c.submitter_id)
    busy, patches = connection.execute(counted.order_by(desc("n"))).first() or (0, 0)
    asked = {"submitter": busy, "states": [1], "updated_since": EARLY_US}
    monkeypatch.setattr(ways, "FEW", patches)
    queries.list_patches(connection, asked, (), Page(3), expand=False, is_patient=False)
    monkeypatch.setattr(ways, "FEW", patches - 1)
    with pytest.raises(NeedsPatience):
        queries.list_patches(connection, asked, (), Page(3), expand=False, is_patient=False)


def test_feed_is_followed_by_its_indexes_or_with_patience(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "FEW", 50)
    late = {"project": PROJECT, "since": 4_102_444_800_000_000}
    assert queries.follow_events(connection, late, 0, 50, expand=False, is_patient=False).documents == []
    asked = statements_of(connection, lambda c: queries.follow_events(c, late, 0, 50, expand=False))
    if connection.dialect.name == "sqlite":
        assert "event_by_time" in "".join(plan(connection, *asked[-1]))
    many = {"project": PROJECT, "names": [f"x{n}" for n in range(61)]}
    with pytest.raises(NeedsPatience):
        queries.follow_events(connection, many, 0, 50, expand=False, is_patient=False)
    assert queries.follow_events(connection, many, 0, 50, expand=False).documents == []


def test_events_of_some_names_behind_a_record_are_those_of_higher_ids(connection: Connection, marks: Landmarks) -> None:
    filters = {"project": PROJECT, "names": ["series-new-revision", "comment-new"]}
    every = _ids_in_order(connection, "events", filters, ("id",))
    for after in (0, marks.middle_event - 1, marks.middle_event, every[-2], every[-1]):
        followed = queries.follow_events(connection, filters, after, 50, expand=False)
        assert [event.id for event in followed.documents] == [id for id in every if id > after][:50]
    for asked_names in (filters, {"project": PROJECT}, {}):
        later = queries.follow_events(connection, asked_names, 0, 50, expand=False).documents[3:]
        since = (later[0].event_time - datetime(1970, 1, 1)) // timedelta(microseconds=1) - 1  # noqa: DTZ001  # naive UTC
        followed = queries.follow_events(connection, {**asked_names, "since": since}, 0, len(later), expand=False)
        assert [event.id for event in followed.documents] == [event.id for event in later], "a time counts as well"
        asked = statements_of(connection, lambda c, f=asked_names: queries.follow_events(c, f, 0, 50, expand=False))
        steps = [step for one in asked for step in plan(connection, *one)]
        assert not [step for step in steps if step.startswith("SCAN event") or "Seq Scan on event" in step]
        if "names" in asked_names or not asked_names:
            is_merged = "MERGE (UNION ALL)" in steps or [step for step in steps if "Append  (" in step]
            assert is_merged and "event.event_time_us, event.id" not in "".join(steps), "it sorts what has an order"
            index, number = ("event_by_name", 2) if asked_names else ("event_by_all_names", 3)
            assert len([step for step in steps if index in step]) == number


def test_events_of_all_projects_behind_a_record_are_those_of_higher_ids(
    connection: Connection, marks: Landmarks
) -> None:
    every = _ids_in_order(connection, "events", {}, ("id",))
    assert len(every) > len(_ids_in_order(connection, "events", {"project": PROJECT}, ("id",)))
    for after in (0, marks.middle_event - 1, marks.middle_event, every[-2], every[-1]):
        followed = queries.follow_events(connection, {}, after, 50, expand=False, is_patient=False)
        assert [event.id for event in followed.documents] == [id for id in every if id > after][:50]
