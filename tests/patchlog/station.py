"""A data directory with a log, and a projector that follows it when told to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import patchlog.stores
from ingest.log import open_log
from patchlog.__main__ import patchlog_commands
from projector.generation import Generation
from projector.live import open_live
from projector.readmodel.generations import ReadModels
from schemas.fact import Fact
from schemas.records import ProjectAdded
from tests.databases import database_of
from tests.projector.fold.world import PROJECT

SECOND = ProjectAdded(linkname="two", name="Two", listid="two.example.org", listemail="two@example.org")


class Station:
    """A log that begins with two projects (records 2 and 3) and some facts."""

    def __init__(self, folder: Path, *facts: Fact) -> None:
        self.folder = folder
        self.log = open_log(f"sqlite:///{folder}/log.db")
        self.models = ReadModels(database_of(folder))
        self.log.append([PROJECT, SECOND, *facts])

    def follow(self) -> None:
        generation: Generation = open_live(self.log, self.models)
        while generation.fold(500) or ((facts := generation.announcements()) and self.log.append(facts)):
            pass
        generation.close()

    def run(self, *arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(patchlog_commands, [*arguments, "--data", str(self.folder)], input=given)

    def json(self, *arguments: str, given: str = "") -> Any:
        shown = self.run(*arguments, "--json", given=given)
        assert shown.exit_code == 0, shown.output
        return json.loads(shown.stdout)

    def said(self) -> Fact:
        return self.log.get([self.log.end()])[0].fact


def followed(station: Station, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    """Give a station whose projector reads what a command appends, as `patchlog up` would."""
    station.follow()
    wait = patchlog.stores.wait_until_folded

    def fold_and_wait(*arguments: Any) -> bool:
        station.follow()
        return wait(*arguments)

    monkeypatch.setattr(patchlog.stores, "wait_until_folded", fold_and_wait)
    yield station
    station.log.close()
