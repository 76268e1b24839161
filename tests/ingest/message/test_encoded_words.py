"""RFC 2047 words, right and wrong."""

import pytest

from ingest.message.encoded_words import decode_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain = text", "plain = text", id="no word"),
        pytest.param("=?utf-8?q?J=C3=A4ne_Doe?=", "Jäne Doe", id="Q"),
        pytest.param("=?UTF-8?B?SsOkbmU=?=", "Jäne", id="B"),
        pytest.param("=?utf-8?b?SsOkbmU?=", "Jäne", id="B without its padding"),
        pytest.param("=?utf-8?b?SsOkbmUA=A?=", "Jäne", id="B that goes on behind its padding"),
        pytest.param("=?utf-8?b?SsOkbmU=QUJD?=", "Jäne", id="B with another behind its padding"),
        pytest.param("=?utf-8?b?SsOk!bmU=?=", "Jäne", id="B with what is no digit of it"),
        pytest.param("=?utf-8?b?SsOkbmVBB?=", "JäneA", id="B with six bits too many"),
        pytest.param("=?iso-8859-1?q?=E4?= =?iso-8859-1?q?b?= c", "äb c", id="white space between words is none"),
        pytest.param("=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä", id="a character cut in two"),
        pytest.param("=?utf-8?q?a?= =?iso-8859-1?q?=E4?=", "aä", id="two charsets"),
        pytest.param("=?utf-8*en?q?a?=", "a", id="with a language"),
        pytest.param("=?y?q?Re=3A_x?=", "Re: x", id="unknown charset"),
        pytest.param("=?iso-8859-1?q?Fr\xf6sche?=", "Frösche", id="raw 8-bit text in a word"),
        pytest.param("=?iso-8859-1?q?\u20ac?=", "â‚¬", id="raw text beyond latin-1 in a word"),
        pytest.param("=?utf-8?q?open", "=?utf-8?q?open", id="not closed"),
        pytest.param("=?utf-8?x?a?=", "=?utf-8?x?a?=", id="unknown encoding"),
    ],
)
def test_decode_words(text: str, expected: str) -> None:
    assert decode_words(text) == expected
