"""What every request has to be before anything is made of it (RFC 9112 section 3.2): with a host, and no upgrade."""

import re
from typing import Any

import msgspec

from schemas.rest import ProblemDocument

Scope = dict[str, Any]

_ABSOLUTE = re.compile(r"https?://([^/?#]+)(/.*)?", re.IGNORECASE | re.DOTALL)
_NO_HOST = "Expected a Host header."
_NO_SOCKET = "WebSocket is not spoken here."


def straighten(scope: Scope) -> Scope:
    """Give a request whose target names scheme and host as one that names the path alone, with that host."""
    found = None if scope["path"].startswith("/") else _ABSOLUTE.fullmatch(scope["path"])
    if found is None:
        return scope
    others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    host = found[1].encode("latin-1", "replace")
    path = found[2] or "/"
    return {**scope, "path": path, "raw_path": path.encode(), "headers": [(b"host", host), *others]}


def why_refused(scope: Scope) -> str:
    """Why a request gets 400 whatever it is for; "" for what is in order."""
    has_host = scope.get("http_version") != "1.1"
    for name, value in scope["headers"]:
        if name == b"host":
            has_host = True
        elif name == b"upgrade" and value.strip().lower() == b"websocket":
            return _NO_SOCKET
    return "" if has_host else _NO_HOST


def refusal(why: str) -> tuple[Scope, Scope]:
    """The two messages of the answer."""
    body = msgspec.json.encode(ProblemDocument(why))
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": 400, "headers": headers}
    return start, {"type": "http.response.body", "body": body}
