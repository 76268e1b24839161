"""Facts to bytes and back: what one record looks like on disk and on the wire.

A record is one MessagePack array: type name, version, recorded_at, id (nil unless the record was copied from another
log and keeps its id), the fact's fields as a MessagePack map in one zstd frame, a digest of all this but the id. The
front is not compressed, so that the expensive part is made before the log is locked and the time is stamped, and that
type and time are read without it.

The digest is SHA-256 over four things: type name, version and recorded_at in microseconds since 1970, each with a line
feed behind it, then the SHA-256 of the zstd frame. A copy keeps it, whatever id it carries; where a record stands is
what the running hash (`ingest.log.running`) says. Records of before there were digests have no sixth element; theirs is
worked out in the same way, so it is there for the running hash, and shows no damage by itself.

zstd level 3, no dictionary: over seven lists a record with its parsed mail is 0.47 of the mail's bytes and costs 4 us
of CPU per KB; level 1 is a tenth larger and a fifth cheaper, level 6 a twentieth smaller and three times as dear.
A dictionary of header names and diff marks wins 5 % for 40 % more CPU.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from backports import zstd

from ingest.log.contract import LogError
from schemas.fact import Fact
from schemas.records import FACT_TYPES, STUB_TYPES, LogClosed, MailReceived, Record

LEVEL = 3
LARGE_BYTES, LARGE_LEVEL = 1 << 20, 1
"""A larger mail that was left unread is packed at the quickest level, for other appends wait for it. One that was read
has its text a second time in its record, and LEVEL alone looks back far enough to save that."""
CHANGED = "its content does not have the digest that was recorded: the log was damaged or changed here"

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the fields of one version (as MessagePack has them) and gives the fields of the next."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(type name, version) -> the step from that version to the one after it."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Packed(NamedTuple):
    """A fact that is ready to be recorded but for its time: type name, version, compressed fields and their SHA-256."""

    type_name: str
    version: int
    body: bytes
    body_digest: bytes


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    type_name: str
    version: int
    recorded_at: datetime
    id: int | None
    body: memoryview
    digest: bytes | None = None


class Front(NamedTuple):
    """What a record says without being unpacked. id is None for a record that was not copied."""

    type_name: str
    recorded_at: datetime
    id: int | None

    @property
    def closes(self) -> bool:
        """Whether it closes the log that it is in. A LogClosed that was copied closed another."""
        return self.type_name == LogClosed.type_name and self.id is None

    @property
    def ends_copy(self) -> bool:
        return self.type_name == LogClosed.type_name and self.id is not None

    @property
    def is_inside_copy(self) -> bool:
        """Whether more of another log's records have to come behind it, before a log can be used."""
        return self.type_name != LogClosed.type_name and self.id is not None


class Looked(NamedTuple):
    """A record that may be damaged: its type ("" where nothing can be read), and what is wrong with it, if anything.

    digests: what it may have in the running hash: one where nothing is wrong, none where nothing can be read.
    """

    type_name: str
    digests: tuple[bytes, ...]
    wrong: str | None


def chained(fact: Fact, digest: bytes) -> bytes:
    """What of a record goes into the running hash: the digest of what it says, or of what a stub stands for."""
    return fact.digest if isinstance(fact, STUB_TYPES) else digest


def _look_at_wrong(front: _Stored | None, wrong: str) -> Looked:
    """Either the content or the digest may be what it was."""
    if front is None:
        return Looked("", (), wrong)
    digest = _digest(front.type_name, front.version, front.recorded_at, sha256(front.body).digest())
    return Looked(front.type_name, tuple({front.digest or digest: None, digest: None}), wrong)


def _digest(type_name: str, version: int, recorded_at: datetime, body_digest: bytes) -> bytes:
    """SHA-256 of what a record says, see above; 32 bytes."""
    return sha256(b"%s\n%d\n%d\n%s" % (type_name.encode(), version, _us(recorded_at), body_digest)).digest()


