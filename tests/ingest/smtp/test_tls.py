"""STARTTLS and AUTH: nothing said before TLS counts after it, and no password is asked for in the clear."""

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from structlog.testing import capture_logs

from ingest.smtp.tls import open_certificate
from ingest.smtp.users import CHECKS_AT_ONCE, open_users, read_users
from tests.ingest.smtp.certificates import make_certificate
from tests.ingest.smtp.dialogue import Client, Server

StartServer = Callable[..., Server]
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret word")
NOBODY = "192.0.2.0/24"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path / "mx.pem")


@pytest.fixture
def users(tmp_path: Path) -> str:
    path = tmp_path / "users"
    path.write_text(f"# who may deliver from elsewhere\n\nada:{HASH}\n")
    return str(path)


def name_of(client: Client) -> str:
    """The certificate's name, as it stands in the certificate."""
    assert isinstance(client.socket, ssl.SSLSocket)
    shown = client.socket.getpeercert(binary_form=True)
    assert shown is not None
    return "second" if b"second.example.org" in shown else "first"


def plain(name: bytes, password: bytes) -> bytes:
    return b"AUTH PLAIN " + base64.b64encode(b"\0" + name + b"\0" + password) + b"\r\n"


def encrypted(server: Server) -> Client:
    client = server.connect().greet().start_tls()
    assert client.say(b"EHLO again\r\n").startswith("250 ")
    return client


def test_mail_of_any_size_comes_by_tls_and_ehlo_is_said_again(start: StartServer, certificate: Path) -> None:
    server = start(certificate=str(certificate), size_max_bytes=2_000_000)
    client = server.connect().greet()
    assert "STARTTLS" in client.offered()
    client.start_tls()
    assert client.say(b"MAIL FROM:<a@b>\r\n").startswith("503 ")
    assert {"STARTTLS", "AUTH"} & client.offered() == set()
    assert client.say(b"STARTTLS\r\n").startswith("503 ")
    assert client.send(b"small\r\n").startswith("250 ")
    assert client.send(b"x" * 1_500_000 + b"\r\n").startswith("250 ")
    assert client.say(b"QUIT\r\n").startswith("221 ")
    assert server.log.end() == 3


