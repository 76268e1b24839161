"""Names and addresses of authors in every odd spelling: what is shown is what `git am` makes the commit's author."""

from itertools import product

import pytest

from tests.e2e.am.hostile import BENIGN
from tests.e2e.am.test_hostile import Repository, differences

NAMES = (
    "", "M", "(M)", "((M))", "(((M)))", "()", "( )", "(a) (b)", "(a)b(c)", "((a)", "(a))", ")a(", "(", '"', '""', "''",
    '"(q)"', '"(q"', '("q)', "\\(", "a\\\\b", '"a\\\\"', '"a \\"b\\" c"', "(a\\)b)", ".a.", "<a>", "(Ö", "Ö (a) \\",
    "=?utf-8?q?=28x?=", "=?utf-8?q?=22x=22?=", "=?utf-8?q?=5C=28?=",
)  # fmt: skip
ADDRESSES = (
    "<m@example.org>",
    "m@example.org",
    "<>",
    "",
    "<nobody>",
    "(c) m@example.org",
    "<(m)@example.org>",
    "<m@example.(org>",
    "<m@example.\0org>",
    "<.m@example'.>",
)
SOME, FIRST = ("M", "(M)", "((M))", "( )", "(a"), ADDRESSES[:1]
HEAD = "Date: Sat, 28 Nov 2026 20:37:00 +0130\nSubject: [PATCH] a title\nMessage-ID: <1@example.org>\n\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("names"))


@pytest.mark.parametrize("place", ["header", "text"])
def test_the_author_that_is_shown_is_the_commits(repository: Repository, place: str) -> None:
    wrong = {}
    pairs = [*product(NAMES, ADDRESSES[:3]), *product(SOME, ADDRESSES)] if place == "header" else product(NAMES, FIRST)
    for name, address in pairs:
        for spelled in (f"{name} {address}", f"{address}{name}"):
            author, message = (spelled, "") if place == "header" else ("M <m@example.org>", f"From: {spelled}\n\n")
            mail = f"From: {author}\n{HEAD}{message}Why.\n---\n".encode() + BENIGN
            if found := list(differences(repository, mail)):
                wrong[spelled] = found
    assert wrong == {}
