"""Subjects, read as people mean them (assembly, section 1)."""

import pytest

from projector.assembly.subject import Subject, closing_reroll, name_key, name_other_kernels, parse_subject


def read(text: str, **given: set[str]) -> Subject:
    return parse_subject(text, **{"names": {"demo", "demo-devel"}, "tags": {"demo-utils"}, **given})


@pytest.mark.parametrize(
    ("text", "number", "total", "reroll"),
    [
        pytest.param("[PATCH] fix", None, None, None, id="no number"),
        pytest.param("[PATCH 3/7] fix", 3, 7, None, id="order and total"),
        pytest.param("[PATCH v2 3/7] fix", 3, 7, (2,), id="reroll before"),
        pytest.param("[PATCH 3/7 V2] fix", 3, 7, (2,), id="reroll behind, capital"),
        pytest.param("[PATCHv2 3/7] fix", 3, 7, (2,), id="reroll glued"),
        pytest.param("[PATCH-v2 3/7] fix", 3, 7, (2,), id="reroll hyphened"),
        pytest.param("[PATCH-v2-3/7] fix", 3, 7, (2,), id="all hyphened"),
        pytest.param("[PATCHv2,3/7] fix", 3, 7, (2,), id="comma"),
        pytest.param("[RFCv3 PATCH 1/2] fix", 1, 2, (3,), id="reroll glued to RFC"),
        pytest.param("[RESEND-v3 PATCH 1/2] fix", 1, 2, (3,), id="reroll glued to RESEND"),
        pytest.param("[v2-RESEND 1/2] fix", 1, 2, (2,), id="RESEND glued to reroll"),
        pytest.param("[PATCH1/8] fix", 1, 8, None, id="order glued"),
        pytest.param("[PATCH V22/7] fix", 2, 7, (2,), id="reroll and order glued"),
        pytest.param("[PATCH V222/7] fix", 2, 7, (22,), id="reroll and order glued, three digits"),
        pytest.param("[PATCH V29/3] fix", None, None, None, id="glued so that nothing fits"),
        pytest.param("[PATCH v333] fix", None, None, (333,), id="typo in a reroll is taken as it stands"),
        pytest.param("[PATCH v2.1] fix", None, None, (2, 1), id="reroll with a part behind the point"),
        pytest.param("[PATCH v2.0] fix", None, None, (2,), id="v2.0 is v2"),
        pytest.param("[PATCH 00/12] fix", 0, 12, None, id="leading zeros"),
        pytest.param("[PATCH 01/12] fix", 1, 12, None, id="leading zero"),
        pytest.param("[PATCH 1 of 3] fix", 1, 3, None, id="Mercurial"),
        pytest.param("[PATCH 0 of 3 V2] fix", 0, 3, (2,), id="Mercurial, reroll"),
        pytest.param("[PATCH 1 / 3] fix", 1, 3, None, id="spaced"),
        pytest.param("[PATCH][v2][1/3] fix", 1, 3, (2,), id="groups of their own"),
        pytest.param("[Patch 2/2]: fix", 2, 2, None, id="colon behind the bracket"),
        pytest.param("[PATCH v2: 2/2] fix", 2, 2, (2,), id="colon behind a token"),
        pytest.param("[PATCH v2 - 1/2] fix", 1, 2, (2,), id="lone hyphen"),
        pytest.param("[PATCH v2 v3] fix", None, None, (3,), id="the last of two rerolls"),
        pytest.param("[PATCHSET 3/9] fix", 3, 9, None, id="nested cover"),
        pytest.param("[PATCH 4/3] fix", 4, 3, None, id="beyond the total"),
        pytest.param("[PATCH drivers/1/2x] fix", None, None, None, id="a path is no order"),
        pytest.param("fix 1/2 of v2", None, None, None, id="title only"),
        pytest.param("[" + "v1-" * 50 + "v2] fix", None, None, None, id="a long word is not taken apart"),
    ],
)
def test_order_and_reroll(text: str, number: int | None, total: int | None, reroll: tuple[int, ...] | None) -> None:
    subject = read(text)
    assert (subject.number, subject.total, subject.reroll) == (number, total, reroll)


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        pytest.param("[PATCH] net: fix  leak ", "net: fix leak", "net: fix leak", id="only PATCH: just the title"),
        pytest.param("[PATCH v2 3/7] net: fix", "[v2,3/7] net: fix", "net: fix", id="tokens are joined"),
        pytest.param("[DEMO] [PATCH,net] x", "[net] x", "x", id="the linkname is dropped in any case"),
        pytest.param("[Demo-Devel] [PATCH] x", "x", "x", id="the list's local part is dropped"),
        pytest.param("[demo-utils PATCH] x", "x", "x", id="the project's tag is dropped"),
        pytest.param("[D.E.M.O.] x", "[D.E.M.O] x", "x", id="a closing point is not part of a token"),
        pytest.param("[PATCH XX: LINUX-] x", "[XX,LINUX] x", "x", id="no letter is taken off with the punctuation"),
        pytest.param("[PATCH-net] x", "[net] x", "x", id="glued to PATCH"),
        pytest.param("[RFC/PATCH] x", "[RFC] x", "x", id="two words in one"),
        pytest.param("[PATCH 1 of 3] x", "[1/3] x", "x", id="Mercurial is shown as git has it"),
        pytest.param("Re: AW: [PATCH] x", "x", "x", id="answers of answers"),
        pytest.param("[PATCH] [foo] bar [baz]", "[foo] bar [baz]", "bar [baz]", id="only brackets at the start"),
        pytest.param("[PATCH 1/2]", "[1/2]", "", id="no title"),
        pytest.param("", "", "", id="nothing"),
        pytest.param("[] x", "x", "x", id="empty bracket"),
        pytest.param("[unclosed x", "[unclosed x", "[unclosed x", id="unclosed bracket"),
    ],
)
def test_names(text: str, name: str, title: str) -> None:
    subject = read(text)
    assert (subject.name, subject.title) == (name, title)


