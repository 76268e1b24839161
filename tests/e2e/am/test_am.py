"""`git am` makes of our mbox the commits that it makes of the mails as they were sent."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from api.mbox import compose
from tests.e2e.am.history import BASE, HEAD, build
from tests.e2e.am.post import Made, apply, commits_of, print_patches, send, taken

NO_CR = (".", ":!windows.txt", ":!mixed.txt", ":!cr.txt")
"""Unencoded, a CR at a line's end does not outlive SMTP: git itself cannot send such patches."""

REVIEWED = "Reviewed-by: Zoë Réviewer <zoe@example.org>"
SIGNED = "Signed-off-by: Ann Author <ann@example.org>"
LINK = "Link: https://patches.example.org/patch/12/"

Way = Callable[[Path, Path], list[bytes]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("am") / "history.git"
    build(folder)
    return folder


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lambda of, to: send(of, to, "auto"), id="as send-email chooses"),
        pytest.param(lambda of, to: send(of, to, "quoted-printable"), id="quoted-printable"),
        pytest.param(lambda of, to: send(of, to, "base64"), id="base64"),
    ],
)
def test_commits_are_those_of_the_mails_as_sent_and_of_the_author(repository: Path, tmp_path: Path, way: Way) -> None:
    mails = way(repository, tmp_path)
    sent, ours = apply_both(repository, tmp_path, mails)
    assert len(ours) >= 200
    assert ours == sent
    # send-email gives each mail its own date, so that of the commit is lost on the way.
    authored = [made._replace(date="", message=as_git_tidies(made.message)) for made in originals(repository)]
    assert [made._replace(date="") for made in ours] == authored


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lambda of, to: send(of, to, "8bit", *NO_CR), id="8bit"),
        pytest.param(lambda of, to: print_patches(of, to, "--attach", *NO_CR), id="attached"),
        pytest.param(lambda of, to: print_patches(of, to, "--inline", *NO_CR), id="inline attachments"),
        pytest.param(lambda of, to: print_patches(of, to, "--no-encode-email-headers", *NO_CR), id="8-bit header"),
    ],
)
def test_commits_are_those_of_the_mails_as_sent(repository: Path, tmp_path: Path, way: Way) -> None:
    sent, ours = apply_both(repository, tmp_path, way(repository, tmp_path))
    assert len(ours) >= 100
    assert ours == sent


@pytest.mark.parametrize("encoding", ["auto", "base64"])
def test_trailers_are_exactly_what_the_messages_gain(repository: Path, tmp_path: Path, encoding: str) -> None:
    mails = [taken(mail) for mail in send(repository, tmp_path, encoding)]
    plain = apply(repository, tmp_path / "plain", [compose((mail, ()) for mail in mails)])
    gained = apply(repository, tmp_path / "gained", [compose((mail, (REVIEWED, SIGNED, LINK)) for mail in mails)])
    for before, after in zip(plain, gained, strict=True):
        added = [line for line in (REVIEWED, SIGNED, LINK) if line not in before.message.split("\n")]
        lines = before.trailers.split("\n")[:-1] if before.trailers else []
        gap = "" if before.trailers else "\n"
        assert after.trailers.split("\n")[:-1] == [*lines, *added]
        assert after.message == before.message + gap + "".join(f"{line}\n" for line in added)
        assert after[:4] == before[:4]


def apply_both(repository: Path, folder: Path, mails: list[bytes]) -> tuple[list[Made], list[Made]]:
    mbox = compose((taken(mail), ()) for mail in mails)
    assert mbox.isascii()
    assert max(map(len, mbox.split(b"\n"))) <= 998
    assert len(re.findall(rb"(?m)^>*From ", mbox)) == len(mails)
    return apply(repository, folder / "sent", mails), apply(repository, folder / "ours", [mbox])


def originals(repository: Path) -> list[Made]:
    return commits_of(repository, f"{BASE}..{HEAD}")


def as_git_tidies(message: str) -> str:
    """`git am` drops brackets from the title and white space from line ends."""
    title, _, rest = message.partition("\n")
    title = " ".join(title.removeprefix("[RFC]").split())
    lines = [title, *(line.rstrip() for line in rest.split("\n"))]
    return "\n".join(lines).rstrip("\n") + "\n"
