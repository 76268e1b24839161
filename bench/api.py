"""The API over the read model of our own mail: answers a second by two workers, and what one costs them."""

import json
from urllib.parse import urlencode

from bench.figures import Figure, over_rounds
from bench.filled import filled_by_our_own
from bench.http_load import get, load, tool
from bench.processes import cpu_seconds, free_port, patchlog, serving

SECONDS, QUICK_SECONDS = 3, 1
ROUNDS, QUICK_ROUNDS = 5, 1
PROJECT = "/api/1.0/projects/bench"
PATCHES = 5
"""Patches of the revision whose mbox is asked for."""


def measure(quick: bool) -> list[Figure]:
    """Each question for some seconds, in turn."""
    data = filled_by_our_own(quick).settings.data
    port = free_port()
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
    with serving(patchlog("api", "--data", data, "--http", f"127.0.0.1:{port}"), port) as pid:
        asked = questions(port)
        bodies = {name: get(port, path) for name, path in asked.items()}
        rows = [{name: _ask(pid, port, path, seconds) for name, path in asked.items()} for _ in range(rounds)]
    figures = []
    for name, body in bodies.items():
        what = f"{name} ({len(body) / 1024:.1f} KB), by {tool()}"
        figures.append(over_rounds(f"{what}: rate", [row[name][0] for row in rows], "answers/s"))
        figures.append(over_rounds(f"{what}: CPU of the server", [row[name][1] for row in rows], "ms/answer"))
    return figures


def questions(port: int) -> dict[str, str]:
    """The paths that clients ask for most, by what they are."""
    series = json.loads(get(port, f"{PROJECT}/series/?perpage=100"))["results"]
    revision = next(one for one in series if len(_patches(port, one)) == PATCHES)
    events = json.loads(get(port, f"{PROJECT}/events/?perpage=20"))["results"]
    since = urlencode({"since": events[-1]["event_time"]})
    return {
        "20 series of a project": f"{PROJECT}/series/",
        "one patch": f"/api/1.0/patches/{_patches(port, revision)[0]}/",
        "the last 19 events": f"{PROJECT}/events/?{since}",
        "an mbox of 5 patches": f"/api/1.0/series/{revision['id']}/revisions/{revision['version']}/mbox/",
    }


def _patches(port: int, series: "dict[str, int]") -> list[int]:
    path = f"/api/1.0/series/{series['id']}/revisions/{series['version']}/"
    patches: list[int] = json.loads(get(port, path))["patches"]
    return patches


def _ask(pid: int, port: int, path: str, seconds: int) -> tuple[float, float]:
    """Answers a second, and milliseconds of the server's CPU for each."""
    before = cpu_seconds(pid)
    answers = load(port, path, seconds)
    return answers / seconds, 1000 * (cpu_seconds(pid) - before) / answers
