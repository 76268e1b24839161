"""deploy/kafka/local-broker: what users and tests start Kafka with."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kafka_cluster import SCRIPT, KafkaCluster, skip_without_kafka

pytestmark = pytest.mark.xdist_group("kafka")


def run(*arguments: str | Path, path: str = os.environ["PATH"], home: Path | None = None) -> tuple[int, str, str]:
    environment = {"PATH": path, "HOME": str(home or Path.home())}
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def test_a_killed_node_is_started_again_at_its_old_address(tmp_path: Path) -> None:
    skip_without_kafka()
    cluster = KafkaCluster(tmp_path)
    assert cluster.start().split()[-1] == cluster.bootstrap
    assert run("status", "--data", tmp_path)[:2] == (0, f"node 1: {cluster.bootstrap} pid {pid(tmp_path)}\n")
    cluster.signal(signal.SIGKILL)
    assert run("status", "--data", tmp_path)[:2] == (3, f"node 1: {cluster.bootstrap} not running\n")
    assert cluster.start("--node", "1").split()[-1] == cluster.bootstrap
    cluster.stop()
    assert run("status", "--data", tmp_path)[0] == 3


@pytest.mark.parametrize(("there", "missing"), [((), "needs Java 17"), (("java",), "needs Maven")])
def test_what_is_missing_is_said_in_one_line(tmp_path: Path, there: tuple[str, ...], missing: str) -> None:
    (tmp_path / "python3").symlink_to("/usr/bin/python3")
    for program in there:
        (tmp_path / program).symlink_to("/bin/true")
    status, output, error = run("start", "--data", tmp_path / "data", path=str(tmp_path), home=tmp_path)
    assert (status, output) == (1, "")
    assert error.startswith(f"local-broker: {missing}") and error.count("\n") == 1


def test_a_folder_without_a_cluster_has_no_status(tmp_path: Path) -> None:
    status, _, error = run("status", "--data", tmp_path)
    assert (status, error.count("no cluster here")) == (1, 1)


def pid(folder: Path) -> str:
    return (folder / "node-1" / "pid").read_text().strip()
