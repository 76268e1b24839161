"""deploy/prometheus/fetch-promtool: what tests check the rules with."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/prometheus/fetch-promtool"


def fetch(folder: Path, **programs: str) -> tuple[int, str, str]:
    """Run the script with nothing but bash and some programs on PATH, which are scripts of one line."""
    programs_folder = folder / "programs"
    programs_folder.mkdir()
    for name in ("bash", "mkdir", "mktemp", "chmod", "rm", "mv", "tar"):
        (programs_folder / name).symlink_to(f"/usr/bin/{name}")
    for name, line in programs.items():
        (programs_folder / name).write_text(f"#!/usr/bin/bash\n{line}\n")
        (programs_folder / name).chmod(0o755)
    environment = {"PATH": str(programs_folder), "HOME": str(folder)}
    done = subprocess.run([SCRIPT], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def test_the_one_that_is_installed_is_taken(tmp_path: Path) -> None:
    assert fetch(tmp_path, promtool="exit 0") == (0, f"{tmp_path}/programs/promtool\n", "")


def test_one_that_was_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    kept = tmp_path / ".cache/patchlog/promtool"
    kept.parent.mkdir(parents=True)
    kept.touch(0o755)
    assert fetch(tmp_path) == (0, f"{kept}\n", "")


def test_that_it_cannot_be_fetched_here_is_said_in_one_line(tmp_path: Path) -> None:
    status, output, error = fetch(tmp_path)
    assert (status, output, error.count("\n")) == (1, "", 1)
    assert "needs Debian's apt-get" in error


def test_a_fetch_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    failed = fetch(tmp_path, **{"apt-get": "echo noise >&2; echo 'E: no network' >&2; exit 100"})
    assert failed == (1, "", "fetch-promtool: apt-get could not download prometheus: E: no network\n")
    assert not list((tmp_path / ".cache/patchlog").iterdir())
