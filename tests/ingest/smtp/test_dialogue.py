"""Dialogues with a real receiver: every answer of the table, and what stands on the log afterwards."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest import clock
from ingest.log import Log, LogUnavailable
from ingest.message import parse
from schemas.mail import PARSER_VERSION
from schemas.records import LogClosed, MailReceived
from tests.ingest.smtp.dialogue import Server

MAIL = b"From: A <a@example.org>\r\nMessage-ID: <m@example.org>\r\nSubject: [PATCH] x\r\n\r\nhello\r\n"
StartServer = Callable[..., Server]


def mails(log: Log) -> list[MailReceived]:
    return [record.fact for record in log.read(0) if isinstance(record.fact, MailReceived)]


def raws(log: Log) -> list[bytes]:
    return [mail.raw for mail in mails(log)]


def test_a_mail_is_recorded_as_it_came_with_its_envelope_and_what_was_read(server: Server) -> None:
    before = clock.now()
    client = server.connect().greet()
    client.announce(b"list-bounces@example.org", b"a@example.org", b"b@example.org")
    assert client.say(MAIL + b".\r\n") == "250 2.0.0 Recorded as 2"
    (record,) = server.log.read(1)
    mail = record.fact
    assert isinstance(mail, MailReceived)
    assert (mail.source, mail.raw, mail.envelope_sender) == ("smtp", MAIL, "list-bounces@example.org")
    assert mail.recipients == ("a@example.org", "b@example.org")
    assert before <= mail.received_at <= record.recorded_at
    assert (mail.parser_version, mail.parsed) == (PARSER_VERSION, parse(MAIL, mail.received_at))


def test_a_large_mail_is_left_for_the_projector_to_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it would keep the other sessions waiting."""
    monkeypatch.setattr("ingest.smtp.delivery.PARSED_MAX_BYTES", len(MAIL) + 9)
    usual, large = MAIL + b"-\r\n" * 3, MAIL + b"-\r\n" * 4
    client = server.connect().greet()
    assert [client.send(mail)[:3] for mail in (usual, large)] == ["250", "250"]
    first, second = mails(server.log)
    assert (first.parser_version, second.parser_version, second.parsed) == (PARSER_VERSION, 0, None)
    assert (second.raw, second.received_at >= first.received_at) == (large, True)


def test_250_is_said_when_another_reader_of_the_log_finds_the_mail(server: Server, tmp_path: Path) -> None:
    answer = server.connect().greet().send(MAIL)
    with sqlite3.connect(tmp_path / "log.db") as other:
        (last,) = other.execute("SELECT max(id) FROM record").fetchone()
    other.close()
    assert answer == f"250 2.0.0 Recorded as {last}"


def test_extensions_are_offered_with_the_size_limit(server: Server) -> None:
    client = server.connect()
    assert client.hear() == "220 mx.example.org Patchlog"
    client.socket.sendall(b"EHLO client\r\nNOOP\r\n")
    offered = []
    while (line := client.lines.readline().decode().rstrip())[:4] == "250-":
        offered.append(line[4:])
    assert {"SIZE 100000", "8BITMIME", "SMTPUTF8", "PIPELINING"} <= set(offered)


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        pytest.param(b"", b"", id="empty mail"),
        pytest.param(b"\x00\xff\xfe no header at all\r\n", b"\x00\xff\xfe no header at all\r\n", id="binary"),
        pytest.param(b"..\r\n..dots\r\n", b".\r\n.dots\r\n", id="dots"),
        pytest.param(b"a\n.\nb\r.\rc\n.\r\nd\r\n", b"a\n.\nb\r.\rc\n.\r\nd\r\n", id="bare CR and LF"),
        pytest.param(b"x" * 50_000 + b"\r\n", b"x" * 50_000 + b"\r\n", id="line of 50,000 bytes"),
        pytest.param(
            b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
            b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
            id="odd MIME",
        ),
        pytest.param(b"From mboxrd@z\r\n>From x\r\n\r\n", b"From mboxrd@z\r\n>From x\r\n\r\n", id="mbox lines"),
    ],
)
def test_odd_content_is_taken_byte_for_byte(server: Server, sent: bytes, recorded: bytes) -> None:
    assert server.connect().greet().send(sent).startswith("250 ")
    assert raws(server.log) == [recorded]


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r"], ids=repr)
def test_nothing_but_crlf_dot_crlf_ends_a_mail(server: Server, end: bytes) -> None:
    smuggled = b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nsecond\r\n"
    client = server.connect().greet()
    assert client.send(b"first" + end + smuggled).startswith("250 ")
    assert client.say(b"NOOP\r\n") == "250 OK"
    assert [mail.envelope_sender for mail in mails(server.log)] == ["s@example.org"]


