"""Reads the fields of a body, and collects what is wrong with them, so that one answer says it all."""

import unicodedata
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from api.bodies import Body, json_type
from api.parameters import FieldErrors
from projector.readmodel.queries import RECORD_ID_MAX

REQUIRED = "This field is required."
NOT_NULL = "This field may not be null."
NOT_BLANK = "This field may not be blank."
NOT_PRINTED = "Control characters are not allowed."
NO_NAMES = ("Cc", "Cf", "Zl", "Zp", "Cs")
"""What no name has: controls, invisible marks that turn or join the text around them, ends of lines."""
NOT_URL = "Enter a valid URL."
TEXT_LENGTH_MAX = 10_000
NAME_LENGTH_MAX = 255
URL_LENGTH_MAX = 2000
_SCHEMES = ("http", "https", "ftp", "ftps")


class Fields:
    """The fields of one body. Each is read once; `check` raises FieldErrors with what was wrong."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._errors: dict[str, list[str]] = {}

    def check(self) -> None:
        """Raise FieldErrors where something was wrong."""
        if self._errors:
            raise FieldErrors(self._errors)

    def complain(self, field: str, message: str) -> None:
        self._errors.setdefault(field, []).append(message)

    def has(self, field: str) -> bool:
        return field in self._body.fields

    def required(self, field: str, length_max: int = NAME_LENGTH_MAX) -> str:
        """A text that has to be there."""
        if not self.has(field):
            self.complain(field, REQUIRED)
            return ""
        text = self.text(field, length_max)
        if text is None:
            self.complain(field, NOT_BLANK if self._body.is_form else NOT_NULL)
        elif not text.strip() and field not in self._errors:
            self.complain(field, NOT_BLANK)
        return text or ""

    def name(self, field: str, length_max: int = NAME_LENGTH_MAX) -> str:
        """A text that has to be there, without control characters."""
        text = self.required(field, length_max)
        if any(unicodedata.category(letter) in NO_NAMES for letter in text):
            self.complain(field, NOT_PRINTED)
        return text

    def choice(self, field: str, choices: Collection[str]) -> str:
        """A text that has to be there, one of some."""
        text = self.required(field)
        if text.strip() and text not in choices:
            self.complain(field, f'"{text[:100]}" is not a valid choice.')
        return text

    def optional(self, field: str, length_max: int = TEXT_LENGTH_MAX) -> str | msgspec.UnsetType | None:
        """A text that may be left out, or be null."""
        return self.text(field, length_max) if self.has(field) else msgspec.UNSET

    def url(self, field: str) -> str | msgspec.UnsetType | None:
        """A URL that may be left out, or be null; an empty one is null, in JSON as in a form."""
        url = self.optional(field, URL_LENGTH_MAX)
        if isinstance(url, str) and url and not is_url(url):
            self.complain(field, NOT_URL)
        return None if url == "" else url

    def text(self, field: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
        """A field that is there; None where it is null, or empty in a form."""
        value = self._value(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.complain(field, f"Expected a string, came {json_type(value)}.")
            return ""
        text = str(value).replace("\0", "")
        if len(text) > length_max:
            self.complain(field, f"Ensure this field has no more than {length_max} characters.")
        return text

    def id(self, field: str) -> int | None:
        """A field that is there, as an id; None where it is null or empty."""
        value = self._value(field)
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 25:
            value = int(value)
        if value == "":
            return None
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= RECORD_ID_MAX):
            return value
        self.complain(field, f"Expected an id or null, came {str(value)[:100]!r}.")
        return None

    def texts(self, field: str, number_max: int) -> list[str]:
        """A list of texts that has to be there."""
        if not self.has(field):
            self.complain(field, REQUIRED)
            return []
        values = self._body.fields[field]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.complain(field, "Expected a list of strings.")
            return []
        if len(values) > number_max:
            self.complain(field, f"Expected at most {number_max} of them, came {len(values)}.")
        return values

    def _value(self, field: str) -> Any:
        value = self._body.fields[field]
        if self._body.is_form:
            return value[-1] or None
        return value


def is_url(text: str) -> bool:
    """Whether a text is a URL that one can follow: http, https or ftp, with a host, without white space."""
    if any(letter.isspace() or not letter.isprintable() for letter in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
