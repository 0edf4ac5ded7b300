"""The gateway's transport compressions: zlib-stream, and zstd-stream without a zstd library."""

import struct
import zlib
from typing import Final, Protocol

_RAW_BLOCK: Final = 1 << 17
_ZSTD_HEADER: Final = b"\x28\xb5\x2f\xfd" + bytes([0x00, 0x38])
"""Magic number; a frame descriptor without size, checksum or dictionary; a window of 128 KiB."""


class Compressor(Protocol):
    """Turns a text into what goes over the socket."""

    def __call__(self, text: str) -> bytes | str:
        """The frame for one text: bytes are sent as a binary frame."""
        ...


def uncompressed(text: str) -> str:
    """For clients that ask for none."""
    return text


class ZlibStream:
    """One zlib stream over the socket's life, flushed after every message."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(level=1)

    def __call__(self, text: str) -> bytes:
        """The next piece of the stream."""
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """One zstd frame over the socket's life, made of raw blocks: packing gains nothing on loopback.

    Source: RFC 8878, sections 3.1.1.1 (frame header) and 3.1.1.2 (blocks).
    """

    def __init__(self) -> None:
        self._head = _ZSTD_HEADER

    def __call__(self, text: str) -> bytes:
        """The next blocks of the frame."""
        data = text.encode()
        parts = [self._head]
        self._head = b""
        for start in range(0, len(data), _RAW_BLOCK):
            block = data[start : start + _RAW_BLOCK]
            parts += (struct.pack("<I", len(block) << 3)[:3], block)
        return b"".join(parts)


def compressor_for(name: str | None) -> Compressor:
    """The compressor that a client's `compress` query parameter asks for."""
    match name:
        case "zlib-stream":
            return ZlibStream()
        case "zstd-stream":
            return ZstdStream()
        case _:
            return uncompressed
