"""Lines of a mail that name other mails and changes: `Key: value` at the start of a line."""

import re
from itertools import islice
from urllib.parse import unquote

import msgspec

LINES_MAX = 1000
"""Lines of each kind that are read; a mail with more of them means none of the rest."""

_LINE = re.compile(r"\n([BCDPSbcdps][A-Za-z-]{7,22}):[ \t]*([^\n]+)")
_EARLIER = re.compile(r"\n[ \t]*(?:[-*][ \t]*)?(?:[Ll]ink to )?[vV]\d{1,4}:[ \t]*<?(https?://[^\s<>]{1,1000})")
_BRACKETED = re.compile(r"<([^<>\s]+)>")
_COMMIT = re.compile(r"[0-9a-f]{7,64}\b")
_ARCHIVE_VIEW = re.compile(r"/(?:[tT]|raw|mbox)?$")

_DEPENDENCIES = frozenset({"based-on", "depends-on", "prerequisite-message-id"})
_KEYS = frozenset({*_DEPENDENCIES, "prerequisite-change-id", "change-id", "base-commit", "supersedes"})


class Trailers(msgspec.Struct, frozen=True):
    """What the lines say; see `schemas.mail.ParsedMail`."""

    change_id: str | None = None
    supersedes: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    base_commit: str | None = None


NONE = Trailers()


def read_trailers(text: str) -> Trailers:
    """Read a text that starts with a line end and has no diff in it. Of change-id and base-commit the first counts; the
    others are in their order, without repeats. Keys are read in any case, but change-id: it is Gerrit's in another.
    """
    change_id: str | None = None
    base_commit: str | None = None
    supersedes: dict[str, None] = {}
    depends_on: dict[str, None] = {}
    lines = (found for found in _LINE.finditer(text) if found[1].lower() in _KEYS)
    for line in islice(lines, LINES_MAX):
        name, rest = line.groups()
        key, value = name.lower(), rest.strip()
        if not value:
            continue
        if name == "change-id":
            change_id = change_id or value.split()[0]
        elif key == "base-commit":
            commit = _COMMIT.match(value)
            base_commit = base_commit or (commit[0] if commit else None)
        elif key == "supersedes":
            supersedes.update(dict.fromkeys(_message_ids(value)))
        elif key in _DEPENDENCIES:
            depends_on.update(dict.fromkeys(f"message-id:{target}" for target in _message_ids(value)))
        elif key == "prerequisite-change-id":
            depends_on[f"change-id:{value.split()[0].partition(':')[0]}"] = None  # b4 adds ":v2"
    if "://" in text:
        supersedes.update(dict.fromkeys(_linked(text)))
    if not (change_id or base_commit or supersedes or depends_on):
        return NONE
    return Trailers(change_id, tuple(supersedes), tuple(depends_on), base_commit)


def _message_ids(value: str) -> list[str]:
    """The Message-IDs in a value: in angle brackets, bare, or at the end of an archive's URL."""
    names = _BRACKETED.findall(value) or [word.strip("<>,") for word in value.split()]
    ids = [_id_in_url(name) if "://" in name else name for name in names]
    return [name for name in ids if "@" in name]


def _linked(text: str) -> list[str]:
    return [name for name in (_id_in_url(url[1]) for url in islice(_EARLIER.finditer(text), LINES_MAX)) if name]


def _id_in_url(url: str) -> str:
    """The Message-ID that an archive's URL ends in (a slash, `/T/` or `#...` may follow); "" where there is none."""
    path = url.partition("#")[0].rstrip(").,;>/")
    name = unquote(_ARCHIVE_VIEW.sub("", path).rpartition("/")[2]).strip("<>")
    at = name.find("@")
    return name if 0 < at < len(name) - 1 and name.isprintable() and " " not in name else ""
