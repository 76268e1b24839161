"""Whether a series was updated: told by what it is made of, never by words, which may be gone tomorrow."""

from projector.readmodel.rows import Row

WORDS = ("name", "cover_letter", "cover_digest")
"""Columns of series and revisions that come from what a mail says; `head_id` and `cover_id` say from which."""
UNSEEN = ("event_id", "posting_id")
"""Columns of revisions that nobody is shown."""


def differs(before: Row, row: Row) -> bool:
    """Whether more of what is shown than words differs between a row as it was, which may be empty, and as it is."""
    return any(before.get(name) != value for name, value in row.items() if name not in WORDS and name not in UNSEEN)
