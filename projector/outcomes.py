"""What became of a record that somebody asked for."""

import msgspec

DONE = "done"
UNCHANGED = "unchanged"
"""It is so already."""
TARGET_GONE = "target-gone"
"""What it names is not there."""
CONFLICT = "conflict"
"""It cannot be done to what is there: a name is taken, a revision is incomplete."""
UNAUTHORIZED = "unauthorized"
"""Who asked is nobody any more: the token was revoked, say, before the record was read."""
FORBIDDEN = "forbidden"
CHANGED_MEANWHILE = "precondition-failed"
"""The target has none of the versions that the request named."""
KEY_REUSED = "key-reused"
"""The idempotency key came before, with another request."""
REPEATED = "repeated"
"""The request came before: the outcome of `original` counts."""


class Outcome(msgspec.Struct, frozen=True):
    """status is one of the words above; detail a sentence for people. original: of a repeated request the first record.

    document: JSON of what was made, as it was at that moment.
    """

    status: str
    detail: str = ""
    document: str | None = None
    original: int | None = None


class Refused(Exception):
    """What was asked for is not done, for the reason that the outcome says."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(status, detail)
