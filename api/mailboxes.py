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
    """Answer with the mails of a revision or a patch; with a tag, each gets its patch's URL as a trailer."""
    link = f"{tag}: {site.url(request, '/patch/')}" if tag else ""
    response.content_type = falcon.MEDIA_TEXT.partition(";")[0]
    response.set_header("Content-Disposition", f'attachment; filename="{file_name(mailbox.name)}"')
    response.data = compose(
        (mail.mail, (*mail.trailers, f"{link}{mail.patch_id}/") if link else mail.trailers) for mail in mailbox.mails
    )


def file_name(name: str) -> str:
    """A file's name from that of a series or a patch, in letters that every system takes."""
    return (_NO_FILE_NAME.sub("-", name)[:_FILE_NAME_LENGTH_MAX].strip("-.") or "patches") + ".mbox"
