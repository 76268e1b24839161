"""Reading mail: bytes in, values out. `parse` reads a mail, `head_of` gives the part that has its header, and
`received_time` says when it came by its own account."""

from ingest.message.headers import head_of
from ingest.message.parse import parse, received_time

__all__ = ["head_of", "parse", "received_time"]
