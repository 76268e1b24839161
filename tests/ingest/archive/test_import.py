"""Importing: every mail once, whatever stops it and however often it is run."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import clock
from ingest.archive import (
    ArchiveError,
    Outcome,
    Progress,
    find_earlier,
    import_archive,
    open_archive,
    parsing,
    source_of,
)
from ingest.archive.parsing import start_processes
from ingest.disk import Disk, DiskShort
from ingest.log import Log, open_log
from schemas.fact import Fact
from schemas.records import ImportFinished, LogOpened, MailReceived
from tests.ingest.archive.making import add_commits, mail, mails, make_repository, mboxrd, v1_commits, v2_commits

Maker = Callable[[Path, list[bytes]], Path]


def make_mbox(path: Path, messages: list[bytes]) -> Path:
    path.write_bytes(mboxrd(messages))
    return path


def make_gzip(path: Path, messages: list[bytes]) -> Path:
    path.write_bytes(gzip.compress(mboxrd(messages)))
    return path


def make_maildir(path: Path, messages: list[bytes]) -> Path:
    (path / "new").mkdir(parents=True, exist_ok=True)
    (path / "cur").mkdir(exist_ok=True)
    for number, message in enumerate(messages):
        (path / f"new/{1000 + number}.M1.host").write_bytes(message)
    return path


def make_eml(path: Path, messages: list[bytes]) -> Path:
    path.mkdir(exist_ok=True)
    for number, message in enumerate(messages):
        (path / f"{number:04}.eml").write_bytes(message)
    return path


def make_v1(path: Path, messages: list[bytes]) -> Path:
    done = len(list_of(path)) if path.exists() else 0
    repository = path if path.exists() else make_repository(path)
    add_commits(repository, v1_commits(messages[done:]), first_minute=done)
    return path


def make_v2(path: Path, messages: list[bytes]) -> Path:
    for epoch in range(0, len(messages), 4):
        repository = path / f"git/{epoch // 4}.git"
        done = len(list_of(repository)) if repository.exists() else 0
        if not repository.exists():
            make_repository(repository)
        add_commits(repository, v2_commits(messages[epoch : epoch + 4][done:]), first_minute=epoch + done)
    return path


def list_of(path: Path) -> list[bytes]:
    return [one.raw for one in open_archive(path, 1 << 20).mails()]  # type: ignore[union-attr]  # none is oversize


MAKERS: dict[str, Maker] = {
    "mbox": make_mbox, "gzip": make_gzip, "maildir": make_maildir, "eml": make_eml, "v1": make_v1, "v2": make_v2
}  # fmt: skip


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Maker:
    return MAKERS[request.param]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


def run(
    log: Log, path: Path, list_id: str = "", *, since: int = 0, batch_mails: int = 3, stop_after: int = 0
) -> Outcome | None:
    """Import, since the minute of a `mail`; with stop_after it is interrupted once so many are durable (gives None)."""

    def stop(progress: Progress) -> None:
        if stop_after and progress.new >= stop_after:
            raise KeyboardInterrupt

    archive = open_archive(path, 1 << 20)
    earlier = find_earlier(log, source_of(path), list_id)
    try:
        moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=since) if since else None
        return import_archive(log, archive, earlier, since=moment, batch_mails=batch_mails, on_progress=stop)
    except KeyboardInterrupt:
        return None


def facts(log: Log) -> list[Fact]:
    return [record.fact for record in log.read(0, 10_000) if not isinstance(record.fact, LogOpened)]


def received(log: Log) -> list[MailReceived]:
    return [fact for fact in facts(log) if isinstance(fact, MailReceived)]


def raws(log: Log) -> list[bytes]:
    return [fact.raw for fact in received(log)]


def finished(log: Log) -> list[int]:
    return [fact.mails for fact in facts(log) if isinstance(fact, ImportFinished)]


def test_every_mail_is_recorded_in_order_and_the_end_is_said(log: Log, tmp_path: Path, make: Maker) -> None:
    path = make(tmp_path / "a", mails(10))
    outcome = run(log, path)
    assert outcome is not None
    assert (outcome.new, outcome.mails) == (10, 10)
    assert raws(log) == mails(10)
    assert facts(log)[-1] == ImportFinished(source=source_of(path), mails=10)
    assert [fact.archive.number for fact in received(log) if fact.archive] == list(range(1, 11))


def test_second_import_adds_nothing(log: Log, tmp_path: Path, make: Maker) -> None:
    path = make(tmp_path / "a", mails(5))
    run(log, path)
    end = log.end()
    outcome = run(log, path)
    assert outcome is not None
    assert (outcome.new, outcome.mails) == (0, 5)
    assert log.end() == end


class SmallDisk(Disk):
    """A disk that has room for so many bytes of mail."""

    def __init__(self, room_bytes: int) -> None:
        super().__init__(None, 0)
        self._room_bytes = room_bytes

    def check_import(self, size_bytes: int) -> None:
        self._room_bytes -= size_bytes
        if self._room_bytes < 0:
            raise DiskShort("full")


@pytest.mark.parametrize("processes", [0, 2])
def test_import_that_runs_short_of_disk_stops_before_that_batch_and_goes_on_later(
    log: Log, tmp_path: Path, make: Maker, processes: int
) -> None:
    path = make(tmp_path / "a", mails(10))
    archive = open_archive(path, 1 << 20)
    disk = SmallDisk(sum(map(len, mails(7))))
    told: list[Progress] = []
    with pytest.raises(DiskShort):
        import_archive(
            log, archive, find_earlier(log, source_of(path), ""), processes=processes, batch_mails=3, disk=disk,
            on_progress=told.append,
        )  # fmt: skip
    assert (raws(log), finished(log), told[-1].new) == (mails(6), [], 6)
    outcome = run(log, path)
    assert outcome is not None
    assert (outcome.new, raws(log), finished(log)) == (4, mails(10), [10])


@pytest.mark.parametrize("stop_after", [3, 6, 9, 10])
def test_import_that_was_stopped_goes_on_without_doubling(
    log: Log, tmp_path: Path, make: Maker, stop_after: int
) -> None:
    path = make(tmp_path / "a", mails(10))
    assert run(log, path, stop_after=stop_after) is None
    assert raws(log) == mails(10)[: len(raws(log))]
    assert len(raws(log)) >= stop_after
    assert finished(log) == []
    run(log, path)
    assert raws(log) == mails(10)
    assert finished(log) == [10]


def test_import_that_is_stopped_after_every_batch_comes_to_its_end(log: Log, tmp_path: Path, make: Maker) -> None:
    path = make(tmp_path / "a", mails(9))
    while run(log, path, batch_mails=2, stop_after=1) is None:
        assert raws(log) == mails(9)[: len(raws(log))]
    assert raws(log) == mails(9)
    assert finished(log) == [9]


def test_archive_that_grew_gives_its_new_mails(log: Log, tmp_path: Path, make: Maker) -> None:
    run(log, make(tmp_path / "a", mails(6)))
    outcome = run(log, make(tmp_path / "a", mails(11)))
    assert outcome is not None
    assert (outcome.new, outcome.mails) == (5, 11)
    assert raws(log) == mails(11)
    assert finished(log) == [6, 11]


def test_two_archives_of_one_name_are_two_sources(log: Log, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        run(log, make_mbox(tmp_path / folder / "a", mails(2)))
    assert raws(log) == mails(2) * 2
    assert len({fact.source for fact in received(log)}) == 2


def test_archive_is_the_same_by_whatever_path_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_of(Path("a/../b.mbox")) == source_of(tmp_path / "b.mbox")
    assert source_of(Path("b.mbox")).startswith("import:b.mbox-")


def test_mbox_that_was_written_anew_gives_only_what_is_unknown(log: Log, tmp_path: Path) -> None:
    run(log, make_mbox(tmp_path / "a", mails(6)))
    anew = [mail(20), *mails(6)[2:], mail(21), mail(21)]
    run(log, make_mbox(tmp_path / "a", anew))
    assert raws(log) == [*mails(6), mail(20), mail(21)]
    run(log, make_mbox(tmp_path / "a", [mail(22)]))
    assert raws(log)[-1] == mail(22)


def test_only_what_came_since_a_time_is_taken_and_the_rest_when_it_is_asked_for(
    log: Log, tmp_path: Path, make: Maker
) -> None:
    path = make(tmp_path / "a", mails(9))
    outcome = run(log, path, since=7)
    assert outcome is not None
    assert (outcome.new, outcome.mails) == (3, 3)
    outcome = run(log, path, since=7)
    assert outcome is not None
    assert (outcome.new, outcome.mails) == (0, 3)
    while run(log, path, since=3, batch_mails=1, stop_after=1) is None:
        assert len(raws(log)) < 9
    assert raws(log) == [*mails(9)[6:], *mails(9)[2:6]]
    run(log, path)
    run(log, make(tmp_path / "a", mails(11)), since=5)
    assert raws(log) == [*mails(9)[6:], *mails(9)[2:6], *mails(9)[:2], *mails(11)[9:]]
    assert [fact.archive.number for fact in received(log) if fact.archive] == list(range(1, 12))


def test_time_of_a_mail_is_its_receipt_else_the_archives_word_else_its_date(log: Log, tmp_path: Path) -> None:
    bare = b"From: Ann <ann@example.org>\nSubject: Mail\nMessage-ID: <%d@example.org>\n%b\nHello.\n"
    old = bare % (1, b"Date: Wed, 1 Jan 2020 00:03:00 +0000\n")
    new = bare % (2, b"Date: Wed, 1 Jan 2020 00:05:00 +0000\n")
    silent = bare % (3, b"")
    for number, message in enumerate([old, new, silent]):
        (tmp_path / f"{number}.eml").write_bytes(message)
    run(log, tmp_path, since=4)
    assert raws(log) == [new, silent]
    stamped = tmp_path / "stamped"
    stamped.write_bytes(mboxrd([new], b"From mboxrd@z Wed Jan  1 00:03:00 2020"))
    run(log, stamped, since=4)
    assert raws(log) == [new, silent]


def test_mbox_that_was_written_anew_may_be_interrupted(log: Log, tmp_path: Path) -> None:
    run(log, make_mbox(tmp_path / "a", mails(6)))
    anew = make_mbox(tmp_path / "a", [mail(20), mail(21), *mails(6)])
    assert run(log, anew, batch_mails=1, stop_after=1) is None
    run(log, anew)
    assert sorted(raws(log)) == sorted([*mails(6), mail(20), mail(21)])


def test_monthly_file_of_pipermail(log: Log, tmp_path: Path) -> None:
    """It spells addresses out, has no List-Id, and its text has sentences that begin as separator lines do."""
    path = tmp_path / "2020-January.txt.gz"
    text = (
        b"From ann at example.org  Wed Jan  1 09:00:00 2020\nFrom: ann at example.org (Ann Ample)\n"
        b"Date: Wed, 01 Jan 2020 09:00:00 +0000\nSubject: [Demo] [PATCH] a: say it\nMessage-ID: <1@example.org>\n\n"
        b"Say it.\n\nFrom ann at home we know that.\n\n\n"
        b"From bob at example.org  Wed Jan  1 10:00:00 2020\nFrom: =?utf-8?q?B=C3=B6b?= <bob at example.org>\n"
        b"Date: Wed, 01 Jan 2020 10:00:00 +0000\nSubject: [Demo] [PATCH] a: say it\nIn-Reply-To: <1@example.org>\n"
        b"References: <1@example.org>\nMessage-ID: <2@example.org>\n\nHm.\n\n"
    )
    path.write_bytes(gzip.compress(text))
    run(log, path, "demo.example.org")
    first, second = received(log)
    assert first.parsed is not None and second.parsed is not None
    assert (first.list_id, first.parsed.author.email, first.parsed.author.name) == (
        "demo.example.org", "ann@example.org", "Ann Ample",
    )  # fmt: skip
    assert first.received_at == datetime(2020, 1, 1, 9, tzinfo=UTC)
    assert (second.parsed.author.email, second.parsed.references) == ("bob@example.org", ("1@example.org",))


def test_mails_that_came_in_between_do_not_hide_where_an_import_stopped(log: Log, tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "a", mails(6))
    run(log, path, stop_after=3)
    other = MailReceived(source="smtp", received_at=clock.now(), raw=b"Subject: x\n\n")
    for _ in range(3):
        log.append([other] * 500)
    run(log, path)
    assert [fact.raw for fact in received(log) if fact.source != "smtp"] == mails(6)


def test_empty_archive_is_finished_once(log: Log, tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "a", [])
    run(log, path)
    run(log, path)
    assert facts(log) == [ImportFinished(source=source_of(path), mails=0)]


def test_broken_archive_keeps_what_stands_before_and_goes_on_when_it_is_whole(log: Log, tmp_path: Path) -> None:
    whole = gzip.compress(mboxrd(mails(4))) + gzip.compress(mboxrd([mail(5), mail(6)]))
    path = tmp_path / "a"
    path.write_bytes(whole[:-30])
    with pytest.raises(ArchiveError, match=f"{path}: expected gzip data, came the end of the file near byte"):
        run(log, path)
    before = len(raws(log))
    assert before in (3, 4)  # the fourth is over when the fifth begins
    assert raws(log) == mails(before)
    assert finished(log) == []
    path.write_bytes(whole)
    run(log, path)
    assert raws(log) == mails(6)


def test_many_mails_are_imported_with_the_help_of_other_processes(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def start(count: int) -> ProcessPoolExecutor:
        started.append(count)
        return start_processes(count)

    monkeypatch.setattr(parsing, "ALONE", 2)
    monkeypatch.setattr(parsing, "start_processes", start)
    path = make_mbox(tmp_path / "a", mails(40))
    archive = open_archive(path, 1 << 20)
    import_archive(log, archive, find_earlier(log, source_of(path), ""), processes=1, batch_mails=1)
    assert raws(log) == mails(40)
    assert started == [1]


def test_few_mails_are_imported_without_other_processes(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "start_processes", lambda count: pytest.fail("it started processes"))
    path = make_mbox(tmp_path / "a", mails(parsing.ALONE))
    archive = open_archive(path, 1 << 20)
    import_archive(log, archive, find_earlier(log, source_of(path), ""), processes=1, batch_mails=1)
    assert raws(log) == mails(parsing.ALONE)


# --- what is recorded -----------------------------------------------------------------------------------------------


def test_list_is_kept_where_the_mail_names_none(log: Log, tmp_path: Path) -> None:
    run(log, make_mbox(tmp_path / "a", [mail(1), mail(2, list_id="")]), "other.example.org")
    assert [fact.list_id for fact in received(log)] == ["", "other.example.org"]


def test_mails_that_name_no_list_are_counted(log: Log, tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "a", [mail(1), mail(2, list_id="")])
    outcome = run(log, path)
    assert outcome is not None and outcome.nameless == 1


def test_who_forgot_the_list_imports_again_with_it_and_then_need_not_say_it(log: Log, tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "a", [mail(1, list_id="")])
    run(log, path)
    run(log, path, "demo.example.org")
    run(log, make_mbox(path, [mail(1, list_id=""), mail(2, list_id="")]))
    assert [(fact.raw, fact.list_id) for fact in received(log)] == [
        (mail(1, list_id=""), ""), (mail(1, list_id=""), "demo.example.org"), (mail(2, list_id=""), "demo.example.org")
    ]  # fmt: skip


SEPARATOR = b"From a Thu Jan  2 03:04:05 2020"
NO_TIME = b"From mboxrd@z Thu Jan  1 00:00:00 1970"
RECEIVED = b"Received: by a; Wed, 1 Jan 2020 01:00:00 +0100\nReceived: by b; Wed, 1 Jan 2020 05:00:00 +0000\n"
DATE = b"Date: Fri, 3 Jan 2020 00:00:00 +0000\n"


@pytest.mark.parametrize(
    ("separator", "head", "expected"),
    [
        pytest.param(SEPARATOR, RECEIVED + DATE, datetime(2020, 1, 1, tzinfo=UTC), id="topmost Received"),
        pytest.param(SEPARATOR, DATE, datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), id="separator line"),
        pytest.param(NO_TIME, DATE, datetime(2020, 1, 3, tzinfo=UTC), id="Date"),
    ],
)
def test_receipt_is_when_the_mail_came(
    log: Log, tmp_path: Path, separator: bytes, head: bytes, expected: datetime
) -> None:
    (tmp_path / "a").write_bytes(mboxrd([head + b"Subject: a\n\n"], separator))
    run(log, tmp_path / "a")
    (fact,) = received(log)
    assert fact.received_at == expected
    assert (fact.envelope_sender, fact.recipients) == (None, ())


@pytest.mark.parametrize(
    ("separator", "head"),
    [
        pytest.param(NO_TIME, b"", id="no time at all"),
        pytest.param(SEPARATOR, b"Received: by a; Tue, 1 Jan 2980 00:00:00 +0000\n", id="Received in the future"),
        pytest.param(b"From a Thu Jan  2 03:04:05 2980", b"", id="separator in the future"),
        pytest.param(NO_TIME, b"Date: Tue, 1 Jan 2980 00:00:00 +0000\n", id="Date in the future"),
    ],
)
def test_receipt_is_now_where_nothing_credible_says_when(
    log: Log, tmp_path: Path, separator: bytes, head: bytes
) -> None:
    (tmp_path / "a").write_bytes(mboxrd([head + b"Subject: a\n\n"], separator))
    before = clock.now()
    run(log, tmp_path / "a")
    (record,) = [record for record in log.read(0) if isinstance(record.fact, MailReceived)]
    assert isinstance(record.fact, MailReceived)
    assert before - timedelta(seconds=1) <= record.fact.received_at <= record.recorded_at


def test_mail_above_the_limit_is_left_out_and_named(log: Log, tmp_path: Path) -> None:
    path = make_mbox(tmp_path / "a", [mail(1), mail(2, body="x" * (1 << 20) + "\n"), mail(3)])
    outcome = run(log, path)
    assert outcome is not None
    assert raws(log) == [mail(1), mail(3)]
    assert [mail.where for mail in outcome.oversize] == [f"byte {len(mboxrd([mail(1)]))}"]
