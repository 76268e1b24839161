"""The benchmarks' own tools: what they send is mail, what they print can be read. No figure is judged here."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench import growing, smtp_source
from bench.__main__ import main
from bench.figures import Figure, goals, over_rounds, table
from bench.mailing import LIST_ID, mails, patches, write_mbox
from bench.processes import cpu_by_process, cpu_seconds, free_port, own_cpu_seconds
from bench.smtp_client import deliver, on_the_wire
from ingest.archive import open_archive
from ingest.archive.contract import ArchivedMail
from ingest.message import parse
from projector.readmodel.generations import Reader
from projector.readmodel.queries.status import read_status
from schemas.settings import Settings


class Keeping:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.kept.append(envelope.original_content)
        return "250 OK"


def test_the_same_seed_gives_the_same_mail_and_another_gives_other_mail() -> None:
    assert mails(300) == mails(300)
    assert mails(300, seed=5) != mails(300)


def test_generated_mail_is_a_list_with_series_reviews_and_rerolls() -> None:
    listed = mails(2000)
    parsed = [parse(mail.raw, datetime(2027, 1, 1, tzinfo=UTC)) for mail in listed]
    assert [mail.message_id for mail in listed] == [mail.message_id for mail in parsed]
    assert [mail.date for mail in listed] == [mail.date for mail in parsed]
    assert [mail.is_patch for mail in listed] == [mail.diff != "" for mail in parsed]
    assert {mail.list_ids for mail in parsed} == {(LIST_ID,)}
    assert len({mail.message_id for mail in parsed}) == len(parsed)
    subjects = [mail.subject for mail in parsed]
    for piece in ("[PATCH] ", "[PATCH 0/5] ", "[PATCH 5/5] ", "[PATCH v2 1/", "Re: [PATCH"):
        assert any(subject.startswith(piece) for subject in subjects), piece
    assert any(trailer.startswith("Reviewed-by: ") for mail in parsed for trailer in mail.trailers)


def test_patches_are_all_patches() -> None:
    found = patches(50)
    assert len(found) == 50
    assert all(mail.is_patch for mail in found)


def test_the_archive_has_the_mails_byte_for_byte(tmp_path: Path) -> None:
    listed = mails(50)
    size = write_mbox(tmp_path / "bench.mbox", listed)
    archived = list(open_archive(tmp_path / "bench.mbox", 1 << 20).mails())
    assert [mail.raw for mail in archived if isinstance(mail, ArchivedMail)] == [mail.raw for mail in listed]
    assert size == sum(len(mail.raw) for mail in listed)


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        pytest.param(b"a\nb\n", b"a\r\nb\r\n.\r\n", id="line ends"),
        pytest.param(b"a\r\nb", b"a\r\nb\r\n.\r\n", id="no line end at the end"),
        pytest.param(b".a\n.\n..\n", b"..a\r\n..\r\n...\r\n.\r\n", id="dots"),
    ],
)
def test_a_mail_on_the_wire(raw: bytes, wire: bytes) -> None:
    assert on_the_wire(raw) == wire


@pytest.mark.parametrize("is_pipelining", [pytest.param(False, id="one by one"), pytest.param(True, id="pipelining")])
def test_the_client_delivers_every_mail_once(is_pipelining: bool) -> None:
    keeping = Keeping()
    server = Controller(keeping, hostname="127.0.0.1", port=free_port(), server_hostname="mail.example.org")
    server.start()
    sent = [b"Subject: %d\n\n.dot\n" % number for number in range(23)]
    try:
        delivery = deliver(
            server.port,
            (on_the_wire(raw) for raw in sent),
            sessions=4,
            mails_a_session=3,
            is_pipelining=is_pipelining,
        )
    finally:
        server.stop()
    assert delivery.mails == 23
    assert sorted(keeping.kept) == sorted(raw.replace(b"\n", b"\r\n") for raw in sent)


def test_the_cpu_of_a_process_is_counted_by_its_id() -> None:
    before = own_cpu_seconds()
    while own_cpu_seconds() < before + 0.05:
        pass
    assert cpu_by_process(os.getpid())[os.getpid()] >= 0.05
    assert cpu_seconds(os.getpid()) >= 0.05


def test_figures_are_printed_with_what_their_rounds_gave() -> None:
    figures = [Figure("bytes", 4300, "bytes"), over_rounds("rate", [3.0, 1.0, 20.0], "mails/s")]
    lines = table(figures).splitlines()
    assert [line.split() for line in lines] == [
        ["bytes", "4300", "bytes"],
        ["rate", "3.00", "mails/s", "1.00", "to", "20.0", "in", "3", "rounds"],
    ]


def test_goals_are_told_with_what_they_are_missed_by() -> None:
    figures = [
        Figure("no goal", 1, "ms"),
        Figure("a time", 0.30, "ms/mail", at_most=0.20),
        over_rounds("a ratio", [1.0, 2.0, 3.0], "times", at_least=1.6),
        Figure("bytes", 0.5, "of the mail's bytes", at_most=0.35),
    ]
    assert [" ".join(line.split()) for line in goals(figures, slowness=2.0).splitlines()] == [
        "a time 0.300 ms/mail at most 0.200 1.50 times, 0.75 at this machine's speed; missed",
        "a ratio 2.00 times at least 1.60 1.25 times",
        "bytes 0.500 of the mail's bytes at most 0.350 1.43 times; missed",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nothing"], "expected some of start, receive", id="a measurement that is none"),
        pytest.param(["--fast"], "unrecognized arguments: --fast", id="an option that is none"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_smtp_source_delivers_one_mail_so_many_times() -> None:
    if not smtp_source.is_here():
        pytest.skip("smtp-source is not installed (deploy/install-test-tools: it comes with Postfix)")
    keeping = Keeping()
    server = Controller(keeping, hostname="127.0.0.1", port=free_port(), server_hostname="mail.example.org")
    server.start()
    try:
        delivery = smtp_source.deliver(server.port, b"Subject: a\n\n.dot\n", 7, sessions=2)
    finally:
        server.stop()
    assert delivery.mails == 7
    assert keeping.kept == [b"Subject: a\r\n\r\n.dot\r\n\r\n"] * 7


def test_a_list_grows_and_is_read_at_each_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "QUICK_MAILS", 40)
    monkeypatch.setattr(growing, "TENTHS", 2)
    made = growing.grown(quick=True)
    assert [stage.mails for stage in made.stages] == [20, 40]
    assert all(stage.list_ms > 0 and stage.feed_ms > 0 and stage.fold_mib > 0 for stage in made.stages)
    reader = Reader(Settings(data=str(made.data)).database_url)
    with reader.connect() as connection:
        assert sum(read_status(connection).mails.values()) == 40
    reader.close()
