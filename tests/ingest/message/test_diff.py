"""Where a diff starts and ends."""

import pytest

from ingest.message.diff import (
    count_whole_hunks,
    find_diff,
    find_message_end,
    goes_behind_signature,
    has_diff,
    is_like_a_diff,
)

GIT = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n"
HUNK = "@@ -1,2 +1,2 @@ f()\n a\n-b\n+c\n"


@pytest.mark.parametrize(
    ("before", "diff", "behind"),
    [
        pytest.param("fix\n---\n x | 2 +-\n\n", GIT + HUNK, "-- \n2.25.1\n\n____\nlist\n", id="git, signature, footer"),
        pytest.param("", GIT + HUNK, "", id="diff alone"),
        pytest.param(
            "", GIT + "@@ -1,3 +1 @@\n a\n--- \n-- \n", "-- \n2.25\n", id="a removed line that looks like a signature"
        ),
        pytest.param(
            "",
            GIT + "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            "-- \n",
            id="no newline at the end",
        ),
        pytest.param(
            "", GIT + "@@ -1,3 +1,4 @@\n a\n\n\n+b\n", "\n-- \n", id="empty context lines without their space"
        ),
        pytest.param(
            "", GIT + "@@ -1,4 +1,4 @@\n first\n\n-second\n+2nd\n third\n", "-- \n2.25\n", id="an empty line in a hunk"
        ),
        pytest.param("", GIT + "@@ -1,2 +1,2 @@\n\n\n", "\n\n-- \n", id="empty lines behind the last hunk"),
        pytest.param("", GIT + "@@ -0,0 +1,2 @@\n+a\n", "cut off\n+b\n", id="a line that is none of the hunk's"),
        pytest.param("", GIT + "@@ -1 +1,2 @@\n-a\n", "-- \n2.25\n", id="a hunk with too little in it"),
        pytest.param("", GIT + "@@ -1 +1 @@\n+a\n", "+b\n", id="a hunk with too much in it"),
        pytest.param("", GIT + "@@ -1,9 +1,9 @@\n a\n", "", id="a hunk cut off at the end"),
        pytest.param(
            "", "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "-- \n", id="rename"
        ),
        pytest.param("", "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "-- \n", id="mode"),
        pytest.param(
            "", "diff --git a/x b/x\nnew file mode 100644\nindex 0000000..e69de29\n", "-- \n", id="empty file"
        ),
        pytest.param(
            "",
            GIT + HUNK + "diff --git a/y b/y\ndeleted file mode 100644\nindex 1..0\n",
            "-- \n",
            id="a header behind the last hunk",
        ),
        pytest.param(
            "",
            GIT + HUNK + "diff --git a/y b/y\nold mode 1\nnew mode 2\ndiff --git a/z b/z\nold mode 1\nnew mode 2\n",
            "-- \n",
            id="two headers behind the last hunk",
        ),
        pytest.param(
            "",
            "diff --git a/i b/i\nindex 1..2\nGIT binary patch\nliteral 3\nKcmZ\nzabc\n\nliteral 0\nHcmV?d00001\n\n",
            "-- \n2.25\n",
            id="binary",
        ),
        pytest.param("", "diff --git a/i b/i\nindex 1..2\nGIT binary patch\n", "broken\n", id="broken binary"),
        pytest.param(
            "",
            "diff --git a/i b/i\nindex 1..2 100644\nBinary files a/i and b/i differ\n",
            "-- \n",
            id="binary, left out",
        ),
        pytest.param("diff --git is a command\n\ndiff --git a b\nno header\n", GIT + HUNK, "", id="not yet the diff"),
        pytest.param("", GIT + HUNK + "and now\n" + GIT + HUNK, "end\n", id="commentary between"),
        pytest.param("", GIT + HUNK, "@@ -what @@\n", id="what only looks like a hunk"),
        pytest.param("hi\n", "--- a/x\t2020-01-01\n+++ b/x\n" + HUNK, "-- \n", id="two names alone"),
        pytest.param("hi\n", "diff -ru a/x b/x\n--- a/x\n+++ b/x\n" + HUNK, "-- \n", id="diff -ru"),
        pytest.param(
            "", "Index: x\n" + "=" * 67 + "\n--- x\t(revision 1)\n+++ x\t(working copy)\n" + HUNK, "", id="svn"
        ),
        pytest.param(
            "",
            "Index: x\nRCS file: /cvs/x,v\nretrieving revision 1.1\ndiff -u -r1.1 x\n--- x\n+++ x\n" + HUNK,
            "",
            id="cvs",
        ),
        pytest.param(
            "",
            "Index: x\n" + "=" * 67 + "\nCannot display: file marked as a binary type.\n",
            "svn:mime\n",
            id="svn binary",
        ),
        pytest.param(
            "Index: of words\n--- \n", "Index: x\n" + "=" * 67 + "\n--- x\n+++ x\n" + HUNK, "", id="not yet an index"
        ),
        pytest.param("hi\n", "--- x\n+++ x\n" + HUNK + GIT + HUNK, "", id="plain before git"),
        pytest.param(
            "Index: of words\n",
            GIT + HUNK + "Index: x\n" + "=" * 67 + "\n--- x\n+++ x\n" + HUNK,
            "",
            id="git before svn",
        ),
        pytest.param("hi\n", GIT + HUNK + "--- x\n+++ x\n" + HUNK, "", id="git before plain"),
        pytest.param("Index: 1\n" * 2, "Index: 1\n" * 6 + "--- x\n+++ x\n" + HUNK, "", id="six lines before the names"),
        pytest.param("", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+\fb\u2028c\n", "x\n", id="only LF ends a line"),
    ],
)
def test_find_diff(before: str, diff: str, behind: str) -> None:
    text = f"\n{before}{diff}{behind}"
    place = find_diff(text)
    assert place is not None
    assert text[place[0] : place[1]] == diff
    assert place == (1 + len(before), 1 + len(before) + len(diff))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\nfix\n---\n x | 2 +-\n 1 file changed\n\n-- \n2.25\n", id="diffstat"),
        pytest.param("\n> " + (GIT + HUNK).replace("\n", "\n> ") + "\n", id="quoted"),
        pytest.param("\n--- a/x\n+++ b/x\n", id="names without a hunk"),
        pytest.param("\n" + HUNK, id="a hunk without names"),
        pytest.param("\nIndex: cards\n", id="index"),
        pytest.param("\ndiff --git a/x b/x\n", id="a header without anything below"),
        pytest.param("\n@@ -1 +1 @@\n-a\n+b\n--- x\n+++ y\n@ -1 +1 @@\n", id="hunks without a header"),
        pytest.param("\n\n", id="nothing"),
    ],
)
def test_no_diff(text: str) -> None:
    assert find_diff(text) is None


