"""Who vouches for a mail's author: what mail servers wrote of DKIM signatures (RFC 8601)."""

import re
from collections.abc import Iterator

HEAD_MAX_BYTES = 65536
FIELDS_MAX = 50
VALUE_MAX_BYTES = 4000

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"(?:\A|\n)authentication-results:((?:[^\n]|\n[ \t])*)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_PASS = re.compile(r"(?:^|\s)dkim\s*=\s*pass(?=\s|$)")
_DOMAIN = re.compile(r"\sheader\.d\s*=\s*\"?([a-z0-9.-]+)")


def read_verifiers(raw: bytes, email: str) -> tuple[str, ...]:
    """Give the names of the servers that found a signature of the author's domain to be right, sorted, lower case.

    Of a server the topmost field counts: it writes its own above all that came (RFC 8601 section 5). A signature is the
    author's if its domain is that of the address, or one above it. Which server is to be believed is not asked here.
    """
    domain = email.lower().rpartition("@")[2]
    found: dict[str, bool] = {}
    for value in _values(raw):
        server, *results = _COMMENT.sub(" ", value.lower()).split(";")
        name = next(iter(server.split()), "")
        found.setdefault(name, any(_is_aligned(result, domain) for result in results))
    return tuple(sorted(name for name, is_right in found.items() if name and is_right))


def _values(raw: bytes) -> Iterator[str]:
    head = raw[:HEAD_MAX_BYTES]
    end = _END.search(head)
    for number, field in enumerate(_FIELD.finditer(head[: end.start()] if end is not None else head)):
        if number < FIELDS_MAX:
            yield " ".join(field[1][:VALUE_MAX_BYTES].decode("ascii", "replace").split())


def _is_aligned(result: str, domain: str) -> bool:
    signed = _DOMAIN.search(result)
    if signed is None or _PASS.search(result) is None or "." not in signed[1].strip("."):
        return False
    return domain == signed[1] or domain.endswith(f".{signed[1]}")
