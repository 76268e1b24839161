"""One client's session: aiosmtpd's dialogue, with the three commands of the hot path our own.

MAIL and RCPT with plain arguments are answered where they arrive, if the session waits for a command just then; all
others, with all their complaints, are the library's. `smtp_DATA` reads blocks instead of lines: no line is too long.
"""

import asyncio
from collections import defaultdict
from typing import cast

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from ingest.meters import count_answer
from ingest.smtp.body import Dropped, read_body
from ingest.smtp.crowd import Hold, client_of
from ingest.smtp.delivery import deliver
from ingest.smtp.hooks import Hooks
from ingest.smtp.limits import READ_BYTES, mail_memory_bytes
from ingest.smtp.path import read_recipient, read_sender
from ingest.smtp.plain import answer_lines
from ingest.smtp.reader import CommandReader
from ingest.smtp.reception import NO_DISK, NO_MEMORY, Reception
from ingest.tracing import Span, begin_trace

COMMAND_MAX_BYTES = 4096
"""RFC 5321 section 4.5.3.1.4 asks for 512; long VERP addresses are no reason to bounce a mail."""
PROXY_SECONDS = 5.0
"""How long a proxy may take to say for whom it connects."""
LAST_WORD_SECONDS = 5.0
"""How long a client that was too slow may take to read that it was."""
NULL_SENDER = "<>"
"""How the library spells the null sender, so that MAIL counts as given."""

STUMBLES = (IndexError, AttributeError, UnboundLocalError, RecursionError)
"""Mistakes of the standard library's parser: it raises these for some texts that are no address."""
_LIBRARYS_GETADDR = SMTP._getaddr  # here, so that a version without it fails at once, not as an address does

_logger = structlog.get_logger(__name__)


