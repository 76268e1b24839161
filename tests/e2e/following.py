"""Clients of the feed as processes: started, killed at any of their steps, and started again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e import feed_client


class Follower:
    """A client that lives again and again, with one file for all its lives."""

    def __init__(self, folder: Path, http: tuple[str, int], way: str, names: str = "") -> None:
        self.way, self.names = way, names
        self.file = folder / f"{way}-{'named' if names else 'unasked'}.json"
        host, port = http
        # -S and -E: it needs the standard library alone, and starts in a third of the time.
        self._command = [sys.executable, "-SE", feed_client.__file__, host, str(port), str(self.file), way, names]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, perpage: int) -> None:
        """Begin a life, in which it asks for so many events at a time."""
        assert self._process is None
        self._process = subprocess.Popen([*self._command, str(perpage)], stdout=subprocess.PIPE)

    def kill_after(self, steps: int) -> None:
        """Let it go so many steps of this life, and kill it."""
        assert self._process is not None and self._process.stdout is not None
        while steps > 0:
            came = os.read(self._process.stdout.fileno(), steps)
            assert came, f"{self.file.name} ended by itself: {self._process.wait()}"
            steps -= len(came)
        self.kill()

    def kill(self) -> None:
        """End this life without a warning, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            assert self._process.returncode == -9, f"{self.file.name} ended by itself: {self._process.returncode}"
            self._process = None

    def events(self) -> list[dict[str, Any]]:
        """What it has stored by now."""
        return feed_client.read(str(self.file)).events if self.file.exists() else []

    def has(self, event: int) -> bool:
        """Whether the last event it stored is this one."""
        events = self.events()
        return bool(events) and events[-1]["id"] == event