@pytest.mark.parametrize(
    ("text", "is_reply"),
    [
        pytest.param("Re: [PATCH] x", True, id="Re"),
        pytest.param("RE : [PATCH] x", True, id="capitals and a space"),
        pytest.param("Re[2]: x", True, id="counted in brackets"),
        pytest.param("Re(2): x", True, id="counted in parentheses"),
        pytest.param("Re^2: x", True, id="counted"),
        pytest.param("SV: [PATCH] x", True, id="SV"),
        pytest.param("Antwort: [PATCH] x", True, id="Antwort"),
        pytest.param("答复: [PATCH] x", True, id="Chinese"),
        pytest.param("回复：[PATCH] x", True, id="Chinese, wide colon"),
        pytest.param("[Demo] Re: [PATCH] x", True, id="behind the list's bracket"),
        pytest.param("[EXTERNAL] Re: [PATCH] x", True, id="behind another bracket that says nothing of a patch"),
        pytest.param("Fwd: Re: [PATCH] x", True, id="forwarded answer"),
        pytest.param("Fwd: [PATCH] x", False, id="forwarded patch"),
        pytest.param("[PATCH] re: x", False, id="behind PATCH it is the title"),
        pytest.param("[1/2] re: x", False, id="behind an order it is the title"),
        pytest.param("[RFC] re: x", False, id="behind RFC it is the title"),
        pytest.param("regulator: x", False, id="a word that begins so"),
    ],
)
def test_answers(text: str, is_reply: bool) -> None:
    assert read(text).is_reply is is_reply


