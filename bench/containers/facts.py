"""What has to hold of the stack, looked at from outside: by its ports, its logs and the export of its log."""

import json
import socket
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.http_load import get, walk
from ingest.log.codec import Codec
from ingest.log.portable import Export
from schemas.records import MailReceived


class Fact(NamedTuple):
    """One line of the table: what was looked at, what was found, and whether it is as it has to be."""

    what: str
    found: str
    is_good: bool


def on_the_log(export: Path) -> dict[bytes, list[int]]:
    """By each mail's bytes, the records that have it."""
    codec = Codec()
    found: dict[bytes, list[int]] = {}
    for stored in Export(export).records():
        fact = codec.unpack(stored.id, stored.bytes).fact
        if isinstance(fact, MailReceived):
            found.setdefault(fact.raw, []).append(stored.id)
    return found


def mails_on_the_log(raws: Sequence[bytes], recorded: Mapping[int, int], log: Mapping[bytes, list[int]]) -> Fact:
    """Whether each mail that was answered 250 is the record that its answer named."""
    right = sum(id in log.get(raws[place], []) for place, id in recorded.items())
    again = sum(len(ids) - 1 for ids in log.values())
    found = f"{right} of {len(recorded)}, and {again} a second time, as the 250 did not arrive"
    return Fact("mails answered 250 are on the log, as the record that was named", found, right == len(recorded))


def patches_shown(port: int, linkname: str, raws: Sequence[bytes], log: Mapping[bytes, list[int]]) -> Fact:
    """Whether each patch is shown once: a patch's id is that of the first record with its mail."""
    expected = Counter(log[raw][0] for raw in raws if raw in log)
    shown = Counter(_ids(port, f"/api/1.0/projects/{linkname}/patches/?perpage=100"))
    wrong = (shown - expected) + (expected - shown)
    return Fact(
        "patches sent are shown over HTTP, each once",
        f"{shown.total()} shown of {expected.total()}, {wrong.total()} wrong",
        not wrong and bool(shown),
    )


def series_read(port: int, linkname: str, log: Mapping[bytes, list[int]]) -> Fact:
    """Whether each series can be read, with its latest revision's mbox; each is named after a mail of the log."""
    ids = _ids(port, f"/api/1.0/projects/{linkname}/series/?perpage=100")
    known = {id for records in log.values() for id in records}
    mboxes = 0
    for id in ids:
        version = _document(port, f"/api/1.0/series/{id}/")["version"]
        mboxes += get(port, f"/api/1.0/series/{id}/revisions/{version}/mbox/").startswith(b"From ")
    good = len(ids) == len(set(ids)) == mboxes > 0 and set(ids) <= known
    return Fact("series read over HTTP, each with an mbox", f"{mboxes} of {len(ids)}", good)


def mails_in_status(state: Mapping[str, Any], log: Mapping[bytes, list[int]]) -> Fact:
    """Whether the read model has every mail of the log, once or as its repetition."""
    once, repeated = sum(state["mails"].values()), state["duplicates"]
    dead = sum(state["dead_letters"].values()) + state["copies"]
    expected = (len(log), sum(map(len, log.values())) - len(log), 0)
    found = f"{once} mails, {repeated} repeated, {dead} dead letters and other copies"
    return Fact("the read model has each mail once", found, (once, repeated, dead) == expected)


def status(done: "subprocess.CompletedProcess[str]") -> Fact:
    """Whether `patchlog status` has nothing to say."""
    said = done.stderr.strip().splitlines()
    wrong = [line for line in said if "Error" in line or "Warning" in line]
    found = " ".join([f"exit status {done.returncode}", *wrong])
    return Fact("patchlog status in tools", found, done.returncode == 0 and not wrong)


def only_on_loopback(containers: Sequence[Mapping[str, Any]], ports: Sequence[int]) -> Fact:
    """Whether what is published listens on 127.0.0.1 alone, by the engine's word and by a try from this machine's own
    address."""
    bound = {
        binding["HostIp"]
        for container in containers
        for bindings in container["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    own = _own_address()
    reached = [port for port in ports if own and _answers(own, port)]
    found = f"published on {', '.join(sorted(bound))}; from another address {len(reached)} of {len(ports)} answer"
    return Fact("SMTP and HTTP are on the loopback alone", found, bound == {"127.0.0.1"} and not reached)


def keeps_its_secret(logs: str, secrets: Sequence[str]) -> Fact:
    """Whether no line that a container said has the password, or a piece of it that nothing else has."""
    lines = logs.splitlines()
    telling = sum(any(secret in line for secret in secrets) for line in lines)
    return Fact(
        "lines of the containers that hold a piece of the password", f"{telling} of {len(lines):,}", not telling
    )


def no_traceback(logs: str) -> Fact:
    """Whether no part failed in a way that nobody foresaw."""
    found = [line for line in logs.splitlines() if "Traceback (most recent call last)" in line]
    return Fact("tracebacks in what the containers said", f"{len(found)} {found[0][:300] if found else ''}", not found)


def _ids(port: int, path: str) -> list[int]:
    """The ids of all pages of a list."""
    return [each["id"] for each in walk(path, partial(_document, port))]


def _document(port: int, path: str) -> Any:
    return json.loads(get(port, path))


def _own_address() -> str:
    """This machine's own address; "" if it has none but the loopback. Nothing is sent for that."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = asking.getsockname()[0]
        return "" if address.startswith("127.") else address


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), 2.0):
            return True
    except OSError:
        return False
