"""Every version comes up on what earlier ones wrote: it says that a replay is due, and then shows what they showed."""

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
from click.testing import CliRunner

from api.app import create_app
from ingest.log import open_log
from patchlog.__main__ import patchlog_commands
from projector.readmodel.generations import Reader, ReadModels
from schemas.settings import Settings
from tests.databases import database_of, log_of
from tests.e2e.test_up import refusal
from tests.replay.test_same_answers import follow
from tests.replay.versions.make import EVENT_FIELDS, SERIES_FIELDS, all_events, pick
from tests.replay.walk import API

Ask = Callable[[str], Any]

VERSIONS = sorted(path.parent for path in (Path(__file__).parent / "versions").glob("*/data.tar.xz"))
TYPES = {"0.1.0": 26}
ANNOUNCED = ("series-new-revision", "patch-state-change", "pull-request-new")
"""How many types of record each version can write."""
DUE = re.compile(r"expected a read model of schema version \d+, found \d+: run `patchlog replay` once")
WHOLE = re.compile(r"\d+ records are what they were; running hash [0-9a-f]{64}@\d+\n")


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def version(request: pytest.FixtureRequest) -> Path:
    """The folder of a version."""
    return Path(request.param)


def unpack(version: Path, data: Path) -> None:
    """Put what the version wrote into the data directory, and the log that it closed into `moved` beside it."""
    unpacked = data.parent / "unpacked"
    with tarfile.open(version / "data.tar.xz") as tar:
        tar.extractall(unpacked, filter="data")
    data.mkdir(exist_ok=True)
    for file in (unpacked / "data").iterdir():
        file.rename(data / file.name)
    (unpacked / "moved").rename(data.parent / "moved")


def shown(version: Path) -> Any:
    """What the version's API showed."""
    return json.loads((version / "shown.json").read_text())


def says(*arguments: str, data: Path, status: int = 0) -> str:
    """What a command says that ends with this status."""
    result = CliRunner().invoke(patchlog_commands, [*arguments, "--data", str(data)])
    assert result.exit_code == status, result.output
    return result.output


def check_events(ask: Ask, expected: dict[str, list[dict[str, Any]]]) -> None:
    """The feeds begin with all that was announced on them, with the same ids and times.

    What else is told of a mail, that it is a comment or made two series one, is told as it is read now.
    """
    for linkname, events in expected.items():
        before = [event for event in events if event["name"] in ANNOUNCED]
        now = [pick(event, EVENT_FIELDS) for event in all_events(ask, linkname) if event["name"] in ANNOUNCED]
        assert now[: len(before)] == before


def check_series(ask: Ask, expected: list[dict[str, Any]]) -> None:
    """Series, revisions, patches and results are where they were."""
    for series in expected:
        path = f"series/{series['id']}/"
        assert pick(ask(path), SERIES_FIELDS) == pick(series, SERIES_FIELDS)
        for revision in series["revisions"]:
            below = f"{path}revisions/{revision['version']}/"
            assert ask(below)["patches"] == [patch["id"] for patch in revision["patches"]]
            for patch in revision["patches"]:  # a later version may show more of it
                assert pick(ask(f"patches/{patch['id']}/"), list(patch)) == patch
            results = {one["test_name"]: one["state"] for one in ask(f"{below}test-results/")}
            assert results == revision["results"]


def test_it_says_that_a_replay_is_due_and_leaves_what_is_there(version: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    unpack(version, data)
    before = {file.name: file.read_bytes() for file in data.glob("readmodel.db.[0-9]")}
    assert before, "expected the read model that the version made"
    assert DUE.search(refusal(data))
    assert "run `patchlog replay`" in says("status", data=data, status=1)
    assert {name: (data / name).read_bytes() for name in before} == before


def test_replay_shows_what_was_shown_with_the_same_ids(version: Path, data_directory: Path) -> None:
    unpack(version, data_directory)
    before, log = shown(version), open_log(log_of(data_directory))
    end, untouched = log.end(), says("replay", "--list", data=data_directory)
    is_left = ReadModels(database_of(data_directory)).numbers() != []
    said = says("replay", "--dry-run", "--json", data=data_directory, status=0 if is_left else 1)
    assert says("replay", "--list", data=data_directory) == untouched
    assert "has caught up with the log and is live" in says("replay", data=data_directory)
    assert log.end() == end, "expected a replay to append nothing"
    follow(log, ReadModels(database_of(data_directory)))  # rules that are newer may find more to announce
    reader = Reader(database_of(data_directory))
    client = falcon.testing.TestClient(create_app(Settings(database=database_of(data_directory)), reader))
    check_events(lambda path: client.simulate_get(f"{API}/{path}").json, before["events"])
    every = client.simulate_get(f"{API}/events/?rebuilt=true&perpage=1").json["count"]
    rebuilt = every - client.simulate_get(f"{API}/events/?perpage=1").json["count"]
    assert not is_left or rebuilt == json.loads(said)["rebuilt"]
    check_series(lambda path: client.simulate_get(f"{API}/{path}").json, before["series"])
    reader.close()
    log.close()
    assert WHOLE.search(says("log", "verify", data=data_directory))


def test_every_type_of_record_that_it_wrote_is_read(version: Path, tmp_path: Path) -> None:
    unpack(version, tmp_path / "data")
    log = open_log(log_of(tmp_path / "data"))
    types = {record.fact.type_name for record in log.read(0, 10_000)}
    log.close()
    assert len(types) == TYPES[version.name]


def test_log_that_it_closed_is_whole_and_says_where_it_went(version: Path, tmp_path: Path) -> None:
    unpack(version, tmp_path / "data")
    assert WHOLE.search(says("log", "verify", data=tmp_path / "moved"))
    assert "log.closed" in says("log", "cat", data=tmp_path / "moved")