@pytest.mark.parametrize(
    ("text", "is_tagged"),
    [
        pytest.param("[PATCH] x", True, id="patch"),
        pytest.param("[net] x", True, id="any bracket"),
        pytest.param("[demo-utils] x", True, id="the project's tag"),
        pytest.param("[Demo] x", False, id="the list's own bracket"),
        pytest.param("x", False, id="none"),
    ],
)
def test_tagged(text: str, is_tagged: bool) -> None:
    assert read(text).is_tagged is is_tagged


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        pytest.param("[PATCH RESEND net-next v2 1/2] x", ("net",), id="-next, RESEND, order and reroll aside"),
        pytest.param("[PATCH -next] x", (), id="bare -next"),
        pytest.param("[PATCH next] x", (), id="bare next"),
        pytest.param("[PATCHSET candidate 5.10 RFC] x", ("5.10", "rfc"), id="sorted, lower case"),
        pytest.param("[PATCH v5.10 net] x", ("net", "v5.10"), id="a branch is part of it"),
    ],
)
def test_prefix(text: str, prefix: tuple[str, ...]) -> None:
    assert read(text).prefix == prefix


def test_branch_tokens_are_kept_apart_from_rerolls() -> None:
    assert (read("[PATCH v5.10] x").reroll, read("[PATCH v5.10] x").branch_reroll) == (None, (5, 10))
    assert (read("[PATCH v5.10 v2] x").reroll, read("[PATCH v5.10 v2] x").branch_reroll) == ((2,), (5, 10))
    assert read("[PATCH v5.10] x", branch_tokens=set()).reroll == (5, 10)


@pytest.mark.parametrize(
    ("title", "key", "reroll"),
    [
        pytest.param("Net: Fix", "net: fix", None, id="case"),
        pytest.param("net:  fix ", "net: fix", None, id="white space"),
        pytest.param("fix v2", "fix", (2,), id="v2"),
        pytest.param("fix, v2", "fix", (2,), id="comma"),
        pytest.param("fix,v2", "fix", (2,), id="comma alone"),
        pytest.param("fix (v2)", "fix", (2,), id="parentheses"),
        pytest.param("fix(V2)", "fix", (2,), id="parentheses without a space"),
        pytest.param("fix take 2", "fix", (2,), id="take"),
        pytest.param("fix (take 3)", "fix", (3,), id="take in parentheses"),
        pytest.param("fix (take3)", "fix", (3,), id="take in parentheses, glued"),
        pytest.param("fix version 2", "fix", (2,), id="version"),
        pytest.param("add ov5640-v2", "add ov5640-v2", None, id="part of a word"),
        pytest.param("update to v2.1", "update to v2.1", None, id="a version number"),
        pytest.param("release v2024", "release v2024", None, id="a year"),
        pytest.param("v2", "v2", None, id="nothing else"),
        pytest.param("STRASSE straße", "strasse strasse", None, id="case folded"),
    ],
)
def test_names_are_compared_without_a_closing_reroll(title: str, key: str, reroll: tuple[int, ...] | None) -> None:
    assert (name_key(title), closing_reroll(title)) == (key, reroll)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(("5.10",), ("5.4",), True, id="two kernels"),
        pytest.param(("5.10.y",), ("linux-5.10.y",), False, id="one kernel, written in two ways"),
        pytest.param(("stable-5.10",), ("v5.10-stable",), False, id="one kernel, written in two more ways"),
        pytest.param(("5.4/5.10",), ("5.10/5.4",), False, id="the same two"),
        pytest.param(("5.4/5.10",), ("5.15",), True, id="two in one word, and a third"),
        pytest.param(("5.10",), ("net",), False, id="only one names a kernel"),
        pytest.param((), ("5.4",), False, id="no prefix"),
        pytest.param(("2.6.32",), ("2.6.27",), True, id="three numbers"),
    ],
)
def test_prefixes_name_other_kernels(one: tuple[str, ...], other: tuple[str, ...], expected: bool) -> None:
    assert name_other_kernels(one, other) is name_other_kernels(other, one) is expected