def test_a_diff_behind_many_false_starts_is_found() -> None:
    text = "\n" + "diff --git a b\n\n" * 2000 + "diff --git a/x b/x\nold mode 1\n"
    assert find_diff(text) == (1 + 2000 * 16, len(text))


def test_all_is_diff_where_a_hunk_stands_before_a_thousand_false_ones() -> None:
    text = "\n" + GIT + HUNK + "@@ -\n" * 1001
    assert find_diff(text) == (1, len(text))
    assert find_diff("\n" + GIT + HUNK + "@@ -\n" * 1000) == (1, 1 + len(GIT + HUNK))


def test_all_is_diff_where_git_would_find_a_file_behind_the_end() -> None:
    text = "\n" + GIT + HUNK + "-- \n2\ndiff --git a b\nrename old a\nx\n"
    assert find_diff(text) == (1, len(text) - 2)
    text = "\n" + GIT + HUNK + "diff --git a b\n--- \n"
    assert find_diff(text) == (1, len(text))


@pytest.mark.parametrize("zeros", ["0", "0" * 5000])
def test_numbers_of_lines_are_read_however_they_are_written(zeros: str) -> None:
    hunk = f"@@ -{zeros}1,{zeros}2 +1,{'9' * 5000} @@\n a\n+b\n"
    assert find_diff("\n" + GIT + hunk + "x\n") == (1, 1 + len(GIT + hunk))


