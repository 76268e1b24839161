"""The API over the read model of our own mail: answers a second by two workers, and what one costs them.

SQLite, and PostgreSQL where it can be had, are asked in turn. Of PostgreSQL's, only our own processes are counted.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.figures import Figure, over_rounds
from bench.filled import filled_by_our_own
from bench.http_load import ask, cost, tool
from bench.postgres import empty_database
from bench.processes import free_port, patchlog, serving

SECONDS, QUICK_SECONDS = 3, 1
ROUNDS, QUICK_ROUNDS = 5, 1
PROJECT = "/api/1.0/projects/bench"
PATCHES = 5
"""Patches of the revision whose mbox is asked for."""
TO_SQLITE = 1.6
"""What an answer from PostgreSQL may cost, measured by what the same costs from SQLite."""


@dataclass(frozen=True)
class Question:
    """A path; with a tag, asked by a reader who has the answer already. at_most: milliseconds of CPU, from SQLite."""

    path: str
    at_most: float
    tag: str = ""


@dataclass(frozen=True)
class Served:
    """A running API: the process that the workers come from, and where it listens."""

    pid: int
    port: int
    questions: Mapping[str, Question]


Rounds = dict[str, list[tuple[float, float]]]
"""Answers a second and milliseconds of CPU for each, by what was asked."""


def measure(quick: bool) -> Iterator[Figure]:
    """Each question for some seconds, in turn."""
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
    stores = {"sqlite": ""}
    if database := empty_database():
        stores["postgresql"] = database
    with ExitStack() as stack:
        served = {name: _serve(stack, quick, url) for name, url in stores.items()}
        measured: dict[str, Rounds] = {name: {what: [] for what in one.questions} for name, one in served.items()}
        for _ in range(rounds):
            for what in served["sqlite"].questions:
                for name, one in served.items():
                    question = one.questions[what]
                    measured[name][what].append(cost(one.pid, one.port, question.path, seconds, question.tag))
        yield from _figures(served, measured)


def _figures(served: Mapping[str, Served], measured: Mapping[str, Rounds]) -> Iterator[Figure]:
    for name, one in served.items():
        for what, question in one.questions.items():
            size = len(ask(one.port, question.path, question.tag)[1]) / 1024
            said = f"{name}: {what} ({size:.1f} KB), by {tool()}"
            yield over_rounds(f"{said}: rate", [rate for rate, _ in measured[name][what]], "answers/s")
            costs = [taken for _, taken in measured[name][what]]
            at_most = question.at_most * (1 if name == "sqlite" else TO_SQLITE)
            yield over_rounds(f"{said}: CPU of the server", costs, "ms/answer", at_most=at_most)
    if "postgresql" in measured:
        for what in served["sqlite"].questions:
            pairs = zip(measured["postgresql"][what], measured["sqlite"][what], strict=True)
            ratios = [other / ours for (_, other), (_, ours) in pairs]
            yield over_rounds(f"{what}: CPU on postgresql to that on sqlite", ratios, "times", at_most=TO_SQLITE)


def _serve(stack: ExitStack, quick: bool, database: str) -> Served:
    data = filled_by_our_own(quick, database).settings.data
    port = free_port()
    pid = stack.enter_context(serving(patchlog("api", "--data", data, "--http", f"127.0.0.1:{port}"), port))
    return Served(pid, port, questions(port))


def questions(port: int) -> dict[str, Question]:
    """What clients ask for most, by what it is."""
    series = _json(port, f"{PROJECT}/series/?perpage=100")["results"]
    revision = next(one for one in series if len(_patches(port, one)) == PATCHES)
    events = _json(port, f"{PROJECT}/events/?perpage=20")["results"]
    since = urlencode({"since": events[-1]["event_time"]})
    patch = f"/api/1.0/patches/{_patches(port, revision)[0]}/"
    return {
        "20 series of a project": Question(f"{PROJECT}/series/", 0.35),
        "one patch": Question(patch, 0.15),
        "the last 19 events": Question(f"{PROJECT}/events/?{since}", 0.25),
        "an mbox of 5 patches": Question(f"{_path(revision)}mbox/", 0.40),
        "one patch, 304": Question(patch, 0.06, ask(port, patch)[0]),
        "20 series of a project, 304": Question(f"{PROJECT}/series/", 0.06, ask(port, f"{PROJECT}/series/")[0]),
    }


def _patches(port: int, series: "dict[str, int]") -> list[int]:
    found: list[int] = json.loads(ask(port, _path(series))[1])["patches"]
    return found


def _path(series: "dict[str, int]") -> str:
    return f"/api/1.0/series/{series['id']}/revisions/{series['version']}/"


def _json(port: int, path: str) -> dict[str, "list[dict[str, int]]"]:
    found: dict[str, list[dict[str, int]]] = json.loads(ask(port, path)[1])
    return found
