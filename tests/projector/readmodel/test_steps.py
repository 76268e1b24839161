"""No question of any list, asked without patience, costs more where there is more: in the steps of SQLite."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from bench.scale_filling import fill
from bench.scale_rows import PROJECT_IDS, RARE_EVENT, RARE_PERSON, RARE_STATE, RARE_WORD, REVIEWERS
from projector.readmodel import queries
from projector.readmodel.generations import Reader
from projector.readmodel.queries import EVENT_NAMES, NeedsPatience, NoSuchPage, Page, listing, ways
from tests.databases import settle

SERIES = 1500
FEW = 100
QUESTIONS = 4000
STEPS_MAX = 40_000
"""Enough for some hundred keys, a page of 100 rows and their number, and not to read all patches."""
EARLY_US, MIDDLE_US, NEVER_US = 1_577_840_000_000_000, 1_577_880_000_000_000, 4_102_444_800_000_000
TIMES = (0, EARLY_US, MIDDLE_US, NEVER_US)
NAMES = ("xy", RARE_WORD, "fix", "e")
_TIMED = dict.fromkeys(("submitted_since", "submitted_before", "updated_since", "updated_before"), TIMES)
_COMMON = {
    "project": (*PROJECT_IDS[:2], 0),
    "submitter": (RARE_PERSON, 30, 0, *range(1, 60, 7)),
    "emails": ([], ["nobody@example.org"]),
    "msgid": ("x@example.org",),
    "name": NAMES,
    **_TIMED,
}
_EVENT_NAMES = (["patch-new"], [RARE_EVENT], list(EVENT_NAMES), [f"x{n}" for n in range(61)])
VALUES: dict[str, dict[str, Any]] = {
    "series": {
        **_COMMON,
        "reviewer": (0, -1, *REVIEWERS[:2]),
        "states": (["initial"], ["done"], ["initial", "done", "incomplete"]),
        "test_states": ([""], ["failure"], ["", "success", "failure", "warning"]),
    },
    "patches": {**_COMMON, "states": ([1], [RARE_STATE], [1, 2, 3, 9, RARE_STATE])},
    "events": {"names": _EVENT_NAMES, "since": TIMES, "series": (5, 0), "patch": (7, 0)},
    "feed": {"names": _EVENT_NAMES, "since": TIMES, "series": (5, 0), "patch": (7, 0), "after": (0, 5000, 10**12)},
}
ORDERS = (
    "id",
    "date",
    "name",
    "last_updated",
    "submitted",
    "submitter.name",
    "project.name",
    "reviewer.username",
    "state",
    "reviewer",
    "event_time",
)
LISTS: dict[str, Any] = {
    "series": queries.list_series,
    "patches": queries.list_patches,
    "events": queries.list_events,
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """SQLite alone tells its steps; what takes patience is decided by the same code for both databases."""
    url = f"sqlite:///{tmp_path_factory.mktemp('scale')}/readmodel.db"
    fill(url, SERIES)
    settle(url)
    reader = Reader(url)
    with reader.connect() as connection:
        yield connection
    reader.close()


def ask(connection: Connection, rng: random.Random, *, is_patient: bool = False) -> str:
    """Ask a question that is drawn, and give its words."""
    kind = rng.choice(list(VALUES))
    names = rng.sample(list(VALUES[kind]), rng.randint(0, min(4, len(VALUES[kind]))))
    filters = {name: rng.choice(VALUES[kind][name]) for name in names}
    if kind in ("events", "feed"):
        filters["project"] = PROJECT_IDS[0]
    order = tuple(rng.choice(("", "-")) + field for field in rng.sample(ORDERS, rng.randint(0, 2)))
    page, expand = Page(rng.choice((1, 20, 100)), rng.choice((1, 1, 1, 2, 40))), rng.random() < 0.3
    try:
        if kind == "feed":
            after = filters.pop("after", 0)
            queries.follow_events(connection, filters, after, page.size, expand=expand, is_patient=is_patient)
        else:
            LISTS[kind](connection, filters, order, page, expand=expand, is_patient=is_patient)
    except NoSuchPage:
        pass
    except NeedsPatience:
        return ""
    return f"{kind} {filters} {order} {page} {expand}"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ways, listing):
        monkeypatch.setattr(module, "FEW", FEW)


@pytest.mark.usefixtures("few")
def test_what_is_asked_without_patience_costs_little_however_much_there_is(connection: Connection) -> None:
    rng, dear, answered = random.Random(5), [], 0
    for _ in range(QUESTIONS):
        seed = rng.random()
        cost, words = cost_of(connection, seed)
        answered += bool(words)
        if cost > STEPS_MAX:
            dear.append((cost, words))
    assert sorted(dear)[-5:] == [], "\n".join(map(str, sorted(dear)[-5:]))
    assert QUESTIONS / 5 < answered < QUESTIONS, "both kinds are asked"


def cost_of(connection: Connection, seed: float, *, is_patient: bool = False) -> tuple[int, str]:
    """What a question costs in steps, also where it turns out to take patience; and its words where it does not."""
    steps = 0

    def count() -> bool:
        nonlocal steps
        steps += 1000
        return False

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(count, 1000)
    try:
        words = ask(connection, random.Random(seed), is_patient=is_patient)
    finally:
        driver.set_progress_handler(None, 0)
    return steps, words


def test_with_patience_some_question_costs_more(connection: Connection) -> None:
    assert max(cost_of(connection, seed, is_patient=True)[0] for seed in range(100)) > STEPS_MAX
