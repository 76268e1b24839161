"""The stock SMTP library with a handler that drops every mail: `python -m bench.dropping PORT [uvloop]`."""

import asyncio
import sys

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session


class Dropping:
    """Says 250 and keeps nothing."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 OK"


async def serve(port: int) -> None:
    """Listen on 127.0.0.1 until killed."""
    loop = asyncio.get_running_loop()
    handler = Dropping()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.example.org", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    run = uvloop.run if sys.argv[2:] == ["uvloop"] else asyncio.run
    run(serve(int(sys.argv[1])))
