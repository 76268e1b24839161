"""What all sessions of a receiver share, and what it decides for them: who may come in, and whether there is room."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from ingest.disk import Disk
from ingest.log import Log
from ingest.smtp.access import Access
from ingest.smtp.appending import Appender
from ingest.smtp.crowd import Crowd
from ingest.smtp.files import Fresh
from ingest.smtp.limits import READ_BYTES, Limits
from ingest.smtp.users import Users

if TYPE_CHECKING:
    from ingest.smtp.session import Receiver

NO_MEMORY = "451 4.3.1 Too much mail at once, try again later"
NO_DISK = "451 4.3.1 Disk nearly full, try again later"

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reception:
    """The log, who is welcome, what may be taken of us, our name, and the open sessions."""

    log: Log
    access: Access
    limits: Limits
    hostname: str
    disk: Disk
    certificate: Fresh[ssl.SSLContext] | None = None
    users: Users | None = None
    crowd: Crowd = field(init=False)
    appender: Appender = field(init=False)
    sessions: "set[Receiver]" = field(default_factory=set)

    def __post_init__(self) -> None:
        object.__setattr__(self, "crowd", Crowd(self.limits))
        object.__setattr__(self, "appender", Appender(self.log))

    def admit(self, host: str, client: str) -> str | None:
        """Count a client in; or the answer to one that may not come in now, or at all."""
        if not self.access.allows_client(host) and self.users is None:
            _logger.warning("client refused", client=host)
            return "554 5.7.1 Client not allowed"
        refusal = self.crowd.enter(client)
        if refusal is not None:
            _logger.warning("client refused", client=host, reason=refusal)
        return refusal

    def lacks_room(self, client: str, size_bytes: int) -> str | None:
        """The answer to who wants to send a mail of so many bytes (0: it did not say) while there is no room for it."""
        refusal = None
        if size_bytes > READ_BYTES and not self.crowd.has_room(client, size_bytes - READ_BYTES):
            refusal = NO_MEMORY
        elif not self.disk.has_room(self.crowd.arrived_bytes + size_bytes):
            refusal = NO_DISK
        if refusal is not None:
            _logger.warning("mail deferred", client=client, bytes=size_bytes, reason=refusal)
        return refusal

    async def leave(self, seconds: float) -> None:
        """Say 421 to everybody, and let mails that are being recorded get their answer first; at most so long."""
        for session in tuple(self.sessions):
            session.leave()
        endings = [session.ended for session in self.sessions]
        if endings:
            await asyncio.wait(endings, timeout=seconds)
