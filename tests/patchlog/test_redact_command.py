"""`patchlog redact`: before it the words of a mail are found in every corner, after it in none."""

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import falcon.testing
import msgspec
import pytest
from sqlalchemy import select

from api.app import create_app
from ingest.log import Replaced, open_copy, open_log
from ingest.log.copying import compare_logs, copy_log
from ingest.log.redaction import Redactor
from patchlog.redacting import still_there
from projector.readmodel import tables as t
from projector.readmodel.generations import Reader, ReadModels
from projector.redaction import stub_for
from schemas.records import MailReceived, MailRedacted, MailStub, PullRequestStub
from schemas.settings import Settings
from tests.databases import database_of
from tests.patchlog.searching import pieces_left, words_in_database, words_in_files, words_in_log
from tests.patchlog.station import Station, followed
from tests.projector.fold.mailing import answer, diff, mail, series

WORDS = ("quartzsubject", "quartzauthor", "quartzaddress", "quartzbody", "quartzdiff", "quartzfile")
PULL = "are available in the Git repository at:\n\n  https://quartz.example.org/linux.git tags/x\n"
LARGE = "".join(f"{sha256(b'%d' % number).hexdigest()}\n" for number in range(3000))


def redacted_mail(id: str = "p", more: str = "") -> MailReceived:
    """A patch in whose every part stands a word of WORDS; it is record 4 where it comes first."""
    return mail(
        "[PATCH] quartzsubject: fix",
        id,
        author="Jane quartzauthor <quartzaddress@example.org>",
        body=f"quartzbody\n{more}\nSigned-off-by: Jane quartzauthor <quartzaddress@example.org>\n"
        + diff("net/quartzfile.c", "quartzdiff();"),
        has_diff=False,
    )


