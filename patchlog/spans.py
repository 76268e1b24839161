"""Lengths of time and numbers of bytes in few words."""

UNITS = (("days", 86_400), ("h", 3_600), ("min", 60))


def span(seconds: float) -> str:
    """A length of time in the largest unit of which there are two or more: "90 s", "5 min", "47 h", "3 days"."""
    for name, size in UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def size(number_bytes: int) -> str:
    """Bytes in the largest unit of which there is one or more: "512 MiB"."""
    for name, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if number_bytes >= 1 << power:
            return f"{number_bytes / (1 << power):.1f} {name}"
    return f"{number_bytes} bytes"
