"""Who of this machine may read what is kept: nobody but who runs Patchlog."""

import os
import stat
from pathlib import Path

UMASK = 0o077
DIRECTORY_MODE = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_to_oneself() -> None:
    """Let nobody else read what this process, and those that it starts, will make."""
    os.umask(UMASK)


def found_wider(data: Path) -> list[str]:
    """The data directory, and the files in it, that others of this machine may read or write.

    A socket is left out: its own setting says who may use it.
    """
    try:
        paths = [data, *sorted(data.iterdir())]
    except OSError:
        return []
    return [str(path) for path in paths if _is_wide(path)]


def _is_wide(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:  # it is gone by now
        return False
    return not (stat.S_ISSOCK(mode) or stat.S_ISLNK(mode)) and bool(mode & OTHERS)
