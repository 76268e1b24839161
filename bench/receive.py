"""SMTP: mails a second, and what one costs, beside the stock library that drops them and beside Postfix's queue.

The client runs on the same machine and takes its share of it: where there are few cores, the rates of all servers are
lower than with clients elsewhere. The server's CPU for a mail is the steady figure. `smtp-source`, a client in C, takes
the smallest share; it sends one mail again and again. A client of our own sends mails that differ.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from bench import smtp_client, smtp_source
from bench.figures import Figure, over_rounds
from bench.mailing import patches
from bench.postfix import HOLD, postfix, why_not
from bench.processes import cpu_seconds, free_port, patchlog, run, serving, stores
from bench.smtp_client import Delivery, on_the_wire

SESSIONS = 20
MAILS_A_SESSION = 50
MAILS, QUICK_MAILS = 4000, 400
MAIL_BYTES = 4400
ROUNDS, QUICK_ROUNDS = 7, 2
OURS, TWO_OF_OURS, STOCK, HOLDING = "patchlog ingest", "two patchlog ingest", "stock, dropping", "Postfix, on HOLD"


@dataclass(frozen=True)
class Contestant:
    """A server that takes mail: what it is called, its processes, and where it listens."""

    name: str
    pids: tuple[int, ...]
    port: int

    def cpu_seconds(self) -> float:
        return sum(map(cpu_seconds, self.pids))


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


Load = Callable[[int], Delivery]
"""Delivers all mails to a port of 127.0.0.1."""
Measured = dict[str, list[Round]]
"""The rounds of each contestant, by its name."""


def measure(quick: bool) -> Iterator[Figure]:
    """Rounds in turn: every server takes all mails, then every server again; with each client that is here."""
    generated = [mail.raw for mail in patches(QUICK_MAILS if quick else MAILS)]
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with contestants() as servers:
        yield from _by_our_client([on_the_wire(raw) for raw in generated], servers, rounds)
        if smtp_source.is_here():
            raw = min(generated, key=lambda raw: abs(len(raw) - MAIL_BYTES))
            yield from _by_smtp_source(raw, len(generated), servers, rounds)


def _by_our_client(mails: Sequence[bytes], servers: Sequence[Contestant], rounds: int) -> Iterator[Figure]:
    size = sum(map(len, mails)) / len(mails)
    yield Figure(f"a mail, in the mean; {SESSIONS} sessions of {MAILS_A_SESSION} mails", size, "bytes")
    deliver = partial(smtp_client.deliver, mails=mails, sessions=SESSIONS, mails_a_session=MAILS_A_SESSION)
    measured = _measured(deliver, [one for one in servers if one.name != HOLDING], rounds)
    together = _measured(partial(deliver, is_pipelining=True), servers[:1], rounds)
    yield from _figures(measured | {f"{OURS}, PIPELINING": together[OURS]})
    yield from _ratios(measured, {} if smtp_source.is_here() else {STOCK: 1.6})


def _by_smtp_source(raw: bytes, count: int, servers: Sequence[Contestant], rounds: int) -> Iterator[Figure]:
    yield Figure(f"by smtp-source: the mail; {SESSIONS} sessions", len(raw), "bytes")
    measured = _measured(lambda port: smtp_source.deliver(port, raw, count, sessions=SESSIONS), servers, rounds)
    yield from _figures(measured, "by smtp-source: ")
    yield from _ratios(measured, {STOCK: 1.6, HOLDING: 3.0}, "by smtp-source: ")
    pairs = zip(measured[TWO_OF_OURS], measured[OURS], strict=True)
    costs = [two.server_ms / one.server_ms for two, one in pairs]
    yield over_rounds("by smtp-source: CPU for a mail, two patchlog ingest to one", costs, "times", at_most=1.15)


@contextmanager
def contestants() -> Iterator[list[Contestant]]:
    """Ourselves first, writing every mail durably; two of us on one port and one log; the library as it comes and on
    the event loop that we use; and Postfix where it can be had.

    We write to the log that the environment names, if it names one.
    """
    with ExitStack() as stack:
        servers = [_ours(stack, OURS, 1), _ours(stack, TWO_OF_OURS, 2)]
        for name, arguments in ((STOCK, ()), (f"{STOCK}, on uvloop", ("uvloop",))):
            port = free_port()
            command = [sys.executable, "-m", "bench.dropping", str(port), *arguments]
            servers.append(Contestant(name, (stack.enter_context(serving(command, port)),), port))
        if reason := why_not():
            print(f"Postfix is not measured: {reason}", flush=True)
        else:
            queue = stack.enter_context(postfix(HOLD))
            servers.append(Contestant(HOLDING, (queue.pid,), queue.port))
        yield servers


def _ours(stack: ExitStack, name: str, receivers: int) -> Contestant:
    folder, port = stack.enter_context(tempfile.TemporaryDirectory()), free_port()
    settings = stores() | ({"PATCHLOG_SMTP_SHARED": "true"} if receivers > 1 else {})
    run(patchlog("log", "init", "--data", folder), settings)
    command = patchlog("ingest", "--data", folder, "--smtp", f"127.0.0.1:{port}")
    started = [stack.enter_context(serving(command, port, settings=settings)) for _ in range(receivers)]
    return Contestant(name, tuple(started), port)


def _measured(load: Load, servers: Sequence[Contestant], rounds: int) -> Measured:
    """The rounds of each server, after one that does not count."""
    measured: Measured = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for server in servers:
            before = server.cpu_seconds()
            delivery = load(server.port)
            if number:
                measured[server.name].append(Round(delivery, server.cpu_seconds() - before))
    return measured


def _figures(measured: Measured, by: str = "") -> Iterator[Figure]:
    for name, rounds in measured.items():
        yield over_rounds(f"{by}{name}: rate", [one.rate for one in rounds], "mails/s")
        yield over_rounds(f"{by}{name}: CPU of the server", [one.server_ms for one in rounds], "ms/mail")
        yield over_rounds(f"{by}{name}: CPU of the client", [one.client_ms for one in rounds], "ms/mail")


def _ratios(measured: Measured, wanted: dict[str, float], by: str = "") -> Iterator[Figure]:
    """Our rate to that of all others; wanted: what it shall be at least, by their names."""
    for name, rounds in measured.items():
        if name not in (OURS, TWO_OF_OURS):
            ratios = [ours.rate / theirs.rate for ours, theirs in zip(measured[OURS], rounds, strict=True)]
            what = f"{by}patchlog's rate to that of {name}"
            yield over_rounds(what, ratios, "times", at_least=wanted.get(name))
        if name.startswith(STOCK):  # steadier than rates: it asks for no idle machine
            ratios = [theirs.server_ms / ours.server_ms for ours, theirs in zip(measured[OURS], rounds, strict=True)]
            yield over_rounds(f"{by}CPU for a mail, {name} to patchlog", ratios, "times")
