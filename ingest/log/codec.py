"""Facts to bytes and back: what one record looks like on disk and on the wire.

A record is one MessagePack array: type name, version, recorded_at, id (nil unless the record was copied from another
log and keeps its id) and the fact's fields as a MessagePack map in one zstd frame. The front is not compressed, so that
the expensive part is made before the log is locked and the time is stamped, and that type and time are read without it.

zstd level 3, no dictionary: over seven lists a record with its parsed mail is 0.47 of the mail's bytes and costs 4 us
of CPU per KB; level 1 is a tenth larger and a fifth cheaper, level 6 a twentieth smaller and three times as dear.
A dictionary of header names and diff marks wins 5 % for 40 % more CPU.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from backports import zstd

from ingest.log.contract import LogError
from schemas.records import FACT_TYPES, Fact, MailReceived, Record

LEVEL = 3

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the fields of one version (as MessagePack has them) and gives the fields of the next."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(type name, version) -> the step from that version to the one after it."""


class Packed(NamedTuple):
    """A fact that is ready to be recorded but for its time: type name, version, compressed fields."""

    type_name: str
    version: int
    body: bytes


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    type_name: str
    version: int
    recorded_at: datetime
    id: int | None
    body: memoryview


class Front(NamedTuple):
    """What a record says without being unpacked. id is None for a record that was not copied."""

    type_name: str
    recorded_at: datetime
    id: int | None


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
        self._compressor = zstd.ZstdCompressor(level=LEVEL)

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
        self._compressor.set_pledged_input_size(len(fields))
        body = self._compressor.compress(fields, zstd.ZstdCompressor.FLUSH_FRAME)
        return Packed(fact.type_name, fact.version, body)

    def seal(self, packed: Packed, recorded_at: datetime, id: int | None = None) -> bytes:
        """Give the bytes of a record. `id` is given only for a record that keeps the id of another log."""
        return self._encoder.encode((packed.type_name, packed.version, recorded_at, id, packed.body))

    def unpack(self, id: int, stored: bytes) -> Record:
        """Read a record; `id` is its place in this log, which counts unless the record carries its own.

        Raises LogError naming the record for an unknown type or version, and for bytes that are no record.
        """
        front = self._read(id, stored)
        id = id if front.id is None else front.id
        fact_type = self._types.get(front.type_name)
        if fact_type is None:
            raise LogError(f"record {id}: expected a known type, came {front.type_name!r} version {front.version}")
        try:
            fields = zstd.decompress(front.body)
            if front.version == fact_type.version:
                fact = self._decoders[front.type_name].decode(fields)
            else:
                fact = self._upcast(id, fact_type, front.version, fields)
        except (zstd.ZstdError, msgspec.DecodeError) as error:
            raise LogError(f"record {id}: expected a {front.type_name!r} version {front.version}: {error}") from None
        return Record(id, front.recorded_at, fact)

    def front(self, id: int, stored: bytes) -> Front:
        """Read a record's type, time and own id. Raises LogError for bytes that are no record."""
        front = self._read(id, stored)
        return Front(front.type_name, front.recorded_at, front.id)

    def _read(self, id: int, stored: bytes) -> _Stored:
        try:
            return self._stored_decoder.decode(stored)
        except msgspec.DecodeError as error:
            raise LogError(f"record {id}: expected type, version, time, id and body: {error}") from None

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
