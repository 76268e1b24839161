"""docker-compose.yml: Compose understands it. `deploy/compose-test` runs it, by hand: that takes root and an engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.containers import engine

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
    read = config(compose, POSTGRES_PASSWORD="p@ss%word", PATCHLOG_SMTP_PUBLISH="127.0.0.1:8025-8027")
    assert read.stderr == ""
    services = yaml.safe_load(read.stdout)["services"]
    for part in ("ingest", "projector", "api"):
        environment = services[part]["environment"]
        assert environment["PGPASSWORD"].replace("$$", "$") == "p@ss%word"
        assert "p@ss" not in environment["PATCHLOG_DATABASE"]
        assert environment["PATCHLOG_SMTP_CLIENTS"] == "192.168.231.1"
        assert services[part]["logging"]["options"].keys() == {"max-size", "max-file"}


def test_nothing_starts_without_a_password(compose: list[str]) -> None:
    read = config(compose)
    assert read.returncode != 0
    assert "POSTGRES_PASSWORD" in read.stderr


def test_ports_are_published_on_the_loopback_alone_unless_asked_for() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == [
        "${PATCHLOG_SMTP_PUBLISH:-127.0.0.1:8025}:8025",
        "${PATCHLOG_HTTP_PUBLISH:-127.0.0.1:8000}:8000",
    ]


def config(compose: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """What Compose makes of the file, with these variables alone."""
    given = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([*compose, "config"], cwd=ROOT, env=given, capture_output=True, text=True)


def test_every_service_is_limited_and_says_how_it_is_and_ours_have_no_rights() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert services.keys() == {"kafka", "postgres", "topic", "ingest", "projector", "api", "tools"}
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert ("healthcheck" in service) != (name in ENDING), name
        if service["image"] == "patchlog":
            assert (service["user"], service["read_only"], service["cap_drop"]) == ("990", True, ["ALL"]), name


def test_only_the_stores_keep_something() -> None:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert {name for name, service in read["services"].items() if "volumes" in service} == {"kafka", "postgres"}
    assert read["volumes"].keys() == {"kafka", "postgres"}


def test_there_is_a_stand_in_for_each_image_that_is_pulled() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    pulled = {service["image"] for service in services.values()} - {"patchlog"}
    bases = set(re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE))
    assert {engine.BASE, engine.POSTGRES, engine.KAFKA} == pulled | bases
    version = engine.KAFKA.rpartition(":")[2]
    jars = (engine.STAND_INS / "kafka/pom.xml").read_text().partition("<dependencies>")[2]
    versions = re.findall(r"<artifactId>kafka\S*</artifactId>\s*<version>(.*)</version>", jars)
    assert versions == [version, version]


def test_compose_test_is_run_as_documented() -> None:
    said = subprocess.run([ROOT / "deploy/compose-test", "--help"], capture_output=True, text=True, check=True).stdout
    asked = set(re.findall(r"--[a-z]+", (ROOT / "deploy/compose-test").read_text().partition("set -e")[0]))
    assert {"--official", "--data"} <= asked <= set(re.findall(r"--[a-z]+", said))


def test_the_image_has_the_folders_that_are_installed() -> None:
    copied = [
        line.split()[1] for line in (ROOT / "deploy/Dockerfile").read_text().splitlines() if line.startswith("COPY ")
    ]
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(copied)