@pytest.fixture
def station(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    facts = [
        redacted_mail(),
        answer("r", "p", body="Reviewed-by: Otto <otto@example.org>\n"),
        *series("s", 2, minute=30),
        msgspec.structs.replace(redacted_mail("p", more="again"), source="import:again"),
        mail("[PATCH] nowhere", "p", list_id="none.example.org", author="quartzauthor <quartzaddress@example.org>"),
    ]
    yield from followed(Station(data_directory, *facts), monkeypatch)


def redact(station: Station, message_id: str = "p@example.org") -> str:
    done = station.run("redact", message_id, "--reason", "asked for")
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def everywhere(station: Station, words: tuple[str, ...] = WORDS) -> dict[str, set[str]]:
    """Where words are found."""
    url = database_of(station.folder)
    database = set[str]() if url.startswith("sqlite") else words_in_database(url, words)
    return {
        "log": words_in_log(station.log, words),
        "files": words_in_files(station.folder, words),
        "database": database,
    }


def get(station: Station, path: str) -> falcon.testing.Result:
    url = database_of(station.folder)
    reader = Reader(url)
    result = falcon.testing.TestClient(create_app(Settings(database=url), reader)).simulate_get(path)
    reader.close()
    return result


def test_words_are_everywhere_before_and_nowhere_after(station: Station) -> None:
    assert station.run("replay").exit_code == 0, "an old generation has them too"
    stored = {record.id: record.bytes for record in station.log.read_stored(0) if record.id in (4, 9, 10)}
    before = everywhere(station)
    assert before["log"] == before["files"] == set(WORDS)
    assert before["database"] in (set(), {*WORDS})
    said = redact(station)
    assert "redacted: records 4, 9, 10, by record" in said
    assert "log: records 4, 9, 10 replaced" in said
    assert "dropped generation 1" in said
    assert "answers, which may quote it: record 5" in said
    assert everywhere(station) == {"log": set(), "files": set(), "database": set()}
    assert all(pieces_left(station.folder, old) == [] for old in stored.values())
    assert [record.id for record in station.log.read(0) if isinstance(record.fact, MailStub)] == [4, 9, 10]


def test_what_is_left_is_answered_as_gone(station: Station) -> None:
    redact(station)
    for path in ("/api/1.0/patches/4/", "/api/1.0/patches/4/mbox/", "/api/1.0/series/4/revisions/1/mbox/", "/patch/4/"):
        assert get(station, path).status_code == 410, path
    problem = get(station, "/api/1.0/patches/4/")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json == {"detail": "This was redacted: what its mail said is no longer kept."}
    listed = get(station, "/api/1.0/patches/").json
    assert listed["count"] == len(listed["results"]) == 3
    assert [(patch["name"], patch["content"]) for patch in listed["results"] if patch["id"] == 4] == [
        ("[redacted]", None)
    ]
    assert get(station, "/api/1.0/series/4/?related=expand").json["submitter"]["name"] == "[redacted]"
    assert get(station, "/api/1.0/series/4/").json["name"] == "[redacted]"
    assert get(station, "/api/1.0/patches/4/comments/").json["count"] == 1


def test_verify_and_a_replay_take_the_stubs(station: Station) -> None:
    running = station.json("log", "info")["running_hash"]
    redact(station)
    assert station.run("log", "verify", "--expect", running).exit_code == 0
    before = _rows(station)
    assert station.run("replay", "--fresh").exit_code == 0
    assert _rows(station) == before


def test_a_stub_that_nothing_names_is_wrong(station: Station) -> None:
    (record,) = station.log.get([4])
    stub = stub_for(record)
    assert stub is not None and station.log.replace({4: stub}) is Replaced.DONE
    verified = station.run("log", "verify")
    assert (verified.exit_code, verified.stdout.splitlines()[0]) == (
        1,
        "record 4: a stub, and no mail.redacted behind it names its mail",
    )


def test_it_is_explained_and_listed_without_words(station: Station) -> None:
    redact(station)
    explained = station.run("explain", "p@example.org")
    assert (explained.exit_code, explained.stderr) == (0, "")
    assert "It is redacted: its words are gone" in explained.stdout
    answer = station.run("explain", "r@example.org")
    shown = [explained.stdout, answer.stdout, station.run("explain", "p@example.org", "--json").stdout]
    shown += [station.run(*command).stdout for command in (("log", "cat"), ("dead-letters", "list"))]
    assert not [word for word in WORDS for text in shown if word in text]
    refused = station.run("dead-letters", "show", "10")
    assert (refused.exit_code, refused.stderr) == (1, "Error: mail 10 was redacted: what it said is gone\n")


def test_one_that_never_came_is_refused_in_a_sentence(station: Station) -> None:
    refused = station.run("redact", "<unheard@example.org>", "--reason", "x")
    said = "Error: no mail with the Message-ID <unheard@example.org> has come\n"
    assert (refused.exit_code, refused.stderr, refused.stdout) == (1, said, "")
    assert station.run("redact", "p@example.org").exit_code == 2, "a reason is asked for"


def test_it_is_ended_where_it_was_killed_and_done_once(station: Station) -> None:
    station.log.append([MailRedacted(message_id="p@example.org", mails=(4, 9, 10))])
    station.follow()
    assert station.json("status")["to_redact"] == 3
    assert "1; records of the log that still have the words: 3" in " ".join(station.run("status").stdout.split())
    end = station.log.end()
    assert "records 4, 9, 10 replaced" in redact(station)
    assert station.log.end() == end, "it was said before"
    assert station.json("status")["to_redact"] == 0
    assert "log: nothing of it is left" in redact(station)
    assert station.log.end() == end


def test_a_delivery_that_comes_later_stays_away_and_is_counted(station: Station) -> None:
    redact(station)
    (late,) = station.log.append([redacted_mail("p", more="late")])
    station.follow()
    assert get(station, "/api/1.0/patches/4/").status_code == 410
    assert station.json("status")["to_redact"] == 1
    assert f"redacted: records 4, 9, 10, {late}, by record {late + 1}" in redact(station)
    assert everywhere(station) == {"log": set(), "files": set(), "database": set()}
    assert station.run("log", "verify").exit_code == 0


def test_a_pull_request_loses_its_url_everywhere(station: Station) -> None:
    (pull,) = station.log.append([mail("[GIT PULL] fixes", "pull", body=PULL, has_diff=False)])
    station.follow()
    url = ("quartz.example.org",)
    assert everywhere(station, url)["log"] == set(url)
    redact(station, "pull@example.org")
    assert everywhere(station, url) == {"log": set(), "files": set(), "database": set()}
    assert [record.fact.cause for record in station.log.read(0) if isinstance(record.fact, PullRequestStub)] == [pull]
    events = get(station, "/api/1.0/projects/demo/events/?name=pull-request-new").json["results"]
    assert [event["parameters"] for event in events] == [{"pull_url": "[redacted]"}]
    assert station.run("log", "verify").exit_code == 0


def test_without_a_projector_the_log_is_clean_and_the_rest_is_said(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchlog.stores.WAIT_SECONDS", 0)
    station = Station(data_directory, redacted_mail())
    said = redact(station)
    assert "read model: not yet; a projector will do it when it runs" in said
    assert words_in_files(station.folder, WORDS) == words_in_log(station.log, WORDS) == set()
    station.log.close()


def test_a_large_mail_leaves_no_page_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchlog.stores.WAIT_SECONDS", 0)
    station = Station(tmp_path, redacted_mail(more=LARGE), *series("s", 2))
    stored = next(record.bytes for record in station.log.read_stored(3, 1))
    assert len(stored) > 2 * 32768 and pieces_left(tmp_path, stored), "it has pages of its own"
    redact(station)
    assert pieces_left(tmp_path, stored) == []
    station.log.close()


def test_pages_that_a_reader_keeps_are_said_and_removed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchlog.stores.WAIT_SECONDS", 0)
    monkeypatch.setattr("ingest.log.sqlite_replacing.OPEN_SECONDS", 0.05)
    station = Station(tmp_path, redacted_mail())
    reader = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record").fetchone()
    assert "readers keep old pages beside its file: run this again" in redact(station)
    reader.close()
    assert words_in_files(tmp_path, WORDS) != set()
    assert "readers keep" not in redact(station)
    assert words_in_files(tmp_path, WORDS) == set()
    station.log.close()


def test_a_copy_leaves_the_words_out(station: Station, tmp_path: Path) -> None:
    station.log.append([MailRedacted(message_id="p@example.org", mails=(4, 9))])
    target = tmp_path / "copy"
    url = f"sqlite:///{target}/log.db"
    copied = station.run("log", "copy", f"sqlite:///{station.folder}/log.db", url)
    assert (copied.exit_code, copied.stderr) == (0, "")
    log = open_log(url)
    stubs = [record.id for record in log.read(0) if isinstance(record.fact, MailStub)]
    assert stubs == [4, 9], "what is not named stays"
    equal = compare_logs(station.log, log, lambda done, end: None)
    assert equal.last == log.end()
    log.close()
    assert station.run("log", "verify", url).exit_code == 0


class Interrupted:
    """A log behind which something is said when a record was read."""

    def __init__(self, log: Any, fact: MailRedacted) -> None:
        self._log, self._fact, self._told = log, fact, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read_stored(self, after_id: int, limit: int = 1000) -> Any:
        records = self._log.read_stored(after_id, min(limit, 5))
        if not self._told:
            self._told = True
            self._log.append([self._fact])
        return records


def test_what_is_redacted_while_a_log_is_copied_is_replaced_in_the_copy(station: Station, tmp_path: Path) -> None:
    fact = MailRedacted(message_id="p@example.org", mails=(4, 9, 10))
    target = tmp_path / "copy"
    copy = open_copy(f"sqlite:///{target}/log.db")
    source = open_log(f"sqlite:///{station.folder}/log.db")
    redactor = Redactor(source, stub_for)
    copy_log(Interrupted(source, fact), copy, "there", lambda done, end: None, redactor)
    assert (redactor.left, redactor.traces) == (0, False)
    copy.close()
    source.close()
    assert words_in_files(target, WORDS) == set()


def test_the_read_model_says_how_much_of_the_log_is_left(station: Station) -> None:
    reader = Reader(database_of(station.folder))
    assert still_there(station.log, reader) == 0, "nothing was redacted"
    reader.close()


def _rows(station: Station) -> dict[str, list[tuple[Any, ...]]]:
    models = ReadModels(database_of(station.folder))
    number = models.live()
    assert number is not None
    engine = models.engine(number, read_only=True)
    with engine.connect() as connection:
        rows = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in t.metadata.tables.items()
        }
    engine.dispose()
    return rows


def test_one_copy_alone_loses_its_words(station: Station) -> None:
    """Records 4 and 9 have one Message-ID and say different things: the second one goes, the first one stays."""
    copies = station.json("copy", "list")
    assert [copy["record"] for copy in copies] == [9]
    done = station.run("redact", "--record", "9", "--reason", "a forged copy")
    assert (
        done.exit_code == 0
        and "redacted: record 9, by record" in done.stdout
        and "log: record 9 replaced" in done.stdout
    )
    assert [record.id for record in station.log.read(0) if isinstance(record.fact, MailStub)] == [9]
    assert get(station, "/api/1.0/patches/4/").json["name"] == "quartzsubject: fix"
    assert station.run("copy", "show", "9", "--raw").exit_code == 1
    assert station.json("status")["to_redact"] == 0
    assert station.run("log", "verify").exit_code == 0
    done = station.run("redact", "--record", "4", "--reason", "the other one too")
    assert "redacted: record 4, by record" in done.stdout
    assert get(station, "/api/1.0/patches/4/").status_code == 410
    assert words_in_log(station.log, WORDS) == {"quartzauthor", "quartzaddress"}, "the dead letter has its words"


def test_deliveries_that_say_the_same_are_one_copy(station: Station) -> None:
    again = msgspec.structs.replace(redacted_mail(), source="import:third")
    (third,) = station.log.append([again])
    station.follow()
    done = station.run("redact", "--record", str(third), "--reason", "the copy of record 4")
    assert f"redacted: records 4, {third}, by record" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("p@example.org", "--record", "4")])
def test_a_mail_or_a_copy_has_to_be_named(station: Station, arguments: tuple[str, ...]) -> None:
    assert station.run("redact", *arguments, "--reason", "x").exit_code == 2


def test_what_is_no_mail_has_no_copy(station: Station) -> None:
    done = station.run("redact", "--record", "1", "--reason", "x")
    assert done.exit_code == 1 and "the read model has no mail of record 1" in done.stderr
