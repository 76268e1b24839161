"""What answers cost where a read model is large: its first pages, details and feeds against those of a small one.

Rows are written straight into the tables, and served by the real API, each read model by one worker. CPU is that of the
API's processes; PostgreSQL's own is told beside. Both are asked in turn, so that they meet the same machine.
"""

import argparse
import http.client
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import psycopg

from bench.figures import Figure, table
from bench.machine import describe
from bench.processes import cpu_by_process, free_port, own_cpu_seconds, patchlog, serving
from bench.scale_filling import fill, plain, stored_bytes
from bench.scale_questions import Bound, Question, deep_questions, questions
from bench.scale_rows import Landmarks

SERIES, SMALL = 1_000_000, 10_000
RATIO_MAX, DEEP_MS_MAX = 1.5, 150.0
NAMES = ("small", "large")
ROUNDS = 5
ROUND_CPU_SECONDS = 0.06
"""A round asks until the API has taken about so much."""
CPUCLOCK_SCHED = 2
ASKED_MIN, ASKED_MAX = 2, 300
PATIENCE_SECONDS = 60.0
OK, TOO_SLOW = 200, 503


@dataclass(frozen=True)
class Served:
    """A read model that an API serves."""

    name: str
    marks: Landmarks
    port: int
    api: int
    """Its process id."""
    server: int | None
    """PostgreSQL's."""


@dataclass(frozen=True)
class Taken:
    """Milliseconds of CPU for one answer, in the median of the rounds; status is the highest of the last."""

    api_ms: float
    server_ms: float
    status: int

    @property
    def whole_ms(self) -> float:
        return self.api_ms + self.server_ms


def main() -> None:
    """Make both read models, ask both, print, and exit with 1 where a bound is not kept."""
    asked = _arguments()
    print(describe(), flush=True)
    with _folder(asked.data) as folder, _databases(asked.database, folder, is_kept=asked.data is not None) as urls:
        found = [_made(folder / name, urls[name], series) for name, series in _sizes(asked)]
        with _serve(folder / "small", found[0]) as small, _serve(folder / "large", found[1]) as large:
            misses = compare(small, large, asked.only)
    print(f"\n{misses} misses")
    sys.exit(1 if misses else 0)


def compare(small: Served, large: Served, only: str = "") -> int:
    """Ask everything (or what has `only` in its name), print a line for each question, and count what misses."""
    few = {question.what: question for question in questions(small.marks)}
    misses = 0
    print(f"\n{'CPU for an answer, ms':<46}{'small':>9}{'large':>9}{'ratio':>7}   of PostgreSQL: small, large")
    for question in [*questions(large.marks), *deep_questions()]:
        if only not in question.what:
            continue
        if question.bound is Bound.DEEP and not _reaches(large, question):
            continue
        other = few.get(question.what)
        first, second = ask_in_turn(small, other, large, question)
        is_miss = _misses(question, first, second)
        misses += is_miss
        print(_line(question, first, second, is_miss), flush=True)
    return misses


def ask_in_turn(small: Served, few: Question | None, large: Served, many: Question) -> tuple[Taken | None, Taken]:
    """Ask both, round by round."""
    pairs = [(small, few), (large, many)] if few is not None else [(large, many)]
    rounds: list[list[Taken]] = [[] for _ in pairs]
    times = [_times(served, question) for served, question in pairs]
    for _ in range(ROUNDS):
        for place, (served, question) in enumerate(pairs):
            rounds[place].append(_ask(served, question.path, times[place]))
    taken = [
        Taken(median(one.api_ms for one in each), median(one.server_ms for one in each), each[-1].status)
        for each in rounds
    ]
    return (taken[0], taken[1]) if few is not None else (None, taken[0])


def _times(served: Served, question: Question) -> int:
    """How often a round asks, found by a first answer that also warms the caches."""
    _ask(served, question.path, 1)
    once = _ask(served, question.path, ASKED_MIN).api_ms / 1000
    return min(ASKED_MAX, max(ASKED_MIN, round(ROUND_CPU_SECONDS / max(once, 0.0005))))


def _ask(served: Served, path: str, times: int) -> Taken:
    before = _cpu(served)
    status = repeatedly(served.port, path, times)
    after = _cpu(served)
    api, server = (1000 * (late - early) / times for early, late in zip(before, after, strict=True))
    return Taken(api, server, status)


def repeatedly(port: int, path: str, times: int) -> int:
    """Ask for a path on one connection that stays; gives the highest status, which is OK or TOO_SLOW."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    statuses = set()
    try:
        for _ in range(times):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            statuses.add(response.status)
    finally:
        connection.close()
    assert statuses <= {OK, TOO_SLOW}, (path, statuses)
    return max(statuses)


def _cpu(served: Served) -> tuple[float, float]:
    """Seconds of CPU that the API and PostgreSQL's server have taken."""
    return _cpu_seconds(served.api), _cpu_seconds(served.server) if served.server is not None else 0.0


