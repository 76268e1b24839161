"""Runs a command on a terminal, and gives what is to be read there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import NamedTuple

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-9]|9[0-7])(?:;[0-9]+)*m")


class Screen(NamedTuple):
    """What a command wrote to a terminal, standard output and error alike, and its exit status."""

    written: str
    status: int

    @property
    def text(self) -> str:
        """The lines, as they stand when the command is through: without colours, and without what was written over."""
        lines = ESCAPE.sub("", self.written.replace("\r\n", "\n")).split("\n")
        return "\n".join(line.rpartition("\r")[2] for line in lines)

    def shown(self) -> list[str]:
        """All lines that ever stood there, those too that were written over."""
        return re.split(r"[\r\n]+", ESCAPE.sub("", self.written))

    @property
    def widest(self) -> int:
        """The columns of the widest line that was ever shown."""
        return max(map(len, self.shown()))

    @property
    def is_coloured(self) -> bool:
        return COLOUR.search(self.written) is not None


def on_a_terminal(columns: int, *arguments: str, **environment: str) -> Screen:
    """Run `patchlog` on a terminal that is so wide; environment: variables that it has besides."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "patchlog", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            while part := screen.read(65536):
                shown += part
        except OSError:  # Linux says EIO when nobody has the other end any more
            pass
    return Screen(shown.decode(), process.wait())
