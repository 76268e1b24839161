"""The commands that look at the read model, with tables that were filled by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.log import open_log
from patchlog.__main__ import patchlog_commands
from projector.readmodel.generations import ReadModels
from projector.readmodel.tables import count, dead_letter, meta, project
from schemas.records import MailReceived, RetryRequested

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LINES = b"Subject: hello\r\n\r\n\xff\r\n"
KINDS = {"mail:patch": 5, "mail:comment": 2, "mail:duplicate": 1, "mail:dead-letter": 2, "series": 9}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A log with two mails (records 2 and 3) that are both dead letters, and a read model that is one record behind."""
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([MailReceived(source="smtp", received_at=AT, raw=LINES) for _ in range(2)])
    log.close()
    models = ReadModels(f"sqlite:///{tmp_path}/readmodel.db")
    generation = models.create()
    engine = models.engine(generation)
    with engine.begin() as connection:
        connection.execute(meta.update().where(meta.c.name == "position").values(value=2))
        connection.execute(count.insert(), [{"name": name, "n": n} for name, n in KINDS.items()])
        letters = [(2, "no-project", "nobody@example.org"), (3, "bad-header", "other@example.org")]
        connection.execute(dead_letter.insert(), [letter(*values) for values in letters])
        connection.execute(
            project.insert(),
            {"id": 1, "linkname": "demo", "name": "Demo", "listid": "demo.example.org", "settings": b"", "web_url": "",
             "listemail": "demo@example.org", "scm_url": "", "webscm_url": "", "last_event_us": 0},
        )  # fmt: skip
    engine.dispose()
    models.point_to(generation)
    return tmp_path


def letter(mail_id: int, reason: str, message_id: str) -> dict[str, object]:
    received_us = int(AT.timestamp()) * 1_000_000
    sentence = f"why it is {reason}"
    values = {"id": mail_id, "reason": reason, "detail": sentence, "message_id": message_id, "subject": "hello"}
    return {**values, "received_us": received_us}


def patchlog(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(patchlog_commands, [*arguments, "--data", str(data)])


def test_status_counts_every_mail_once_and_says_how_far_it_is_behind(data: Path) -> None:
    assert json.loads(patchlog("status", "--json", data=data).stdout) == {
        "log_end": 3,
        "lag": 1,
        "position": 2,
        "mails": {"comment": 2, "patch": 5},
        "duplicates": 1,
        "dead_letters": {"bad-header": 1, "no-project": 1},
    }
    assert "mails read: 10\n" in patchlog("status", data=data).stdout


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((), [2, 3], id="all, oldest first"),
        pytest.param(("--limit", "1"), [2], id="some"),
        pytest.param(("--after", "2"), [3], id="the next"),
        pytest.param(("--reason", "no-project"), [2], id="one reason"),
        pytest.param(("--reason", "unheard-of"), [], id="no such reason"),
    ],
)
def test_dead_letters_are_listed(data: Path, options: tuple[str, ...], expected: list[int]) -> None:
    listed = patchlog("dead-letters", "list", *options, data=data).stdout.splitlines()
    assert [int(line.split("\t")[0]) for line in listed] == expected
    as_json = json.loads(patchlog("dead-letters", "list", "--json", *options, data=data).stdout)
    assert [shown["id"] for shown in as_json] == expected


def test_a_dead_letter_is_explained_and_its_mail_printed_byte_for_byte(data: Path) -> None:
    shown = patchlog("dead-letters", "show", "2", data=data)
    assert shown.stdout_bytes == LINES
    assert shown.stderr == "no-project: why it is no-project (received 2026-01-02T03:04:05+00:00)\n"


@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_mail_that_is_no_dead_letter_is_refused(data: Path, command: str) -> None:
    refused = patchlog("dead-letters", command, "1", data=data)
    assert (refused.exit_code, refused.stderr) == (1, "Error: mail 1 is no dead letter\n")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((), (2, 3), id="all"),
        pytest.param(("3",), (3,), id="one"),
        pytest.param(("--reason", "bad-header"), (3,), id="one reason"),
    ],
)
def test_a_retry_is_put_on_the_log(
    data: Path, options: tuple[str, ...], expected: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchlog.stores.WAIT_SECONDS", 0)  # no projector runs that could read it
    asked = patchlog("dead-letters", "retry", *options, data=data)
    assert f"{len(expected)} dead letters to read again; they wait for a projector" in asked.stdout
    log = open_log(f"sqlite:///{data}/log.db")
    assert [record.fact for record in log.read(3)] == [RetryRequested(mails=expected)]
    log.close()


def test_nothing_is_retried_where_there_is_no_dead_letter(data: Path) -> None:
    assert patchlog("dead-letters", "retry", "--reason", "unheard-of", data=data).stdout == "no dead letters\n"
    log = open_log(f"sqlite:///{data}/log.db")
    assert log.end() == 3
    log.close()


def test_projects_are_listed_from_the_read_model(data: Path) -> None:
    assert patchlog("project", "list", data=data).stdout == "demo\tDemo\t<demo.example.org>\tdemo@example.org\n"
