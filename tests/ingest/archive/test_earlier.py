"""Reading a log from its end, in blocks that neither overlap nor leave anything out."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from ingest.archive.earlier import BLOCK, FIRST_BLOCK, backwards, find_earlier, known_keys
from ingest.log import open_log
from schemas.records import ArchivePlace, ImportFinished
from tests.ingest.log.facts import STUB


@pytest.mark.parametrize(
    "count", [0, 1, FIRST_BLOCK - 1, FIRST_BLOCK, FIRST_BLOCK + BLOCK, FIRST_BLOCK + 2 * BLOCK + 7]
)
def test_every_record_comes_once_the_last_one_first(tmp_path: Path, count: int) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([ImportFinished(source=str(number), mails=0) for number in range(count)])
    ids: Sequence[int] = [record.id for record in backwards(log)]
    log.close()
    assert ids == list(range(count + 1, 0, -1))


def test_a_mail_that_was_redacted_is_not_taken_again(tmp_path: Path) -> None:
    place = ArchivePlace(1, "key", "7")
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([msgspec.structs.replace(STUB, source="import:x", archive=place)])
    assert find_earlier(log, "import:x", "").last == place
    assert known_keys(log, "import:x") == {"key"}
    log.close()