def test_commands_that_came_with_starttls_are_forgotten(start: StartServer, certificate: Path) -> None:
    server = start(certificate=str(certificate))
    client = server.connect().greet()
    client.socket.sendall(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.org>\r\n")
    assert client.hear().startswith("220 ")
    client.wrap()
    assert client.say(b"RCPT TO:<a@b>\r\n").startswith("503 ")
    assert client.say(b"EHLO again\r\n").startswith("250 ")
    assert client.say(b"RCPT TO:<a@b>\r\n").startswith("503 ")
    assert client.send(b"x\r\n").startswith("250 ")
    assert server.log.end() == 2


def test_a_handshake_that_is_none_ends_that_session_alone(start: StartServer, certificate: Path) -> None:
    server = start(certificate=str(certificate))
    client = server.connect().greet()
    assert client.say(b"STARTTLS\r\n").startswith("220 ")
    client.socket.sendall(b"this is no TLS at all\r\n" * 10)
    assert client.lines.read() != b"250"
    assert encrypted(server).send(b"x\r\n").startswith("250 ")
    assert len(server.reception.sessions) == 1


def test_a_client_that_hangs_up_without_a_word_is_gone(start: StartServer, certificate: Path) -> None:
    server = start(certificate=str(certificate))
    gone, client = encrypted(server), encrypted(server)
    gone.announce()
    gone.close()
    while len(server.reception.sessions) > 1:
        assert client.say(b"NOOP\r\n") == "250 OK"
    assert (server.reception.crowd.held_bytes, server.log.end()) == (0, 1)


def test_without_a_certificate_nothing_is_offered(server: Server) -> None:
    client = server.connect().greet()
    assert {"STARTTLS", "AUTH"} & client.offered() == set()
    assert client.say(b"STARTTLS\r\n").startswith("454 ")


def test_a_certificate_that_was_replaced_is_shown_to_the_next_session_and_one_that_is_broken_is_not(
    start: StartServer, certificate: Path
) -> None:
    server = start(certificate=str(certificate))
    assert name_of(encrypted(server)) == "first"
    make_certificate(certificate, "second.example.org")
    assert name_of(encrypted(server)) == "second"
    certificate.write_text("nothing")
    assert name_of(encrypted(server)) == "second"


def test_who_is_not_among_the_clients_delivers_after_auth_alone(
    start: StartServer, certificate: Path, users: str
) -> None:
    server = start(clients=NOBODY, certificate=str(certificate), users=users)
    client = server.connect().greet()
    assert client.say(b"MAIL FROM:<a@b>\r\n") == "530 5.7.0 Authentication required"
    assert client.say(plain(b"ada", b"secret word")).startswith("538 ")
    client.start_tls()
    assert "AUTH" in client.offered()
    assert client.say(b'MAIL FROM:<"a b"@b>\r\n') == "530 5.7.0 Authentication required"
    assert client.say(plain(b"ada", b"secret")) == "535 5.7.8 Authentication credentials invalid"
    assert client.say(plain(b"eve", b"secret word")) == "535 5.7.8 Authentication credentials invalid"
    assert client.say(plain(b"ada", b"secret word")) == "235 2.7.0 Authentication successful"
    assert client.send(b"x\r\n").startswith("250 ")


def test_auth_login_asks_for_name_and_password(start: StartServer, certificate: Path, users: str) -> None:
    client = encrypted(start(clients=NOBODY, certificate=str(certificate), users=users))
    assert client.say(b"AUTH LOGIN\r\n").startswith("334 ")
    assert client.say(base64.b64encode(b"ada") + b"\r\n").startswith("334 ")
    assert client.say(base64.b64encode(b"secret word") + b"\r\n").startswith("235 ")
    assert client.send(b"x\r\n").startswith("250 ")


def test_what_looks_like_a_command_is_a_name_while_a_name_is_asked_for(
    start: StartServer, certificate: Path, users: str
) -> None:
    client = encrypted(start(certificate=str(certificate), users=users))
    assert client.say(b"AUTH LOGIN\r\n").startswith("334 ")
    assert client.say(b"MAIL FROM:<a@example.org>\r\n").startswith("501 ")
    assert client.say(b"RCPT TO:<a@example.org>\r\n").startswith("503 ")


def test_three_wrong_passwords_end_the_session(start: StartServer, certificate: Path, users: str) -> None:
    client = encrypted(start(certificate=str(certificate), users=users))
    answers = [client.say(plain(b"ada", b"wrong"))[:3] for _ in range(3)]
    assert (answers, client.hear()) == (["535", "535", "421"], "")


def test_who_guesses_too_often_is_kept_out_with_the_right_password_too(
    start: StartServer, certificate: Path, users: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.smtp.users.FAILURES", "2/hour")
    server = start(certificate=str(certificate), users=users)
    client = encrypted(server)
    assert [client.say(plain(b"ada", b"wrong"))[:3] for _ in range(2)] == ["535", "535"]
    assert encrypted(server).say(plain(b"ada", b"secret word")).startswith("454 4.7.0 ")


def test_guesses_that_come_at_once_are_no_more_than_those_that_come_in_turn(users: str) -> None:
    async def guess_at_once() -> Counter[bool | None]:
        known = open_users(users, is_tls=True)
        assert known is not None
        return Counter(await asyncio.gather(*(known.is_password("client", b"ada", b"guess %d" % n) for n in range(60))))

    answers = asyncio.run(guess_at_once())
    assert answers.keys() == {False, None}
    assert 20 <= answers[False] < 20 + CHECKS_AT_ONCE, "only those that were being checked are not counted yet"


def test_a_user_who_was_added_comes_in_at_once(start: StartServer, certificate: Path, users: str) -> None:
    server = start(clients=NOBODY, certificate=str(certificate), users=users)
    client = encrypted(server)
    assert client.say(plain(b"bob", b"secret word")).startswith("535 ")
    Path(users).write_text(f"ada:{HASH}\nbob:{HASH}\n")
    assert client.say(plain(b"bob", b"secret word")).startswith("235 ")


@pytest.mark.parametrize("argument", [b"AUTH PLAIN AAA\r\n", b"AUTH PLAIN YQ==\r\n", b"AUTH CRAM-MD5\r\n", b"AUTH\r\n"])
def test_auth_that_cannot_be_read_lets_nobody_in(
    start: StartServer, certificate: Path, users: str, argument: bytes
) -> None:
    client = encrypted(start(clients=NOBODY, certificate=str(certificate), users=users))
    assert client.say(argument)[:2] == "50"
    assert client.say(b"MAIL FROM:<a@b>\r\n").startswith("530 ")


def test_bad_files_are_named(tmp_path: Path, certificate: Path) -> None:
    with pytest.raises(ValueError, match=r"smtp_certificate: expected a PEM file, came .*absent"):
        open_certificate(str(tmp_path / "absent"), "")
    with pytest.raises(ValueError, match=r"smtp_key: expected a PEM file, came .*absent"):
        open_certificate(str(certificate), str(tmp_path / "absent"))
    with pytest.raises(ValueError, match="smtp_key: expected smtp_certificate beside it"):
        open_certificate("", str(certificate))
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="smtp_certificate: expected a certificate and its key"):
        open_certificate(str(tmp_path / "empty"), "")
    with pytest.raises(ValueError, match="smtp_users: expected smtp_certificate beside it"):
        open_users(str(tmp_path / "users"), is_tls=False)
    with pytest.raises(ValueError, match="smtp_users: expected a file of NAME:HASH lines"):
        open_users(str(tmp_path / "absent"), is_tls=True)
    (tmp_path / "users").write_text(f"ada:{HASH}\nbob:secret\n")
    with pytest.raises(ValueError, match=r"users:2: expected NAME:HASH with an Argon2 hash, came 'bob' and none"):
        read_users(tmp_path / "users")


def test_a_file_that_is_wrong_later_is_said_once_and_what_was_right_stays(users: str) -> None:
    opened = open_users(users, is_tls=True)
    assert opened is not None
    Path(users).write_text("eve:secret\n")
    with capture_logs() as lines:
        assert [list(opened.hashes.get()) for _ in range(2)] == [["ada"]] * 2
    assert [line["event"] for line in lines] == ["file not read again"]
