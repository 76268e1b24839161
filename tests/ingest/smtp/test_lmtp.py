"""LMTP: one answer for each recipient, one record for all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.records import MailReceived
from tests.ingest.smtp.dialogue import Server

StartServer = Callable[..., Server]


def test_each_recipient_that_was_taken_gets_an_answer_and_the_log_one_record(start: StartServer) -> None:
    server = start(recipients="@example.org", lmtp=True)
    client = server.connect()
    assert client.hear().startswith("220 ")
    assert {"PIPELINING", "SIZE", "8BITMIME"} <= client.offered(b"LHLO client")
    assert client.say(b"MAIL FROM:<s@example.org>\r\n") == "250 OK"
    for name, answer in ((b"a@example.org", "250 OK"), (b"b@example.com", "550 5.1.1 Unknown recipient")):
        assert client.say(b"RCPT TO:<" + name + b">\r\n") == answer
    assert client.say(b"RCPT TO:<a@example.org>\r\n") == "250 OK"
    assert client.say(b"DATA\r\n").startswith("354 ")
    answers = [client.say(b"x\r\n.\r\n"), client.hear()]
    assert answers == ["250 2.0.0 Recorded as 2"] * 2
    assert client.say(b"NOOP\r\n") == "250 OK"
    (record,) = server.log.read(1)
    assert isinstance(record.fact, MailReceived)
    assert record.fact.recipients == ("a@example.org", "a@example.org")


def test_each_recipient_is_told_that_the_mail_was_not_taken(start: StartServer, tmp_path: Path) -> None:
    client = start(size_max_bytes=10, lmtp=True).connect()
    client.hear()
    client.say(b"LHLO x\r\n")
    client.announce(b"s@example.org", b"a@example.org", b"b@example.org")
    assert [client.say(b"x" * 20 + b"\r\n.\r\n"), client.hear()] == ["552 5.3.4 Mail too large"] * 2
    assert client.say(b"NOOP\r\n") == "250 OK"


@pytest.mark.parametrize(
    ("dialogue", "answer"),
    [
        pytest.param([b"EHLO x"], "500", id="EHLO"),
        pytest.param([b"HELO x"], "500", id="HELO"),
        pytest.param([b"LHLO"], "501", id="LHLO of nobody"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>"], "503", id="MAIL before LHLO"),
        pytest.param([b"LHLO x", b"MAIL FROM:<a@b>", b"DATA"], "503", id="DATA without recipients"),
    ],
)
def test_commands_out_of_place(start: StartServer, dialogue: list[bytes], answer: str) -> None:
    client = start(lmtp=True).connect()
    client.hear()
    assert [client.say(line + b"\r\n") for line in dialogue][-1][:3] == answer


def test_smtp_knows_no_lhlo(server: Server) -> None:
    client = server.connect()
    client.hear()
    assert client.say(b"LHLO x\r\n").startswith("500 ")
