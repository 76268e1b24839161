"""The drill: saved while mail comes, killed, deleted, restored, replayed. Nothing promised before is missing."""

import json
import shutil
import threading
from itertools import count
from pathlib import Path

from ingest.log import Log, open_log
from patchlog.backups import read_manifest
from projector.generation import Generation
from projector.readmodel.generations import ReadModels
from schemas.records import MailReceived
from tests.databases import database_of
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.test_kill import Sender, Tally, kill, series
from tests.ingest.log.test_copying import everything
from tests.replay.walk import Walked, walk

SESSIONS = 6
ADD = ("project", "add", "demo", "--name", "Demo", "--listid", "demo.example.org", "--listemail", "demo@example.org")


def shown_at(log: Log, record: int, folder: Path) -> Walked:
    """What the API shows of a log when a record of it is the last that was folded."""
    url = f"sqlite:///{folder}/readmodel.db"
    models = ReadModels(url)
    generation = Generation(log, models, models.create())
    models.point_to(generation.number)
    generation.reach(record, 500)
    generation.close()
    return walk(url)


class Giving(Sender):
    """A sender that gives up when a mail is not taken, as all do when everything is killed."""

    def run(self) -> None:
        for name in count():
            for mail in series(f"g{self.number}-{name}"):
                if not self.deliver(mail):
                    return


def send_from_many(up: Running) -> tuple[Tally, list[Giving]]:
    tally = Tally()
    senders = [Giving(number, up.smtp, threading.Event(), tally) for number in range(SESSIONS)]
    for sender in senders:
        sender.start()
    return tally, senders


def test_what_was_promised_before_the_backup_comes_back(data_directory: Path, tmp_path: Path) -> None:
    data, folder = data_directory, tmp_path / "backup"
    assert patchlog(*ADD, data=data).returncode == 0
    with running(data) as up:
        tally, senders = send_from_many(up)
        tally.wait_for(90)
        promised = list(tally.mails)
        saved = patchlog("backup", folder, data=data)
        assert saved.returncode == 0, saved.stderr
        tally.wait_for(30)
        kill(up, "all")
    for sender in senders:
        sender.join()
    last = read_manifest(folder).last
    log = open_log(f"sqlite:///{data}/log.db")
    assert log.end() > last, "mail came after the backup"
    records, shown = everything(log)[:last], shown_at(log, last, tmp_path / "expected")
    log.close()
    shutil.rmtree(data)

    restored = patchlog("restore", folder, data=data)
    assert restored.returncode == 0, restored.stderr
    assert f"reaches up to record {last}, recorded {records[-1].recorded_at:%Y-%m-%d %H:%M:%S} UTC" in restored.stdout
    replayed = patchlog("replay", "--fresh", data=data)
    assert replayed.returncode == 0, replayed.stderr
    log = open_log(f"sqlite:///{data}/log.db")
    assert everything(log) == records
    log.close()
    assert walk(database_of(data)) == shown
    mails = {record.fact.raw for record in records if isinstance(record.fact, MailReceived)}
    assert mails.issuperset(promised)
    goes_on(data, last)


def goes_on(data: Path, last: int) -> None:
    """It takes mail again, and gives the ids that come next."""
    with running(data) as up:
        tally = Tally()
        sender = Sender(99, up.smtp, threading.Event(), tally)
        for mail in series("after"):
            assert sender.deliver(mail)
        eventually(lambda: json.loads(patchlog("status", "--json", data=data).stdout)["lag"] == 0)
        found = eventually(lambda: up.get_json("series/?name=after")["results"])
        assert found[0]["id"] > last
