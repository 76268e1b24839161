"""SMTP: mails a second, and what one costs, beside the stock library that drops them.

The client runs on the same machine and takes its share of it: where there are few cores, the rates of all servers are
lower than with clients elsewhere. The server's CPU for a mail is the steady figure.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.figures import Figure, over_rounds
from bench.mailing import patches
from bench.processes import cpu_seconds, free_port, patchlog, run, serving, stores
from bench.smtp_client import Delivery, deliver, on_the_wire

SESSIONS = 20
MAILS_A_SESSION = 50
MAILS, QUICK_MAILS = 4000, 400
ROUNDS, QUICK_ROUNDS = 7, 2


@dataclass(frozen=True)
class Contestant:
    """A server that takes mail: what it is called, where it listens, and whether the client sends commands together."""

    name: str
    pid: int
    port: int
    is_pipelining: bool = False


@dataclass(frozen=True)
class Round:
    """One delivery of all mails."""

    delivery: Delivery
    server_cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.delivery.mails / self.delivery.wall_seconds

    @property
    def server_ms(self) -> float:
        return 1000 * self.server_cpu_seconds / self.delivery.mails

    @property
    def client_ms(self) -> float:
        return 1000 * self.delivery.client_cpu_seconds / self.delivery.mails


def measure(quick: bool) -> list[Figure]:
    """Rounds in turn: every server takes all mails, then every server again."""
    mails = [on_the_wire(mail.raw) for mail in patches(QUICK_MAILS if quick else MAILS)]
    size = sum(map(len, mails)) / len(mails)
    with contestants() as servers:
        for server in servers:
            _round(server, mails[: len(mails) // 4])
        rounds = [[_round(server, mails) for server in servers] for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
    figures = [Figure(f"a mail, in the mean; {SESSIONS} sessions of {MAILS_A_SESSION} mails", size, "bytes")]
    for place, server in enumerate(servers):
        figures += _figures(server.name, [row[place] for row in rounds])
    for place, server in enumerate(servers[2:], 2):
        figures.append(over_rounds(f"patchlog's rate to that of {server.name}", _ratios(rounds, place), "times"))
    return figures


@contextmanager
def contestants() -> Iterator[list[Contestant]]:
    """Ourselves, writing every mail durably, and the library twice: as it comes, and on the event loop that we use.

    We write to the log that the environment names, if it names one.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = free_port()
        settings = stores()
        run(patchlog("log", "init", "--data", folder), settings)
        command = patchlog("ingest", "--data", folder, "--smtp", f"127.0.0.1:{port}")
        ours = stack.enter_context(serving(command, port, settings=settings))
        servers = [
            Contestant("patchlog ingest", ours, port),
            Contestant("patchlog ingest, PIPELINING", ours, port, True),
        ]
        for name, arguments in (("stock, dropping", ()), ("stock, dropping, on uvloop", ("uvloop",))):
            port = free_port()
            command = [sys.executable, "-m", "bench.dropping", str(port), *arguments]
            servers.append(Contestant(name, stack.enter_context(serving(command, port)), port))
        yield servers


def _round(server: Contestant, mails: Sequence[bytes]) -> Round:
    before = cpu_seconds(server.pid)
    delivery = deliver(
        server.port,
        mails,
        sessions=SESSIONS,
        mails_a_session=MAILS_A_SESSION,
        is_pipelining=server.is_pipelining,
    )
    return Round(delivery, cpu_seconds(server.pid) - before)


def _figures(name: str, rounds: Sequence[Round]) -> list[Figure]:
    return [
        over_rounds(f"{name}: rate", [one.rate for one in rounds], "mails/s"),
        over_rounds(f"{name}: CPU of the server", [one.server_ms for one in rounds], "ms/mail"),
        over_rounds(f"{name}: CPU of the client", [one.client_ms for one in rounds], "ms/mail"),
    ]


def _ratios(rounds: Sequence[Sequence[Round]], place: int) -> list[float]:
    return [row[0].rate / row[place].rate for row in rounds]
