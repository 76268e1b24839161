"""Which servers found a signature of the author's domain to be right."""

import pytest

from ingest.message.authentication import FIELDS_MAX, read_verifiers

PASS = "mx.here.example; dkim=pass header.d=example.org header.s=k"


@pytest.mark.parametrize(
    ("value", "verified"),
    [
        pytest.param(PASS, True, id="a pass"),
        pytest.param("MX.here.example 1; spf=none; DKIM=pass (2048-bit key; ok) header.d=Example.ORG", True, id="case"),
        pytest.param(
            "mx.here.example;\r\n\tdkim=fail header.d=example.org;\r\n\tdkim=pass header.d=example.org",
            True,
            id="one of two",
        ),
        pytest.param("mx.here.example; dkim=pass header.d=lists.example.net", False, id="another domain's"),
        pytest.param("mx.here.example; dkim=pass header.d=org", False, id="all of a top-level domain"),
        pytest.param("mx.here.example; dkim=pass header.d=e.org", False, id="the end of a name alone"),
        pytest.param("mx.here.example; dkim=fail header.d=example.org", False, id="a failure"),
        pytest.param("mx.here.example; x-dkim=pass header.d=example.org", False, id="something else"),
        pytest.param("mx.here.example; dkim=pass", False, id="no domain"),
        pytest.param("mx.here.example; none", False, id="nothing"),
        pytest.param("", False, id="empty"),
    ],
)
def test_a_signature_of_the_authors_domain(value: str, verified: bool) -> None:
    raw = f"Subject: x\r\nAuthentication-Results: {value}\r\nFrom: a@sub.example.org\r\n\r\nText.\r\n"
    expected = ("mx.here.example",) if verified else ()
    assert read_verifiers(raw.encode(), "Ada@sub.example.org") == expected
    assert read_verifiers(raw.replace("\r\n", "\n").encode(), "ada@sub.example.org") == expected


def test_of_a_server_the_topmost_field_counts() -> None:
    fail = "Authentication-Results: mx.here.example; dkim=none\n"
    other = "Authentication-Results: mx.elsewhere.example; dkim=pass header.d=example.org\n"
    raw = f"{fail}Authentication-Results: {PASS}\n{other}\n"
    assert read_verifiers(raw.encode(), "ada@example.org") == ("mx.elsewhere.example",)


def test_what_stands_in_the_text_or_far_down_is_not_asked() -> None:
    assert read_verifiers(f"Subject: x\n\nAuthentication-Results: {PASS}\n".encode(), "ada@example.org") == ()
    many = "".join(f"Authentication-Results: mx{n}.example; none\n" for n in range(FIELDS_MAX))
    assert read_verifiers(f"{many}Authentication-Results: {PASS}\n\n".encode(), "ada@example.org") == ()


def test_nobody_vouches_for_nobody() -> None:
    assert read_verifiers(f"Authentication-Results: {PASS}".encode(), "") == ()
