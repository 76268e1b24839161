"""The stack of docker-compose.yml, as an operator handles it: by Compose's commands, and by what its ports answer."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.containers.engine import ROOT, Refused, run

PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.5
PARTS = ("kafka", "postgres", "ingest", "projector", "api")


class Stack:
    """The containers of one project of Compose. The environment has what docker-compose.yml takes from it."""

    def __init__(self, environment: Mapping[str, str], name: str) -> None:
        self._environment, self._name = {**environment, "COMPOSE_PROJECT_NAME": name}, name
        self._compose = _compose(self._environment)

    def compose(self, *arguments: str | Path, **variables: str) -> str:
        """Run a command of Compose and give its stdout. Raises Refused if it failed."""
        return run([*self._compose, *arguments], {**self._environment, **variables})

    def tools(self, *arguments: str | Path, volume: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of patchlog in a container that is thrown away, as the file's head says."""
        mounted = ["--volume", volume] if volume else []
        command = [*self._compose, "run", "--rm", *mounted, "tools", *map(str, arguments)]
        return subprocess.run(
            command, env=self._environment, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What the engine says of each container of a service, running or not."""
        labels = {"project": self._name, "service": service, "oneoff": "False"}
        chosen = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items()]
        ids = run(["docker", "ps", "--all", "--quiet", *chosen], self._environment).split()
        found: list[dict[str, Any]] = json.loads(run(["docker", "inspect", *ids], self._environment)) if ids else []
        return found

    def kill(self, service: str) -> None:
        """End a service's first process as a crash does, so that it is the engine's to start it again.

        What `docker kill` ends stays ended: for the engine that is somebody's will.
        """
        (container,) = self.containers(service)
        os.kill(container["State"]["Pid"], signal.SIGKILL)
        wait_for(
            f"{service} to be started again",
            lambda: self.containers(service)[0]["RestartCount"] > container["RestartCount"],
        )

    def wait_until_healthy(self) -> None:
        """Wait until every part says that it is well. Raises Refused if one does not."""
        for service in PARTS:
            wait_for(f"{service} to be healthy", partial(self._is_healthy, service))

    def _is_healthy(self, service: str) -> bool:
        found = self.containers(service)
        return bool(found) and all(each["State"].get("Health", {}).get("Status") == "healthy" for each in found)

    def logs(self) -> str:
        """Everything that the containers said."""
        return self.compose("logs", "--no-color")

    def memory_mib(self, service: str) -> float:
        """The most that a service's container has had in memory since it was started, page cache included."""
        (container,) = self.containers(service)
        for place in (
            f"/sys/fs/cgroup/memory/docker/{container['Id']}/memory.max_usage_in_bytes",
            f"/sys/fs/cgroup/docker/{container['Id']}/memory.peak",
        ):
            if Path(place).exists():
                return int(Path(place).read_text()) / 2**20
        return 0.0

    def remove(self) -> None:
        """Take away the containers, networks and volumes."""
        self.compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "5")


def wait_for(what: str, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a fact. Raises Refused if it does not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Refused(f"waited {seconds:.0f} s for {what}")
        time.sleep(LOOK_SECONDS)


def _compose(environment: Mapping[str, str]) -> list[str]:
    """The command line of Compose: Docker's plug-in, or the older program."""
    for command in (["docker", "compose"], ["docker-compose"]):
        try:
            run([*command, "version"], environment)
        except (Refused, FileNotFoundError):
            continue
        return command
    raise Refused("Docker Compose is not installed (on Debian: apt-get install docker-compose)")
