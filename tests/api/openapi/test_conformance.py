"""A running server is sent what the document describes, and what it does not, and answers as the document says.

schemathesis makes the requests: the examples, values at the edges of each schema, wrong ones, and random ones.
`make test` draws the same few each time; EXAMPLES=500 in the environment draws many more.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.openapi.document import BASE, make_document
from api.openapi.parameters import REFUSABLE
from schemas.records import MailRedacted, SeriesMerged
from tests.api.changing.conftest import Live, make_live
from tests.api.changing.serving import Served, serving
from tests.projector.fold.mailing import series

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = os.environ.get("EXAMPLES", "2")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method,allow_header_conformance,good_is_taken,bad_is_refused"
)
SECRET = "patchlog_conforming"
REACHED = {
    "GET /openapi.json 200",
    "GET /projects/{project}/events/ 200",
    "GET /projects/{project}/events/ 400",
    "GET /projects/{project}/events/ 404",
    "GET /series/ 304",
    "GET /series/{series}/ 200",
    "GET /series/{series}/ 301",
    "GET /series/{series}/revisions/{version}/mbox/ 200",
    "GET /patches/{patch}/test-results/ 200",
    "GET /patches/{patch}/ 410",
    "GET /patches/{patch}/mbox/ 410",
    "PATCH /series/{series}/ 200",
    "PATCH /patches/{patch}/ 200",
    "PATCH /patches/{patch}/ 412",
    "POST /series/{series}/revisions/{version}/test-results/ 201",
    "POST /series/{series}/revisions/{version}/test-results/ 400",
    "POST /series/{series}/revisions/{version}/newrevision/ 201",
    "POST /projects/{project}/patches/states/ 200",
    "POST /projects/{project}/commits/ 200",
    "POST /projects/{project}/commits/ 415",
}
"""Some of what must have been answered, so that not everything was a 404."""


@dataclass(frozen=True)
class World:
    """A server, what is behind it, and the ids of a series that became part of another and of a redacted patch."""

    live: Live
    served: Served
    merged: int
    redacted: int


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two series, one of which was merged into the other, with a comment and results, and who may change them."""
    for live in make_live(tmp_path_factory.mktemp("conforming")):
        merged, *_ = live.append(*series("b", 1, name="net: more", minute=600))
        live.append(SeriesMerged(mails=(live.series, merged)))
        (_, redacted) = live.append(*series("g", 1, name="net: gone", minute=900))
        live.append(MailRedacted(message_id="g-1@example.org", mails=(redacted,)))
        live.token(live.maintainer, SECRET)
        for path in (f"/series/{live.series}/revisions/1", f"/patches/{live.patches[0]}"):
            posted = {"test_name": "bat", "state": "warning"}
            assert live.call("POST", f"{path}/test-results/", posted, by="max").status_code == 201
        with serving(live.settings) as served:
            yield World(live, served, merged, redacted)


def test_maintainer_is_answered_as_the_document_says(world: World, tmp_path: Path) -> None:
    token = ("--header", f"Authorization: Token {SECRET}")
    answered = run(world, tmp_path, "examples,coverage,fuzzing", *token)
    assert answered >= REACHED


def test_who_does_not_say_who_they_are_is_answered_so_too(world: World, tmp_path: Path) -> None:
    answered = run(world, tmp_path, "examples,fuzzing")
    assert {"GET /series/{series}/ 200", "PATCH /series/{series}/ 401"} <= answered
    assert not [label for label in answered if label.startswith(("POST", "PATCH", "PUT")) and label[-3:] < "400"]


def run(world: World, folder: Path, phases: str, *more: str) -> set[str]:
    """Let schemathesis check the server, and give which operations had which answers."""
    (folder / "openapi.json").write_text(json.dumps(about(world)))
    arguments = [
        *("run", "openapi.json", "--url", f"http://127.0.0.1:{world.served.port}{BASE}", "--phases", phases),
        *("--checks", CHECKS, "--max-examples", EXAMPLES, "--continue-on-failure", "--no-color"),
        *("--no-shrink", "--generation-deterministic", "--warnings", "off", *more),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.openapi.checks", "PYTHONPATH": str(ROOT)}
    command = [str(Path(sys.executable).parent / "schemathesis"), *arguments]
    answered = folder / "answered"
    done = subprocess.run(
        command, cwd=folder, env={**environment, "ANSWERED": str(answered)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(answered.read_text().splitlines())


def about(world: World) -> dict[str, Any]:
    """The document with the ids that are there, and some that are not, in the place of all that there could be.

    Parameters that count for nothing where they cannot be read may be any text.
    """
    live, document = world.live, make_document()
    parameters = document["components"]["parameters"]
    for name, parameter in parameters.items():
        if parameter["in"] == "query" and name not in REFUSABLE:
            parameter["schema"] = {"type": "string"}
    there = {
        "project": ["demo", str(live.other), "none"],
        "series": [live.series, world.merged, 99999],
        "version": [1, 2, 77],
        "patch": [*live.patches, world.redacted, 99999],
        "wait": [0, 0.01],
    }
    for name, values in there.items():
        parameters[name] |= {"schema": {"enum": values}, "example": values[0]}
    for content in document["components"]["requestBodies"]["SeriesChange"]["content"].values():
        content["schema"]["properties"]["reviewer"] |= {"enum": [live.author, live.stranger, None]}
        content["example"] = {"reviewer": live.author}
    return document
