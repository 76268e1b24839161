"""What can be killed: brokers, PostgreSQL, and the parts of Patchlog, each kept running as a process manager does."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from bench.processes import cpu_by_process, environment, patchlog

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
BROKER, POSTGRES = DEPLOY / "kafka" / "local-broker", DEPLOY / "postgres" / "local-cluster"
HEAP = "256m"
NODES = 3
RESTART_SECONDS = 0.5
"""Between the end of a part and its next start."""
STOP_SECONDS = 20.0


class Victim(Protocol):
    """Something that runs."""

    name: str

    def kill(self) -> None:
        """Send SIGKILL."""
        ...

    def revive(self) -> None:
        """Start it again, and wait until it runs."""
        ...


class Node:
    """One broker of the cluster."""

    def __init__(self, folder: Path, number: int) -> None:
        self.name = f"broker {number}"
        self._folder, self._number = folder, number

    def kill(self) -> None:
        _kill(int((self._folder / f"node-{self._number}" / "pid").read_text()))

    def revive(self) -> None:
        _script(BROKER, "start", "--data", self._folder, "--node", str(self._number), "--heap", HEAP)


class Postgres:
    """The PostgreSQL server."""

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kill(self) -> None:
        _kill(int((self._folder / "postmaster.pid").read_text().split()[0]))

    def revive(self) -> None:
        _script(POSTGRES, "start", "--data", self._folder)


class Part:
    """One process of Patchlog. A thread starts it again whenever it ends, until `stop`."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str], command: str) -> None:
        self.name = name
        self.journal = folder / f"{name.replace(' ', '-')}.journal"
        self.ended_by_itself: list[str] = []
        """The last line that it wrote before each end that nobody wanted."""
        self._command = patchlog(command, "--data", folder)
        self._environment = {**environment(), **settings}
        self._stopping = self._was_killed = False
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=f"keeper of {name}", daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._was_killed = True
        self._process.kill()

    def revive(self) -> None:
        """Its keeper does that."""

    def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._keeper.join()

    def tracebacks(self) -> list[str]:
        """The last line of each exception that nobody handled."""
        lines = self.journal.read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback (most recent call last)" in line or "Exception in thread" in line]

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.journal.open("ab") as journal:
            return subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=journal, stderr=journal, env=self._environment
            )

    def _keep(self) -> None:
        while True:
            status = self._process.wait()
            if self._stopping:
                return
            if not self._was_killed:
                last = self.journal.read_text(errors="replace").strip().splitlines()[-1:]
                self.ended_by_itself.append(f"status {status}: {' '.join(last)}")
            time.sleep(RESTART_SECONDS)
            self._was_killed = False
            self._process = self._start()


class Worker:
    """One worker of the API, which its master starts again."""

    name = "api worker"

    def __init__(self, api: Part) -> None:
        self._api = api

    def kill(self) -> None:
        for pid in sorted(cpu_by_process(self._api.pid).keys() - {self._api.pid})[:1]:
            _kill(pid)

    def revive(self) -> None:
        """Its master does that."""


def start_brokers(folder: Path) -> str:
    """Start three brokers, and give their addresses."""
    return _script(BROKER, "start", "--data", folder, "--nodes", str(NODES), "--heap", HEAP).split()[-1]


def start_postgres(folder: Path) -> str:
    """Start a PostgreSQL server whose commits outlive a crash, and give the URL of its database."""
    return _script(POSTGRES, "start", "--data", folder).split()[-1]


def stop_servers(brokers: Path, postgres: Path) -> None:
    """Stop both, as far as they run."""
    for script, folder in ((BROKER, brokers), (POSTGRES, postgres)):
        subprocess.run([script, "stop", "--data", folder], check=False, capture_output=True)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _script(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout
