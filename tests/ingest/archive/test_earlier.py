"""Reading a log from its end, in blocks that neither overlap nor leave anything out."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.archive.earlier import BLOCK, FIRST_BLOCK, backwards
from ingest.log import open_log
from schemas.records import ImportFinished


@pytest.mark.parametrize(
    "count", [0, 1, FIRST_BLOCK - 1, FIRST_BLOCK, FIRST_BLOCK + BLOCK, FIRST_BLOCK + 2 * BLOCK + 7]
)
def test_every_record_comes_once_the_last_one_first(tmp_path: Path, count: int) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([ImportFinished(source=str(number), mails=0) for number in range(count)])
    ids: Sequence[int] = [record.id for record in backwards(log)]
    log.close()
    assert ids == list(range(count + 1, 0, -1))
