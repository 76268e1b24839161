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
    "tag",
    [
        "[PATCH v2 2/3 ",
        "[PATCH v2 2/3: ",
        "[PATCH v2 2/3) ",
        "[PATCH v2 2/3} ",
        "[PATCHv2 2 of 3 ",
        "[PATCH v 2, 2/3 ",
        "[[PATCH v2 2/3] ",
        "[PATCH v2 2/3]] ",
        "[PATCH [v2 2/3] ",
        "[PATCH [v2] 2/3] ",
        "[[PATCH] v2 2/3] ",
        "[demo [PATCH v2 2/3]] ",
        "PATCH v2 2/3] ",
        "(PATCH v2 2/3) ",
        "{PATCH v2 2/3} ",
        "PATCH v2 2/3: ",
        "PATCH v2 2/3 ",
        "【PATCH v2 2/3】 ",
        "［PATCH v2 2/3］",
        "[PATCH; v2; 2/3] ",
        "bug#4711: [PATCH v2 2/3] ",
        "bug 4711 - [PATCH v2 2/3] ",
        "(bug#4711) [PATCH v2 2/3] ",
        "[bug#4711] [PATCH v2 2/3] ",
        "[Bug 4711][PATCH v2 2/3] ",
        "#4711: [PATCH v2 2/3] ",
        "[#4711] [PATCH v2 2/3] ",
        "***SPAM*** [PATCH v2 2/3] ",
        "*****SUSPECTED SPAM***** [PATCH v2 2/3] ",
        "{Spam?} [PATCH v2 2/3] ",
        "(SPAM) [PATCH v2 2/3] ",
        "SPAM: [PATCH v2 2/3] ",
        "[SPAM] [PATCH v2 2/3] ",
        "[SPAM 5.2] [PATCH v2 2/3] ",
        "[EXTERNAL] [PATCH v2 2/3] ",
        "EXTERNAL: [PATCH v2 2/3] ",
        "[EXT] [PATCH v2 2/3] ",
        "[External Mail] [PATCH v2 2/3] ",
        "[SUSPECTED SPAM] [PATCH v2 2/3] ",
        "[PATCH v2 2/3] [EXTERNAL] ",
        "***SPAM*** bug#4711: [EXTERNAL] [PATCH v2 2/3] ",
        "[demo 123] [PATCH v2 2/3] ",
        "[demo:123] [PATCH v2 2/3] ",
        "[Demo-Devel #123] [PATCH v2 2/3] ",
        "Fwd: ***SPAM*** [PATCH v2 2/3] ",
    ],
)
def test_a_damaged_or_marked_tag_is_what_it_would_be_whole(tag: str) -> None:
    subject = read(f"{tag}net: fix [the] leak")
    found = (subject.number, subject.total, subject.reroll, subject.prefix, subject.is_tagged, subject.is_reply)
    assert found == (2, 3, (2,), (), True, False)
    assert subject.title == "net: fix [the] leak"
    assert subject.name in ("[v2,2/3] net: fix [the] leak", "[2/3,v2] net: fix [the] leak")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("[PATCH net-next 2/3 net: x", "[net-next,2/3] net: x", id="a word of a tree"),
        pytest.param("[PATCH drm/i915 for 2/3 net: x", "[drm/i915,for,2/3] net: x", id="two words"),
        pytest.param("[PATCH a b c 2/3 net: x", "a b c 2/3 net: x", id="three words begin the title"),
        pytest.param("[PATCH net: x", "net: x", id="no number"),
        pytest.param("PATCH: net: x", "net: x", id="neither brackets nor number"),
        pytest.param("Patch 2/3: net: x", "[2/3] net: x", id="capitalised with a number"),
        pytest.param("[RFC 2/3 net: x", "[RFC,2/3] net: x", id="RFC"),
        pytest.param("[PATCH 2/3", "[2/3]", id="no title"),
        pytest.param("[PATCH 2/3 net: x [y] z", "[2/3] net: x [y] z", id="brackets in the title"),
    ],
)
def test_a_tag_without_its_bracket_goes_as_far_as_it_is_understood(text: str, name: str) -> None:
    assert read(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[net: x", id="a bracket without PATCH"),
        pytest.param("[v2 net: x", id="a reroll without PATCH"),
        pytest.param("[" * 300 + "PATCH", id="many brackets"),
        pytest.param("[" + "a " * 200 + "[PATCH] x]", id="a tag far away"),
        pytest.param("[[a: PATCH] net", id="a title in brackets"),
        pytest.param("PATCH series for the net", id="a word of a title"),
        pytest.param("Patch 2/3 breaks the build", id="a sentence"),
        pytest.param('Patch "net: x" has been added to the 5.10-stable tree', id="a notice"),
        pytest.param("patches 1/2: x", id="no tag"),
        pytest.param("bug#4711: net: x", id="a bug's number alone"),
        pytest.param("***SPAM*** net: x", id="a mark alone"),
        pytest.param("(net) x", id="other brackets"),
        pytest.param("(net: PATCH) x", id="PATCH within"),
        pytest.param("(PATCH net: x) y", id="a title in other brackets"),
        pytest.param("PATCH", id="nothing else"),
    ],
)
def test_what_is_no_tag_stays_in_the_title(text: str) -> None:
    subject = read(text)
    assert (subject.name, subject.is_tagged, subject.number) == (text, False, None)


