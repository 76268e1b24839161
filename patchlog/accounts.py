"""Users and tokens as the command line takes them: what is refused, and what is read of words, stdin and times."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TextIO

from patchlog.projects import ADDRESS

USER_NAME = re.compile(r"[A-Za-z0-9_.@+-]{1,100}")
TOKEN_NAME = re.compile(r"(?!\d+\Z)[A-Za-z0-9_.@+-]{1,100}")
DURATION = re.compile(r"(\d{1,6})([hdw])")
NAME = "at most 100 letters, digits and '_', '.', '@', '+', '-'"
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
SECRET_START = "patchlog_"


def check_user_name(name: str) -> str:
    """Give the name back. Raises ValueError for one with a colon (RFC 7617) or that nobody can read."""
    if not USER_NAME.fullmatch(name):
        raise ValueError(f"name: expected {NAME}; came {name!r}")
    return name


def check_token_name(name: str) -> str:
    """Give the name back. Raises ValueError for one that is no word, or that is digits alone, as ids are."""
    if not TOKEN_NAME.fullmatch(name):
        raise ValueError(f"name: expected {NAME}, not digits alone; came {name!r}")
    return name


def check_emails(emails: Iterable[str]) -> tuple[str, ...]:
    """The addresses in lower case, each once. Raises ValueError for what is none."""
    lower = tuple(dict.fromkeys(email.strip().lower() for email in emails))
    for email in lower:
        if not ADDRESS.fullmatch(email):
            raise ValueError(f"email: expected an address such as ada@example.org; came {email!r}")
    return lower


def hash_password(stdin: TextIO) -> str:
    """The Argon2 hash of the first line, without its end. Raises ValueError when that is empty."""
    from argon2 import PasswordHasher

    password = stdin.readline().removesuffix("\n").removesuffix("\r")
    if not password:
        raise ValueError("password: expected one on the first line of the standard input, came an empty line")
    return PasswordHasher().hash(password)


def new_secret() -> str:
    """A token's secret, with 256 random bits."""
    return SECRET_START + secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What the log keeps of a secret: SHA-256. Its bits are random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def read_expiry(text: str, now: datetime) -> datetime:
    """When a token ends, in aware UTC: a duration from now (12h, 90d, 8w), or an ISO 8601 date or time (UTC if it has
    no offset). Raises ValueError for another text and for what is over.
    """
    found = DURATION.fullmatch(text.strip().lower())
    try:
        expiry = now + int(found[1]) * UNITS[found[2]] if found else datetime.fromisoformat(text.strip())
        expiry = expiry.replace(tzinfo=expiry.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"expires: expected a duration such as 90d, or a date or time such as 2027-01-31; came {text!r}"
        ) from None
    if expiry <= now:
        raise ValueError(f"expires: expected a time to come, came {expiry.isoformat()}")
    return expiry
