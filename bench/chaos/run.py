"""One run: start everything, send and ask and kill, stop killing, wait until all is done, judge."""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.people import Readers, Senders
from bench.chaos.plan import Plan
from bench.chaos.verdict import (
    is_settled,
    judge_feed,
    judge_mails,
    judge_published,
    judge_tables,
    published,
    records_of,
)
from bench.chaos.victims import NODES, Node, Part, Postgres, Victim, Worker, start_brokers, start_postgres, stop_servers
from bench.http_load import walk
from bench.processes import free_port
from ingest.log import Log, LogUnavailable, make_log, open_log
from projector.readmodel.generations import NoReadModel, Reader, ReadModels, is_unavailable
from schemas.records import MailReceived, ProjectAdded

RECEIVERS, PROJECTORS = 3, 2
SETTLE_SECONDS = 180.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Report:
    """What happened, and `wrong`: everything that must not happen, one sentence each."""

    figures: dict[str, object]
    wrong: list[str]


def run(plan: Plan, folder: Path, say: Callable[[str], None]) -> Report:
    """Run a plan in a folder of its own, which is empty; what happens is said line by line."""
    brokers, postgres = folder / "kafka", folder / "postgres"
    try:
        bootstrap, database = start_brokers(brokers), start_postgres(postgres)
        log_url = f"kafka://{bootstrap}/patchlog.log"
        make_log(log_url)
        log = open_log(log_url)
        log.append([ProjectAdded(linkname="chaos", name="Chaos", listid=plan.list_id, listemail=plan.list_address)])
        with _parts(folder, log_url, database) as (parts, smtp, http_port):
            victims: list[Victim] = [*parts, Worker(parts[-1]), Postgres(postgres)]
            victims += [Node(brokers, number + 1) for number in range(NODES)]
            senders, readers = Senders(plan, smtp), Readers(http_port, plan.seed)
            kills = _kill_in_turn(victims, plan, say)
            say("no more kills")
            wrong = [] if senders.join(SETTLE_SECONDS) else ["some mail is still not answered 250"]
            settled = _wait_until_settled(log, database)
            readers.stop()
            say(f"settled after {settled:.0f} s")
            shown = _feed(http_port)
        wrong += _judge(plan, senders, log, database, shown, published(bootstrap, "patchlog.events"))
        wrong += [f"API: {bad}" for bad in readers.bad]
        figures = _figures(plan, senders, readers, kills, settled)
        figures |= _of_the_log(log, len(shown), len(published(bootstrap, "patchlog.events")))
        figures |= {f"{part.name} ended by itself": part.ended_by_itself for part in parts if part.ended_by_itself}
        wrong += [f"{part.name}: {line}" for part in parts for line in part.tracebacks()]
        log.close()
        return Report(figures, wrong)
    finally:
        stop_servers(brokers, postgres)


@contextmanager
def _parts(folder: Path, log_url: str, database: str) -> Iterator[tuple[list[Part], list[int], int]]:
    """Three receivers, two projectors and the API, which is the last; the ports of SMTP and of HTTP."""
    smtp, http_port = [free_port() for _ in range(RECEIVERS)], free_port()
    settings = {"PATCHLOG_LOG": log_url, "PATCHLOG_DATABASE": database, "PATCHLOG_API_WORKERS": "2"}
    parts = [Part(f"projector {n + 1}", folder, settings, "projector") for n in range(PROJECTORS)]
    for number, port in enumerate(smtp):
        own = {**settings, "PATCHLOG_SMTP": f"127.0.0.1:{port}"}
        parts.append(Part(f"ingest {number + 1}", folder, own, "ingest"))
    parts.append(Part("api", folder, {**settings, "PATCHLOG_HTTP": f"127.0.0.1:{http_port}"}, "api"))
    try:
        yield parts, smtp, http_port
    finally:
        for part in parts:
            part.stop()


def _kill_in_turn(victims: list[Victim], plan: Plan, say: Callable[[str], None]) -> Counter[str]:
    """Kill each victim once before the first is killed again; gives how often each was."""
    chance, kills = random.Random(plan.seed), Counter[str]()
    begun = time.monotonic()
    turn: list[Victim] = []
    next_at = begun + plan.pause_seconds
    while next_at < begun + plan.seconds:
        time.sleep(max(0.0, next_at - time.monotonic()))
        turn = turn or chance.sample(victims, len(victims))
        victim = turn.pop()
        say(f"{time.monotonic() - begun:5.1f} s: kill {victim.name}")
        victim.kill()
        kills[victim.name] += 1
        victim.revive()
        next_at = max(next_at + plan.pause_seconds, time.monotonic())
    return kills


def _wait_until_settled(log: Log, database: str) -> float:
    """Wait until nothing is left to be done; gives the seconds."""
    begun = time.monotonic()
    reader = Reader(database)
    while True:
        try:
            if is_settled(log, reader):
                break
        except (LogUnavailable, NoReadModel):
            pass
        except Exception as error:
            if not is_unavailable(error):
                raise
        assert time.monotonic() - begun < SETTLE_SECONDS, "the read model does not come to the end of the log"
        time.sleep(LOOK_SECONDS)
    reader.close()
    return time.monotonic() - begun


def _feed(port: int) -> list[tuple[int, int, int]]:
    """Id, series and revision of all new revisions on the feed, as the API shows it."""
    events = walk("/api/1.0/projects/chaos/events/?name=series-new-revision&perpage=100", partial(_document, port))
    return [(one["id"], one["series"], one["parameters"]["revision"]) for one in events]


def _document(port: int, path: str) -> Any:
    """What stands at a path. The API may have been the last that was killed: then it is waited for."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except ConnectionError:
            assert time.monotonic() < deadline, "the API does not come back"
            time.sleep(LOOK_SECONDS)
        finally:
            connection.close()


def _judge(
    plan: Plan, senders: Senders, log: Log, database: str, shown: list[tuple[int, int, int]], bodies: list[bytes]
) -> list[str]:
    records = records_of(log)
    reader = Reader(database)
    with reader.connect() as connection:
        wrong = judge_mails(connection, records, plan.raws, senders.recorded)
        wrong += judge_feed(connection, records, shown)
        wrong += judge_published(connection, bodies)
    reader.close()
    return wrong + judge_tables(log, ReadModels(database))


def _figures(plan: Plan, senders: Senders, readers: Readers, kills: Counter[str], settled: float) -> dict[str, object]:
    slow = sorted(senders.seconds)
    return {
        "mails sent": len(plan.raws),
        "answered 250": len(senders.recorded),
        "answers of SMTP, and broken connections": dict(senders.replies),
        "from the first try to 250: half within, all within (s)": (round(slow[len(slow) // 2], 3), round(slow[-1], 1)),
        "kills": dict(kills),
        "answers of the API": dict(readers.answers),
        "questions without an answer": dict(readers.unanswered),
        "slowest answer of the API (s)": round(readers.slowest_seconds, 1),
        "until settled (s)": round(settled, 1),
    }


def _of_the_log(log: Log, revisions: int, messages: int) -> dict[str, object]:
    records = records_of(log)
    received = sum(isinstance(record.fact, MailReceived) for record in records)
    return {"mails on the log": received, "new revisions on the feed": revisions, "messages published": messages}
