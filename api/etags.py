"""Entity tags (RFC 9110 section 8.8.3): what a reader has seen, so that it need not be sent or changed again.

A tag is a hash of the answer. That of what can be changed has its version in front, the record that changed it last,
so that the projector can tell whether a change meets what its sender has seen.
"""

import re
from hashlib import blake2b

from falcon.asgi import Request, Response

_TAG = re.compile(r'(W/)?"([^"]*)"')
_VERSION = re.compile(r"(\d{1,19})-[0-9a-f]+")


def tag_of(content: bytes, version: int | None) -> str:
    """The strong tag of an answer."""
    digest = blake2b(content, digest_size=9).hexdigest()
    return f'"{version}-{digest}"' if version is not None else f'"{digest}"'


def read_if_match(field: str | None) -> tuple[int, ...] | None:
    """The versions that a change asks for; None where any will do.

    A tag of ours that came back weak counts: a proxy that compresses makes it so, and the version in it is the same.
    """
    if field is None or field.strip() == "*":
        return None
    found = (_VERSION.fullmatch(tag) for _, tag in _TAG.findall(field))
    return tuple(int(version[1]) for version in found if version)


def answer_unchanged(request: Request, response: Response) -> None:
    """Tag an answer that is ready to go; where the reader has it already, send the tag alone (section 15.4.5)."""
    content = response.data if response.data is not None else getattr(response.context, "told", None)
    if content is None:
        return
    tag = tag_of(content, getattr(response.context, "version", None))
    response.set_header("ETag", tag)
    field = request.get_header("If-None-Match")
    if field is not None and _has(field, tag):
        response.status = "304 Not Modified"
        response.data = response.context.write = None
        response.content_type = None


def _has(field: str, tag: str) -> bool:
    if field.strip() == "*":
        return True
    return tag.strip('"') in (known for _, known in _TAG.findall(field))
