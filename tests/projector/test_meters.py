"""What the projector counts, and what it says of the log and the read model."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from ingest.log import Log, open_log
from ingest.log.advance import advance_clock
from projector import meters
from projector.live import open_live
from projector.meters import Pulse, Stores
from projector.readmodel.generations import Reader, ReadModels
from schemas.records import CopiesAcknowledged
from tests.ingest.test_probes import ask
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import PROJECT
from tests.projector.test_live import following, log, models, position, until

__all__ = ["log", "models"]


@pytest.fixture
def stores(log: Log, models: ReadModels, tmp_path: Path, database_url: str) -> Stores:
    return Stores(log, Reader(database_url), f"sqlite:///{tmp_path}/log.db", database_url)


def figures(stores: Stores) -> dict[str, float]:
    samples = [sample for family in stores.collect() for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_says_how_far_it_is(log: Log, models: ReadModels, stores: Stores) -> None:
    generation = open_live(log, models)
    generation.fold(100)
    log.append(series("a", 2))
    found = figures(stores)
    assert (found["patchlog_projector_position"], found["patchlog_log_end"]) == (2, 5)
    assert found["patchlog_projector_lag_records"] == 3
    assert found["patchlog_projector_lag_seconds"] > 0
    assert (found["patchlog_log_reachable"], found["patchlog_database_reachable"]) == (1, 1)
    assert 0 < found["patchlog_disk_free_bytes log"] <= found["patchlog_disk_size_bytes log"]
    generation.fold(100)
    found = figures(stores)
    assert (found["patchlog_projector_lag_records"], found["patchlog_projector_lag_seconds"]) == (0, 0)
    generation.close()


def test_counts_dead_letters_and_incomplete_series(log: Log, models: ReadModels, stores: Stores) -> None:
    generation = open_live(log, models)
    log.append([*series("a", 3, has_cover=False)[:2], mail("[PATCH] x", "x", list_id="stranger.example.org")])
    generation.fold(100)
    until_us = generation.next_wait_us()
    assert until_us is not None and advance_clock(log, until_us)
    generation.fold(100)
    found = figures(stores)
    assert found["patchlog_dead_letters no-project"] == 1
    assert found["patchlog_series_incomplete"] == 1
    generation.close()


def test_counts_mails_that_contradict_another_until_somebody_has_looked(
    log: Log, models: ReadModels, stores: Stores
) -> None:
    generation = open_live(log, models)
    log.append([mail("[PATCH] x", "x", body="one\n"), mail("[PATCH] x", "x", body="another\n")])
    generation.fold(100)
    assert figures(stores)[f"patchlog_copies_alarming {PROJECT.linkname}"] == 1
    log.append([CopiesAcknowledged(records=(log.end(),))])
    generation.fold(100)
    assert not [name for name in figures(stores) if name.startswith("patchlog_copies_alarming")]
    generation.close()


def test_counts_what_waits_to_be_published_once_somebody_publishes(
    log: Log, models: ReadModels, stores: Stores
) -> None:
    generation = open_live(log, models)
    log.append(series("a", 2))
    while generation.fold(100) or ((facts := generation.announcements()) and log.append(facts)):
        pass
    assert "patchlog_publishing_lag_events" not in figures(stores)
    stores.note_published((0, 0))
    waiting = figures(stores)["patchlog_publishing_lag_events"]
    stores.note_published((log.end(), 0))
    assert (waiting > 0, figures(stores)["patchlog_publishing_lag_events"]) == (True, 0)
    generation.close()


def test_what_is_away_is_said_to_be(log: Log, stores: Stores) -> None:
    log.close()
    found = figures(stores)
    assert (found["patchlog_log_reachable"], found["patchlog_database_reachable"]) == (0, 0)
    assert "patchlog_log_end" not in found


def test_each_mail_is_one_line_and_one_count(log: Log, models: ReadModels) -> None:
    def patches() -> float:
        labels = {"project": "demo", "outcome": "patch"}
        return REGISTRY.get_sample_value("patchlog_mails_folded_total", labels) or 0.0

    before = patches()
    with capture_logs() as lines, following(log, models):
        log.append(series("a", 2))
        until(log, lambda: position(models) == log.end() > 5)
    folded = [line for line in lines if line["event"] == "mail folded"]
    assert [(line["record"], line["project"], line["outcome"]) for line in folded] == [
        (3, "demo", "cover"),
        (4, "demo", "patch"),
        (5, "demo", "patch"),
    ]
    assert all(line["message_id"] and line["list"] for line in folded)
    assert patches() == before + 2


def test_a_loop_that_does_not_come_round_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    assert pulse.why_dead() == ""
    monkeypatch.setattr(meters, "STUCK_SECONDS", 0.0)
    assert pulse.why_dead().startswith("the loop has not come round for ")


def test_the_process_tells_how_it_is_over_http(tmp_path: Path) -> None:
    open_log(f"sqlite:///{tmp_path}/log.db").close()
    environment = {**os.environ, "PATCHLOG_PROJECTOR_HTTP": "127.0.0.1:0", "PATCHLOG_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "patchlog", "projector", "--data", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        told = {line["event"]: line for line in map(json.loads, iter_until(process.stderr, "projector.follows"))}
        port = told["probes"]["port"]
        assert ask(port, "/healthz") == ask(port, "/readyz") == (200, "ok\n")
        lines = ask(port, "/metrics")[1].splitlines()
        assert {"patchlog_projector_active 1.0", "patchlog_log_end 1.0"} <= set(lines)
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()


def iter_until(stream: Iterable[str], event: str) -> Iterator[str]:
    """The lines up to and with the first that tells of an event."""
    for line in stream:
        yield line
        if event in line:
            return
