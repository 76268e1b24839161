"""Reads what a request brings along: the fields of a JSON object, or of a form."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import falcon
import msgspec
from falcon.asgi import Request

BODY_MAX_BYTES = 1024 * 1024
FORM_FIELDS_MAX = 2000

FORM = "application/x-www-form-urlencoded"


class Body(msgspec.Struct, frozen=True):
    """The bytes as they came, and their fields. Of a form a field is the list of its values."""

    raw: bytes
    fields: Mapping[str, Any]
    is_form: bool = False


async def read_bytes(request: Request, *types: str) -> tuple[str, bytes]:
    """The type of a body and its bytes. Raises HTTPUnsupportedMediaType for another type, HTTPContentTooLarge."""
    if (request.content_length or 0) > BODY_MAX_BYTES:
        raise _too_large()
    raw = await request.stream.read(BODY_MAX_BYTES + 1)
    if len(raw) > BODY_MAX_BYTES:
        raise _too_large()
    type = (request.content_type or "").partition(";")[0].strip().lower()
    if raw and type not in types:
        expected = " or ".join(types)
        raise falcon.HTTPUnsupportedMediaType(description=f"Expected {expected}, came {type or 'no Content-Type'}.")
    return type, raw


async def read_body(request: Request) -> Body:
    """Read a JSON object or a form; nothing at all is no fields. Raises HTTPBadRequest too."""
    type, raw = await read_bytes(request, falcon.MEDIA_JSON, FORM)
    if not raw:
        return Body(raw, {})
    if type == FORM:
        return Body(raw, _read_form(raw), is_form=True)
    return Body(raw, read_object(raw))


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises HTTPBadRequest."""
    try:
        fields = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise falcon.HTTPBadRequest(description=f"Expected JSON: {error}") from None
    except RecursionError:
        raise falcon.HTTPBadRequest(description="Expected JSON that is not nested so deeply.") from None
    if not isinstance(fields, dict):
        raise falcon.HTTPBadRequest(description=f"Expected a JSON object, came {json_type(fields)}.")
    return fields


def as_json(body: Body) -> bytes:
    """A body as JSON, to be sent back. Of a form, a field that came several times is a list."""
    if not body.is_form:
        return body.raw or b"{}"
    return msgspec.json.encode({name: texts if len(texts) > 1 else texts[0] for name, texts in body.fields.items()})


def json_type(value: object) -> str:
    """What JSON calls a value."""
    names = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), "an object")


def _read_form(raw: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise falcon.HTTPBadRequest(description=f"Expected a form in UTF-8: {error}") from None


def _too_large() -> falcon.HTTPContentTooLarge:
    return falcon.HTTPContentTooLarge(description=f"Expected at most {BODY_MAX_BYTES} bytes.")
