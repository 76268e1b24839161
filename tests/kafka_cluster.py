"""A real Kafka on this machine for tests, started by the same script that users have: deploy/kafka/local-broker."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "deploy" / "kafka" / "local-broker"


def skip_without_kafka() -> None:
    """Skip where Kafka cannot be run."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"Kafka cannot be run here: {program} is missing (deploy/install-test-tools)")


class KafkaCluster:
    """One node or three, in a folder of their own."""

    def __init__(self, folder: Path, nodes: int = 1) -> None:
        self._folder = folder
        self.bootstrap = self.start("--nodes", str(nodes)).split()[-1]

    def start(self, *options: str) -> str:
        """Start what does not run, and wait until it serves; gives what the script printed."""
        return self._run("start", *options).stdout

    def stop(self) -> None:
        """Stop all nodes."""
        self._run("stop")

    def signal(self, number: signal.Signals, node: int = 1) -> None:
        """Send a signal to one node: SIGKILL, or SIGSTOP and SIGCONT."""
        os.kill(int((self._folder / f"node-{node}" / "pid").read_text()), number)

    def _run(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [SCRIPT, *options, "--data", self._folder, "--heap", "320m"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