def test_the_null_sender_is_recorded_as_empty(server: Server) -> None:
    client = server.connect().greet()
    client.announce(b"")
    client.say(b"x\r\n.\r\n")
    assert [mail.envelope_sender for mail in mails(server.log)] == [""]


@pytest.mark.parametrize(
    ("address", "recorded"),
    [
        pytest.param(b'"a b"@example.org', '"a b"@example.org', id="quoted"),
        pytest.param("jürgen@exämple.org".encode(), "jürgen@exämple.org", id="UTF-8"),
        pytest.param(b"j\xfcrgen@example.org", "j\ufffdrgen@example.org", id="latin 1"),
    ],
)
def test_an_address_that_is_not_plain_is_taken_too(server: Server, address: bytes, recorded: str) -> None:
    client = server.connect().greet()
    client.announce(address, address)
    assert client.say(b"x\r\n.\r\n").startswith("250 ")
    (mail,) = mails(server.log)
    assert (mail.envelope_sender, mail.recipients) == (recorded, (recorded,))


def test_an_unknown_recipient_is_refused_and_the_others_get_the_mail(start: StartServer) -> None:
    server = start(recipients="@lists.example.org")
    client = server.connect().greet()
    client.say(b"MAIL FROM:<s@example.org>\r\n")
    assert client.say(b"RCPT TO:<x@example.org>\r\n") == "550 5.1.1 Unknown recipient"
    assert client.say(b'RCPT TO:<"x y"@example.org>\r\n') == "550 5.1.1 Unknown recipient"
    assert client.say(b"DATA\r\n").startswith("503 ")
    assert client.say(b"RCPT TO:<X@Lists.Example.org>\r\n") == "250 OK"
    assert client.say(b"DATA\r\n").startswith("354 ")
    assert client.say(b"x\r\n.\r\n").startswith("250 ")
    assert [mail.recipients for mail in mails(server.log)] == [("X@Lists.Example.org",)]


def test_a_client_that_is_not_allowed_is_told_so_at_once(start: StartServer) -> None:
    client = start(clients="192.0.2.0/24").connect()
    assert (client.hear(), client.hear()) == ("554 5.7.1 Client not allowed", "")


def test_a_mail_above_the_limit_is_refused_and_the_session_goes_on(server: Server) -> None:
    client = server.connect().greet()
    assert client.send(b"x" * 99 + b"\r\n" + b"y\r\n" * 200_000) == "552 5.3.4 Mail too large"
    assert client.send(MAIL).startswith("250 ")
    assert raws(server.log) == [MAIL]


def test_a_mail_that_says_it_is_above_the_limit_is_refused_before_it_is_sent(server: Server) -> None:
    client = server.connect().greet()
    assert client.say(b"MAIL FROM:<s@example.org> SIZE=100001\r\n").startswith("552 ")
    assert client.say(b"MAIL FROM:<s@example.org> SIZE=100000\r\n").startswith("250 ")


