"""The events feed behind a cursor: each part says where the next one begins, and may wait until there is something."""

import re
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from api.parameters import FieldError
from api.request import parameters_of
from api.resource import Site, answer
from ingest.log import now_us
from projector.readmodel.queries import RECORD_ID_MAX, Followed
from schemas.rest import FollowedDocument

WAIT_SECONDS_MAX = 60.0


def read_cursor(text: str) -> int:
    """Read the id of an event. Raises FieldError."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > RECORD_ID_MAX:
        raise FieldError("after", f"Expected the id of an event, came {text[:100]!r}.")
    return int(text)


def read_wait(text: str | None) -> float:
    """Read for how many seconds a request may wait: at most 60. Raises FieldError."""
    if not text:
        return 0.0
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise FieldError("wait", f"Expected a number of seconds, came {text[:100]!r}.")
    return min(float(text), WAIT_SECONDS_MAX)


def answer_followed(request: Request, response: Response, site: Site, followed: Followed) -> None:
    """Answer with a part of a feed. The Link leads to the part behind it, also where that is still empty."""
    parameters = {**parameters_of(request), "after": str(followed.cursor)}
    following = site.url(request, f"{request.scope['path']}?{urlencode(parameters)}")
    response.set_header("Link", f'<{following}>; rel="next"')
    answer(response, FollowedDocument(None, following if followed.is_full else None, None, followed.documents))


class Deadline:
    """Until when a request may wait."""

    def __init__(self, seconds: float) -> None:
        self._end_us = now_us() + int(seconds * 1_000_000)

    @property
    def left_seconds(self) -> float:
        """How long it still may; 0 or less when it is over."""
        return (self._end_us - now_us()) / 1_000_000
