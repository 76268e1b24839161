"""One client's session: aiosmtpd's dialogue, with the three commands of the hot path our own.

`smtp_MAIL` and `smtp_RCPT` take plain arguments themselves and leave the rest, with all its complaints, to the library;
`smtp_DATA` reads blocks instead of lines, and so has no limit for a line.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from ingest.log import Log
from ingest.smtp.access import Access
from ingest.smtp.body import read_body
from ingest.smtp.delivery import deliver
from ingest.smtp.path import read_recipient, read_sender

READ_BYTES = 128 * 1024
"""The most that is searched for the end of a mail before it is taken away; the transport buffers twice that."""
COMMAND_MAX_BYTES = 4096
"""RFC 5321 section 4.5.3.1.4 asks for 512; long VERP addresses are no reason to bounce a mail."""
IDLE_SECONDS = 600.0
"""How long one command may take: a whole mail on a slow line, too."""
NULL_SENDER = "<>"
"""How the library spells the null sender, so that MAIL counts as given."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reception:
    """What all sessions share: the log, who is welcome, how large a mail may be, our name, and the open sessions."""

    log: Log
    access: Access
    size_max_bytes: int
    hostname: str
    sessions: "set[Receiver]" = field(default_factory=set)

    async def leave(self, seconds: float) -> None:
        """Say 421 to everybody, and let mails that are being recorded get their answer first; at most so long."""
        for session in tuple(self.sessions):
            session.leave()
        endings = [session.ended for session in self.sessions]
        if endings:
            await asyncio.wait(endings, timeout=seconds)


class _Hooks:
    """What the library asks us: what EHLO offers, and whether a recipient that it read itself is one of ours."""

    async def handle_EHLO(
        self, server: "Receiver", session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING too (RFC 2920): commands are read one by one from a buffer that is never thrown away."""
        session.host_name = hostname
        return [*responses[:1], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(
        self, server: "Receiver", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        return server.take_recipient(address)


class Receiver(SMTP):
    """The protocol of one connection; see `Reception` for what it is given."""

    line_length_limit = READ_BYTES
    command_size_limit = COMMAND_MAX_BYTES

    def __init__(self, reception: Reception, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Hooks(),
            data_size_limit=reception.size_max_bytes,
            enable_SMTPUTF8=True,
            hostname=reception.hostname,
            ident="Patchlog",
            timeout=IDLE_SECONDS,
            loop=loop,
        )
        self.command_size_limits = defaultdict(lambda: COMMAND_MAX_BYTES)
        self.ended: asyncio.Future[None] = loop.create_future()
        self._reception = reception
        self._refused = False
        self._recording = False
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        if not self._reception.access.allows_client(peer[0]):
            _logger.warning("client refused", client=peer[0])
            self._refused = True
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(b"554 5.7.1 Client not allowed\r\n")
            transport.close()
            return
        self._reception.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._refused:
            return
        self._reception.sessions.discard(self)
        self.ended.set_result(None)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return False if self._refused else super().eof_received()

    def leave(self) -> None:
        """End the session with 421 (RFC 5321 section 3.8), after the answer if a mail is being recorded."""
        self._leaving = True
        if not self._recording:
            self._writer.write(b"421 4.3.2 Shutting down\r\n")
            self._writer.close()

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong here is ours: the client keeps the mail and tries again."""
        _logger.error("session failed", exc_info=error)
        return "451 4.3.0 Local error, try again later"

    async def smtp_MAIL(self, arg: str | None) -> None:
        sender = read_sender(arg or "", self._reception.size_max_bytes)
        if sender is None or not self._may_mail(sender.options):
            await super().smtp_MAIL(arg)
            return
        envelope = self.envelope
        assert envelope is not None
        envelope.mail_from = sender.address or NULL_SENDER
        envelope.mail_options.extend(sender.options)
        envelope.smtp_utf8 = sender.smtp_utf8
        await self.push("250 OK")

    async def smtp_RCPT(self, arg: str | None) -> None:
        recipient = read_recipient(arg or "")
        if recipient is None or self.envelope is None or not self.envelope.mail_from:
            await super().smtp_RCPT(arg)
            return
        await self.push(self.take_recipient(recipient))

    async def smtp_DATA(self, arg: str | None) -> None:
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            await super().smtp_DATA(arg or "")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            answer = await self._take_mail(envelope)
        finally:
            self.envelope = Envelope()
        await self.push(answer)
        if self._leaving:
            self.leave()

    def take_recipient(self, address: str) -> str:
        """Add a recipient to the envelope if it is one of ours; return the answer to RCPT."""
        if not self._reception.access.knows_recipient(address):
            return "550 5.1.1 Unknown recipient"
        assert self.envelope is not None
        self.envelope.rcpt_tos.append(address)
        return "250 OK"

    def _may_mail(self, options: list[str]) -> bool:
        """Whether MAIL is in its place: after HELO, options after EHLO only, and not twice."""
        session, envelope = self.session, self.envelope
        if session is None or envelope is None or not session.host_name or envelope.mail_from:
            return False
        return session.extended_smtp or not options

    async def _take_mail(self, envelope: Envelope) -> str:
        body = await read_body(self._reader, self._reception.size_max_bytes)
        if body is None:
            return "552 5.3.4 Mail too large"
        sender = envelope.mail_from
        self._recording = True
        try:
            return await deliver(
                self._reception.log, body, "" if sender in (None, NULL_SENDER) else sender, envelope.rcpt_tos
            )
        finally:
            self._recording = False
