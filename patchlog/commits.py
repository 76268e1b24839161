"""The commits of a range in a git repository, and what `git patch-id` says of each."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

# What people set for themselves must not change what a diff says (git-config(1)).
PLAIN = (
    "core.quotePath=true", "diff.noprefix=false", "diff.mnemonicPrefix=false", "diff.algorithm=myers", "diff.context=3",
    "diff.interHunkContext=0", "diff.suppressBlankEmpty=false", "diff.indentHeuristic=true", "diff.submodule=short",
    "log.showSignature=false",
)  # fmt: skip
LOG = (
    "log", "-p", "-M", "--full-index", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "--no-decorate",
    "--no-notes",
)  # fmt: skip


def commits_of(repository: Path, span: str) -> dict[str, str | None]:
    """The commits of a range, the oldest first, with the patch id of each; None: a merge, or one without changes.

    Raises ValueError in one sentence when git is not there, the folder is no repository or the range is none.
    """
    commits = _git(repository, "rev-list", "--reverse", "--end-of-options", span, "--").split()
    return dict.fromkeys(commits) | _patch_ids(repository, span)


def _patch_ids(repository: Path, span: str) -> dict[str, str]:
    log = subprocess.Popen(
        _command(repository, *LOG, "--end-of-options", span, "--"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    assert log.stdout is not None
    with log, log.stdout:
        lines = _git(repository, "patch-id", "--stable", stdin=log.stdout).splitlines()
    if log.returncode != 0:
        raise ValueError(f"git log {span} in {repository} failed (exit status {log.returncode})")
    return {commit: id for id, commit in (line.split() for line in lines)}


def _git(repository: Path, *arguments: str, stdin: IO[bytes] | int = subprocess.DEVNULL) -> str:
    if not repository.is_dir():
        raise ValueError(f"no directory at {repository}")
    command = _command(repository, *arguments)
    try:
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False, env=_environment())
    except FileNotFoundError:
        raise ValueError("git is not installed, or not on the PATH") from None
    if done.returncode != 0:
        complaint = (done.stderr.strip().splitlines() or ["it does not say why"])[0]
        raise ValueError(f"git {arguments[0]} in {repository}: {complaint.removeprefix('fatal: ')}")
    return done.stdout


def _command(repository: Path, *arguments: str) -> Sequence[str]:
    settings = (word for setting in PLAIN for word in ("-c", setting))
    return ["git", "-C", str(repository), *settings, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "GIT_PAGER": "cat"}
