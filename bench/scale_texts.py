"""The texts of patches and comments that the rows of `bench.scale_rows` have in turn."""

from datetime import UTC, datetime

import msgspec

from bench.mailing import mails
from ingest.message import parse
from schemas.mail import Commit, text_before_diff

MODELS = 1500
"""Mails that the texts are from."""


class PatchText(msgspec.Struct, frozen=True):
    """What a patch says, as the fold reads it from a mail."""

    title: str
    message: str
    content: str
    commit: Commit


def texts_of_a_list() -> tuple[list[PatchText], list[str]]:
    """The texts of patches and of comments, as a list has them: 3.2 KB of diff and 1.1 KB of comment in the mean."""
    texts, comments = [], []
    for mail in mails(MODELS):
        parsed = parse(mail.raw, datetime(2030, 1, 1, tzinfo=UTC))
        if mail.is_patch:
            assert parsed.commit is not None
            title = parsed.subject.partition("] ")[2].partition(", part")[0]
            texts.append(PatchText(title, text_before_diff(parsed), parsed.diff, parsed.commit))
        elif parsed.subject.startswith("Re: "):
            comments.append(parsed.message)
    return texts, comments
