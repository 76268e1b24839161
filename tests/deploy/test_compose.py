"""docker-compose.yml: Compose understands it. It is not run here, as that takes an engine and images."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENDING = {"topic", "tools"}
"""Services that do one thing and end: nobody asks how they are."""


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The command line of Compose: Docker's plug-in, or the older program."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            return command
    pytest.skip("Docker Compose is not installed (on Debian: apt-get install docker-compose)")


def test_compose_reads_the_file_without_complaint(compose: list[str]) -> None:
    read = subprocess.run([*compose, "config", "-q"], cwd=ROOT, capture_output=True, text=True)
    assert (read.returncode, read.stdout, read.stderr) == (0, "", "")


def test_every_service_is_limited_and_says_how_it_is_and_ours_have_no_rights() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert services.keys() == {"kafka", "postgres", "topic", "ingest", "projector", "api", "tools"}
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert ("healthcheck" in service) != (name in ENDING), name
        if service["image"] == "patchlog":
            assert (service["user"], service["read_only"], service["cap_drop"]) == ("990", True, ["ALL"]), name


def test_the_image_has_the_folders_that_are_installed() -> None:
    copied = [
        line.split()[1] for line in (ROOT / "deploy/Dockerfile").read_text().splitlines() if line.startswith("COPY ")
    ]
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(copied)
