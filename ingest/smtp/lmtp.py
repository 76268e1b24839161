"""LMTP (RFC 2033): the same dialogue, with LHLO in the place of EHLO, and one answer for each recipient of a mail."""

from ingest.smtp.session import Receiver


class LmtpReceiver(Receiver):
    """The protocol of one connection by LMTP."""

    async def smtp_LHLO(self, arg: str | None) -> None:
        if arg:
            await super().smtp_EHLO(arg)
        else:
            await self.push("501 Syntax: LHLO hostname")

    async def smtp_HELO(self, arg: str | None) -> None:
        await self.push("500 5.5.1 Expected LHLO: this is LMTP")

    async def smtp_EHLO(self, arg: str | None) -> None:
        await self.push("500 5.5.1 Expected LHLO: this is LMTP")

    def answer_to_all(self, answer: str, recipients: int) -> str:
        """As many answers as recipients were taken (RFC 2033 section 4.2): the mail is recorded once, for all."""
        return "\r\n".join([answer] * recipients)
