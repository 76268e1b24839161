"""RFC 2047: text in header fields that is not ASCII."""

import binascii
import re

from ingest.message.charset import decode_text, is_doubtful

_WORD = re.compile(r"=\?([^?\s]{0,60})\?([bBqQ])\?([^?]*)\?=")
_WORDS = re.compile(r"=\?[^?\s]{0,60}\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]{0,60}\?[bBqQ]\?[^?]*\?=)*")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def decode_words(text: str) -> str:
    """Put the text in place of each encoded word; what is not one stays as it is. Never raises.

    White space between two encoded words is none (RFC 2047 section 6.2). Words of one charset and encoding that follow
    each other are joined before they are decoded: mailers cut characters in two.
    """
    if "=?" not in text:
        return text
    return _WORDS.sub(_decode_run, text)


def are_doubtful(text: str) -> bool:
    """Tell whether encoded words may be read in several ways: by their bytes, or as they are not quite such words."""
    if "=?" not in text:
        return False
    if "=?" in _WORD.sub("", text) or any(
        "=" in word[2].rstrip("=") for word in _WORD.findall(text) if word[1] in "bB"
    ):
        return True
    pieces = [piece for run in _WORDS.finditer(text) for piece in _join(run)]
    return any(b"\0" in content or is_doubtful(content, label) for label, content in pieces)


def _decode_run(run: re.Match[str]) -> str:
    return "".join(decode_text(content, label) for label, content in _join(run))


def _join(run: re.Match[str]) -> list[tuple[str, bytes]]:
    """The words of a run, those of one charset in one piece: each piece's charset and its bytes."""
    pieces: list[tuple[str, bytes]] = []
    for label, encoding, payload in _WORD.findall(run[0]):
        label = label.partition("*")[0].lower()  # RFC 2231 section 5 puts a language behind the charset
        content = _base64(payload) if encoding in "bB" else _q(payload)
        if pieces and pieces[-1][0] == label:
            pieces[-1] = (label, pieces[-1][1] + content)
        else:
            pieces.append((label, content))
    return pieces


def _q(payload: str) -> bytes:
    try:
        raw = payload.encode("latin-1")  # raw 8-bit text in a word: its bytes again, as the label means them
    except UnicodeEncodeError:
        raw = payload.encode()
    return binascii.a2b_qp(raw, header=True)


def _base64(payload: str) -> bytes:
    digits = _NOT_BASE64.sub("", payload.partition("=")[0])
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # six bits make no byte
    return binascii.a2b_base64(digits + "==")
