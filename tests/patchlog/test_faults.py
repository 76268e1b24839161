"""What counts as wrong, and how the state is shown: values in, lines out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patchlog.faults import FREE_BYTES_MIN, faults
from patchlog.spans import size, span
from patchlog.state import DiskState, ListState, Publishing, State
from patchlog.state_table import LISTS_MAX, print_state

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = 86_400.0


def state(**fields: Any) -> State:
    """A state in which all is well, but for these fields."""
    well: dict[str, Any] = {
        "log_end": 3075,
        "lag": 0,
        "position": 3075,
        "mails": {"comment": 1200, "patch": 1800},
        "duplicates": 3,
        "dead_letters": {"no-project": 12},
        "at": NOW,
        "log_time": NOW - timedelta(seconds=12),
        "mails_per_second": 1.25,
        "lag_seconds": 0.0,
        "lists": [heard("demo", 0.01)],
        "series_incomplete": 4,
        "disks": [DiskState(store="log", free_bytes=80 << 30, size_bytes=250 << 30)],
        "generations": [3, 1, 2],
    }
    return State(**{**well, **fields})


def heard(linkname: str, days_ago: float, *, usual_days: float | None = 2.0, is_live: bool = True) -> ListState:
    """A list that had its last mail so many days ago."""
    usual = None if usual_days is None else usual_days * DAY
    return ListState(linkname=linkname, last_mail=NOW - timedelta(days=days_ago), is_live=is_live, usual_seconds=usual)


def test_where_all_is_well_nothing_is_wrong() -> None:
    assert faults(state()) == []


@pytest.mark.parametrize(
    ("fields", "line", "sentence"),
    [
        pytest.param({"log_away": "no log"}, "log", "no log", id="log"),
        pytest.param({"database_away": "no read model"}, "read model", "no read model", id="read model"),
        pytest.param(
            {"lag": 1200, "lag_seconds": 61.0},
            "projector",
            "the projector is 1,200 records behind, the first of them for 61 s: does it run?",
            id="projector",
        ),
        pytest.param(
            {"publishing": Publishing(events=7, seconds=300.0)},
            "publishing",
            "7 events are not published, the first for 5 min",
            id="publishing",
        ),
        pytest.param(
            {"disks": [DiskState(store="log", free_bytes=FREE_BYTES_MIN - 1, size_bytes=1 << 40)]},
            "disk of the log",
            "the disk of the log is nearly full",
            id="disk",
        ),
        pytest.param(
            {"lists": [heard("demo", 7.0)]},
            "list demo",
            "list demo: no mail for 7 days, and it used to come within 2 days: is it still subscribed?",
            id="silent list",
        ),
        pytest.param(
            {"copy_alarms": {"demo": 1}},
            "copies of demo",
            "project demo: 1 mail says something else than an earlier one with the same Message-ID, which stays: see",
            id="conflicting copy",
        ),
        pytest.param(
            {"copy_alarms": {"demo": 2}}, "copies of demo", "project demo: 2 mails say something else", id="copies"
        ),
        pytest.param(
            {"alarms": {"bad-header": 1}}, "dead letters", "1 dead letter alarms (bad-header: 1): see", id="letter"
        ),
    ],
)
def test_what_is_wrong_marks_its_line_and_is_one_sentence(fields: dict[str, Any], line: str, sentence: str) -> None:
    (fault,) = faults(state(**fields))
    assert fault.line == line
    assert fault.sentence.startswith(sentence)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"lag": 1200, "lag_seconds": 59.0}, id="behind for a moment"),
        pytest.param({"publishing": Publishing(events=7, seconds=1.0)}, id="publishing for a moment"),
        pytest.param({"publishing": Publishing(events=0, seconds=0.0)}, id="all published"),
        pytest.param({"lists": [heard("demo", 5.9)]}, id="list within three times its longest gap"),
        pytest.param({"lists": [heard("demo", 1.9, usual_days=0.1)]}, id="busy list over two days"),
        pytest.param({"lists": [heard("demo", 900.0, usual_days=None)]}, id="new list"),
        pytest.param({"lists": [heard("demo", 900.0, is_live=False)]}, id="list from an archive"),
        pytest.param({"series_incomplete": 10_000}, id="series that their authors left so"),
    ],
)
def test_what_may_be_so_is_not_wrong(fields: dict[str, Any]) -> None:
    assert faults(state(**fields)) == []


def test_what_is_wrong_with_the_mail_can_be_left_out() -> None:
    shown = state(alarms={"bad-header": 1}, lists=[heard("demo", 7.0)], log_away="no log")
    assert [fault.line for fault in faults(shown, heed_mail=False)] == ["log"]


def test_table_is_aligned_in_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "a-list-whose-linkname-is-longer-than-it-should-be"
    shown = state(
        lag=75,
        lag_seconds=190.0,
        alarms={"bad-header": 1},
        dead_letters={"bad-header": 1, "no-project": 12},
        lists=[heard("demo", 0.01), heard("gone", 9.0), heard(long, 900.0, is_live=False)],
        publishing=Publishing(events=10_000, seconds=3.0),
    )
    print_state(shown, faults(shown))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "   log                       3,075 records; last 12 s ago (2026-03-02 11:59)",
        "   mail                      1.25 mails/s of late",
        "!  projector                 at record 3,075; 75 behind, the first of them for 3",
        "                             min",
        "   mails read                3,016",
        "     comment                 1,200",
        "     patch                   1,800",
        "     duplicates              3",
        "!  dead letters              bad-header: 1 (ALARM: 1), no-project: 12",
        "   series                    4 incomplete for more than a day",
        "!  list gone                 last mail 9 days ago (2026-02-21 12:00)",
        "   list demo                 last mail 14 min ago (2026-03-02 11:45)",
        "   list a-list-whose-linkn…  last mail 900 days ago (2023-09-14 12:00), imported",
        "   publishing                10,000 or more events behind",
        "   disk of the log           80.0 GiB of 250.0 GiB left",
        "   generations               3 is live; also there: 1, 2",
    ]


def test_table_of_many_lists_shows_what_is_wrong_and_some(capsys: pytest.CaptureFixture[str]) -> None:
    shown = state(lists=[*(heard(f"l{n:03}", n / 100) for n in range(LISTS_MAX + 30)), heard("zz", 99.0)])
    print_state(shown, faults(shown))
    lines = [line for line in capsys.readouterr().out.splitlines() if "list" in line]
    assert len(lines) == 1 + LISTS_MAX + 1
    assert lines[0].startswith("!  list zz")
    assert lines[-1].split() == ["lists", "30", "more;", "--json", "has", "all"]


def test_table_without_stores_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    print_state(State(at=NOW, log_away="no log at x", database_away="no read model yet"), [])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["log", "no", "log", "at", "x"],
        ["read", "model", "no", "read", "model", "yet"],
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (2 * DAY, "2 days"), (900 * DAY, "900 days")],
)
def test_a_span_is_said_in_its_largest_unit(seconds: float, expected: str) -> None:
    assert span(seconds) == expected


@pytest.mark.parametrize(("number", "expected"), [(7, "7 bytes"), (1536, "1.5 KiB"), (1 << 41, "2.0 TiB")])
def test_bytes_are_said_in_their_largest_unit(number: int, expected: str) -> None:
    assert size(number) == expected
