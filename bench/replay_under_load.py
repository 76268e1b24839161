"""`python -m bench.replay_under_load [--mails N] [--rate R]`: a replay while mail comes and readers read.

A log of N mails; then `patchlog replay` on a running `patchlog up`, with ten SMTP sessions that deliver R mails a
second and wrk, which reads lists, patches and the feed. Afterwards the read model that lived through all that is
compared, row by row, with one that a replay makes from scratch with nothing else going on.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from bench.http_load import get
from bench.machine import describe
from bench.mailing import LIST_ADDRESS, LIST_ID, mails, write_mbox
from bench.processes import NONE, free_port, patchlog, run, serving
from bench.smtp_client import deliver, on_the_wire
from projector.readmodel.generations import ReadModels
from projector.readmodel.tables import metadata
from schemas.settings import Settings

SESSIONS, MAILS_A_SESSION = 10, 50
CONNECTIONS = 8
READ_SECONDS = 10
PATHS = ("series/", "projects/bench/series/", "projects/bench/patches/", "projects/bench/events/?after=0", "series/{}/")
LATER_SEED = 77
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
WAIT_SECONDS = 2.0


@dataclass
class Reading:
    """What wrk said: answers, those that failed, and the longest that one took."""

    answers: int = 0
    failed: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0


@dataclass
class Load:
    """Mail and reads until told to stop."""

    smtp: int
    http: int
    wire: list[bytes]
    rate: float
    stopping: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    reading: Reading = field(default_factory=Reading)

    def mail(self) -> None:
        """Deliver, R a second, until told to stop; every mail has to be answered 250."""
        deliver(self.smtp, self._paced(), sessions=SESSIONS, mails_a_session=MAILS_A_SESSION)

    def read(self) -> None:
        """Read one path after the other, READ_SECONDS each, until told to stop."""
        newest = int(re.findall(rb'"id": ?(\d+)', get(self.http, "/api/1.0/series/"))[0])
        while not self.stopping.is_set():
            for path in PATHS:
                read_by_wrk(self.http, f"/api/1.0/{path.format(newest)}", self.reading)

    def _paced(self) -> Iterator[bytes]:
        begun = time.monotonic()
        for number, mail in enumerate(self.wire):
            if self.stopping.is_set():
                return
            time.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
            self.sent += 1
            yield mail


def read_by_wrk(port: int, path: str, into: Reading) -> None:
    """Ask for a path for READ_SECONDS, and add what came of it."""
    url = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{READ_SECONDS}s", "--timeout=30s", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    into.failed += [line.strip() for line in said.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    answers, latency = re.search(r"(\d+) requests in", said), re.search(r"Latency +\S+ +\S+ +([\d.]+)([a-z]+)", said)
    assert answers and latency, said
    into.answers += int(answers[1])
    into.slowest_ms = max(into.slowest_ms, float(latency[1]) * UNITS[latency[2]])


def main() -> int:
    """Run it, and print what happened; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay_under_load", description=__doc__)
    parser.add_argument("--mails", type=int, default=200_000)
    parser.add_argument("--rate", type=float, default=50.0, help="mails a second that come meanwhile")
    options = parser.parse_args()
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), options.mails, options.rate)


def measure(folder: Path, count: int, rate: float) -> int:
    """See above."""
    data, mbox = folder / "data", folder / "bench.mbox"
    smtp, http = free_port(), free_port()
    write_mbox(mbox, mails(count))
    run(
        patchlog(
            "project", "add", "bench", "--name=Bench", "--listid", LIST_ID, "--listemail", LIST_ADDRESS, "--data", data
        )
    )
    say("import", run(patchlog("import", mbox, "--list-id", LIST_ID, "--data", data)).wall_seconds)
    mbox.unlink()
    load = Load(smtp, http, [on_the_wire(mail.raw) for mail in mails(int(rate * 1800), LATER_SEED)], rate)
    doors = (f"--smtp=127.0.0.1:{smtp}", f"--http=127.0.0.1:{http}")
    with serving(patchlog("up", "--data", data, *doors), smtp, http, settings=NONE):
        say("until the first read model was there", wait_until_folded(data))
        threads = [threading.Thread(target=load.mail), threading.Thread(target=load.read)]
        for thread in threads:
            thread.start()
        say("replay under load", run(patchlog("replay", "--data", data)).wall_seconds)
        load.stopping.set()
        for thread in threads:
            thread.join()
        wait_until_folded(data)
    print(f"mails delivered meanwhile: {load.sent}, all answered 250")
    reading = load.reading
    print(f"reads: {reading.answers}, failed: {reading.failed or 'none'}, slowest {reading.slowest_ms:.0f} ms")
    lived = rows(data)
    say("replay from scratch", run(patchlog("replay", "--fresh", "--drop-old", "--data", data)).wall_seconds)
    return judge(lived, rows(data), load, count)


def judge(
    lived: dict[str, list[tuple[object, ...]]], again: dict[str, list[tuple[object, ...]]], load: Load, count: int
) -> int:
    """Compare, and say what is wrong; gives the exit status."""
    wrong = [f"{name}: the replay from scratch made other rows" for name in lived if lived[name] != again[name]]
    names = {str(row[2]) for row in lived["mail"]}
    sent = [re.findall(rb"(?mi)^Message-ID: <(.+?)>", mail)[0].decode() for mail in load.wire[: load.sent]]
    if lost := [name for name in sent if name not in names]:
        wrong.append(f"{len(lost)} mails that were answered 250 are not there")
    if len(lived["mail"]) != count + load.sent:
        wrong.append(f"expected {count + load.sent} mails, there are {len(lived['mail'])}")
    wrong += load.reading.failed
    total = sum(map(len, lived.values()))
    print("\n".join(wrong) if wrong else f"{total} rows of {len(lived)} tables are the same, and nothing is wrong")
    return 1 if wrong else 0


def wait_until_folded(data: Path) -> float:
    """Wait until the projector has read everything; gives the seconds that it took."""
    begun = time.monotonic()
    while b'"lag": 0' not in subprocess.run(patchlog("status", "--json", "--data", data), capture_output=True).stdout:
        time.sleep(WAIT_SECONDS)
    return time.monotonic() - begun


def rows(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the live read model."""
    models = ReadModels(Settings(data=str(data)).database_url)
    number = models.live()
    assert number is not None
    engine = models.engine(number, read_only=True)
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return found


def say(what: str, seconds: float) -> None:
    """Print how long something took."""
    print(f"{what}: {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
