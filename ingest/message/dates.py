"""When a mail was written: its Date, else what its topmost Received says, else the receipt (RFC 5322 section 3.3)."""

import re
from datetime import UTC, datetime, timedelta
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
    """Read a folded date; None for what is no date, has a field out of range, or lies before 1970.

    Tolerant as `email.utils.parsedate_tz` is: two-digit years, names of zones, no zone (then UTC). Years of three
    digits count from 1900 (RFC 5322 section 4.3); a zone of a day or more is none; a leap second is 59.
    """
    usual = _USUAL.fullmatch(value)
    if usual is None:
        return _parse_tolerantly(fold(raw_text(value[:_LONGEST])))
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = usual.groups()
    zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
    return _utc(
        int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), -zone if sign == b"-" else zone
    )


def _parse_tolerantly(text: str) -> datetime | None:
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    year, month, day, hour, minute, second, _, _, _, zone = parsed
    return _utc(
        year + 1900 if 100 <= year < 1000 else year, month, day, hour, minute, 59 if second == 60 else second, zone or 0
    )


def _utc(year: int, month: int, day: int, hour: int, minute: int, second: int, zone_seconds: int) -> datetime | None:
    if abs(zone_seconds) >= 86400:
        zone_seconds = 0
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(seconds=zone_seconds)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EARLIEST else None
