"""One mail to the log, and what its client is told: 250 when it is durable, 451 for whatever a retry can mend."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from ingest import clock
from ingest.log import LogError
from ingest.meters import APPEND, SIZE, count_answer, list_of
from ingest.receipt import PARSED_MAX_BYTES, parse_anyway, receive
from ingest.smtp.appending import Appender
from ingest.smtp.relay import relay_of
from ingest.tracing import UNTRACED, Span, Value
from schemas.mail import ParsedMail
from schemas.records import MailReceived

SOURCE = "smtp"

START_BYTES = 32_768
"""So much is read of a mail that is left to the projector, for its line in the journal."""

_logger = structlog.get_logger(__name__)


async def deliver(
    appender: Appender,
    raw: bytes,
    envelope_sender: str,
    recipients: Sequence[str],
    span: Span = UNTRACED,
    client: str = "",
) -> str:
    """Record one mail, however many recipients it has, and return the answer to DATA (RFC 5321 section 4.2.5).

    envelope_sender is "" for the null sender. Addresses may hold surrogate escapes for bytes that are no UTF-8. span is
    the one in which the mail is received, of which the record tells. client is the address that handed it over, "" for
    a Unix socket.
    """
    fact = receive(
        raw,
        source=SOURCE,
        received_at=clock.now(),
        envelope_sender=_clean(envelope_sender),
        recipients=[_clean(recipient) for recipient in recipients],
        relay=relay_of(raw, client),
        traceparent=span.traceparent,
        parsed_max_bytes=PARSED_MAX_BYTES,
    )
    is_large = len(raw) > PARSED_MAX_BYTES
    seen = parse_anyway(raw[:START_BYTES], fact.received_at) if is_large else fact.parsed
    list_id = list_of(seen)
    answer = await _record(appender, fact, seen, list_id, span)
    SIZE.observe(len(raw))
    count_answer(list_id, answer)
    return answer


async def _record(appender: Appender, fact: MailReceived, seen: ParsedMail | None, list_id: str, span: Span) -> str:
    """Put a mail on the log, and say so in one line with its list ("" for none). seen: what was read of its start."""
    message_id = None if seen is None else seen.message_id
    mail: dict[str, Value] = {"message_id": message_id, "list": list_id, "bytes": len(fact.raw)}
    span.set(**mail)
    start = time.perf_counter()
    try:
        with span.child("append", "producer") as appending:
            record_id = await appender.append(fact)
            appending.set(record=record_id)
    except TimeoutError:
        _logger.warning("mail deferred", **mail, reason="the log is slow")
        return "451 4.3.0 Log too slow, try again later"
    except LogError as error:
        _logger.warning("mail deferred", **mail, reason=str(error))
        return "451 4.3.0 Log unavailable, try again later"
    except asyncio.CancelledError:
        _logger.warning("mail given up by its client", **mail)
        raise
    APPEND.observe(time.perf_counter() - start)
    _logger.info("mail recorded", record=record_id, **mail)
    return f"250 2.0.0 Recorded as {record_id}"


def _clean(address: str) -> str:
    if address.isascii():
        return address
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
