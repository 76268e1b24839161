"""Message-IDs, references and list ids (RFC 5322 section 3.6.4, RFC 2919)."""

import re

from ingest.message.charset import decode_text
from ingest.message.headers import LINE_MAX_BYTES, VALUE_MAX_BYTES, Headers, within_line

REFERENCES_MAX = 100
"""Of a mail's references the nearest count."""

FORMER_FIELDS = (
    b"x-microsoft-original-message-id",
    b"x-google-original-message-id",
    b"x-original-message-id",
    b"original-message-id",
)
"""Fields in which providers and relays keep the Message-ID that they replaced."""

LIST_IDS_MAX = 100
"""Of each kind."""

_BRACKETED = re.compile(r"<([^<>]*)>")
_NO_ID = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_USUAL = re.compile(rb"[ \t]*<([!-;=?-~]{1,%d})>[ \t]*" % (LINE_MAX_BYTES // 4)).fullmatch
_SEPARATOR = re.compile(r"[\s,<>]+")


def read_message_id(fields: Headers) -> str:
    """The first Message-ID without angle brackets, white space and control characters; "" where there is none."""
    values = fields.get(b"message-id")
    if not values:
        return ""
    ids = _ids(values[0][:VALUE_MAX_BYTES])
    return ids[0] if ids else ""


def read_former_ids(fields: Headers, message_id: str) -> tuple[str, ...]:
    """What the mail was called before a provider on its way replaced its Message-ID, by FORMER_FIELDS."""
    values = (fields.get(name, ())[:1] for name in FORMER_FIELDS)
    found = dict.fromkeys(name for value in values if value for name in _ids(value[0][:VALUE_MAX_BYTES])[:1])
    found.pop(message_id, None)
    return tuple(found)


def read_references(fields: Headers, message_id: str) -> tuple[str, ...]:
    """Ancestors, oldest first: References, then In-Reply-To, whose first id is the nearest of all.

    No repeats (the nearer place counts), not the mail itself, at most REFERENCES_MAX.
    """
    nearest_first: dict[str, None] = {}
    for value in fields.get(b"in-reply-to", ())[:1]:
        nearest_first.update(dict.fromkeys(_ids(value[:VALUE_MAX_BYTES])))
    for value in fields.get(b"references", ())[:1]:
        nearest_first.update(dict.fromkeys(reversed(_ids(value[-VALUE_MAX_BYTES:]))))
    nearest_first.pop(message_id, None)
    return tuple(reversed(list(nearest_first)[:REFERENCES_MAX]))


def _ids(value: bytes) -> list[str]:
    """The ids in a value: what angle brackets hold, whatever it is; else the words with an @, or the only word."""
    usual = _USUAL(value)
    if usual:
        return [usual[1].decode()]
    text = decode_text(value, "")
    ids = [_NO_ID.sub("", inside) for inside in _BRACKETED.findall(text)]
    if not ids:
        words = [_NO_ID.sub("", word) for word in _SEPARATOR.split(text)]
        words = [word for word in words if word]
        ids = words if len(words) == 1 else [word for word in words if "@" in word]
    return [within_line(name) for name in ids if name]


def read_list_ids(fields: Headers) -> tuple[str, ...]:
    """Lower-case ids of every List-Id, then X-Mailing-List, then X-List: the last token in <>, else the bare value."""
    found: dict[str, None] = {}
    for name in (b"list-id", b"x-mailing-list", b"x-list"):
        for value in fields.get(name, ())[:LIST_IDS_MAX]:
            text = decode_text(value[:VALUE_MAX_BYTES], "")
            tokens = _BRACKETED.findall(text)
            token = _NO_ID.sub("", tokens[-1] if tokens else text).lower()
            if token:
                found[token] = None
    return tuple(found)
