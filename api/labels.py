"""What requests are counted and traced by: few values, whatever clients send."""

import re

METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
OTHER = "other"
_CONVERTER = re.compile(r":\w+(?=})")


def method_of(method: str) -> str:
    """A request's method, or OTHER."""
    return method if method in METHODS else OTHER


def route_of(template: str | None) -> str:
    """A route's template as people know it, without converters; OTHER for a path that leads nowhere."""
    return (_CONVERTER.sub("", template) or "/") if template else OTHER
