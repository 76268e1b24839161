"""HTML as text."""

import pytest

from ingest.message.html_text import html_to_text


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("<p>Hello <b>you</b></p>", "Hello you\n", id="tags"),
        pytest.param("a<br>\nb<BR/>c<div>d</div>e", "a\nb\ncd\ne\n", id="breaks"),
        pytest.param(
            "<head><title>t</title></head>a<style>x</style>b<script>y</script>c<!-- z -->d", "abcd\n", id="hidden"
        ),
        pytest.param("a<style>b", "ab\n", id="not closed"),
        pytest.param("a<!--b<!--c", "a<!--b<!--c\n", id="comments that are not closed"),
        pytest.param("\u00e4<STYLE>x</style>b", "\u00e4b\n", id="not ASCII"),
        pytest.param(
            "1 < 2 &lt;3 &amp;lt; &quot;&nbsp;&#228;&#xE4;&#xd800;&#9999999;&#0;x",
            '1 < 2 <3 &lt; " ää��x\n',
            id="entities",
        ),
        pytest.param("a\n \n\n\t\nb", "a\n\nb\n", id="empty lines"),
        pytest.param("<pre>-a\n+b</pre>", "-a\n+b\n", id="pre"),
        pytest.param("<<<p>a", "a\n", id="doubled brackets"),
        pytest.param("a" + "<!-- x -->" * 1000 + "<style>y</style>b", "ayb\n", id="a style behind a thousand comments"),
    ],
)
def test_html_to_text(page: str, expected: str) -> None:
    assert html_to_text(page) == expected
