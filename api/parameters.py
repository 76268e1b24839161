"""Reads the parameters of a query: whole numbers, times, comma lists. Pure functions from text to values."""

import re
from datetime import UTC, datetime, timedelta

from projector.readmodel.queries import LAST, RECORD_ID_MAX, Ordering, Page

PERPAGE = 20
PERPAGE_MAX = 100
LAST_PAGE = "last"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLUS_BECAME_SPACE = re.compile(r"(.*:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


class FieldErrors(Exception):
    """Fields that cannot be read: for each, sentences that say what was expected."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items()))
        self.errors = errors


class FieldError(FieldErrors):
    """One field that cannot be read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__({field: [message]})


class InvalidPage(Exception):
    """A page that no list has."""


def read_time(field: str, text: str) -> int:
    """Read an ISO 8601 date or time as microseconds since 1970; UTC where it names no offset.

    A `+` before the offset may have become a space on its way through the URL. Raises FieldError.
    """
    spaced = _PLUS_BECAME_SPACE.fullmatch(text)
    if spaced:
        text = f"{spaced[1]}+{spaced[2]}"
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return (time - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise FieldError(field, f"Expected an ISO 8601 date or time, came {text[:100]!r}.") from None


def read_flag(field: str, text: str | None) -> bool:
    """Read true or false, or 1 or 0; False where nothing is said. Raises FieldError."""
    if text and text.lower() not in _FLAGS:
        raise FieldError(field, f"Expected true or false, came {text[:100]!r}.")
    return _FLAGS[text.lower()] if text else False


def read_id(text: str) -> int | None:
    """Read an id; 0, which is nobody's, for a number that no id can be; None for what is no number."""
    text = text.strip()
    if not (text.isascii() and text.removeprefix("-").isdecimal()):
        return None
    digits = text.lstrip("0")
    number = int(digits) if digits.isdecimal() and len(digits) < 20 else 0
    return number if number <= RECORD_ID_MAX else 0


def read_list(text: str) -> list[str]:
    """Read a comma list: its parts without the spaces around them, the empty ones left out."""
    return [part for part in (part.strip() for part in text.split(",")) if part]


def read_words(text: str) -> list[str]:
    """Read a comma list of names in which case does not matter, and neither does `-` or `_` in the place of a space."""
    return [part.casefold().replace("-", " ").replace("_", " ") for part in read_list(text)]


def read_ordering(text: str | None) -> Ordering:
    """Read `[-]field`, or a comma list of them; at most four count."""
    return tuple(dict.fromkeys(read_list(text)))[:4] if text else ()


def read_page(perpage: str | None, page: str | None) -> Page:
    """Read which page is asked for, by its number or as `last`, and of what size. Raises InvalidPage.

    A bad size is 20, one over 100 is 100.
    """
    size = _positive(perpage)
    if page == LAST_PAGE:
        number: int | None = LAST
    else:
        number = 1 if not page else _positive(page)
    if number is None:
        raise InvalidPage
    return Page(PERPAGE if size is None else min(size, PERPAGE_MAX), number)


def read_link_tag(text: str | None) -> str | None:
    """Read the tag of `?link=`: letters, digits and hyphens, as git's trailers are named. Raises FieldError."""
    if not text:
        return None
    if not _TOKEN.fullmatch(text):
        raise FieldError("link", f"Expected a trailer's name such as Patchwork, came {text[:100]!r}.")
    return text


def _positive(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdecimal()):
        return None
    return int(text[-18:]) or None if len(text.lstrip("0")) <= 18 else 10**18
