"""When a mail was written: its Date, else what its topmost Received says, else the receipt (RFC 5322 section 3.3)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from ingest.message.headers import Headers, fold, header_bytes, raw_text

_LONGEST = 200
"""Characters of a date that are read."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD_MAX = timedelta(days=1)
_MONTHS = {
    month: number for number, month in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_USUAL = re.compile(
    rb"(?:[A-Z][a-z]{2}, ?)?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) "
    rb"(\d\d):(\d\d):([0-5]\d) ([+-])([01]\d)([0-5]\d)(?: \(\w*\))?"
)
_OFFSET = r"(?: ?(Z|UTC?|GMT|[A-Z]{3,4}|[+-]\d\d(?::?\d\d)?))?(?: \([^()]*\))?"
_ISO = re.compile(
    rf"(?:[A-Z]{{3,9}},? )?(\d{{4}})[-/](\d\d?)[-/](\d\d?)(?:,? |[T_])(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?{_OFFSET}",
    re.IGNORECASE | re.ASCII,
)
_COMPACT = re.compile(rf"(\d{{4}})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d){_OFFSET}", re.IGNORECASE | re.ASCII)
_SECONDS = re.compile(rf"@?([1-9]\d{{8,10}})(?:\.\d+)?{_OFFSET}", re.IGNORECASE | re.ASCII)
"""Seconds since 1970: numbers that are shorter are none to git."""
_ZONES = {"AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= {"HST": -10, "WET": 0, "BST": 1, "CET": 1, "MET": 1, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "JST": 9}
_ZONES |= {"NZST": 12, "NZDT": 13}
"""The names of zones that git knows, and that mean one thing to it."""


def read_date(fields: Headers, received_at: datetime) -> tuple[datetime, str, datetime | None]:
    """Give the date as aware UTC in whole seconds, where it is from ("date", "received", "receipt"), and what the Date
    field itself says, right or wrong (None: unreadable).

    A Date more than a day past the receipt is not believed, nor is such a Received.
    """
    latest = received_at + _AHEAD_MAX
    written = parse_date(header_bytes(fields, b"date"))
    if written and written <= latest:
        return written, "date", written
    received = read_received(fields)
    if received and received <= latest:
        return received, "received", written
    return received_at.astimezone(UTC).replace(microsecond=0), "receipt", written


def read_received(fields: Headers) -> datetime | None:
    """The time behind the last `;` of the topmost Received field, aware UTC; None where that says none."""
    _, semicolon, time = header_bytes(fields, b"received").rpartition(b";")
    return parse_date(time.strip()) if semicolon else None


def parse_date(value: bytes) -> datetime | None:
    """Give `read_zoned` in UTC."""
    moment = read_zoned(value)
    return moment.astimezone(UTC) if moment else None


def read_zoned(value: bytes) -> datetime | None:
    """Read a folded date, with the offset from UTC that it names; None for what is no date, has a field out of range,
    or lies before 1970.

    Tolerant as git is: two-digit years, names of zones, no zone (then UTC), ISO 8601 with a blank or `T`, seconds since
    1970. A year of three digits counts from 1900 (RFC 5322 section 4.3). A zone of a day or more is ignored. A leap
    second is read as 59.
    """
    usual = _USUAL.fullmatch(value)
    if usual is None:
        text = fold(raw_text(value[:_LONGEST]))
        return _read_iso(text) or _read_seconds(text) or _read_tolerantly(text)
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = usual.groups()
    zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
    fields = (int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second))
    return _at(*fields, -zone if sign == b"-" else zone)


def _read_iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    fields = (int(year), int(month), int(day), int(hour), int(minute), 59 if second == "60" else int(second or 0))
    return _at(*fields, _zone_seconds(zone))


def _read_seconds(text: str) -> datetime | None:
    found = _SECONDS.fullmatch(text)
    if found is None:
        return None
    moment = datetime.fromtimestamp(int(found[1]), UTC)
    return moment.astimezone(_zone(_zone_seconds(found[2])))


def _zone_seconds(zone: str | None) -> int:
    """The offset that a zone's digits or name say; 0 where they say none."""
    if not zone or zone[0] not in "+-":
        return _ZONES.get((zone or "").upper(), 0) * 3600
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1) if minutes < 60 else 0


def _read_tolerantly(text: str) -> datetime | None:
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    year, month, day, hour, minute, second, _, _, _, zone = parsed
    zone = zone or _ZONES.get(text.rpartition(" ")[2].upper(), 0) * 3600
    year = year + 1900 if 100 <= year < 1000 else year
    return _at(year, month, day, hour, minute, 59 if second == 60 else second, zone)


def _at(year: int, month: int, day: int, hour: int, minute: int, second: int, zone_seconds: int) -> datetime | None:
    if abs(zone_seconds) >= 86400:
        zone_seconds = 0
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(seconds=zone_seconds)
        return moment.astimezone(_zone(zone_seconds)) if moment >= _EARLIEST else None
    except (ValueError, OverflowError):
        return None


def _zone(seconds: int) -> timezone:
    """An offset as a commit has it: in whole minutes."""
    return timezone(timedelta(minutes=int(seconds / 60)))
