"""Dates as mailers write them, and what counts when they are wrong."""

import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest.message.dates import parse_date, read_date, read_received, read_zoned
from tests.e2e.am.git import environment


def at(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"Fri, 20 Nov 2020 10:00:01 +0100", at(2020, 11, 20, 9, 0, 1), id="usual"),
        pytest.param(b"20 Nov 2020 10:00:01 -0530 (IST)", at(2020, 11, 20, 15, 30, 1), id="no weekday, comment"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:01 GMT", at(2020, 11, 20, 10, 0, 1), id="named zone"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:01 EST", at(2020, 11, 20, 15, 0, 1), id="old named zone"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:01", at(2020, 11, 20, 10, 0, 1), id="no zone"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:01 -0000", at(2020, 11, 20, 10, 0, 1), id="zone unknown"),
        pytest.param(b"Fri, 20 Nov 20 10:00 +0000", at(2020, 11, 20, 10, 0), id="two-digit year, no seconds"),
        pytest.param(
            b"Fri, 20 Nov 99 10:00:00 +0000", at(1999, 11, 20, 10, 0), id="two-digit year of the last century"
        ),
        pytest.param(b"Fri, 20 Nov 120 10:00:00 +0000", at(2020, 11, 20, 10, 0), id="three-digit year"),
        pytest.param(b"Fri, 20 Nov 2020 23:59:60 +0000", at(2020, 11, 20, 23, 59, 59), id="leap second"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:00 +9959", at(2020, 11, 20, 10, 0), id="zone of days"),
        pytest.param(b"2020-11-20 10:00:01 +0100", at(2020, 11, 20, 9, 0, 1), id="ISO 8601 with a blank"),
        pytest.param(b"2020-11-20T10:00:01+01:00", at(2020, 11, 20, 9, 0, 1), id="ISO 8601 with T and a colon"),
        pytest.param(b"2020-11-20T10:00:01Z", at(2020, 11, 20, 10, 0, 1), id="ISO 8601, Z"),
        pytest.param(b"2020-11-20 10:00:01", at(2020, 11, 20, 10, 0, 1), id="ISO 8601 without a zone"),
        pytest.param(b"2020-11-20T10:00", at(2020, 11, 20, 10, 0), id="ISO 8601 without seconds and zone"),
        pytest.param(b"2020-11-20T10:00:01.25-03:30", at(2020, 11, 20, 13, 30, 1), id="ISO 8601, a fraction"),
        pytest.param(b"2020-11-20 10:00:01 +01", at(2020, 11, 20, 9, 0, 1), id="ISO 8601, hours alone"),
        pytest.param(b"2020-11-20 10:00:01 CET", at(2020, 11, 20, 9, 0, 1), id="ISO 8601, named zone"),
        pytest.param(b"2020-11-20 10:00:01 +0160", at(2020, 11, 20, 10, 0, 1), id="ISO 8601, no such zone"),
        pytest.param(b"2020-11-20 23:59:60 +0000", at(2020, 11, 20, 23, 59, 59), id="ISO 8601, leap second"),
        pytest.param(b"20201120T100001Z", at(2020, 11, 20, 10, 0, 1), id="ISO 8601, compact"),
        pytest.param(b"Fri, 2020-11-20 10:00:01 +0100", at(2020, 11, 20, 9, 0, 1), id="ISO 8601 behind a weekday"),
        pytest.param(b"2020-11-31 10:00:00 +0000", None, id="ISO 8601, no such day"),
        pytest.param(b"2020-11-20", None, id="a day alone"),
        pytest.param(b"1605866401 +0100", at(2020, 11, 20, 10, 0, 1), id="seconds since 1970"),
        pytest.param(b"@1605866401", at(2020, 11, 20, 10, 0, 1), id="seconds behind an @"),
        pytest.param(b"1605866401.75", at(2020, 11, 20, 10, 0, 1), id="seconds with a fraction"),
        pytest.param(b"12345678", None, id="a number that is too short to be seconds"),
        pytest.param(b"160586640100", None, id="a number that is too long to be seconds"),
        pytest.param(b"Fri, 20 Nov 2020 10:00:01 CET", at(2020, 11, 20, 9, 0, 1), id="a zone that git knows"),
        pytest.param(b"Fri, 20 Xxx 2020 10:00:00 +0000", None, id="no such month"),
        pytest.param(b"Fri, 31 Nov 2020 10:00:00 +0000", None, id="no such day"),
        pytest.param(b"Fri, 20 Nov 2020 25:00:00 +0000", None, id="no such hour"),
        pytest.param(b"Fri, 20 Nov 0000 10:00:00 +0000", None, id="year 0"),
        pytest.param(b"Fri, 20 Nov 99999 10:00:00 +0000", None, id="year beyond all"),
        pytest.param(b"Fri, 31 Dec 9999 23:00:00 -0500", None, id="zone leads beyond the last year"),
        pytest.param(b"Fri, 20 Nov 1969 10:00:00 +0000", None, id="before there was mail"),
        pytest.param(b"Fri, 20 Nov 1000 10:00:00", None, id="a thousand years ago, without a zone"),
        pytest.param(b"Fri, 20 Nov 2020 1\xb2:00:00 +0000", None, id="a digit that is no number"),
        pytest.param(b"yesterday", None, id="garbage"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_parse_date(value: bytes, expected: datetime | None) -> None:
    assert parse_date(value) == expected


RECEIVED = b" from a by b; Fri, 20 Nov 2020\n 09:00:00 +0000"
RECEIPT = datetime(2020, 11, 20, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("date", "received", "expected"),
    [
        pytest.param(
            b"Fri, 20 Nov 2020 08:00:00 +0000", RECEIVED, (at(2020, 11, 20, 8), "date", at(2020, 11, 20, 8)), id="date"
        ),
        pytest.param(
            b"Sat, 21 Nov 2020 10:00:00 +0000",
            RECEIVED,
            (at(2020, 11, 21, 10), "date", at(2020, 11, 21, 10)),
            id="a day ahead is believed",
        ),
        pytest.param(
            b"Sat, 21 Nov 2020 10:00:01 +0000",
            RECEIVED,
            (at(2020, 11, 20, 9), "received", at(2020, 11, 21, 10, 0, 1)),
            id="more is not",
        ),
        pytest.param(None, RECEIVED, (at(2020, 11, 20, 9), "received", None), id="no date"),
        pytest.param(
            b"x", b"by b; Fri, 20 Nov 2037 09:00:00", (at(2020, 11, 20, 10), "receipt", None), id="both wrong"
        ),
        pytest.param(None, None, (at(2020, 11, 20, 10), "receipt", None), id="neither"),
    ],
)
def test_read_date(date: bytes | None, received: bytes | None, expected: tuple[datetime, str, datetime | None]) -> None:
    fields = {name: [value] for name, value in ((b"date", date), (b"received", received)) if value is not None}
    assert read_date(fields, RECEIPT) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([RECEIVED, b"; Sat, 21 Nov 2020 09:00:00 +0000"], at(2020, 11, 20, 9), id="the topmost"),
        pytest.param([b"from a by b"], None, id="no time"),
        pytest.param([b"Fri, 20 Nov 2020 09:00:00 +0000"], None, id="no semicolon"),
        pytest.param([b"from a; by b"], None, id="no time behind the semicolon"),
    ],
)
def test_read_received(values: list[bytes], expected: datetime | None) -> None:
    assert read_received({b"received": values}) == expected


WRITTEN = [
    f"{day}{between}{time}{fraction}{zone}"
    for day in ("2020-11-20", "2020/1/2")
    for between in (" ", "T")
    for time in ("10:00:01", "9:05")
    for fraction in ("", ".5")
    if fraction == "" or time.count(":") == 2
    for zone in ("", " +0100", "-0330", "+05:45", "Z", " GMT", " EST", " CET", " JST", " HST", " NZDT", " (UTC)")
] + ["1605866401", "1605866401 +0100", "@1605866401 -0330", "1605866401.5", "Fri, 20 Nov 2020 10:00:01 CET"]


@pytest.mark.parametrize("written", WRITTEN)
def test_dates_are_read_as_git_reads_them(written: str, tmp_path: Path) -> None:
    told = environment(tmp_path) | {
        "GIT_AUTHOR_DATE": written,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a",
        "TZ": "UTC",
    }
    said = subprocess.run(["git", "var", "GIT_AUTHOR_IDENT"], env=told, capture_output=True, text=True, check=True)
    found = read_zoned(written.encode())
    assert found is not None
    assert said.stdout.split("> ")[1].strip() == f"{found.timestamp():.0f} {found:%z}"
