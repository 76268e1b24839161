"""MAIL and RCPT that are answered where they arrive: the same answers, and the same mail, as the long way round."""

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.log import open_log
from ingest.smtp.limits import Limits
from ingest.smtp.plain import answer_lines
from ingest.smtp.session import COMMAND_MAX_BYTES, Receiver
from schemas.records import MailReceived
from tests.ingest.smtp.dialogue import Client, Server

StartServer = Callable[..., Server]
LINES = [
    b"MAIL FROM:<s@example.org>\r\n",
    b"mail from: <s@example.org> SIZE=100 BODY=8BITMIME\r\n",
    b"MAIL FROM:<>\n",
    b"MAIL FROM:<s@example.org> SIZE=999999999\r\n",
    b'MAIL FROM:<"a b"@example.org>\r\n',
    b"MAIL FROM:<s@example.org> FOO\r\n",
    b"MAIL\r\n",
    b"MAIL FROM:<" + b"x" * COMMAND_MAX_BYTES + b"@example.org>\r\n",
    b"RCPT TO:<r@example.org>\r\n",
    b"rcpt to: <r@example.org>\r\n",
    b"RCPT TO:<nobody@example.net>\r\n",
    b"RCPT TO:<j\xfcrgen@example.org>\r\n",
    b"RCPT TO:<r@example.org> NOTIFY=NEVER\r\n",
    b"RCPT  TO:<r@example.org>\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"HELO client\r\n",
    b"EHLO client\r\n",
    b"\r\n",
    b"VRFY r\r\n",
    b"MAIL FROM:<s@example.org>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nMAIL FROM:<in@example.org>\r\n.\r\n",
]


class LongWay(Receiver):
    """A session that is woken for every command."""

    def data_received(self, data: bytes) -> None:
        SMTP.data_received(self, data)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """A receiver of either kind."""

    class Long(Server):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self._protocol = LongWay

    limits = Limits(100_000)
    logs = [open_log(f"sqlite:///{tmp_path_factory.mktemp(name)}/log.db") for name in ("short", "long")]
    short, long = (
        kind(log, "127.0.0.0/8", "@example.org", limits) for kind, log in zip((Server, Long), logs, strict=True)
    )
    with short.running(), long.running():
        yield short, long
    for log in logs:
        log.close()


def conversation(server: Server, said: bytes, cuts: list[int]) -> tuple[list[bytes], list[MailReceived]]:
    """All that is answered to bytes that come in pieces, but for record ids, and the mails recorded meanwhile."""
    before = server.log.end()
    client = Client(server.port).greet()
    try:
        said += b"QUIT\r\n"
        for start, end in itertools.pairwise([0, *sorted(cut for cut in cuts if cut < len(said)), len(said)]):
            client.socket.sendall(said[start:end])
        answers = [line.split(b" as ")[0] for line in client.lines]
    finally:
        client.close()
    return answers, [record.fact for record in server.log.read(before) if isinstance(record.fact, MailReceived)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=12).map(b"".join),
    st.lists(st.integers(0, 1000), max_size=5),
)
def test_any_dialogue_in_any_pieces_has_the_answers_of_the_long_way(
    both: tuple[Server, Server], said: bytes, cuts: list[int]
) -> None:
    (answers, mails), (long_answers, long_mails) = (conversation(server, said, cuts) for server in both)
    assert answers == long_answers
    assert [(mail.raw, mail.envelope_sender, mail.recipients) for mail in mails] == [
        (mail.raw, mail.envelope_sender, mail.recipients) for mail in long_mails
    ]


@pytest.mark.parametrize(
    ("data", "answers", "rest"),
    [
        pytest.param(b"MAIL a\r\nrcpt b\r\nDATA\r\n", ["m a", "r b"], b"DATA\r\n", id="up to another command"),
        pytest.param(b"MAIL a\r\nRCPT b", ["m a"], b"RCPT b", id="a line without its end"),
        pytest.param(b"RCPT no\r\nRCPT b\r\n", [], b"RCPT no\r\nRCPT b\r\n", id="no answer to it"),
        pytest.param(b"MAIL \xff\r\n", [], b"MAIL \xff\r\n", id="beyond ASCII"),
        pytest.param(b"MAIL " + b"x" * 95 + b"\r\n", [], b"MAIL " + b"x" * 95 + b"\r\n", id="a long line"),
        pytest.param(b"MAILa\r\n", [], b"MAILa\r\n", id="a longer word"),
        pytest.param(b"", [], b"", id="nothing"),
    ],
)
def test_lines_are_answered_until_one_goes_the_long_way(data: bytes, answers: list[str], rest: bytes) -> None:
    given, at = answer_lines(data, 100, "m {}".format, lambda said: None if said == "no" else f"r {said}")
    assert (given, data[at:]) == (answers, rest)


def test_sessions_are_not_woken_for_plain_commands(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = []
    monkeypatch.setattr(Receiver, "smtp_MAIL", lambda *_: woken.append("MAIL"))
    monkeypatch.setattr(Receiver, "smtp_RCPT", lambda *_: woken.append("RCPT"))
    assert start().connect().greet().send(b"x\r\n").startswith("250 ")
    assert woken == []


def test_client_that_reads_no_answers_is_read_no_further(start: StartServer) -> None:
    """Else what it is to be told would fill the memory."""
    client = start().connect().greet()
    client.socket.settimeout(0.5)
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 100_000_000:
            sent += client.socket.send(b"RCPT TO:<r@example.org>\r\n" * 1000)
    client.socket.settimeout(60)
    reading = threading.Thread(target=client.socket.sendall, args=(b"\r\nQUIT\r\n",))
    reading.start()
    assert list(client.lines)[-1].startswith(b"221")
    reading.join(60)