def test_a_message_that_is_over_has_no_lines_of_a_diff_in_it() -> None:
    text = "\nRCS file: x\nretrieving revision 1\n--- x\n+++ x\n" + HUNK
    assert find_diff(text) == (1 + text.index("--- x") - 1, len(text))
    assert find_message_end(text) == text.index("--- x")
    assert find_message_end("\ntext\n----\n--- \n") == len("\ntext\n----\n")
    assert find_message_end("\ntext\n") == 6
    assert find_message_end("\ntext\n---\n", 6) == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(GIT + HUNK + "-- \n2\n", False, id="a signature behind it"),
        pytest.param(GIT + HUNK + "-- \n2\n" + GIT + HUNK, True, id="a file behind a signature"),
        pytest.param(GIT + HUNK + "-- \n2\n@@ -9 +9 @@\n-a\n+b\n", True, id="a hunk behind a signature"),
        pytest.param(GIT + "@@ -1,3 +1 @@\n a\n-- \n-b\n" + GIT + HUNK, False, id="a removed line"),
        pytest.param(
            GIT + "@@ -1,3 +1 @@\n a\n-- \n-b\n-- \n" + GIT + HUNK, True, id="a removed line, and a signature"
        ),
        pytest.param("-- \n" + GIT + HUNK, False, id="a signature before it"),
        pytest.param(GIT + HUNK + "-- \nfoo\n-- \n" + GIT + HUNK, True, id="two signatures"),
    ],
)
def test_what_stands_behind_a_signature_is_told(text: str, expected: bool) -> None:
    place = find_diff("\n" + text)
    assert place is not None
    assert goes_behind_signature("\n" + text, *place) is expected


def test_a_diff_is_seen_wherever_it_stands() -> None:
    assert has_diff(b"text\n" + (GIT + HUNK).encode())
    assert not has_diff(b"text\n" + HUNK.encode())


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        pytest.param(GIT + HUNK, 1, id="whole"),
        pytest.param(GIT + HUNK + "@@ -5 +5 @@\n-a\n\\ No newline\n+b\n", 2, id="two"),
        pytest.param(GIT, 0, id="none"),
        pytest.param(GIT + "@@ -1,2 +1,2 @@\na\n-b\n+c\n", 0, id="a line that is none of a hunk"),
        pytest.param(GIT + "@@ -1,2 +1,1 @@\n a\n+b\n", 0, id="too few"),
        pytest.param(GIT + "@@ -1,1 +1,2 @@\n+b\n+c\n a\n", 0, id="too many"),
    ],
)
def test_whole_hunks_are_counted(diff: str, expected: int) -> None:
    text = "\n" + diff
    assert count_whole_hunks(text, 1, len(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("@@ -1,2 +1,3 @@\n", True, id="a hunk without a file"),
        pytest.param("x\n  @@ -1 +1 @@ f\n", True, id="indented"),
        pytest.param("x\n@@-1,2 +1,3@@\n", True, id="without spaces"),
        pytest.param("x\ndiff --git a/x\nb/x\n", True, id="wrapped"),
        pytest.param("x\ndiff --git a/x b/x\n", True, id="a file without what changes"),
        pytest.param("Index: a.c\n=====================\n", True, id="Subversion"),
        pytest.param("> @@ -1,2 +1,3 @@\n", False, id="quoted"),
        pytest.param("in @@ -1,2 +1,3 @@\n", False, id="in a sentence"),
        pytest.param("            @@ -1,2 +1,3 @@\n", False, id="far in: an example"),
        pytest.param("diff --git\n", False, id="a command"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_lines_of_a_diff_that_is_none(text: str, expected: bool) -> None:
    assert is_like_a_diff(text) is expected
