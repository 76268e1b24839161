"""What `patchlog up` says when it is ready: where everything is, and what a newcomer may try next."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from patchlog.address import Address

SEND_EMAIL, CURL = "git send-email", "curl"
PACKAGES = {SEND_EMAIL: "git-email", CURL: "curl"}
"""The Debian package of each program that the next steps need."""


def ready_text(data: str, smtp: Address, http: Address, *, fresh: bool) -> str:
    """One line that says where everything is; where there is no project yet, with what to try next."""
    pages = f"http://{http.reachable()}/"
    line = f"patchlog is ready: pages on {pages}, SMTP on {smtp}, API on {pages}api/1.0/, data in {data}"
    return f"{line}\n\n{next_steps(data, smtp, pages, missing_programs())}" if fresh else line


def next_steps(data: str, smtp: Address, pages: str, missing: frozenset[str]) -> str:
    """Add a list, send it commits, look at them. A step whose program is missing says what brings it."""
    mailhost, command = smtp.reachable(), _command()
    return f"""Try it, in another terminal:
  1. tell it about a list:
     {command} project add demo --name Demo --listid demo.example.org \\
       --listemail demo@example.org --data {data}
  2. send it the last three commits of any git repository{_note(SEND_EMAIL, missing)}:
     git send-email --smtp-server={mailhost.host} --smtp-server-port={mailhost.port} --confirm=never \\
       --suppress-cc=all --to=demo@example.org -3
  3. look at what became of them, in a browser or by the API{_note(CURL, missing)}:
     {pages}
     curl {pages}api/1.0/projects/demo/series/
"""


def missing_programs() -> frozenset[str]:
    """The programs of the next steps that a shell would not find here."""
    there = {SEND_EMAIL: _has_send_email(), CURL: shutil.which("curl") is not None}
    return frozenset(name for name, is_there in there.items() if not is_there)


def _has_send_email() -> bool:
    """Whether git has it: a program beside git's others, which Debian has in a package of its own."""
    git = shutil.which("git")
    if git is None:
        return False
    folder = subprocess.run([git, "--exec-path"], capture_output=True, text=True, check=False).stdout.strip()
    return any(shutil.which("git-send-email", path=path) is not None for path in (folder, None))


def _note(program: str, missing: frozenset[str]) -> str:
    if program not in missing:
        return ""
    return f"\n     (there is no `{program}` on this machine; on Debian: apt-get install {PACKAGES[program]})"


def _command() -> str:
    """How a shell finds this program."""
    return "patchlog" if shutil.which("patchlog") else os.path.relpath(Path(sys.prefix) / "bin" / "patchlog")
