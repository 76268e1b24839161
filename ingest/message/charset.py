"""Bytes to text: the declared charset, else UTF-8, else windows-1252; never an exception."""

import re
from encodings.aliases import aliases
from functools import cache

_BANNED = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
)
"""Codecs that Python lists beside the charsets and that are none."""

_CODECS = {name: codec for name, codec in aliases.items() if codec not in _BANNED}
_CODECS |= {codec: codec for codec in aliases.values() if codec not in _BANNED}
_CODECS |= {
    "utf8": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "koi8_u": "koi8_u",
    "windows_874": "cp874",
    "windows_949": "cp949",
    "windows_31j": "cp932",
    "iso_8859_8_i": "iso8859_8",
}
_CODECS |= {f"cp_{codec[2:]}": codec for codec in aliases.values() if codec.startswith("cp")}

_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
"""Labels that mailers put on text of the larger charset that grew out of it."""

_WITH_CONTROLS = {"latin_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874"}
"""Labels that mailers put on text of a charset that is the same but for letters in the place of 32 controls."""
_CONTROLS = re.compile(rb"[\x80-\x9f]")

_ASCII_LIKE = frozenset({"", "ascii", "us-ascii", "utf-8"})


_WIDE = ("utf_16", "utf_32")
_JAPANESE = ("shift_jis", "cp932")
_SHIFT_JIS_DOUBTS = re.compile(rb"[\\~]")
"""Some read a yen sign and an overline."""
_UNSETTLED = frozenset({"big5", "cp950", "cp1255", "cp1258", "johab", "mac_cyrillic", "mac_roman", "tis_620"})
"""glibc, and so git, has another table for these than Python."""


def codec_of(label: str) -> str:
    """Give Python's name of the charset that a label names; utf_8 where it names none, or a part of UTF-8."""
    return "utf_8" if label in _ASCII_LIKE else _codec(label) or "utf_8"


def is_known(label: str) -> bool:
    """Tell whether a label names a charset; none at all stands for UTF-8."""
    return label in _ASCII_LIKE or _codec(label) is not None


def codecs_of(label: str) -> tuple[str, ...]:
    """The charsets that bytes under a label may be in, in the order in which they are tried: the declared one, then the
    larger one that it stands for; the one with letters in the place of controls, then the declared one.
    """
    codec = codec_of(label)
    if codec in _WITH_CONTROLS:
        return (_WITH_CONTROLS[codec], codec)
    return (codec, _WIDER[codec]) if codec in _WIDER else (codec,)


def is_wide(content: bytes, label: str) -> bool:
    """Tell whether bytes are in a charset of two or four bytes a character, where lines do not end in one byte."""
    return b"\0" in content and codec_of(label).startswith(_WIDE)


@cache
def keeps_ascii(codec: str) -> bool:
    """Tell whether each byte below 128 is the ASCII character in a charset, whatever came before it: lines end alike.

    So it is not in charsets that have states (ISO 2022, UTF-7, HZ), nor in EBCDIC and the wide ones.
    """
    has_states = codec.startswith(("iso2022", "hz", "utf_7"))
    return not has_states and decodes(_ASCII, codec) and _ASCII.decode(codec) == _ASCII.decode("ascii")


def is_doubtful(content: bytes, label: str) -> bool:
    """Tell whether bytes are not in the charset that is declared, or may be read in two ways."""
    codec = codec_of(label)
    if codec in _JAPANESE and _SHIFT_JIS_DOUBTS.search(content):
        return True
    if content.isascii() and keeps_ascii(codec):
        return False
    if codec in _WITH_CONTROLS:
        return _CONTROLS.search(content) is not None
    return codec in _UNSETTLED or not any(decodes(content, name) for name in codecs_of(label))


def decodes(content: bytes, codec: str) -> bool:
    """Tell whether bytes are text in a charset."""
    try:
        content.decode(codec)
    except UnicodeError:
        return False
    return True


_ASCII = bytes(range(128))


def decode_text(content: bytes, label: str) -> str:
    """Read bytes as text, without NULs. label is a charset as declared, or "" for none.

    Only the charsets that Python knows by name count; a label that names none of them, and content that is not what the
    label says, is UTF-8 if it can be, else windows-1252 with U+FFFD for the five bytes that it leaves open.
    """
    text = _utf_8(content) if label in _ASCII_LIKE else _declared(content, label)
    return text.replace("\0", "") if "\0" in text else text


def _utf_8(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _declared(content: bytes, label: str) -> str:
    codec = _codec(label)
    if codec is None or (codec.startswith(_WIDE) and b"\0" not in content):
        return _utf_8(content)  # text of single bytes under a label of wide ones would read as Chinese
    for name in codecs_of(label):
        try:
            text = content.decode(name)
        except UnicodeError:
            continue
        # UTF-7 can spell half a surrogate pair, which is no text.
        return text.encode("utf-8", "replace").decode() if codec == "utf_7" else text
    return _utf_8(content)


def _codec(label: str) -> str | None:
    if len(label) > 40:
        return None
    key = label.lower().strip(" \t'\"").replace("-", "_").replace(" ", "_")
    return _CODECS.get(key) or _CODECS.get(key.removeprefix("x_")) or _CODECS.get(key.replace(":", "_"))
