"""The trace of a mail goes on where it is folded, and no table knows of it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.log import Log, open_log
from projector.live import follow
from projector.readmodel.generations import ReadModels
from schemas.fact import Fact, Request
from schemas.records import PatchStateChanged
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT, World, deliver
from tests.spans import Spans, said, spans_kept, trace_id

TRACES = [f"{number:032x}" for number in (10, 11, 12)]


def traced(facts: list[Fact]) -> list[Fact]:
    """The same mails, each in a trace of its own."""
    return [
        msgspec.structs.replace(fact, traceparent=f"00-{trace}-00000000000000ab-01")
        for fact, trace in zip(facts, TRACES, strict=True)
    ]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([PROJECT])
    yield log
    log.close()


def follow_until(log: Log, models: ReadModels, spans: Spans, folds: int) -> None:
    """Follow the log until so many mails were told of."""
    done = threading.Event()
    thread = threading.Thread(target=follow, args=(log, models, done.is_set), daemon=True)
    thread.start()
    for _ in range(600):
        if len(spans.named("fold")) >= folds:
            break
        log.wait(log.end(), 0.05)
    done.set()
    thread.join(30)
    assert not thread.is_alive()


def test_fold_of_each_mail_is_in_the_trace_of_its_receipt(log: Log, database_url: str) -> None:
    with spans_kept() as spans:
        ids = log.append([*traced(series("a", 2)), *series("b", 1)])
        change = Request(user=1, traceparent=f"00-{'c' * 32}-00000000000000ab-01")
        ids += log.append([PatchStateChanged(patch=ids[1], state="accepted", request=change)])
        follow_until(log, ReadModels(database_url), spans, 4)
    folds = spans.named("fold")
    assert [f"{trace_id(span):032x}" for span in folds] == [*TRACES, "c" * 32]
    assert [said(span, "record") for span in folds] == [*ids[:3], ids[-1]]
    assert [said(span, "outcome") for span in folds] == ["cover", "patch", "patch", None]
    assert [said(span, "project") for span in folds] == ["demo", "demo", "demo", None]
    assert {span.parent.span_id for span in folds if span.parent} == {0xAB}
    assert all(span.start_time and span.end_time and span.start_time <= span.end_time for span in folds)


def test_no_table_knows_of_a_trace(tmp_path: Path) -> None:
    worlds = []
    for name, facts in (("without", series("a", 2)), ("with", traced(series("a", 2)))):
        (tmp_path / name).mkdir()
        world = deliver(World(tmp_path / name), facts)
        worlds.append(world.everything())
        world.close()
    without, with_traces = worlds
    assert len(without["patch"]) == 2
    assert without == with_traces
