"""A container engine of one's own, with stand-ins for the images that cannot be pulled."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = ROOT / "deploy/compose"
BASE, POSTGRES, KAFKA = "python:3.11-slim-bookworm", "postgres:15", "apache/kafka:4.1.0"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
START_SECONDS = 60.0
PROGRAMS = {"dockerd": "docker.io", "docker": "docker.io", "debootstrap": "debootstrap", "mvn": "maven"}
PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "timeout", "retries")
"""What the stand-in takes over of this machine's pip; a certificate is named by the place that it has there."""

Say = Callable[[str], None]


class Refused(Exception):
    """What is wrong, in one line."""


def run(command: Sequence[str | Path], environment: Mapping[str, str], *, cwd: Path = ROOT) -> str:
    """Run a program to its end, and give what it said on stdout. Raises Refused with its last words if it failed."""
    done = subprocess.run(
        list(map(str, command)),
        env=dict(environment),
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-3:]
        raise Refused(f"{Path(command[0]).name} {command[1] if len(command) > 1 else ''}: {' '.join(said)}")
    return done.stdout


@contextmanager
def own_engine(data: Path, say: Say) -> Iterator[dict[str, str]]:
    """Run an engine with all that it has below `data`; gives the environment in which `docker` reaches it.

    Raises Refused where a program or a right is missing, or it does not start.
    """
    lacking = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if lacking:
        raise Refused(f"apt-get install {' '.join(lacking)}, or run it with --official")
    if os.geteuid() != 0:
        raise Refused("an engine of its own needs root")
    socket, log = data / "docker.sock", data / "dockerd.log"
    environment = {**os.environ, "DOCKER_HOST": f"unix://{socket}"}
    command = ["dockerd", f"--data-root={data}/root", f"--exec-root={data}/exec", f"--pidfile={data}/dockerd.pid"]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [*command, f"--host=unix://{socket}"], stdin=subprocess.DEVNULL, stdout=file, stderr=file
        ) as daemon,
    ):
        try:
            _wait_until_it_answers(daemon, environment, log)
            make_images(data, environment, say)
            yield environment
        finally:
            daemon.terminate()


def _wait_until_it_answers(daemon: "subprocess.Popen[bytes]", environment: Mapping[str, str], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(["docker", "version"], env=dict(environment), capture_output=True).returncode:
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise Refused(f"dockerd does not start: {log.read_text().strip().splitlines()[-1:]}")
        time.sleep(0.2)


def make_images(data: Path, environment: Mapping[str, str], say: Say) -> None:
    """Make the stand-ins that the engine does not have yet."""
    there = run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"], environment).split()
    with_files = {BASE: _make_base, POSTGRES: _make_postgres, KAFKA: _make_kafka}
    for name, make in with_files.items():
        if name not in there:
            say(f"making a stand-in for {name}")
            folder = data / "making"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder, environment)
            shutil.rmtree(folder)


def _make_base(folder: Path, environment: Mapping[str, str]) -> None:
    """Debian with Python, from where this machine's packages come."""
    archive = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm"], environment).split()
    wanted = ["--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm"]
    run(["debootstrap", *wanted, folder / "base", *archive[:1]], environment)
    base = folder / "base"
    (base / "usr/bin/python").symlink_to("python3")
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, base / CERTIFICATES.relative_to("/"))
    (base / "etc/pip.conf").write_text(_pip_settings(environment))
    with subprocess.Popen(["tar", "-C", base, "-c", "."], stdout=subprocess.PIPE) as tar:
        command = ["docker", "import", "-", BASE]
        done = subprocess.run(command, env=dict(environment), stdin=tar.stdout, capture_output=True, text=True)
    if done.returncode or tar.returncode:
        raise Refused(f"docker import: {done.stderr.strip()}")


def _pip_settings(environment: Mapping[str, str]) -> str:
    """What builds need to know of this machine's pip, as a file of its settings."""
    lines = run([ROOT / ".venv/bin/python", "-m", "pip", "config", "list"], environment).splitlines()
    found = [line.partition("=") for line in lines]
    given = {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in found}
    chosen = [f"{name} = {given[name]}" for name in PIP_SETTINGS if name in given]
    return "\n".join(["[global]", *chosen, f"cert = {CERTIFICATES}", ""])


def _make_postgres(folder: Path, environment: Mapping[str, str]) -> None:
    run(["docker", "build", "--tag", POSTGRES, STAND_INS / "postgres"], environment)


def _make_kafka(folder: Path, environment: Mapping[str, str]) -> None:
    """The jars of that version, by Maven."""
    context = shutil.copytree(STAND_INS / "kafka", folder / "kafka")
    shutil.copy(ROOT / "deploy/kafka/log4j2.properties", context)
    copied = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={context}/jars"]
    run(["mvn", "-B", "-q", "-f", context / "pom.xml", *copied], environment)
    run(["docker", "build", "--tag", KAFKA, context], environment)
