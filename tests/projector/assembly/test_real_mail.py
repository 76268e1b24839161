"""What holds for the mail of real lists, and the facts that other projects' tests assert of their test series."""

import json
import lzma
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.message import parse, received_time
from projector.assembly.links import Found, link
from projector.assembly.mail import Mail, read_mail
from projector.assembly.posting import assemble
from projector.assembly.series import Member, components, revise
from tests.projector.assembly.build import PROJECT

MBOXRD = re.compile(rb"(?:^|\n)From mboxrd@z [^\n]*\n")
QUOTED = re.compile(rb"(?m)^>(>*From )")
UNKNOWN = datetime(2020, 1, 1, tzinfo=UTC)


def read(raws: Iterator[bytes]) -> list[Mail]:
    """Parse mails and see them with a project's eyes; of one Message-ID, the first."""
    mails: dict[str, Mail] = {}
    for number, raw in enumerate(raws, 1):
        received = received_time(raw) or UNKNOWN
        mail = read_mail(number, parse(raw, received), PROJECT, "import", int(received.timestamp()))
        mails.setdefault(mail.message_id, mail)
    return list(mails.values())


def archived(path: Path) -> list[Mail]:
    parts = MBOXRD.split(lzma.decompress(path.read_bytes()))[1:]
    return read(QUOTED.sub(rb"\1", part) for part in parts)


@pytest.mark.parametrize("name", ["cygwin", "intel-gvt", "linux-cifs", "ltp", "spice", "uboot"])
def test_a_whole_list_at_once(real_mail: Path, name: str) -> None:
    (path,) = (real_mail / "lists").glob(f"{name}*")
    mails = archived(path)
    assembled = assemble(mails)
    assert assemble(reversed(mails)) == assembled
    by_id = {mail.id: mail for mail in mails}
    patches = [id for posting in assembled.postings for id in posting.mails if assembled.kinds[id] == "patch"]
    assert sorted(patches) == sorted(id for id, kind in assembled.kinds.items() if kind == "patch")
    for posting in assembled.postings:
        assert len({by_id[patch.id].author for patch in posting.patches}) <= 1
    full = sum(posting.is_full for posting in assembled.postings)
    assert full > 0.8 * len(assembled.postings)


def series_facts(folder: Path) -> Iterator[tuple[str, dict[str, object], bytes]]:
    with tarfile.open(folder / "series.tar.xz") as archive:

        def content(name: str) -> bytes:
            member = archive.extractfile(name)
            assert member is not None
            return member.read()

        facts = json.loads(content("series/expected.json"))
        for name, fact in facts["getpatchwork"].items():
            if not name.startswith("dependency-"):
                for test in fact["tests"]:
                    yield f"{name}: {test['test']}", test["asserted"], content(fact["path"])


def test_series_of_another_project_have_the_mails_that_its_tests_assert(real_mail: Path) -> None:
    checked = 0
    for name, asserted, mbox in series_facts(real_mail):
        assembled = assemble(read(iter(re.split(rb"(?m)^From [^\n]*\n", mbox)[1:])))
        found = Counter(assembled.kinds.values())
        for field, kind in (("covers", "cover"), ("patches", "patch"), ("comments", "comment")):
            if asserted.get(field) is not None:
                assert (name, field, found[kind]) == (name, field, asserted[field])
                checked += 1
    assert checked > 40


def test_a_v2_in_reply_to_a_comment_is_the_second_revision(real_mail: Path) -> None:
    with tarfile.open(real_mail / "series.tar.xz") as archive:
        names = sorted(name for name in archive.getnames() if "-patch-v2-in-reply" in name)
        raws = [member.read() for name in names if (member := archive.extractfile(name)) is not None]
    mails = read(iter(raws))
    postings = assemble(mails).postings
    found = [Found(posting, posting.id) for posting in postings]
    links = {posting.id: link(posting, found, ()) for posting in postings}
    (group,) = components({id: to.to if to is not None else None for id, to in links.items()})
    by_id = {posting.id: posting for posting in postings}
    assert [revision.patches for revision in revise([Member(by_id[id]) for id in group])] == [(1,), (4,)]
