"""The `git` program, run on one repository.

A program rather than a library: it is the fastest reader of its own packs (delta chains, commit-graph, multi-pack
index), works on the other core while we parse, and reads every repository format that its version writes.
"""

import os
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from ingest.archive.contract import ArchiveError

WINDOW = 32
"""Blobs that are asked for at a time: their names fit into any pipe, so that neither side waits for the other."""
_SETTINGS = ("-c", "core.quotePath=true", "-c", "log.showRoot=true", "-c", "log.showSignature=false")


class Git:
    """Runs git on the repository at `git_dir`; its errors become ArchiveError. Writes nothing."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self._command = ["git", "--git-dir", str(git_dir), *_SETTINGS]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self._environment = {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}

    def ask(self, *arguments: str) -> str | None:
        """What git answers, without the last line end; None when it says no (exit status 1)."""
        process = self._start(arguments)
        output, complaint = process.communicate()
        if process.returncode not in (0, 1):
            raise self._failed(arguments, process.returncode, complaint)
        return output.decode(errors="replace").rstrip("\n") if process.returncode == 0 else None

    def lines(self, *arguments: str) -> Iterator[bytes]:
        """What git answers, line by line while it works, without line ends."""
        with self._start(arguments, stderr_apart=False) as process:
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    yield line.rstrip(b"\n")
            except BaseException:  # whoever reads has had enough
                process.kill()
                raise
        if process.returncode:
            raise self._failed(arguments, process.returncode, b"")

    def blobs(self, ids: Iterable[str], max_bytes: int) -> Iterator[bytes | int]:
        """The contents of blobs in the order of their ids; of one above max_bytes its size alone."""
        with self._start(("cat-file", "--batch"), stderr_apart=False, feed=True) as process:
            try:
                yield from self._exchange(process, iter(ids), max_bytes)
            finally:
                process.kill()

    def _exchange(self, process: subprocess.Popen[bytes], ids: Iterator[str], max_bytes: int) -> Iterator[bytes | int]:
        assert process.stdin is not None and process.stdout is not None
        asked: deque[list[str]] = deque()
        try:
            while True:
                while len(asked) < 2 and (window := list(islice(ids, WINDOW))):
                    process.stdin.write("".join(f"{id}\n" for id in window).encode())
                    process.stdin.flush()
                    asked.append(window)
                if not asked:
                    return
                for id in asked.popleft():
                    yield self._blob(id, process.stdout, max_bytes)
        except BrokenPipeError:
            raise ArchiveError(f"{self.git_dir}: git cat-file ended before its work was done") from None

    def _blob(self, id: str, answers: IO[bytes], max_bytes: int) -> bytes | int:
        header = answers.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            came = b" ".join(header).decode(errors="replace") or "nothing"
            raise ArchiveError(f"{self.git_dir}: expected the blob {id}, came {came}")
        size_bytes = int(header[2])
        if size_bytes > max_bytes:
            left = size_bytes + 1
            while left and (skipped := answers.read(min(left, 1 << 20))):
                left -= len(skipped)
            return size_bytes
        content = answers.read(size_bytes + 1)
        if len(content) != size_bytes + 1:
            raise ArchiveError(f"{self.git_dir}: expected {size_bytes} bytes of the blob {id}, came {len(content)}")
        return content[:-1]

    def _start(
        self, arguments: Iterable[str], *, stderr_apart: bool = True, feed: bool = False
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if stderr_apart else None,
                env=self._environment,
                process_group=0,  # Ctrl-C is for us: we end it
            )
        except FileNotFoundError:
            raise ArchiveError(
                f"{self.git_dir}: reading a public-inbox needs the program git, and there is none on the PATH"
            ) from None

    def _failed(self, arguments: Iterable[str], status: int, complaint: bytes) -> ArchiveError:
        said = complaint.decode(errors="replace").strip() or f"exit status {status}"
        return ArchiveError(f"{self.git_dir}: git {' '.join(arguments)}: {said}")
