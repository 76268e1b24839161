"""`patchlog log` on a real Kafka."""

import itertools
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaAdminClient

from ingest.log import make_log, open_log
from patchlog.__main__ import patchlog_commands
from tests.ingest.log.facts import state
from tests.kafka_cluster import KafkaCluster

pytestmark = pytest.mark.xdist_group("kafka")
_numbers = itertools.count()


def patchlog(*arguments: str, log: str) -> Result:
    return CliRunner().invoke(patchlog_commands, arguments, env={"PATCHLOG_LOG": log})


@pytest.fixture
def url(kafka: KafkaCluster) -> str:
    return f"kafka://{kafka.bootstrap}/commands-{next(_numbers)}"


def test_init_makes_the_topic_once(url: str) -> None:
    made, again = patchlog("log", "init", log=url), patchlog("log", "init", log=url)
    assert (made.exit_code, made.output) == (0, f"{url}: made\n")
    assert (again.exit_code, again.output) == (0, f"{url}: is there already\n")


def test_init_takes_mails_as_large_as_the_settings_say(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert patchlog("log", "init", log=url).exit_code == 0
    monkeypatch.setenv("PATCHLOG_MAX_MAIL_BYTES", "60000000")
    refused = patchlog("log", "info", log=url)
    assert (refused.exit_code, "max.message.bytes=53477376, not 121048576" in refused.output) == (1, True)


def test_info_and_cat_read_it(url: str) -> None:
    make_log(url)
    log = open_log(url)
    log.append([state(1)])
    log.close()
    shown = msgspec.json.decode(patchlog("log", "info", "--json", log=url).output)
    assert (shown["url"], shown["first"], shown["end"], shown["last_type"]) == (url, 1, 2, "patch.state-changed")
    printed = [msgspec.json.decode(line) for line in patchlog("log", "cat", "--json", log=url).output.splitlines()]
    assert [(record["id"], record["type"]) for record in printed] == [(1, "log.opened"), (2, "patch.state-changed")]


@pytest.mark.parametrize("part", ["ingest", "projector"])
def test_a_part_refuses_a_topic_that_forgets_with_one_sentence(url: str, kafka: KafkaCluster, part: str) -> None:
    topic = {"num_partitions": 1, "replication_factor": 1, "configs": {"retention.ms": "604800000"}}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics({url.rpartition("/")[2]: topic}, wait_for_metadata=True)
    refused = patchlog(part, log=url)
    assert refused.exit_code == 1
    assert (refused.output.count("\n"), refused.output.count("retention.ms=604800000, not -1")) == (1, 1)


def test_init_says_when_no_broker_answers() -> None:
    refused = patchlog("log", "init", log="kafka://127.0.0.1:1/log")
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert refused.output.startswith("Error: kafka://127.0.0.1:1/log: no broker answers")


def test_copy_moves_a_log_to_kafka_and_verify_compares_the_two(url: str, tmp_path: Path) -> None:
    here = f"sqlite:///{tmp_path}/log.db"
    log = open_log(here)
    log.append([state(1), state(2)])
    log.close()
    copied = patchlog("log", "copy", here, url, log="")
    assert (copied.exit_code, copied.output) == (
        0,
        f"copied up to record 4; {here} is closed, set PATCHLOG_LOG={url}\n",
    )
    assert patchlog("log", "copy", here, url, log="").output == copied.output
    verified = patchlog("log", "verify", here, url, log="")
    assert (verified.exit_code, verified.output.startswith("4 records are equal; running hash ")) == (0, True)
    running = verified.output.split()[-1]
    assert running.endswith("@4")
    there = patchlog("log", "verify", url, log=f"sqlite:///{tmp_path}/other.db")
    assert there.output == f"4 records are what they were; running hash {running}\n"
    grown = open_log(url)
    grown.append([state(3)])
    grown.close()
    assert patchlog("log", "verify", here, url, log="").output.splitlines()[1] == f"{url} has 1 more"


def test_what_is_not_there_is_not_copied(tmp_path: Path) -> None:
    failed = patchlog("log", "copy", f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/to.db", log="")
    assert (failed.exit_code, failed.output) == (1, f"Error: no log at sqlite:///{tmp_path}/none.db\n")
    assert list(tmp_path.iterdir()) == []
