"""What the library asks us in the middle of its dialogue."""

from typing import TYPE_CHECKING

import structlog
from aiosmtpd.proxy_protocol import ProxyData
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    from ingest.smtp.session import Receiver

KEPT_OUT = "454 4.7.0 Too many wrong passwords, try again later"
WRONG_MAX = 3
"""So many wrong passwords end a session."""

_logger = structlog.get_logger(__name__)


class Hooks:
    """One session's: it counts that session's wrong passwords."""

    def __init__(self) -> None:
        self._wrong = 0

    async def handle_EHLO(
        self, server: "Receiver", session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING too (RFC 2920): commands are read one by one from a buffer that is never thrown away.

        AUTH is offered where there are users only.
        """
        session.host_name = hostname
        offered = [line for line in responses[1:] if server.reception.users or not line.startswith("250-AUTH")]
        return [*responses[:1], "250-PIPELINING", *offered]

    async def handle_RCPT(
        self, server: "Receiver", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Decide about a recipient that the library read itself."""
        return server.take_recipient(address)

    async def handle_PROXY(
        self, server: "Receiver", session: Session, envelope: Envelope, proxy_data: ProxyData
    ) -> bool:
        """Take the client's address from the header; a proxy that speaks for itself is the client."""
        assert session.peer is not None
        spoken_for = proxy_data.command != 0 and proxy_data.src_addr is not None
        address = proxy_data.src_addr if spoken_for and not isinstance(proxy_data.src_addr, bytes) else session.peer[0]
        refusal = server.admit(str(address))
        if refusal is not None:
            await server.push(refusal)
        return refusal is None

    async def handle_AUTH(
        self, server: "Receiver", session: Session, envelope: Envelope, args: list[str]
    ) -> str | None:
        """Check a name and a password (RFC 4954), which the library let nobody say in the clear.

        Gives the answer; None where one has been given.
        """
        users = server.reception.users
        if users is None:
            return "503 5.5.1 Nobody logs in here"
        if users.is_kept_out(server.client):
            return KEPT_OUT
        mechanism = server.auth_PLAIN if args[0] == "PLAIN" else server.auth_LOGIN
        said: AuthResult = await mechanism(None, args)
        if said.auth_data is None:
            return None
        return await self._check(server, session, said.auth_data)

    async def _check(self, server: "Receiver", session: Session, said: LoginPassword) -> str | None:
        name = said.login.decode(errors="replace")
        assert server.reception.users is not None
        is_right = await server.reception.users.is_password(server.client, said.login, said.password)
        if is_right is None:
            return KEPT_OUT
        if is_right:
            session.authenticated = True
            return "235 2.7.0 Authentication successful"
        self._wrong += 1
        _logger.warning("wrong password", client=server.client, user=name)
        if self._wrong < WRONG_MAX:
            return "535 5.7.8 Authentication credentials invalid"
        server.hang_up(b"421 4.7.0 Too many wrong passwords")
        return None
