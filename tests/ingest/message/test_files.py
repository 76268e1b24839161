"""Which files a diff touches."""

import pytest

from ingest.message.files import read_files

HUNK = "@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        pytest.param("diff --git a/x/y b/x/y\nindex 1..2\n--- a/x/y\n+++ b/x/y\n" + HUNK, ("x/y",), id="git"),
        pytest.param(
            "diff --git a/z b/z\nindex 1\n--- a/z\n+++ b/z\n" + HUNK + "diff --git a/a b/a\nold mode 1\nnew mode 2\n",
            ("a", "z"),
            id="sorted",
        ),
        pytest.param(
            "diff --git a/n b/n\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n\n" + HUNK, ("n",), id="new"
        ),
        pytest.param(
            "diff --git a/n b/n\ndeleted file mode 100644\nindex 1..0\n--- a/n\n+++ /dev/null\n" + HUNK,
            ("n",),
            id="deleted",
        ),
        pytest.param(
            "diff --git a/d/o b/d/n\nsimilarity index 90%\nrename from d/o\nrename to d/n\n",
            ("d/n", "d/o"),
            id="rename",
        ),
        pytest.param(
            "diff --git a/o b/n\nsimilarity index 90%\ncopy from o\ncopy to n\nindex 1..2\n--- a/o\n+++ b/n\n" + HUNK,
            ("n", "o"),
            id="copy with hunks",
        ),
        pytest.param("diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n", ("e",), id="empty file"),
        pytest.param("diff --git a/a b b/a b\nold mode 1\nnew mode 2\n", ("a b",), id="space in a name"),
        pytest.param(
            'diff --git "a/\\303\\244 \\"q\\\\" "b/\\303\\244 \\"q\\\\"\nold mode 1\nnew mode 2\n',
            ('ä "q\\',),
            id="quoted",
        ),
        pytest.param(
            'diff --git "a/\\t" "b/\\t"\nindex 1\n--- "a/\\t"\n+++ "b/\\t"\n' + HUNK, ("\t",), id="quoted tab"
        ),
        pytest.param('diff --git "a/x b/x\nold mode 1\n', (), id="quote not closed"),
        pytest.param("diff --git a/long b/other name\nold mode 1\n", ("long", "other name"), id="names of two lengths"),
        pytest.param("diff --git x.bmp x.bmp\nindex 1..2\nGIT binary patch\n", ("x.bmp",), id="no prefix, binary"),
        pytest.param("diff --git i/x w/x\nindex 1..2\n--- i/x\n+++ w/x\n" + HUNK, ("x",), id="other prefixes"),
        pytest.param("diff --git a/x b/x\nindex 1\n--- a/x\r\n+++ b/x\r\n" + HUNK, ("x",), id="CR"),
        pytest.param(
            "--- linux.orig/fs/x.c\t2020-01-01 10:00:00\n+++ linux/fs/x.c\t2020-01-02\n" + HUNK,
            ("fs/x.c",),
            id="diff -r",
        ),
        pytest.param(
            "--- x.c    2020-01-01 10:00:00.000 +0100\n+++ x.c    2020-01-01 10:00:00.000 +0100\n" + HUNK,
            ("x.c",),
            id="time behind spaces",
        ),
        pytest.param("--- x1\n+++ x1\n" + HUNK, ("x1",), id="a name that ends in a digit"),
        pytest.param("--- x 2020-01-01 10:00 +1\n+++ x 2020-01-01 10:00 +1\n" + HUNK, ("x",), id="a short time zone"),
        pytest.param("diff --git a/MAX b/MAX\r\nold mode 1\nnew mode 2\n", ("MAX",), id="CR behind the names"),
        pytest.param(
            "Index: x\n" + "=" * 67 + "\n--- x\t(revision 1)\n+++ x\t(working copy)\n" + HUNK, ("x",), id="svn"
        ),
        pytest.param(
            "--- x\n+++ x\n@@ -1,2 +1,2 @@\n a\n--- q\n+++ r\n@@ -9 +9 @@\n-a\n+b\n--- y\n+++ y\n" + HUNK,
            ("x", "y"),
            id="hunk lines that look like names",
        ),
        pytest.param(
            "--- x\n+++ x\n" + HUNK + "diff --git a/z b/z\nold mode 1\nnew mode 2\n", ("x", "z"), id="plain, then git"
        ),
        pytest.param(
            "diff --git a/x b/x\nindex 1\n--- a/x\n+++ b/x\n" + HUNK + "diff --git a/q b/q\nodd\n",
            ("x",),
            id="no header",
        ),
    ],
)
def test_read_files(diff: str, expected: tuple[str, ...]) -> None:
    assert read_files(diff) == expected


def test_two_thousand_headers_are_read() -> None:
    git = "".join(f"diff --git a/{number} b/{number}\nold mode 1\nnew mode 2\n" for number in range(2100))
    plain = "".join(f"--- {number}\n+++ {number}\n{HUNK}" for number in range(2100))
    assert len(read_files(git)) == 2000
    assert len(read_files(plain)) == 1000  # each with its hunk
