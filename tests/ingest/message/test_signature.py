"""What stands below every mail is no part of a cover letter."""

import pytest

from ingest.message.signature import FOOTER_MAX_LINES, SIGNATURE_MAX_LINES, without_signature

RULE = "_" * 47 + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("All of it.\n", "All of it.\n", id="neither"),
        pytest.param("All of it.", "All of it.", id="neither, nor a line end"),
        pytest.param("", "", id="nothing"),
        pytest.param("All.\n\n-- \n2.39.5\n", "All.\n", id="git's version"),
        pytest.param("All.\n\n-- \nAda\nhttps://example.org", "All.\n", id="a name, without a line end"),
        pytest.param("-- \n2.39.5\n", "", id="nothing but a signature"),
        pytest.param("All.\n--\n2.39.5\n", "All.\n--\n2.39.5\n", id="a rule without its space is none"),
        pytest.param("All.\n -- \nMore.\n", "All.\n -- \nMore.\n", id="nor is one that does not begin its line"),
        pytest.param("One.\n-- \nTwo.\n-- \nAda\n", "One.\n-- \nTwo.\n", id="the last rule counts"),
        pytest.param("All.\n-- \n" + "line\n" * SIGNATURE_MAX_LINES, "All.\n", id="a signature as long as one may be"),
        pytest.param(
            "All.\n-- \n" + "line\n" * (SIGNATURE_MAX_LINES + 1),
            "All.\n-- \n" + "line\n" * (SIGNATURE_MAX_LINES + 1),
            id="what is longer is text",
        ),
        pytest.param(f"All.\n\n{RULE}demo mailing list\ndemo@example.org\n", "All.\n", id="a footer"),
        pytest.param(f"All.\n\n-- \n2.39.5\n\n{RULE}demo mailing list\n", "All.\n", id="both"),
        pytest.param(f"All.\n{RULE}", f"All.\n{RULE}", id="a rule with nothing below"),
        pytest.param(
            f"All.\n{RULE}" + "line\n" * (FOOTER_MAX_LINES + 1),
            f"All.\n{RULE}" + "line\n" * (FOOTER_MAX_LINES + 1),
            id="a rule with a text below",
        ),
        pytest.param(
            f"All.\n{RULE}" + ("long line " * 150 + "\n") * FOOTER_MAX_LINES,
            f"All.\n{RULE}" + ("long line " * 150 + "\n") * FOOTER_MAX_LINES,
            id="a rule with long lines below",
        ),
        pytest.param(
            f"All.\n\n{RULE}A table\n\n-- \n2.39.5\n", f"All.\n\n{RULE}A table\n", id="a rule above a signature"
        ),
    ],
)
def test_without_signature(text: str, expected: str) -> None:
    assert without_signature(text) == expected


def test_a_long_text_of_rules_is_looked_at_only_at_its_end() -> None:
    text = RULE * 20_000 + "\n" * 11 + "All.\n"
    assert without_signature(text) == text


@pytest.mark.parametrize("before", ["", "words\n" * 10_000, "words\n" * 10_000 + "\n\n", "x" * 50_000 + "\n"])
@pytest.mark.parametrize(
    "end",
    [
        "",
        "last",
        "-- \n2.39\n",
        "-- ",
        "-- \n" + "line\n" * (SIGNATURE_MAX_LINES + 1),
        "-- \n" + "line\n" * 500,
        "_" * 40 + "\nlist\nhttps://lists.example.org/\n",
        "-- \nsig\n" + "_" * 40 + "\nlist\nhttps://lists.example.org/\n",
        "-- \n" + "x" * 30_000 + "\n",
    ],
)
def test_the_end_of_a_long_text_is_cut_like_a_short_one(before: str, end: str) -> None:
    short = "words\n"
    cut = without_signature(short + end)
    if cut == short + end:
        assert without_signature(before + end) == before + end
    else:
        kept = before.rstrip("\n") + "\n" if before and cut == short else before + cut.removeprefix(short)
        assert without_signature(before + end) == kept
