"""git as the tests run it: nobody's settings, fixed names and dates."""

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in folder and give its output; a failure fails the test with what git said."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, env=environment(folder), capture_output=True)
    said = (done.stdout[-500:] + done.stderr[-1500:]).decode(errors="replace")
    assert done.returncode == 0, f"git {arguments[0]}: {said}"
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_COMMITTER_NAME": "C O Mitter",
        "GIT_COMMITTER_EMAIL": "committer@example.org",
        "GIT_COMMITTER_DATE": "1600000000 +0000",
        "GIT_AUTHOR_NAME": "unused",
        "GIT_AUTHOR_EMAIL": "unused@example.org",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