def _us(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


class Codec:
    """Packs and unpacks facts. `pack` and `seal` belong to one thread at a time; `unpack` and `front` to any."""

    def __init__(
        self,
        types: Sequence[type[Fact]] = FACT_TYPES,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        self._types = {fact_type.type_name: fact_type for fact_type in types}
        self._decoders = {name: msgspec.msgpack.Decoder(fact_type) for name, fact_type in self._types.items()}
        self._upcasters = upcasters
        self._encoder = msgspec.msgpack.Encoder()
        self._stored_decoder = msgspec.msgpack.Decoder(_Stored)
        self._compressor, self._for_large = zstd.ZstdCompressor(level=LEVEL), zstd.ZstdCompressor(level=LARGE_LEVEL)

    def pack(self, fact: Fact) -> Packed:
        """Encode and compress a fact's fields.

        Raises LogError for a type that is not registered. A parsed mail that cannot be written (a lone surrogate in
        its text) is left out: it is a cache, and the mail is not.
        """
        if type(fact) is not self._types.get(fact.type_name):
            raise LogError(f"expected a fact of a registered type, came {type(fact).__name__} ({fact.type_name!r})")
        try:
            fields = self._encoder.encode(fact)
        except UnicodeEncodeError:
            if not isinstance(fact, MailReceived) or fact.parsed is None:
                raise
            fields = self._encoder.encode(msgspec.structs.replace(fact, parsed=None, parser_version=0))
        is_unread = isinstance(fact, MailReceived) and fact.parsed is None
        compressor = self._for_large if is_unread and len(fields) > LARGE_BYTES else self._compressor
        compressor.set_pledged_input_size(len(fields))
        body = compressor.compress(fields, zstd.ZstdCompressor.FLUSH_FRAME)
        return Packed(fact.type_name, fact.version, body, sha256(body).digest())

    def seal(self, packed: Packed, recorded_at: datetime, id: int | None = None) -> bytes:
        """Give the bytes of a record. `id` is given only for a record that keeps the id of another log."""
        digest = _digest(packed.type_name, packed.version, recorded_at, packed.body_digest)
        return self._encoder.encode((packed.type_name, packed.version, recorded_at, id, packed.body, digest))

    def unpack(self, id: int, stored: bytes) -> Record:
        """Read a record; `id` is its place in this log, which is the id that it carries if it was copied.

        Raises LogError naming the record for an unknown type or version, for bytes that are no record, and for content
        that has another digest than was recorded.
        """
        front, digest = self._read(id, stored)
        fact_type = self._types.get(front.type_name)
        if fact_type is None:
            raise LogError(f"record {id}: expected a known type, came {front.type_name!r} version {front.version}")
        try:
            fields = zstd.decompress(front.body)
            if front.version == fact_type.version:
                fact = self._decoders[front.type_name].decode(fields)
            else:
                fact = self._upcast(id, fact_type, front.version, fields)
        except (zstd.ZstdError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LogError(f"record {id}: expected a {front.type_name!r} version {front.version}: {error}") from None
        return Record(id, front.recorded_at, fact, chained(fact, digest))

    def front(self, id: int, stored: bytes) -> Front:
        """Read a record's type, time and own id. Raises LogError for bytes that are no record, or were changed."""
        front, _ = self._read(id, stored)
        return Front(front.type_name, front.recorded_at, front.id)

    def size_bytes(self, stored: bytes) -> int:
        """What a record's fields take once they are unpacked, without unpacking them; what it takes where that cannot
        be told. Raises nothing.
        """
        try:
            body = self._stored_decoder.decode(stored).body
            unpacked = zstd.get_frame_info(body).decompressed_size
        except (msgspec.DecodeError, UnicodeDecodeError, zstd.ZstdError):
            unpacked = None
        return max(len(stored), unpacked or 0)

    def look(self, id: int, stored: bytes) -> Looked:
        """Read a record that may be damaged, and hold it to its digest and its place. Raises nothing."""
        try:
            front = self._stored_decoder.decode(stored)
        except (msgspec.DecodeError, UnicodeDecodeError):
            front = None
        try:
            record = self.unpack(id, stored)
        except LogError as error:
            return _look_at_wrong(front, str(error))
        assert front is not None
        return Looked(front.type_name, (record.digest,), self._misplaced(id, front, stored))

    def _misplaced(self, id: int, front: _Stored, stored: bytes) -> str | None:
        """What the digest does not tell: the id that a copy carries, and bits that say nothing."""
        if front.id not in (None, id):
            return f"record {id}: it carries the id {front.id}"
        whole = (front.type_name, front.version, front.recorded_at, front.id, front.body, front.digest)
        if stored != self._encoder.encode(whole if front.digest is not None else whole[:5]):
            return f"record {id}: its bytes are not as they were written, though they say the same"
        return None

    def copy(self, id: int, stored: bytes) -> bytes:
        """Give the bytes of a record that keeps its id in another log; nothing else changes, nothing is unpacked.

        One of before there were digests gets its own. Raises LogError as `front`.
        """
        front, digest = self._read(id, stored)
        return self._encoder.encode((front.type_name, front.version, front.recorded_at, id, front.body, digest))

    def replace(self, id: int, stored: bytes, fact: Fact) -> bytes:
        """Give the bytes of a record that says something else, with the time and the id that it carried.

        Raises LogError as `front` and `pack`.
        """
        front, _ = self._read(id, stored)
        return self.seal(self.pack(fact), front.recorded_at, front.id)

    def _read(self, id: int, stored: bytes) -> tuple[_Stored, bytes]:
        """Read the array, and give the digest of what it says, which is the one that it has."""
        try:
            front = self._stored_decoder.decode(stored)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LogError(f"record {id}: expected type, version, time, id, body and digest: {error}") from None
        digest = _digest(front.type_name, front.version, front.recorded_at, sha256(front.body).digest())
        if front.digest is not None and front.digest != digest:
            raise LogError(f"record {id}: {CHANGED}")
        return front, digest

    def _upcast(self, id: int, fact_type: type[Fact], version: int, fields: bytes) -> Fact:
        values = msgspec.msgpack.decode(fields)
        for step in range(version, fact_type.version):
            upcaster = self._upcasters.get((fact_type.type_name, step))
            if upcaster is None:
                break
            values = upcaster(values)
        else:
            if version < fact_type.version:
                return msgspec.convert(values, fact_type, builtin_types=(bytes, datetime))
        raise LogError(
            f"record {id}: expected {fact_type.type_name!r} up to version {fact_type.version}, came version {version}"
        )
