"""A request whose path and query are always clean text, and where its answer's links lead."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import falcon.asgi
from falcon.routing.converters import BaseConverter

from projector.readmodel.queries import RECORD_ID_MAX

_PRINTABLE = "".join(map(chr, range(33, 127)))
_AUTHORITY = re.compile(r"[A-Za-z0-9._~-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


class Request(falcon.asgi.Request):
    """Falcon's request, made from a scope of clean text: what is no UTF-8 would fail before any handler of ours."""

    def __init__(self, scope: dict[str, Any], *args: Any, **options: Any) -> None:
        query: bytes = scope["query_string"]
        path: str = scope["path"]
        if not query.isascii() or b"\0" in query:
            scope = {**scope, "query_string": quote_from_bytes(query, safe=_PRINTABLE).encode()}
        if not path.isascii() or "\0" in path:
            scope = {**scope, "path": path.encode("utf-8", "replace").decode().replace("\0", "\ufffd")}
        super().__init__(scope, *args, **options)


class RecordId(BaseConverter):
    """The id of a record in a path. What no record can have, matches no route: 404."""

    def convert(self, value: str) -> int | None:
        if not (value.isascii() and value.isdecimal()) or len(value) > 19:
            return None
        number = int(value)
        return number if number <= RECORD_ID_MAX else None


def parameters_of(request: falcon.asgi.Request) -> dict[str, str]:
    """The parameters of the query; of one that is given twice, the last. A NUL is put so that it matches nothing."""
    return {
        name: (value if isinstance(value, str) else value[-1]).replace("\0", "\ufffd")
        for name, value in request.params.items()
    }


def address_of(request: falcon.asgi.Request) -> str:
    """The address that a request comes from; of a proxy on this machine, the one that it names last."""
    client = request.scope.get("client")
    if not isinstance(client, (tuple, list)):
        return ""
    forwarded = (request.get_header("X-Forwarded-For") or "").rpartition(",")[2].strip()
    return forwarded if forwarded and _is_local(client) else str(client[0])


def base_url_of(request: falcon.asgi.Request, configured: str) -> str:
    """The URL under which the reader reached us, without a slash at its end: as configured, else as the request says.

    Of a proxy on this machine, X-Forwarded-Proto and X-Forwarded-Host count; from further away anybody could send them.
    """
    if configured:
        return configured.rstrip("/")
    scheme, authority = request.scope.get("scheme", "http"), request.get_header("Host")
    if _is_local(request.scope.get("client")):
        scheme = _first(request.get_header("X-Forwarded-Proto")) or scheme
        authority = _first(request.get_header("X-Forwarded-Host")) or authority
    if scheme not in ("http", "https"):
        scheme = "http"
    if authority is None or not _AUTHORITY.fullmatch(authority):
        authority = _server_of(request)
    return f"{scheme}://{authority}"


def with_page(path: str, parameters: Mapping[str, str], number: int) -> str:
    """The path and query of another page of the same list."""
    return f"{path}?{urlencode({**parameters, 'page': str(number)})}"


def _is_local(client: object) -> bool:
    """Whether the peer itself is on this machine, whatever it forwards. client: the scope's address and port."""
    return isinstance(client, (tuple, list)) and _is_loopback(client[0])


@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _first(forwarded: str | None) -> str:
    """The first of a list that each proxy on the way made longer."""
    return forwarded.partition(",")[0].strip().lower() if forwarded else ""


def _server_of(request: falcon.asgi.Request) -> str:
    host, port = request.scope.get("server") or ("localhost", None)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
