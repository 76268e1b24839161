"""Answers with an mbox that `git am` takes."""

import re

import falcon
from falcon.asgi import Request, Response

from api.mbox import compose
from api.resource import Site
from projector.readmodel.queries import Mailbox

_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_FILE_NAME_LENGTH_MAX = 100


def answer_mailbox(request: Request, response: Response, site: Site, mailbox: Mailbox, tag: str | None) -> None:
    """Answer with the mails of a revision or a patch; with a tag, each gets its patch's URL as a trailer.

    The first mail says in a field of its own, which git passes over, which patches were left out.
    """
    link = f"{tag}: {site.url(request, '/patch/')}" if tag else ""
    response.content_type = falcon.MEDIA_TEXT.partition(";")[0]
    response.set_header("Content-Disposition", f'attachment; filename="{file_name(mailbox.name)}"')
    mails = [
        (mail.mail, (*mail.trailers, f"{link}{mail.patch_id}/") if link else mail.trailers) for mail in mailbox.mails
    ]
    left_out = f"redacted, patch {', '.join(map(str, mailbox.left_out))}" if mailbox.left_out else ""
    response.data = compose(mails, left_out)


def file_name(name: str) -> str:
    """A file's name from that of a series or a patch, in letters that every system takes."""
    return (_NO_FILE_NAME.sub("-", name)[:_FILE_NAME_LENGTH_MAX].strip("-.") or "patches") + ".mbox"