def test_a_log_that_is_away_defers_the_mail_and_the_next_try_is_taken(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = server.connect().greet()
    with monkeypatch.context() as patched:
        patched.setattr("ingest.log.sqlite.LOCK_SECONDS", 0.0)
        patched.setattr("ingest.log.sqlite.begin", _away)
        assert client.send(MAIL).startswith("451 4.3.0 Log unavailable")
    assert client.send(MAIL).startswith("250 ")
    assert raws(server.log) == [MAIL]


def _away(db: sqlite3.Connection, seconds: float) -> None:
    raise sqlite3.OperationalError("disk I/O error")


def test_a_log_that_is_slow_defers_the_mail_which_may_turn_up_later(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.smtp.appending.ANSWER_SECONDS", 0.05)
    slow = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    slow.execute("BEGIN IMMEDIATE")
    assert server.connect().greet().send(MAIL).startswith("451 4.3.0 Log too slow")
    slow.execute("ROLLBACK")
    slow.close()
    assert server.log.wait(1, 30.0)
    assert raws(server.log) == [MAIL]


def test_a_log_that_moved_defers_the_mail(server: Server) -> None:
    server.log.append([LogClosed()])
    assert server.connect().greet().send(MAIL).startswith("451 ")


def test_our_own_bug_defers_the_mail_and_the_session_goes_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    client = server.connect().greet()
    with monkeypatch.context() as patched:
        patched.setattr("ingest.smtp.delivery.receive", None)
        assert client.send(MAIL) == "451 4.3.0 Local error, try again later"
    assert client.send(MAIL).startswith("250 ")


def test_a_bug_in_the_parser_does_not_lose_the_mail(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.receipt.parse", None)
    assert server.connect().greet().send(MAIL).startswith("250 ")
    (mail,) = mails(server.log)
    assert (mail.raw, mail.parsed, mail.parser_version) == (MAIL, None, 0)


def test_a_connection_lost_in_the_middle_of_a_mail_leaves_no_record(server: Server) -> None:
    client = server.connect().greet()
    client.announce()
    client.socket.sendall(MAIL + b"\r\n.\r")
    client.close()
    assert server.connect().greet().send(MAIL + b"whole\r\n").startswith("250 ")
    assert raws(server.log) == [MAIL + b"whole\r\n"]


def test_rset_forgets_the_envelope(server: Server) -> None:
    client = server.connect().greet()
    client.say(b"MAIL FROM:<old@example.org>\r\n")
    client.say(b"RCPT TO:<old@example.org>\r\n")
    assert client.say(b"RSET\r\n") == "250 OK"
    assert client.say(b"DATA\r\n").startswith("503 ")
    assert client.send(MAIL).startswith("250 ")
    (mail,) = mails(server.log)
    assert (mail.envelope_sender, mail.recipients) == ("s@example.org", ("r@example.org",))


@pytest.mark.parametrize(
    ("dialogue", "answer"),
    [
        pytest.param([b"MAIL FROM:<a@b>"], "503", id="MAIL before EHLO"),
        pytest.param([b"EHLO x", b"RCPT TO:<a@b>"], "503", id="RCPT before MAIL"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"MAIL FROM:<a@b>"], "503", id="MAIL twice"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"DATA"], "503", id="DATA before RCPT"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:<a@b>", b"DATA now"], "501", id="DATA with an argument"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:<a@[>"], "501", id="half an address literal"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:<>"], "501", id="RCPT of nobody"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:"], "501", id="RCPT of nothing"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT"], "501", id="RCPT alone"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@[>"], "553", id="MAIL of half an address literal"),
        pytest.param([b"EHLO x", b"VRFY <a@[>"], "502", id="VRFY of half an address literal"),
        pytest.param([b"EHLO x", b"MAIL FROM:<a@b>", b'RCPT TO:<"x y"@b>'], "250", id="quoted address"),
        pytest.param([b"EHLO x", b"MAIL"], "501", id="MAIL of nobody"),
        pytest.param([b"HELO x", b"MAIL FROM:<a@b> SIZE=1"], "501", id="option without EHLO"),
        pytest.param([b"HELO x", b"MAIL FROM:<a@b>"], "250", id="HELO will do"),
        pytest.param([b"EHLO x", b"MAIL FROM:<" + b"a" * 2000 + b"@b>"], "250", id="long address"),
        pytest.param([b"EHLO x", b"NOOP " + b"a" * 200_000], "500", id="command beyond all limits"),
    ],
)
def test_commands_out_of_place(server: Server, dialogue: list[bytes], answer: str) -> None:
    client = server.connect()
    client.hear()
    answers = [client.say(line + b"\r\n") for line in dialogue]
    assert answers[-1][:3] == answer


def test_a_client_that_does_not_wait_for_answers_gets_them_all_in_order(server: Server) -> None:
    client = server.connect().greet()
    one = b"MAIL FROM:<s@example.org>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n%d\r\n.\r\n"
    client.socket.sendall(b"".join(one % number for number in range(20)) + b"QUIT\r\n")
    answers = [client.hear()[:3] for _ in range(81)]
    assert answers == ["250", "250", "354", "250"] * 20 + ["221"]
    assert raws(server.log) == [b"%d\r\n" % number for number in range(20)]


def test_many_sessions_with_many_mails_each_record_all_of_them(server: Server) -> None:
    def session(name: int) -> list[str]:
        client = server.connect().greet()
        answers = [client.send(b"%d %d\r\n" % (name, number)) for number in range(10)]
        assert client.say(b"QUIT\r\n").startswith("221")
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for session_answers in pool.map(session, range(8)) for answer in session_answers]
    assert {answer[:3] for answer in answers} == {"250"}
    assert sorted(raws(server.log)) == sorted(
        b"%d %d\r\n" % (name, number) for name in range(8) for number in range(10)
    )


def test_a_refused_append_says_unavailable_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.log.writer.GroupWriter._refusal", lambda self, batch: LogUnavailable("too many wait"))
    assert server.connect().greet().send(MAIL).startswith("451 ")