def _cpu_seconds(pid: int) -> float:
    """CPU of a process and its living descendants by their clocks, which are finer than /proc; see
    clock_getcpuclockid(3)."""
    seconds = 0.0
    for process in cpu_by_process(pid):
        with suppress(OSError):  # it has just ended
            seconds += time.clock_gettime((~process << 3) | CPUCLOCK_SCHED)
    return seconds


def _reaches(served: Served, question: Question) -> bool:
    """Whether a list is as long as that."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("HEAD", question.path)
        return connection.getresponse().status != http.client.NOT_FOUND
    finally:
        connection.close()


def _misses(question: Question, small: Taken | None, large: Taken) -> bool:
    """PostgreSQL's own CPU counts as the API's does: it could be spent there instead."""
    if question.bound is Bound.LINEAR:
        return False
    if large.status != OK:
        return True
    if question.bound is Bound.DEEP:
        return large.whole_ms > DEEP_MS_MAX
    assert small is not None
    return max(large.api_ms / small.api_ms, large.whole_ms / small.whole_ms) > RATIO_MAX


def _line(question: Question, small: Taken | None, large: Taken, is_miss: bool) -> str:
    first = f"{small.api_ms:9.2f}" if small else " " * 9
    ratio = f"{large.api_ms / small.api_ms:7.2f}" if small else " " * 7
    line = f"{question.what:<46}{first}{large.api_ms:9.2f}{ratio}"
    if large.server_ms:
        line += f"{small.server_ms if small else 0:11.2f}{large.server_ms:9.2f}"
    notes = [note for note, holds in (
        ("linear", question.bound is Bound.LINEAR),
        (str(large.status), large.status != OK),
        (f"MISS: {question.bound.value}", is_miss),
    ) if holds]  # fmt: skip
    return f"{line}   {', '.join(notes)}".rstrip()


# --- what is asked ---


def _made(folder: Path, url: str, series: int) -> tuple[str, Landmarks]:
    """Make a read model and print what it took; or take one that was kept."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "landmarks.json"
    if kept.exists():
        return url, msgspec.json.decode(kept.read_bytes(), type=Landmarks)
    begun, cpu = time.perf_counter(), own_cpu_seconds()
    marks = fill(url, series)
    size, counts = stored_bytes(url), marks.counts
    what = f"{series:,} series"
    print(table([
        Figure(f"{what}: patches", counts["patch"], ""),
        Figure(f"{what}: events shown to all", counts["event"], ""),
        Figure(f"{what}: mails", counts["mail"], ""),
        Figure(f"{what}: database", size / 2**30, "GiB"),
        Figure(f"{what}: database", size / counts["patch"], "bytes/patch"),
        Figure(f"{what}: time to build", time.perf_counter() - begun, "s"),
        Figure(f"{what}: CPU to build, ours", own_cpu_seconds() - cpu, "s"),
    ]), flush=True)  # fmt: skip
    kept.write_bytes(msgspec.json.encode(marks))
    return url, marks


@contextmanager
def _serve(folder: Path, made: tuple[str, Landmarks]) -> Iterator[Served]:
    url, marks = made
    port = free_port()
    settings = {"PATCHLOG_API_WORKERS": "1", "PATCHLOG_DATABASE": url}
    with serving(patchlog("api", "--data", folder, "--http", f"127.0.0.1:{port}"), port, settings=settings) as pid:
        yield Served(folder.name, marks, port, pid, _server(url))


def _server(url: str) -> int | None:
    if url.startswith("sqlite:///"):
        return None
    with psycopg.connect(plain(url)) as connection:
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    assert row is not None
    return int(Path(row[0], "postmaster.pid").read_text().split()[0])


@contextmanager
def _databases(url: str, folder: Path, *, is_kept: bool) -> Iterator[dict[str, str]]:
    """The URLs by name: files in the folder, or databases of their own beside the one of the URL."""
    if not url:
        yield {name: f"sqlite:///{folder / name / 'readmodel.db'}" for name in NAMES}
        return
    with psycopg.connect(plain(url), autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for name in NAMES:
            if f"scale_{name}" not in there:
                connection.execute(f"CREATE DATABASE scale_{name}".encode())
    try:
        yield {name: f"{url.rpartition('/')[0]}/scale_{name}" for name in NAMES}
    finally:
        if not is_kept:
            with psycopg.connect(plain(url), autocommit=True) as connection:
                for name in NAMES:
                    connection.execute(f"DROP DATABASE scale_{name} WITH (FORCE)".encode())


def _sizes(asked: argparse.Namespace) -> list[tuple[str, int]]:
    return list(zip(NAMES, (asked.small, asked.series), strict=True))


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scale",
        description=__doc__,
        epilog="A million series take 40 GB of disk on SQLite and 35 GB on PostgreSQL, and ten minutes of CPU to make.",
    )
    parser.add_argument(
        "--series", type=int, default=SERIES, metavar="N", help="series of the large read model (%(default)s)"
    )
    parser.add_argument("--small", type=int, default=SMALL, metavar="N", help="series of the small one (%(default)s)")
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="postgresql+psycopg://...: both in databases of their own beside this one, scale_small and scale_large,"
        " by a user who may create them; without it both are files of SQLite",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep the read models, to be asked again without making them anew; without it nothing is left",
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="ask only what has these words in its line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
