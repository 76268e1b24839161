"""The same log gives the same answers, byte for byte, however it is cut into batches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.archive import find_earlier, import_archive, open_archive, source_of
from ingest.log import Log, open_log
from projector.generation import Generation
from projector.readmodel.generations import ReadModels
from projector.replay import replay
from schemas.records import PatchStateChanged, ProjectAdded, TestResultReported
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import PROJECT
from tests.replay.walk import walk

MAX_MAIL_BYTES = 1 << 25


def follow(log: Log, models: ReadModels) -> int:
    """Do what the live projector does until nothing is left to do, and give the position."""
    number = models.live()
    generation = Generation(log, models, number if number is not None else models.create())
    models.point_to(generation.number)
    while True:
        while generation.fold(100):
            pass
        facts = generation.announcements()
        if not facts:
            break
        log.append(facts)
    generation.close()
    return generation.position


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


def everything(log: Log, models: ReadModels) -> None:
    """A bit of all that can be on a log: rerolls, comments, results, states, pull requests, merges, dead letters."""
    log.append([PROJECT])
    first = log.append([*series("a", 3), answer("r1", ("a-0", "a-2"), body="Reviewed-by: Otto <otto@example.org>\n")])
    follow(log, models)
    patches = tuple(first[1:4])
    log.append(
        [
            TestResultReported(target="revision", patches=patches, test_name="build", state="warning", summary="hm"),
            TestResultReported(target="patch", patches=patches[:1], test_name="style", state="success"),
            PatchStateChanged(patch=patches[0], state="accepted"),
            *series("b", 3, marker="v2", minute=60, answers="a-0"),
            mail("[PATCH v3] net: part 2", "c", answers=("a-0", "b-0", "b-2"), minute=90),
            mail("[PATCH] elsewhere: fix", "d", list_id="other.example.org"),
        ]
    )
    follow(log, models)
    log.append([ProjectAdded(linkname="other", name="Other", listid="other.example.org", listemail="o@example.org")])
    log.append(series("y", 2, name="net: two", marker="v3", minute=900, patch_names=["net: c", "net: d"]))
    follow(log, models)
    log.append(series("x", 2, name="net: two", marker="v2", minute=800, answers="c", patch_names=["net: c", "net: d"]))
    pull = (
        "The following changes since commit 1:\n\nare available in the Git repository at:\n\n  git://example.org/x v1\n"
    )
    log.append(
        [mail("[GIT PULL] fixes", "p", body=pull, has_diff=False), mail("[PATCH] x", "q", list_id="none.example.org")]
    )
    follow(log, models)


def a_real_list(log: Log, folder: Path) -> None:
    (path,) = folder.glob("lists/spice-devel*")
    list_id = "spice-devel.lists.freedesktop.org"
    log.append([ProjectAdded(linkname="spice", name="Spice", listid=list_id, listemail="spice@example.org")])
    archive = open_archive(path, MAX_MAIL_BYTES)
    import_archive(log, archive, find_earlier(log, source_of(path), ""))


def same_after_replays(log: Log, folder: Path) -> None:
    url = f"sqlite:///{folder}/readmodel.db"
    end = log.end()
    before = walk(url)
    assert {status for status, _ in before.values()} == {200}
    for batch in (1, 7, 1000):
        for path in folder.glob("readmodel.db*"):
            path.unlink()
        replay(log, ReadModels(url), lambda position, end: None, batch_size=batch)
        assert walk(url) == before
    assert log.end() == end, "a replay appends nothing"
    assert follow(log, ReadModels(url)) == end, "and leaves nothing to announce"


def test_deleted_read_model_comes_back_byte_for_byte(log: Log, tmp_path: Path) -> None:
    everything(log, ReadModels(f"sqlite:///{tmp_path}/readmodel.db"))
    same_after_replays(log, tmp_path)


def test_real_list_comes_back_byte_for_byte(log: Log, tmp_path: Path, real_mail: Path) -> None:
    a_real_list(log, real_mail)
    follow(log, ReadModels(f"sqlite:///{tmp_path}/readmodel.db"))
    same_after_replays(log, tmp_path)
