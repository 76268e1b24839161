"""What is done on the event loop itself stays little however much there is, whatever combination is asked for: in the
steps of SQLite, which alone tells them. What takes patience is decided by the same code for both databases.
"""

import asyncio
import random
from pathlib import Path
from urllib.parse import urlencode

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from api.openapi.operations import all_operations
from bench.scale_filling import fill
from bench.scale_rows import LINKNAMES, RARE_EVENT, RARE_PERSON, RARE_STATE, RARE_WORD, REVIEWERS
from projector.readmodel.queries import interrupting, listing, ways
from schemas.settings import Settings
from tests.api.test_combinations import orderings, parameter_names
from tests.databases import settle

SERIES = 1500
FEW = 100
QUESTIONS = 1500
COUNTED = 1000
STEPS_MAX = 25_000
"""Enough for some hundred keys, a page of 100 rows and their number, and not to read all patches."""
VALUES = (
    "1", "9", str(RARE_STATE), f"1,2,9,{RARE_STATE}", str(RARE_PERSON), "31", str(REVIEWERS[0]), "null", RARE_WORD,
    "xy", "e", "initial", "incomplete,done", "success", "2020-01-03", "2100-01-01", RARE_EVENT, "patch-new",
    ",".join(f"x{n}" for n in range(61)),
)  # fmt: skip


def draw(rng: random.Random, places: dict[str, str], paths: list[str]) -> str:
    """A path of the API with parameters, whether that path knows them or not."""
    asked = dict.fromkeys(rng.sample(parameter_names(), rng.randint(0, 4)), "")
    asked = {name: rng.choice(VALUES) for name in asked}
    asked |= {"ordering": rng.choice(("", "-")) + rng.choice(orderings())} if rng.random() < 0.4 else {}
    asked |= {"related": "expand"} if rng.random() < 0.3 else {}
    asked |= {"page": rng.choice(("2", "40")), "perpage": "100"} if rng.random() < 0.2 else {}
    return f"/api/1.0{rng.choice(paths).format(**places)}?{urlencode(asked)}"


def test_no_combination_makes_much_work_on_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/readmodel.db"
    marks = fill(url, SERIES)
    settle(url)
    for module in (ways, listing):
        monkeypatch.setattr(module, "FEW", FEW)
    steps = 0

    def count() -> bool:
        nonlocal steps
        steps += COUNTED
        return False

    monkeypatch.setattr(interrupting, "STEPS_MAX", COUNTED)
    monkeypatch.setattr(interrupting, "_stop", count)
    places = {
        "project": LINKNAMES[0], "series": str(marks.series), "version": str(marks.version), "patch": str(marks.patch),
    }  # fmt: skip
    paths = [each.path for each in all_operations() if each.method == "get"]
    dear: list[tuple[int, str]] = []
    statuses: set[int] = set()
    most = 0

    async def ask() -> None:
        nonlocal steps, most
        rng = random.Random(11)
        app = create_app(Settings(database=url, base_url="https://p.example.org", http_client_query_seconds=1e9))
        async with ASGIConductor(app) as conductor:
            for _ in range(QUESTIONS):
                question, steps = draw(rng, places, paths), 0
                path, _, query = question.partition("?")
                answer = await conductor.simulate_get(path, query_string=query)
                statuses.add(answer.status_code)
                most = max(most, steps)
                if steps > STEPS_MAX:
                    dear.append((steps, question))

    asyncio.run(ask())
    assert {200} < statuses <= {200, 301, 302, 400, 404}
    assert sorted(dear)[-5:] == []
    assert most > STEPS_MAX / 10, "the work of the loop is counted"
