"""`patchlog copy` on a log and a read model that a projector keeps."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.records import CopiesAcknowledged, CopyChosen
from tests.patchlog.station import Station, followed
from tests.projector.fold.mailing import mail, series

MAILS = [
    *series("a", 2),
    mail("[PATCH 1/2] net: part 1", "a-1", answers="a-0", path="net/evil.c", minute=1 / 60),
    mail("[PATCH 2/2] net: \x1b[31mpart 2", "a-2", answers="a-0", path="net/part2.c", minute=2 / 60),
]
FIRST, SECOND, COPY, OTHER = 5, 6, 7, 8
"""The record ids of the patches and of their copies; log records 1 to 3 are its opening and the projects."""


@pytest.fixture
def station(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    yield from followed(Station(data_directory, *MAILS), monkeypatch)


def test_copies_are_listed_and_alarm_until_acknowledged(station: Station) -> None:
    shown = station.run("copy", "list")
    assert [line.split("\t")[:3] for line in shown.stdout.splitlines()] == [
        [str(COPY), "demo", "alarm"],
        [str(OTHER), "demo", "alarm"],
    ]
    status = station.run("status", "--json")
    assert json.loads(status.stdout)["copy_alarms"] == {"demo": 2} and status.exit_code == 1
    assert "project demo: 2 mails say something else than an earlier one" in status.stderr
    shown = station.run("copy", "acknowledge", str(COPY), "--note", "seen")
    assert shown.stdout == "1 acknowledged; the projector has done it\n"
    assert station.said() == CopiesAcknowledged(records=(COPY,), note="seen")
    found = json.loads(station.run("copy", "list", "--alarming", "--json").stdout)
    assert [copy["record"] for copy in found] == [OTHER]
    assert json.loads(station.run("copy", "acknowledge", "--all", "--json").stdout)["copies"] == [OTHER]
    assert station.run("copy", "acknowledge", "--all").stdout == "no copy alarms\n"
    assert json.loads(station.run("status", "--json").stdout)["copy_alarms"] == {}


def test_a_copy_is_shown_beside_the_first_one(station: Station) -> None:
    shown = station.run("copy", "show", str(COPY)).stdout
    assert shown.startswith(f"record {COPY} has the same Message-ID as record {FIRST}, which is shown\n")
    assert "+diff --git a/net/evil.c b/net/evil.c" in shown
    assert "\x1b" not in station.run("copy", "show", str(OTHER)).stdout
    raw = station.run("copy", "show", str(OTHER), "--raw").stdout
    assert "\x1b[31mpart 2" in raw


def test_a_copy_is_chosen(station: Station) -> None:
    shown = station.run("copy", "choose", str(COPY), "--reason", "forged", "--json")
    assert json.loads(shown.stdout)["folded"] is True
    chosen = [record.fact for record in station.log.read(0, 100) if isinstance(record.fact, CopyChosen)]
    assert chosen == [CopyChosen(record=COPY, reason="forged")]
    explained = station.run("explain", "a-1@example.org").stdout
    assert f"Record {COPY} counts: it was chosen." in explained
    assert f"Record {FIRST} has the same Message-ID and another message and diff: it changes nothing." in explained
    assert station.run("copy", "choose", str(FIRST), "--reason", "it was not").exit_code == 0
    assert json.loads(station.run("status", "--json").stdout)["copy_alarms"] == {"demo": 1}, "the other one is left"


@pytest.mark.parametrize(
    "arguments", [("choose", str(FIRST), "--reason", "x"), ("show", "999"), ("acknowledge", str(SECOND))]
)
def test_what_is_no_copy_is_refused(station: Station, arguments: tuple[str, ...]) -> None:
    shown = station.run("copy", *arguments)
    assert shown.exit_code == 1 and "is no copy that differs from another mail" in shown.stderr


@pytest.mark.parametrize("arguments", [(), (str(COPY), "--all")])
def test_which_ones_has_to_be_said(station: Station, arguments: tuple[str, ...]) -> None:
    assert station.run("copy", "acknowledge", *arguments).exit_code == 2
