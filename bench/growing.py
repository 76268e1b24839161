"""A list that grows: imported, folded and read tenth by tenth."""

import json
import resource
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

from bench.filled import fold_all, new_folder
from bench.http_load import cost, get, load
from bench.mailing import LIST_ADDRESS, LIST_ID, write_list
from bench.processes import Cost, apart, free_port, own_cpu_seconds, patchlog, run, serving
from schemas.settings import Settings

MAILS, QUICK_MAILS = 200_000, 10_000
TENTHS = 10
READ_SECONDS = 1
PROJECT = "/api/1.0/projects/bench"


@dataclass(frozen=True)
class Stage:
    """One tenth, once it was added: mails in all; milliseconds of CPU for a mail or an answer; memory at its peak."""

    mails: int
    import_ms: float
    fold_ms: float
    fold_mib: float
    list_ms: float
    feed_ms: float


@dataclass(frozen=True)
class Grown:
    """All tenths, what a replay of everything took, and where it all is."""

    stages: tuple[Stage, ...]
    replayed: Cost
    data: Path


@cache
def grown(quick: bool) -> Grown:
    """Let a list grow; done once. The data directory stays until the program ends."""
    data = new_folder() / "data"
    names = ("--name", "Bench", "--listid", LIST_ID, "--listemail", LIST_ADDRESS)
    run(patchlog("project", "add", "bench", *names, "--data", data))
    stages = tuple(_stages(data, QUICK_MAILS if quick else MAILS))
    return Grown(stages, run(patchlog("replay", "--drop-old", "--data", data)), data)


def _stages(data: Path, count: int) -> Iterator[Stage]:
    tenth = count // TENTHS
    mbox = data.parent / "growing.mbox"  # each import goes on where the one before it ended
    apart(write_list, mbox, count, TENTHS)
    with _projecting() as folding:
        for number in range(1, TENTHS + 1):
            with mbox.open("ab") as file:
                file.write(mbox.with_suffix(f".{number - 1}").read_bytes())
            imported = run(patchlog("import", mbox, "--list-id", LIST_ID, "--data", data))
            fold_seconds, fold_mib = folding.submit(_fold, str(data)).result()
            list_ms, feed_ms = _read(data)
            import_ms, fold_ms = (1000 * seconds / tenth for seconds in (imported.cpu_seconds, fold_seconds))
            yield Stage(number * tenth, import_ms, fold_ms, fold_mib, list_ms, feed_ms)


@contextmanager
def _projecting() -> Iterator[ProcessPoolExecutor]:
    """One process that folds, so that its memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield pool


def _fold(data: str) -> tuple[float, float]:
    """Seconds of CPU, and MiB at the peak until now."""
    before = own_cpu_seconds()
    fold_all(Settings(data=data))
    return own_cpu_seconds() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _read(data: Path) -> tuple[float, float]:
    """Milliseconds of CPU for the project's first page of series, and for the feed since its 20th event."""
    port = free_port()
    with serving(patchlog("api", "--data", data, "--http", f"127.0.0.1:{port}"), port) as pid:
        events = json.loads(get(port, f"{PROJECT}/events/?perpage=20"))["results"]
        feed = f"{PROJECT}/events/?{urlencode({'since': events[-1]['event_time']})}"
        costs = []
        for path in (f"{PROJECT}/series/", feed):
            load(port, path, READ_SECONDS)
            costs.append(cost(pid, port, path, READ_SECONDS)[1])
        list_ms, feed_ms = costs
        return list_ms, feed_ms
