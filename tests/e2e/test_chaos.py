"""A short run of `python -m bench.chaos`: one of each kind is killed, and nothing is lost, doubled or missing."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.chaos.plan import default_folder, plan_with_real_mail
from bench.chaos.run import run
from tests.databases import start_cluster
from tests.kafka_cluster import skip_without_kafka

MAILS, SECONDS, PAUSE_SECONDS = 120, 10.0, 1.0
SEED = 60
"""By it each kind of process is among the first seven that are killed."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL can reach, which runs as another user than root: pytest's own are its owner's alone."""
    with tempfile.TemporaryDirectory(prefix="patchlog-chaos-") as temporary:
        Path(temporary).chmod(0o755)
        yield Path(temporary)


@pytest.mark.xdist_group("kafka")
def test_nothing_is_lost_doubled_or_missing_while_everything_is_killed(folder: Path) -> None:
    skip_without_kafka()
    start_cluster().close()
    said: list[str] = []
    plan = plan_with_real_mail(MAILS, SECONDS, PAUSE_SECONDS, SEED)
    report = run(plan, default_folder(str(folder / "chaos")), said.append)
    assert report.wrong == [], said
    assert report.figures["answered 250"] == MAILS
