"""A request whose path and query are always clean text, and where its answer's links lead."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import falcon.asgi
from falcon.routing.converters import BaseConverter

from projector.readmodel.queries import RECORD_ID_MAX
from schemas.networks import HERE, LOOPBACK, Networks, is_inside, read_networks, site_of
from schemas.settings import Settings

_PRINTABLE = "".join(map(chr, range(33, 127)))
_PORT = re.compile(r":[0-9]{1,5}$")
_AUTHORITY = re.compile(r"[A-Za-z0-9._~-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


ANY_NAME = "*"
BASED_ON = "Host, X-Forwarded-Host, X-Forwarded-Proto"
"""The headers that links are made from where no URL is configured."""
CLIENT: ContextVar[str] = ContextVar("client", default="")
"""Whose request is being answered, as `client_of` says."""


class Request(falcon.asgi.Request):
    """Falcon's request, made from a scope of clean text: what is no UTF-8 would fail before any handler of ours."""

    proxies: Networks = HERE
    """Of whom it is believed for whom they forward."""
    names: frozenset[str] = frozenset()
    """Hosts that links may lead to."""

    def __init__(self, scope: dict[str, Any], *args: Any, **options: Any) -> None:
        query: bytes = scope["query_string"]
        path: str = scope["path"]
        if not query.isascii() or b"\0" in query:
            scope = {**scope, "query_string": quote_from_bytes(query, safe=_PRINTABLE).encode()}
        if not path.isascii() or "\0" in path:
            scope = {**scope, "path": path.encode("utf-8", "replace").decode().replace("\0", "\ufffd")}
        client = scope.get("client")
        if client is not None and not isinstance(client, (tuple, list)):  # any iterable is a client to ASGI
            scope = {**scope, "client": tuple(client)}
        super().__init__(scope, *args, **options)


def request_type(settings: Settings) -> type[Request]:
    """The requests of an app with these settings. Raises ValueError."""
    names = frozenset(name.strip().lower() for name in settings.http_names.split(",") if name.strip())
    proxies = read_networks("http_proxies", settings.http_proxies)
    return type("Request", (Request,), {"proxies": proxies, "names": names})


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
    """The address that a request comes from; of a proxy that is trusted, the one that it forwards for.

    Of the addresses that proxies have written down, the last is that of whom the nearest proxy saw.
    """
    address = _peer_of(request)
    proxies = proxies_of(request)
    if not is_inside(address, proxies):
        return address
    forwarded = [part.strip() for part in (request.get_header("X-Forwarded-For") or "").split(",") if part.strip()]
    for each in reversed(forwarded):
        address = each
        if not is_inside(each, proxies):
            break
    return address


def client_of(request: falcon.asgi.Request) -> str:
    """What a request's client is counted as; "" for a proxy that says of nobody that it forwards for them."""
    address = address_of(request)
    return "" if is_inside(address, proxies_of(request)) else site_of(address)


def proxies_of(request: falcon.asgi.Request) -> Networks:
    return request.proxies if isinstance(request, Request) else ()


def base_url_of(request: falcon.asgi.Request, configured: str) -> str:
    """The URL under which the reader reached us, without a slash at its end: as configured, else as the request says.

    Of a proxy that is trusted, X-Forwarded-Proto and X-Forwarded-Host count. A name that is not ours is not repeated.
    """
    if configured:
        return configured.rstrip("/")
    request.context.shows_host = True
    scheme, authority = request.scope.get("scheme", "http"), request.get_header("Host")
    if is_inside(_peer_of(request), proxies_of(request)):
        scheme = _first(request.get_header("X-Forwarded-Proto")) or scheme
        authority = _first(request.get_header("X-Forwarded-Host")) or authority
    if scheme not in ("http", "https"):
        scheme = "http"
    if authority is None or not _AUTHORITY.fullmatch(authority) or not _is_ours(request, authority):
        authority = _server_of(request)
    return f"{scheme}://{authority}"


def origin_of(url: str) -> str:
    """The origin of a URL (RFC 6454 section 6.2)."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def with_page(path: str, parameters: Mapping[str, str], number: int) -> str:
    """The path and query of another page of the same list; the first one is not named."""
    others = {name: value for name, value in parameters.items() if name != "page"}
    query = urlencode(others if number == 1 else {**others, "page": str(number)})
    return f"{path}?{query}" if query else path


def _peer_of(request: falcon.asgi.Request) -> str:
    """The address of who connected, whatever it forwards."""
    client = request.scope.get("client")
    return str(client[0]) if isinstance(client, (tuple, list)) else ""


def _is_ours(request: falcon.asgi.Request, authority: str) -> bool:
    """Whether links may lead to this host: a name that is configured, this machine, or the address that it came to."""
    names = request.names if isinstance(request, Request) else frozenset()
    host = _PORT.sub("", authority).removeprefix("[").removesuffix("]").lower()
    if ANY_NAME in names or host in names or host == "localhost" or is_inside(host, LOOPBACK):
        return True
    server = request.scope.get("server")
    return isinstance(server, (tuple, list)) and host == str(server[0]).lower()


def _first(forwarded: str | None) -> str:
    """The first of a list that each proxy on the way made longer."""
    return forwarded.partition(",")[0].strip().lower() if forwarded else ""


def _server_of(request: falcon.asgi.Request) -> str:
    """The address that a request came to; this machine's name, where it came by a Unix socket."""
    server = request.scope.get("server")
    host, port = server if isinstance(server, (tuple, list)) else ("localhost", None)
    if port is None:
        return "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