class Receiver(SMTP):
    """The protocol of one connection; see `Reception` for what it is given."""

    line_length_limit = READ_BYTES
    command_size_limit = COMMAND_MAX_BYTES

    def __init__(self, reception: Reception, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            Hooks(),
            data_size_limit=reception.limits.max_mail_bytes,
            enable_SMTPUTF8=True,
            hostname=reception.hostname,
            ident="Patchlog",
            tls_context=None if reception.certificate is None else reception.certificate.latest,
            timeout=reception.limits.idle_seconds,
            loop=loop,
        )
        self._commands = CommandReader(READ_BYTES, loop)  # in the place of the library's own
        asyncio.StreamReaderProtocol.__init__(self, self._commands, self._cb_client_connected, loop)
        self.command_size_limits = defaultdict(lambda: COMMAND_MAX_BYTES)
        self.ended: asyncio.Future[None] = loop.create_future()
        self.reception = reception
        self.client = ""
        """What the session is counted as; "" while it is not."""
        self._must_log_in = False
        self._refused = False
        self._recording = False
        self._leaving = False
        self._is_logging_in = False
        self._may_write = True
        self._timeout_at = 0.0
        self._mail_until = 0.0
        self._announced_bytes = 0
        self._most_bytes = mail_memory_bytes(reception.limits.max_mail_bytes)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.session is not None:  # the same connection, now by TLS
            super().connection_made(transport)
            self._commands.forget()
            return
        peer = transport.get_extra_info("peername")
        host = peer[0] if peer else ""
        if self.reception.access.is_proxy(host):
            self._proxy_timeout = PROXY_SECONDS
        elif (refusal := self.admit(host)) is not None:
            self._refused = True
            transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by name
            transport.write(refusal.encode() + b"\r\n")
            transport.close()
            return
        self.reception.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._refused or self.ended.done():
            return
        self.reception.sessions.discard(self)
        if self.client:
            self.reception.crowd.leave(self.client)
        self.ended.set_result(None)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._commands.awaits_line:
            data = self._answer_plain(data)
        if data:
            super().data_received(data)

    def pause_writing(self) -> None:
        self._may_write = False
        super().pause_writing()

    def resume_writing(self) -> None:
        self._may_write = True
        super().resume_writing()

    def eof_received(self) -> bool | None:
        return False if self._refused else super().eof_received()

    def admit(self, host: str) -> str | None:
        """Count the session as this host's; or the answer to one that may not come in. host is "" for a Unix socket."""
        client = client_of(host)
        refusal = self.reception.admit(host, client)
        if refusal is None:
            self.client = client
            self._must_log_in = not self.reception.access.allows_client(host)
        return refusal

    def leave(self) -> None:
        """End the session with 421 (RFC 5321 section 3.8), after the answer if a mail is being recorded."""
        self._leaving = True
        if not self._recording:
            self.hang_up(b"421 4.3.2 Shutting down")

    def hang_up(self, answer: bytes) -> None:
        """Say one last thing and end the session, though the client may not want to read it."""
        transport = cast(asyncio.WriteTransport | None, self.transport)
        if transport is None or transport.is_closing():
            return
        transport.write(answer + b"\r\n")
        transport.close()
        self.loop.call_later(LAST_WORD_SECONDS, transport.abort)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Wait so long from now. A timer that goes off too early is started again: far fewer are started this way."""
        self._timeout_at = self.loop.time() + (duration or self._timeout_duration)
        timer = self._timeout_handle
        if timer is None or timer.cancelled() or timer.when() > self._timeout_at:
            super()._reset_timeout(duration)

    def _timeout_cb(self) -> None:
        """The client took too long, if its time is over. While a mail is being recorded it is we who take long."""
        left_seconds = self._timeout_at - self.loop.time()
        if self._recording or left_seconds > 0:
            super()._reset_timeout(None if self._recording else left_seconds)
            return
        _logger.warning("client too slow", client=self.client)
        self.hang_up(b"421 4.4.2 Too slow, try again later")

    async def push(self, status: str | bytes) -> None:
        """Send an answer. The library's waits in any case, if only for nothing."""
        answer = status.encode() if isinstance(status, str) else status
        self._writer.write(answer + b"\r\n")
        if not self._may_write or self._writer.is_closing():
            await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong here is ours: the client keeps the mail and tries again."""
        _logger.error("session failed", exc_info=error)
        return "451 4.3.0 Local error, try again later"

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 TLS already active")
            return
        if self.reception.certificate is not None:
            self.tls_context = self.reception.certificate.get()
        await super().smtp_STARTTLS(arg or "")

    def _authenticate(self, mechanism: str, auth_data: LoginPassword) -> AuthResult:
        """What the library is told when it has read a name and a password: nothing yet, for a check takes a while."""
        return AuthResult(success=False, handled=False, auth_data=auth_data)

    async def smtp_AUTH(self, arg: str | None) -> None:
        self._is_logging_in = True
        try:
            await super().smtp_AUTH(arg)
        finally:
            self._is_logging_in = False

    async def smtp_MAIL(self, arg: str | None) -> None:
        answer = self._take_sender(arg or "")
        await (super().smtp_MAIL(arg) if answer is None else self.push(answer))

    async def smtp_RCPT(self, arg: str | None) -> None:
        answer = self._take_plain_recipient(arg or "")
        if answer is None and self._is_in_mail() and not self._is_address(arg or ""):
            answer = "501 5.1.3 Syntax: RCPT TO:<address>"
        await (super().smtp_RCPT(arg) if answer is None else self.push(answer))

    def _is_in_mail(self) -> bool:
        return self.envelope is not None and bool(self.envelope.mail_from)

    def _is_address(self, argument: str) -> bool:
        """Whether there is an address behind `TO:`; the null sender's is none."""
        rest = self._strip_command_keyword("TO:", argument)
        return rest is not None and self._getaddr(rest)[0] not in (None, "", NULL_SENDER)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read an address; None for a text that is no address, also where the parser fails on it."""
        try:
            return _LIBRARYS_GETADDR(self, arg)
        except STUMBLES:
            return None, None

    async def smtp_DATA(self, arg: str | None) -> None:
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            await super().smtp_DATA(arg or "")
            return
        held = Hold(self.reception.crowd, self.client, self._announced_bytes, self._most_bytes)
        with begin_trace("receive", "server") as span, held as hold:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            try:
                answer = await self._take_mail(envelope, hold, span)
            finally:
                self.envelope = Envelope()
            span.set(answer=answer[:3])
        await self.push(self.answer_to_all(answer, len(envelope.rcpt_tos)))
        if self._leaving:
            self.leave()

    def take_recipient(self, address: str) -> str:
        """Add a recipient to the envelope if it is one of ours; return the answer to RCPT."""
        if not self.reception.access.knows_recipient(address):
            return "550 5.1.1 Unknown recipient"
        assert self.envelope is not None
        if len(self.envelope.rcpt_tos) >= self.reception.limits.recipients_max:
            return "452 4.5.3 Too many recipients"
        self.envelope.rcpt_tos.append(address)
        return "250 OK"

    def answer_to_all(self, answer: str, recipients: int) -> str:
        """What is said when a mail is over: in SMTP, one answer for all of its recipients."""
        return answer

    def _answer_plain(self, data: bytes) -> bytes:
        """Answer the lines of MAIL and RCPT that data begins with and that are plain; give the rest."""
        is_greeted = self.session is not None and self.session.host_name is not None
        if not is_greeted or self._is_logging_in or not self._may_write:
            return data
        answers, rest = answer_lines(data, COMMAND_MAX_BYTES, self._take_sender, self._take_plain_recipient)
        if answers:
            self._reset_timeout()
            self._writer.write("".join(f"{answer}\r\n" for answer in answers).encode())
        return data[rest:]

    def _take_sender(self, argument: str) -> str | None:
        """Begin an envelope; return the answer to MAIL, or None where the library knows better."""
        if self._must_log_in and not (self.session and self.session.authenticated):
            return "530 5.7.0 Authentication required"
        sender = read_sender(argument, self.reception.limits.max_mail_bytes)
        self._announced_bytes = 0 if sender is None else sender.size_bytes
        if sender is None or not self._may_mail(sender.options):
            return None
        if (refusal := self.reception.lacks_room(self.client, sender.size_bytes)) is not None:
            return refusal
        envelope = self.envelope
        assert envelope is not None
        envelope.mail_from = sender.address or NULL_SENDER
        envelope.mail_options.extend(sender.options)
        envelope.smtp_utf8 = sender.smtp_utf8
        return "250 OK"

    def _take_plain_recipient(self, argument: str) -> str | None:
        """Add a recipient; return the answer to RCPT, or None where the library knows better."""
        recipient = read_recipient(argument)
        if recipient is None or self.envelope is None or not self.envelope.mail_from:
            return None
        return self.take_recipient(recipient)

    def _may_mail(self, options: list[str]) -> bool:
        """Whether MAIL is in its place: after HELO, options after EHLO only, and not twice."""
        session, envelope = self.session, self.envelope
        if session is None or envelope is None or not session.host_name or envelope.mail_from:
            return False
        return session.extended_smtp or not options

    async def _take_mail(self, envelope: Envelope, hold: Hold, span: Span) -> str:
        limits = self.reception.limits
        self._mail_until = self.loop.time() + limits.mail_seconds
        if limits.mail_seconds < limits.idle_seconds:
            self._reset_timeout(limits.mail_seconds)
        body = await read_body(self._reader, limits.max_mail_bytes, lambda size: self._go_on(hold, size), hold.let_go)
        if body is Dropped.TOO_LARGE:
            count_answer("", "552")
            return "552 5.3.4 Mail too large"
        if body is Dropped.NO_ROOM:
            return self._deferred(0, NO_MEMORY)
        assert isinstance(body, bytes)
        if not self.reception.disk.has_room(self.reception.crowd.arrived_bytes + READ_BYTES):
            return self._deferred(len(body), NO_DISK)
        sender = envelope.mail_from
        self._recording = True
        try:
            envelope_sender = "" if sender in (None, NULL_SENDER) else sender
            return await deliver(self.reception.appender, body, envelope_sender, envelope.rcpt_tos, span, self.client)
        finally:
            self._recording = False

    def _go_on(self, hold: Hold, size_bytes: int) -> bool:
        """A block came: the client has time for the next one, and the mail holds more, if there is room."""
        left_seconds = self._mail_until - self.loop.time()
        self._reset_timeout(max(min(left_seconds, self.reception.limits.idle_seconds), 0.001))
        return hold.grow(size_bytes)

    def _deferred(self, size_bytes: int, answer: str) -> str:
        _logger.warning("mail deferred", client=self.client, bytes=size_bytes, reason=answer)
        count_answer("", answer)
        return answer
