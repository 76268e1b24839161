"""How the C library gives out memory to who handles mail: what a large one took goes back to the system at once."""

import ctypes

_M_MMAP_THRESHOLD = -3  # mallopt(3)
OWN_MAPPING_BYTES = 256 * 1024
"""What is at least so large gets pages of its own."""


def keep_mappings_apart() -> bool:
    """Say for good from which size on memory is mapped by itself; False where the C library has no such setting.

    Left to itself, glibc raises that size with the first large mail that is freed, up to 32 MB. Then large mails lie
    between small things, and hundreds of megabytes of holes between them are neither used nor given back.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_MMAP_THRESHOLD, OWN_MAPPING_BYTES))