def test_marks_make_no_tag() -> None:
    assert read("[EXTERNAL] net: x") == Subject("net: x", "net: x")
    assert read("[bug#4711] net: x") == Subject("net: x", "net: x")
    assert read("[demo 123] net: x") == Subject("net: x", "net: x")
    assert read("bug#4711: Re: net: x") == Subject("net: x", "net: x", is_reply=True)
    assert read("[external storage] net: x").is_tagged


@pytest.mark.parametrize(
    ("tag", "reroll"),
    [
        *[
            pytest.param(f"[PATCH {marker} 1/2] ", (2,), id=f"{marker} in the brackets")
            for marker in ("(v2)", "ver2", "ver 2", "ver.2", "v 2", "v.2", "#2", "V 2", "version 2", "rev2", "{v2}")
        ],
        *[
            pytest.param(f"[PATCH {marker} 1/2] ", (2,), id=f"{marker} in the brackets")
            for marker in ("take 2", "try2", "2nd try", "2nd", "-v2", "v=2", "v_2", "vv2", "Version: 2", "v02", "ver2-")
        ],
        *[
            pytest.param(f"[PATCH 1/2] {marker} ", (2,), id=f"{marker} behind the brackets")
            for marker in (
                "(v2)",
                "v2:",
                "v2",
                "[v2]",
                "(v2):",
                "V2",
                "ver2:",
                "v.2:",
                "#2:",
                "(v 2)",
                "v2 -",
                "[ver 2]",
            )
        ],
        pytest.param("[PATCH 1/2 (v2)] ", (2,), id="in parentheses at the end"),
        pytest.param("[PATCH 1/2, v 2] ", (2,), id="apart at the end"),
        pytest.param("[(v2) PATCH 1/2] ", (2,), id="in parentheses at the start"),
        pytest.param("[ver2][PATCH 1/2] ", (2,), id="in brackets of its own"),
        pytest.param("[PATCH(v2) 1/2] ", (2,), id="in parentheses, glued"),
        pytest.param("[PATCHver2 1/2] ", (2,), id="ver2, glued"),
        pytest.param("[PATCH#2 1/2] ", (2,), id="#2, glued"),
        pytest.param("[PATCH V2.1 1/2] ", (2, 1), id="V2.1"),
        pytest.param("[PATCH ver 2.1 1/2] ", (2, 1), id="ver 2.1"),
        pytest.param("[PATCH 1/2] (v2.1) ", (2, 1), id="(v2.1) behind"),
        pytest.param("[PATCH v3 1/2] v2 ", (3,), id="behind the brackets it is the title, where these have one"),
    ],
)
def test_rerolls_as_people_write_them(tag: str, reroll: tuple[int, ...]) -> None:
    subject = read(f"{tag}net: fix")
    assert (subject.number, subject.total, subject.reroll, subject.prefix) == (1, 2, reroll, ())
    assert subject.title == ("v2 net: fix" if reroll == (3,) else "net: fix")


