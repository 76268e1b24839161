"""How long the API's event loop stands still while dear questions are asked of a large read model."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop
from falcon.testing import ASGIConductor
from sqlalchemy import select, update

from api.app import create_app
from bench.figures import Figure
from bench.heartbeat import Pause, beat, longest
from bench.postgres import empty_database
from bench.processes import apart
from bench.scale_filling import fill
from bench.scale_questions import API, PROJECT, Question, deep_questions, questions
from bench.scale_rows import FIRST_PERSON, RARE_STATE, Landmarks
from projector.readmodel.generations import ReadModels
from projector.readmodel.tables import patch
from schemas.settings import Settings

SERIES, QUICK_SERIES = 200_000, 10_000
BUSY_PATCHES = 44_000
LOOP_MS_MAX = 10.0
ROUNDS = 3
WORST = 5
DRAWN = 300
MS = 1000.0


class Stood(NamedTuple):
    """The longest pause while a question was answered, in the best of the rounds: the machine makes some too."""

    pause: Pause
    question: Question
    status: int


def figures(quick: bool) -> Iterator[Figure]:
    """The questions by which the loop stood longest, for each database that is here."""
    series = QUICK_SERIES if quick else SERIES
    with tempfile.TemporaryDirectory() as folder:
        for name, url in (("SQLite", f"sqlite:///{folder}/readmodel.db"), ("PostgreSQL", empty_database())):
            if url:
                yield from apart(_figures_of, name, url, series)


def _figures_of(name: str, url: str, series: int) -> list[Figure]:
    marks = fill(url, series)
    _make_busy(url)
    asked = [*_named(), *questions(marks), *deep_questions(), *_drawn(marks)]
    stood = sorted(uvloop.run(_ask_all(url, asked)), key=lambda one: one.pause.seconds, reverse=True)
    of_names = {one.question.what: one for one in stood}
    shown = [*stood[:WORST], *(of_names[question.what] for question in _named())]
    found = [Figure(f"API on {name}, {series:,} series: questions asked", len(asked), "")]
    for one in shown:
        what = f"API's loop, longest pause: {one.question.what} ({one.status})"
        found.append(Figure(what, MS * one.pause.seconds, "ms", at_most=LOOP_MS_MAX))
        found.append(Figure("    of that at work", MS * one.pause.cpu_seconds, "ms CPU"))
    return found


def _make_busy(url: str) -> None:
    """One submitter has very many patches, as the maintainer of a large list has."""
    models = ReadModels(url)
    live = models.live()
    assert live is not None
    engine = models.engine(live)
    with engine.begin() as connection:
        some = select(patch.c.id).order_by(patch.c.id.desc()).limit(BUSY_PATCHES)
        connection.execute(update(patch).where(patch.c.id.in_(some)).values(submitter_id=FIRST_PERSON))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) patch")
    engine.dispose()


def _named() -> list[Question]:
    """What once stood on the loop for a tenth of a second and more."""
    patches, events = f"{API}/patches/?submitter={FIRST_PERSON}", f"{PROJECT}/events/?after=0"
    asked = {
        "the feed by 61 names": f"{events}&name={','.join(f'x{n}' for n in range(61))}",
        "the feed since a time to come": f"{events}&since=2100-01-01",
        "a busy submitter": patches,
        "a busy submitter, in a state": f"{patches}&state={RARE_STATE}",
        "a busy submitter, since": f"{patches}&updated_since=2021-01-01",
        "a busy submitter, before": f"{patches}&submitted_before=2020-02-01",
        "a busy submitter, by name": f"{patches}&name=xy",
        "a busy submitter, newest first": f"{patches}&ordering=-date",
        "a busy submitter in a project": f"{PROJECT}/patches/?submitter={FIRST_PERSON}&state=1",
    }
    return [Question(what, path) for what, path in asked.items()]


def _drawn(marks: Landmarks) -> list[Question]:
    """Parameters of two questions about one list together, drawn."""
    chance = random.Random(7)
    by_path: dict[str, list[str]] = {}
    for question in [*_named(), *questions(marks)]:
        path, query = urlsplit(question.path)[2:4]
        if query:
            by_path.setdefault(path, []).append(query)
    paths = [path for path, queries in by_path.items() if len(queries) > 1]
    found: dict[str, str] = {}
    while len(found) < DRAWN:
        path = chance.choice(paths)
        query = "&".join(chance.sample(by_path[path], 2))
        found[f"{path.removeprefix(API)}?{query}"[:80]] = f"{path}?{query}"
    return [Question(what, path) for what, path in found.items()]


async def _ask_all(url: str, asked: list[Question]) -> list[Stood]:
    """Ask one after the other; the first round warms the caches and does not count."""
    pauses: list[Pause] = []
    settings = Settings(database=url, base_url="https://patches.example.org", http_client_query_seconds=1e9)
    async with ASGIConductor(create_app(settings)) as conductor:
        beating = asyncio.create_task(beat(pauses))
        found = [await _ask(conductor, question, pauses) for question in asked]
        beating.cancel()
    return found


async def _ask(conductor: ASGIConductor, question: Question, pauses: list[Pause]) -> Stood:
    found: list[Stood] = []
    for _ in range(1 + ROUNDS):
        await asyncio.sleep(0.005)
        pauses.clear()
        begun = time.monotonic()
        path, _, query = question.path.partition("?")
        result = await conductor.simulate_get(path, query_string=query)
        await asyncio.sleep(0.005)
        found.append(Stood(longest(pauses, begun, time.monotonic()), question, result.status_code))
    return min(found[1:], key=lambda one: one.pause.seconds)
