"""`deploy/compose-test [--official] [--data DIR] [--mails N] [--seconds N]`: docker-compose.yml, run for real."""

import argparse
import json
import os
import secrets
import shutil
import smtplib
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.chaos.people import Senders
from bench.chaos.plan import Plan, plan_with_our_own
from bench.containers import facts
from bench.containers.engine import Refused, own_engine
from bench.containers.facts import Fact
from bench.containers.stack import PARTS, Stack, wait_for
from bench.machine import describe
from bench.mailing import LIST_ADDRESS, LIST_ID, mails
from bench.processes import free_port

LINKNAME = "demo"
OUR_UID = 990
SETTLE_SECONDS = 240.0
PAUSE_SECONDS = 5.0
"""From when all are well to the next kill."""


def main() -> int:
    """Run it, and print what was found; gives the exit status."""
    options = _options()
    print(describe(), flush=True)
    try:
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="patchlog-compose-", dir="/var/tmp")))
            data = Path(options.data or folder).resolve()
            data.mkdir(parents=True, exist_ok=True)
            engine = dict(os.environ) if options.official else held.enter_context(own_engine(data, _say))
            found = _look(engine, folder, options.mails, options.seconds)
    except Refused as error:
        print(f"compose-test: {error}", file=sys.stderr)
        return 1
    print("\n" + "\n".join(f"{'ok   ' if fact.is_good else 'WRONG'} {fact.what}: {fact.found}" for fact in found))
    return 0 if all(fact.is_good for fact in found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compose-test", description=__doc__)
    parser.add_argument("--official", action="store_true", help="the official images, and the engine of this machine")
    parser.add_argument("--data", metavar="DIR", help="keep the engine's images here; default: nothing is kept")
    parser.add_argument("--mails", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=150.0, help="how long mail is sent, at the least")
    return parser.parse_args()


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def _look(engine: Mapping[str, str], folder: Path, count: int, seconds: float) -> list[Fact]:
    """Everything, from the first `up` to the last look."""
    first, others, http = free_port(), _free_range(), free_port()
    piece = secrets.token_hex(8)
    password = f"p@ss%41/:#'{piece}$x"
    given = {
        **{name: value for name, value in engine.items() if not name.startswith("PATCHLOG_")},
        "PATCHLOG_SMTP_PUBLISH": f"127.0.0.1:{first}",
        "PATCHLOG_HTTP_PUBLISH": f"127.0.0.1:{http}",
    }
    name = f"patchlogtest{os.getpid()}"
    refusal = _refuses_without_password(Stack({**given, "POSTGRES_PASSWORD": ""}, name))
    plan = plan_with_our_own(count, seconds, PAUSE_SECONDS, seed=1)
    with _standing(Stack({**given, "POSTGRES_PASSWORD": password}, name)) as stack:
        _add_project(stack)
        killed, senders = _send_and_kill(stack, plan, first)
        state = _settle(stack)
        log = facts.on_the_log(_export(stack, folder))
        patches = [raw for raw, mail in zip(plan.raws, mails(count, 1), strict=True) if mail.is_patch]
        found = [
            refusal,
            Fact("the stack comes up as documented, with a password of @ % / : # ' $", "all parts healthy", True),
            *killed,
            Fact("mails answered 250", f"{len(senders.recorded)} of {count}; {dict(senders.replies)}", True),
            facts.mails_on_the_log(plan.raws, senders.recorded, log),
            facts.mails_in_status(state, log),
            facts.patches_shown(http, LINKNAME, patches, log),
            facts.series_read(http, LINKNAME, log),
            facts.status(stack.tools("status")),
            facts.only_on_loopback([*stack.containers("ingest"), *stack.containers("api")], [first, http]),
            *_sizes(stack),
            _no_volumes(stack),
            _scaled(stack, others),
            facts.status(stack.tools("status")),
        ]
        logs = stack.logs()
        return [*found, facts.keeps_its_secret(logs, [password, "p@ss%", "ss%41", piece]), facts.no_traceback(logs)]


@contextmanager
def _standing(stack: Stack) -> Iterator[Stack]:
    """The stack, up; at the end nothing of it is left. What its parts said last is printed if it does not stand."""
    try:
        _say("docker compose up --build --detach")
        stack.compose("up", "--build", "--detach")
        stack.wait_until_healthy()
        yield stack
    except Refused:
        print("\n".join(stack.logs().splitlines()[-40:]), file=sys.stderr)
        raise
    finally:
        _say("taking it down")
        stack.remove()


def _refuses_without_password(stack: Stack) -> Fact:
    try:
        stack.compose("up", "--detach")
    except Refused as error:
        said = "it says to set POSTGRES_PASSWORD" if "POSTGRES_PASSWORD" in str(error) else str(error)
        return Fact("without a password nothing starts", said, "POSTGRES_PASSWORD" in str(error))
    stack.remove()
    return Fact("without a password nothing starts", "it started", False)


def _add_project(stack: Stack) -> None:
    arguments = ["project", "add", LINKNAME, "--name", "Demo", "--listid", LIST_ID, "--listemail", LIST_ADDRESS]
    done = stack.tools(*arguments)
    if done.returncode:
        raise Refused(f"project add: {done.stderr.strip()}")


def _send_and_kill(stack: Stack, plan: Plan, port: int) -> tuple[list[Fact], Senders]:
    """Send all mail, and meanwhile kill each part once; each has to be well again by itself before the next."""
    senders = Senders(plan, [port])
    found = []
    for service in PARTS:
        time.sleep(PAUSE_SECONDS)
        before, begun = len(senders.recorded), time.monotonic()
        _say(f"killing {service}; {before} mails are answered 250")
        stack.kill(service)
        stack.wait_until_healthy()
        well = f"all healthy after {time.monotonic() - begun:.0f} s, {len(senders.recorded) - before} mails meanwhile"
        found.append(Fact(f"{service} is killed while mail comes", well, True))
    if not senders.join(SETTLE_SECONDS):
        raise Refused(f"only {len(senders.recorded)} of {len(plan.raws)} mails were answered 250")
    return found, senders


def _settle(stack: Stack) -> Mapping[str, object]:
    """Wait until nothing is left to be folded or published; gives what `status --json` says then."""
    _say("waiting until all is folded and published")
    states: list[dict[str, object]] = []

    def is_settled() -> bool:
        said = stack.tools("status", "--json").stdout
        states.append(json.loads(said) if said.startswith("{") else {})
        publishing = states[-1].get("publishing")
        return states[-1].get("lag") == 0 and isinstance(publishing, dict) and publishing["events"] == 0

    wait_for("the projector to come to the end of the log", is_settled, SETTLE_SECONDS)
    return states[-1]


def _export(stack: Stack, folder: Path) -> Path:
    """The backup of this stack, by the line that the file's head gives."""
    backup = folder / "backup"
    backup.mkdir()
    shutil.chown(backup, OUR_UID)
    done = stack.tools("log", "export", "/backup/patchlog.log.zst", volume=f"{backup}:/backup")
    if done.returncode:
        raise Refused(f"log export: {done.stderr.strip()}")
    return backup / "patchlog.log.zst"


def _sizes(stack: Stack) -> Iterator[Fact]:
    """What each part had in memory at most, page cache included, of what it may have."""
    for service in PARTS:
        limit = stack.containers(service)[0]["HostConfig"]["Memory"] / 2**20
        taken, killed = stack.memory_mib(service), stack.containers(service)[0]["State"]["OOMKilled"]
        yield Fact(f"memory of {service}", f"{taken:.0f} of {limit:.0f} MiB", limit > 0 and not killed)


def _no_volumes(stack: Stack) -> Fact:
    """Whether only the stores have something that stays."""
    kept = {
        service: [mount["Destination"] for mount in stack.containers(service)[0]["Mounts"] if mount["Type"] == "volume"]
        for service in PARTS
    }
    with_volumes = sorted(service for service, mounts in kept.items() if mounts)
    return Fact("containers with a volume", ", ".join(with_volumes), with_volumes == ["kafka", "postgres"])


def _scaled(stack: Stack, ports: tuple[int, int]) -> Fact:
    """Whether two receivers share the work, each on a port of the range."""
    _say("two receivers")
    published = f"127.0.0.1:{ports[0]}-{ports[1]}"
    stack.compose("up", "--detach", "--scale", "ingest=2", PATCHLOG_SMTP_PUBLISH=published)
    stack.wait_until_healthy()
    answers = []
    for number, mail in zip(range(len(ports)), mails(2, seed=9), strict=True):
        with smtplib.SMTP("127.0.0.1", ports[number], timeout=30) as connection:
            connection.ehlo()
            connection.mail("sender@example.org")
            connection.rcpt(LIST_ADDRESS)
            answers.append(connection.data(mail.raw)[0])
    running = len(stack.containers("ingest"))
    return Fact(
        "--scale ingest=2 on a range of ports", f"{running} receivers, answers {answers}", answers == [250, 250]
    )


def _free_range() -> tuple[int, int]:
    """Two ports, one behind the other, that nobody has now."""
    while True:
        first = free_port()
        try:
            with socket.create_server(("127.0.0.1", first + 1)):
                return first, first + 1
        except OSError:
            continue


if __name__ == "__main__":
    sys.exit(main())