@pytest.mark.parametrize(
    ("text", "prefix", "reroll"),
    [
        pytest.param("[PATCH u-boot v2019.04-board 1/2] x", ("u-boot", "v2019.04-board"), None, id="a year's branch"),
        pytest.param("[PATCH u-boot v2019.04-board v2 1/2] x", ("u-boot", "v2019.04-board"), (2,), id="and a reroll"),
        pytest.param("[PATCH v2020.01 v2 1/2] x", ("v2020.01",), (2,), id="a year and a month"),
        pytest.param("[PATCH v2020.01-rc1 1/2] x", ("v2020.01-rc1",), None, id="a candidate"),
        pytest.param("[PATCH v5.15-rc3 v3 1/2] x", ("v5.15-rc3",), (3,), id="a candidate of a kernel"),
        pytest.param("[PATCH v22.11 v2 1/2] x", ("v22.11",), (2,), id="a short year and a month"),
        pytest.param("[PATCH v2021 1/2] x", ("v2021",), None, id="a year"),
        pytest.param("[PATCH v4l 1/2] x", ("v4l",), None, id="a subsystem"),
        pytest.param("[PATCH ext4 1/2] x", ("ext4",), None, id="a file system"),
        pytest.param("[PATCH v 1/2] x", (), None, id="a letter"),
        pytest.param("[PATCH again 1/2] x", (), None, id="again"),
        pytest.param("[PATCH reposted 1/2] x", (), None, id="reposted"),
        pytest.param("[PATCH r2 1/2] x", (), None, id="r2"),
        pytest.param("[PATCH v2b 1/2] x", (), None, id="v2b"),
        pytest.param("[PATCH 5.10 1/2] x", ("5.10",), None, id="a kernel"),
        pytest.param("[PATCH #123 1/2] x", (), None, id="a bug"),
    ],
)
def test_what_is_no_reroll(text: str, prefix: tuple[str, ...], reroll: tuple[int, ...] | None) -> None:
    subject = read(text)
    assert (subject.number, subject.prefix, subject.reroll) == (1, prefix, reroll)


@pytest.mark.parametrize(
    "title",
    [
        "v4l2: fix",
        "v9fs: fix",
        "9p: fix",
        "#include fix",
        "v5.10 only: x",
        "v2019.04: x",
        "take 2 locks",
        "(v2 and up) x",
        "v2",
    ],
)
def test_a_title_that_only_begins_like_a_reroll(title: str) -> None:
    assert read(f"[PATCH] {title}") == Subject(title, title, is_tagged=True, is_proposed=True)


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
        pytest.param("Net: Fix", "netfix", None, id="case"),
        pytest.param("net:  fix ", "netfix", None, id="white space"),
        pytest.param("fix v2", "fix", (2,), id="v2"),
        pytest.param("fix, v2", "fix", (2,), id="comma"),
        pytest.param("fix,v2", "fix", (2,), id="comma alone"),
        pytest.param("fix (v2)", "fix", (2,), id="parentheses"),
        pytest.param("fix(V2)", "fix", (2,), id="parentheses without a space"),
        pytest.param("fix take 2", "fix", (2,), id="take"),
        pytest.param("fix (take 3)", "fix", (3,), id="take in parentheses"),
        pytest.param("fix (take3)", "fix", (3,), id="take in parentheses, glued"),
        pytest.param("fix version 2", "fix", (2,), id="version"),
        pytest.param("add ov5640-v2", "addov5640v2", None, id="part of a word"),
        pytest.param("update to v2.1", "updatetov2.1", None, id="a version number"),
        pytest.param("release v2024", "releasev2024", None, id="a year"),
        pytest.param("v2", "v2", None, id="nothing else"),
        pytest.param('net/ipv4: don\u2019t "fix" it...', "netipv4dontfixit", None, id="punctuation"),
        pytest.param("g++: 1.2 is not 12", "g++1.2isnot12", None, id="what is no punctuation"),
        pytest.param("???", "???", None, id="punctuation alone"),
        pytest.param("STRASSE straße", "strassestrasse", None, id="case folded"),
        pytest.param("*** SUBJECT HERE ***", "", None, id="a template"),
        pytest.param("** Subject here ** v2", "", (2,), id="a template with a reroll"),
        pytest.param("SUBJECT HERE", "", None, id="a template without stars"),
        pytest.param("net: subject here ***", "netsubjecthere***", None, id="more than a template"),
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
