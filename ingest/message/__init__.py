"""Reading mail: bytes in, values out. `parse` reads a mail, `received_time` says when it came by its own account."""

from ingest.message.parse import parse, received_time

__all__ = ["parse", "received_time"]
