"""The looks at a large read model that say whether all is well: each is a search in an index."""

from pathlib import Path

import pytest
from sqlalchemy import Select

from projector.readmodel.generations import ReadModels
from projector.readmodel.queries import health


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(health._INCOMPLETE, "revision_incomplete", id="incomplete series"),
        pytest.param(health._STEPS, "patch_by_project", id="gaps of a list"),
        pytest.param(health._FIRST_BEHIND, "sqlite_autoindex_event_1", id="the first event to publish"),
        pytest.param(health._COUNT_BEHIND, "sqlite_autoindex_event_1", id="events to publish"),
    ],
)
def test_looks_are_searches_in_an_index(tmp_path: Path, query: Select[int], index: str) -> None:
    models = ReadModels(f"sqlite:///{tmp_path}/readmodel.db")
    engine = models.engine(models.create(), read_only=True)
    statement = str(query.compile(engine, compile_kwargs={"render_postcompile": True}))
    with engine.connect() as connection:
        names = {"before": 1, "record": 1, "number": 0, "project": 1}
        values = tuple(names.get(name, 1) for name in query.compile(engine).positiontup or ())
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    engine.dispose()
    assert any(f"INDEX {index} (" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN") and not step.startswith(("SCAN anon", "SCAN step"))], (
        plan
    )
