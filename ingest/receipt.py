"""A mail becomes a fact: its bytes, where it came from, and what was read from it."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from ingest import clock
from ingest.message import parse
from schemas.mail import PARSER_VERSION, ParsedMail
from schemas.records import ArchivePlace, MailReceived

PARSED_MAX_BYTES = 131072
"""A larger mail is recorded as it came and read by the projector, one at a time: no mail, whatever is in it, keeps
other sessions waiting for its reading, and an import does not read several at once. Of such a one the start is read
here, or the header alone."""

_logger = structlog.get_logger(__name__)


def receive(
    raw: bytes,
    *,
    source: str,
    received_at: datetime,
    envelope_sender: str | None = None,
    recipients: Sequence[str] = (),
    relay: str = "",
    list_id: str = "",
    archive: ArchivePlace | None = None,
    traceparent: str = "",
    parsed_max_bytes: int | None = None,
) -> MailReceived:
    """Make the record of one mail: the bytes as they came and, as a cache, what the parser read.

    received_at is aware UTC; one that lies ahead of the clock (an archive may say anything) becomes the present, so
    that a receipt is never later than its record. A mail of more than parsed_max_bytes is left for the projector to
    read. Never raises for what is in the mail: should the parser fail, that is our bug, it is logged, and the mail is
    recorded without a parsed form.
    """
    received_at = min(received_at, clock.now())
    is_read = parsed_max_bytes is None or len(raw) <= parsed_max_bytes
    parsed = parse_anyway(raw, received_at) if is_read else None
    return MailReceived(
        source=source,
        received_at=received_at,
        envelope_sender=envelope_sender,
        recipients=tuple(recipients),
        relay=relay,
        list_id=list_id,
        archive=archive,
        raw=raw,
        parser_version=0 if parsed is None else PARSER_VERSION,
        parsed=parsed,
        traceparent=traceparent,
    )


def parse_anyway(raw: bytes, received_at: datetime) -> ParsedMail | None:
    """What is read from a mail; None where our parser fails, which is logged."""
    try:
        return parse(raw, received_at)
    except Exception:  # whatever is wrong with our parser, the mail is written down first
        _logger.exception("mail not parsed", bytes=len(raw))
        return None
