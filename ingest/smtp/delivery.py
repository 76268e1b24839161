"""One mail to the log, and what its client is told: 250 when it is durable, 451 for whatever a retry can mend."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future

import structlog

from ingest import clock
from ingest.log import Log, LogError
from ingest.receipt import receive

ANSWER_SECONDS = 10.0
"""How long a client waits for the log. A mail that is written after that comes twice, which does no harm."""
SOURCE = "smtp"

_logger = structlog.get_logger(__name__)


async def deliver(log: Log, raw: bytes, envelope_sender: str, recipients: Sequence[str]) -> str:
    """Record one mail, however many recipients it has, and return the answer to DATA (RFC 5321 section 4.2.5).

    envelope_sender is "" for the null sender. Addresses may hold surrogate escapes for bytes that are no UTF-8.
    """
    fact = receive(
        raw,
        source=SOURCE,
        received_at=clock.now(),
        envelope_sender=_clean(envelope_sender),
        recipients=[_clean(recipient) for recipient in recipients],
    )
    message_id = None if fact.parsed is None else fact.parsed.message_id
    try:
        record_id = await _durable(log.submit([fact]))
    except TimeoutError:
        _logger.warning("mail deferred", message_id=message_id, bytes=len(raw), reason="the log is slow")
        return "451 4.3.0 Log too slow, try again later"
    except LogError as error:
        _logger.warning("mail deferred", message_id=message_id, bytes=len(raw), reason=str(error))
        return "451 4.3.0 Log unavailable, try again later"
    except asyncio.CancelledError:
        _logger.warning("mail given up by its client", message_id=message_id, bytes=len(raw))
        raise
    _logger.info("mail recorded", record=record_id, message_id=message_id, bytes=len(raw))
    return f"250 2.0.0 Recorded as {record_id}"


async def _durable(ids: Future[list[int]]) -> int:
    async with asyncio.timeout(ANSWER_SECONDS):
        return (await asyncio.wrap_future(ids))[0]


def _clean(address: str) -> str:
    if address.isascii():
        return address
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
