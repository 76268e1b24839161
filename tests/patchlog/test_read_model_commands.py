"""The commands that look at the read model, with tables that were filled by hand."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from ingest.log import open_log
from patchlog.__main__ import patchlog_commands
from projector.readmodel.generations import ReadModels
from projector.readmodel.tables import count, dead_letter, meta, project
from schemas.records import MailReceived
from tests.databases import database_of
from tests.projector.fold.world import PROJECT

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LINES = b"Subject: hello\r\n\r\n\xff\r\n"
KINDS = {"mail:patch": 5, "mail:comment": 2, "mail:duplicate": 1, "mail:dead-letter": 2, "series": 9}


@pytest.fixture
def data(data_directory: Path) -> Path:
    """A log with two mails (records 2 and 3) that are both dead letters, and a read model that is one record behind."""
    log = open_log(f"sqlite:///{data_directory}/log.db")
    log.append([MailReceived(source="smtp", received_at=AT, raw=LINES) for _ in range(2)])
    log.close()
    models = ReadModels(database_of(data_directory))
    generation = models.create()
    engine = models.engine(generation)
    with engine.begin() as connection:
        connection.execute(meta.update().where(meta.c.name == "position").values(value=2))
        connection.execute(count.insert(), [{"name": name, "n": n} for name, n in KINDS.items()])
        letters = [(2, "no-project", "nobody@example.org"), (3, "bad-header", "other@example.org")]
        connection.execute(dead_letter.insert(), [letter(*values) for values in letters])
        connection.execute(
            project.insert(),
            {"id": 1, "linkname": "demo", "name": "Demo", "listid": "demo.example.org", "web_url": "",
             "settings": msgspec.msgpack.encode(PROJECT),
             "listemail": "demo@example.org", "scm_url": "", "webscm_url": "", "last_event_us": 0},
        )  # fmt: skip
    engine.dispose()
    models.point_to(generation)
    return data_directory


def letter(mail_id: int, reason: str, message_id: str) -> dict[str, object]:
    received_us = int(AT.timestamp()) * 1_000_000
    sentence = f"why it is {reason}"
    values = {"id": mail_id, "reason": reason, "detail": sentence, "message_id": message_id, "subject": "hello"}
    return {**values, "received_us": received_us, "acknowledged_id": None}


def patchlog(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(patchlog_commands, [*arguments, "--data", str(data)])


def test_status_counts_every_mail_once_and_says_how_far_it_is_behind(data: Path) -> None:
    shown = json.loads(patchlog("status", "--json", data=data).stdout)
    counted = {
        "log_end": 3,
        "lag": 1,
        "position": 2,
        "mails": {"comment": 2, "patch": 5},
        "duplicates": 1,
        "dead_letters": {"bad-header": 1, "no-project": 1},
        "alarms": {"bad-header": 1},
        "redactions": 0,
        "to_redact": 0,
    }
    assert {name: shown[name] for name in counted} == counted
    assert re.search("mails read +10 *\n", patchlog("status", data=data).stdout)


def test_projects_are_listed_from_the_read_model(data: Path) -> None:
    assert patchlog("project", "list", data=data).stdout == "demo\tDemo\t<demo.example.org>\tdemo@example.org\n"
