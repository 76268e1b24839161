"""The document as bytes: laid out for people, the same each time."""

import msgspec

from api.openapi.document import make_document


def written(root: str = "") -> bytes:
    """The document in JSON. root: as for `make_document`."""
    return msgspec.json.format(msgspec.json.encode(make_document(root)), indent=2) + b"\n"
