"""What a part says that it is: Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231)."""

import re
from urllib.parse import unquote

import msgspec

from ingest.message.encoded_words import decode_words
from ingest.message.headers import Headers, header_bytes, raw_text

FIELD_MAX_BYTES = 2000
"""What is read of either field."""

_USUAL = re.compile(rb'text/plain(?: ?; ?charset="?([A-Za-z0-9_-]+)"?)?;?', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;"]*))')
_ESCAPED = re.compile(r"\\(.)")
_PATCH_NAME = re.compile(r"(?:^|.*[._-])(?:patch|diff)(?:\.txt)?", re.IGNORECASE | re.DOTALL)
_PATCH_TYPES = frozenset(
    f"{family}/{name}" for family in ("text", "application") for name in ("x-patch", "x-diff", "patch", "diff")
)


class ContentType(msgspec.Struct, frozen=True):
    """kind is lower case, "text/plain" where nothing (readable) is said; the others are "" where nothing is said."""

    kind: str = "text/plain"
    charset: str = ""
    boundary: str = ""
    is_flowed: bool = False
    is_delsp: bool = False
    """Of flowed text: the space at the end of a line that goes on is no part of it (RFC 3676 section 4.5)."""
    is_patch: bool = False
    """A type that patches are sent as, or a file name such as `a.patch` or `foo-diff.txt`, whatever the type."""
    is_doubtful: bool = False
    """git would read another charset, boundary or format: it takes what stands behind the first `charset=`, wherever
    it is.
    """


_PLAIN = ContentType()


def read_content_type(fields: Headers) -> ContentType:
    """Read a part's Content-Type, and its file name from there or from Content-Disposition. Never raises."""
    value = header_bytes(fields, b"content-type")
    disposition = header_bytes(fields, b"content-disposition")
    if not value and not disposition:
        return _PLAIN
    usual = None if disposition else _USUAL.fullmatch(value)
    if usual:
        return ContentType(charset=(usual[1] or b"").decode().lower())
    return _read(raw_text(value[:FIELD_MAX_BYTES]), raw_text(disposition[:FIELD_MAX_BYTES]))


def _read(value: str, disposition: str) -> ContentType:
    kind = value.partition(";")[0].strip().lower()
    parameters = _parameters(value)
    name = _parameters(disposition).get("filename") or parameters.get("name", "")
    charset, boundary = parameters.get("charset", "").lower(), parameters.get("boundary", "").rstrip()
    for_git = decode_words(value)
    has_parts = kind.startswith("multipart/")
    is_flowed, is_delsp = parameters.get("format", "").lower() == "flowed", parameters.get("delsp", "").lower() == "yes"
    return ContentType(
        kind=kind if kind.count("/") == 1 else "text/plain",  # RFC 2045 section 5.2
        charset=charset,
        boundary=boundary,
        is_flowed=is_flowed,
        is_delsp=is_delsp,
        is_patch=kind in _PATCH_TYPES or _PATCH_NAME.fullmatch(decode_words(name).strip()) is not None,
        is_doubtful=_as_git_finds("boundary", for_git) != (boundary if has_parts else "")
        or (not has_parts and _as_git_finds("charset", for_git).lower() != charset)
        or (_as_git_finds("format", for_git).lower() == "flowed") != (is_flowed and not has_parts)
        or (is_flowed and (_as_git_finds("delsp", for_git).lower() == "yes") != is_delsp),
    )


def _as_git_finds(name: str, value: str) -> str:
    found = re.search(rf'{name}=(?:"([^"]*)|([^; \t]*))', value, re.IGNORECASE)
    return (found[1] or found[2] or "") if found else ""


def _parameters(value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, quoted, bare in _PARAMETER.findall(value):
        name = key.lower()
        text = _ESCAPED.sub(r"\1", quoted) if quoted else bare.strip()
        if "*" in name:
            name, text = _extended(name, text, found)
            found[name] = text
        else:
            found.setdefault(name, text)
    return found


def _extended(key: str, text: str, found: dict[str, str]) -> tuple[str, str]:
    """RFC 2231: `filename*=utf-8''a.patch`, and `boundary*0=`, `boundary*1=`, which are put together as they come."""
    name = key.partition("*")[0]
    if key.endswith("*"):
        text = unquote(text.rpartition("'")[2])
    return name, found.get(name, "") + text
