"""`patchlog status` on real stores: all kinds of them, well, behind and away."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest import clock
from ingest.log import now_us, open_log
from patchlog.__main__ import patchlog_commands
from patchlog.state import DAYS_MIN, RATE_RECORDS, mails_per_second
from projector.live import open_live
from projector.publishing import publish_events
from projector.readmodel.generations import Reader, ReadModels
from schemas.fact import Fact
from schemas.records import ImportFinished
from tests.databases import database_of, log_of, make_data_directory
from tests.patchlog.station import Station
from tests.projector.fold.listlog import ListLog
from tests.projector.fold.mailing import START, mail, series
from tests.projector.fold.world import PROJECT


def status(data: Path, *options: str) -> Result:
    return CliRunner().invoke(patchlog_commands, ["status", "--data", str(data), *options])


def look(data: Path) -> Any:
    return json.loads(status(data, "--json").stdout)


def fill(data: Path, *facts: Fact) -> None:
    """Put a project and facts on the log, and fold all."""
    log = open_log(log_of(data))
    log.append([PROJECT, *facts])
    generation = open_live(log, ReadModels(database_of(data)))
    while generation.fold(500) or ((facts := tuple(generation.announcements())) and log.append(facts)):
        pass
    generation.close()
    log.close()


def now() -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us())


def test_all_is_well_on_every_kind_of_stores(whole_directory: Path) -> None:
    fill(whole_directory, *series("a", 2))
    shown = status(whole_directory)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert max(map(len, shown.stdout.splitlines())) <= 80
    found = look(whole_directory)
    assert (found["position"], found["lag"], found["lag_seconds"]) == (found["log_end"], 0, 0)
    assert (found["mails"], found["wrong"]) == ({"cover": 1, "patch": 2}, [])
    assert found["mails_per_second"] == 3 / 300
    assert [(one["linkname"], one["is_live"], one["usual_seconds"]) for one in found["lists"]] == [("demo", True, None)]
    assert found["generations"] == [1]
    is_kafka = log_of(whole_directory).startswith("kafka")
    assert (found["publishing"] is not None and found["publishing"]["events"] > 0) == is_kafka


@pytest.mark.xdist_group("kafka")
def test_what_was_published_in_one_go_is_not_waited_for(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    data = make_data_directory("sqlite", tmp_path, request, log="kafka")
    fill(data, *series("a", 2))
    assert look(data)["publishing"]["events"] > 1
    log, places = open_log(log_of(data)), list[tuple[int, int]]()
    publish_events(log, Reader(database_of(data)), lambda: len(places) == 2, places.append)
    log.close()
    assert look(data)["publishing"] == {"events": 0, "seconds": 0}


def test_a_projector_that_does_not_run_is_wrong_after_a_while(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(data_directory)
    log = open_log(log_of(data_directory))
    log.append(series("a", 2))
    log.close()
    found = look(data_directory)
    assert (found["lag"], found["wrong"]) == (3, [])
    monkeypatch.setattr("projector.lag.now_us", lambda: clock.now_us() + 200_000_000)
    shown = status(data_directory)
    assert shown.exit_code == 1
    assert "!  projector" in shown.stdout
    assert shown.stderr.startswith(
        "Error: the projector is 3 records behind, the first of them for 3 min: does it run?"
    )


def test_a_log_that_is_away_is_a_line_and_hides_nothing_else(data_directory: Path) -> None:
    fill(data_directory, *series("a", 2))
    (data_directory / "log.db").rename(data_directory / "elsewhere.db")
    shown = status(data_directory)
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: no log at ")
    assert "!  log " in shown.stdout and "   mails read " in shown.stdout
    found = look(data_directory)
    assert (found["log_end"], found["lag"], found["position"]) == (None, None, 6)


def test_a_database_that_is_away_is_a_line_and_hides_nothing_else(tmp_path: Path) -> None:
    Station(tmp_path).log.close()
    (tmp_path / "patchlog.toml").write_text('database = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"')
    shown = status(tmp_path)
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: the read model is away or busy: ")
    assert "!  read model" in shown.stdout and "   log  " in shown.stdout
    assert look(tmp_path)["log_end"] == 3


def test_no_read_model_yet_is_said(tmp_path: Path) -> None:
    Station(tmp_path).log.close()
    assert "Error: no read model yet" in status(tmp_path).stderr


def quiet_list(days: int, source: str = "smtp") -> Iterator[Fact]:
    """Mail on so many days, one day apart, the last of them a year ago."""
    for day in range(days):
        at = now() - timedelta(days=365 + days - day)
        minute = (at - START) / timedelta(minutes=1)
        yield mail(f"[PATCH] net: day {day}", f"day{day}", minute=minute, received=at, source=source)


def test_a_list_that_went_silent_is_wrong(data_directory: Path) -> None:
    fill(data_directory, *quiet_list(DAYS_MIN + 5))
    (one,) = look(data_directory)["lists"]
    assert 86_400 <= one["usual_seconds"] <= 3 * 86_400
    shown = status(data_directory)
    assert (shown.exit_code, "!  list demo" in shown.stdout) == (1, True)
    assert shown.stderr.startswith("Error: list demo: no mail for 36")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(list(quiet_list(DAYS_MIN - 2)), id="one that is new"),
        pytest.param(
            [*quiet_list(DAYS_MIN + 5, "import:box-1"), ImportFinished(source="import:box-1", mails=15)],
            id="one from an archive",
        ),
    ],
)
def test_a_list_of_which_nothing_is_usual_is_not_wrong(tmp_path: Path, facts: list[Fact]) -> None:
    fill(tmp_path, *facts)
    shown = status(tmp_path)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "   list demo " in shown.stdout


def test_rate_is_of_the_last_minutes_or_of_the_last_records() -> None:
    log: Any = ListLog()  # a millisecond between its records
    log.append(series("a", 4))
    end = log.records[-1].recorded_at
    assert mails_per_second(log, log.end(), end) == 5 / 300
    assert mails_per_second(log, log.end(), end + timedelta(seconds=301)) == 0
    log.append([fact for number in range(RATE_RECORDS) for fact in series(str(number), 1, has_cover=False)])
    late = log.records[-1].recorded_at + timedelta(seconds=2)
    seconds = (late - log.records[-RATE_RECORDS].recorded_at).total_seconds()
    assert mails_per_second(log, log.end(), late) == RATE_RECORDS / seconds


def test_colours_are_for_terminals_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "patchlog", "status", "--data", str(tmp_path)]
    assert b"\x1b" not in subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    master, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run(command, stdout=terminal, env=environment, check=False)
    os.close(terminal)
    assert b"\x1b[1;31m" in os.read(master, 100_000)
    os.close(master)


def test_what_others_may_read_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data)
    (data / "log.db").chmod(0o644)
    told = status(data, "--json")
    assert json.loads(told.stdout)["wider"] == [str(data / "log.db")]
    expected = f"Warning: others of this machine may read {data}/log.db, and 0 more; chmod go= takes that away.\n"
    assert expected in status(data).stderr
