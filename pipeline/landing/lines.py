"""JSON Lines as blocks of numbered lines, straight from the file's bytes.

Newlines are found in big chunks and the chunk itself becomes the buffer of the string column, so that line
numbers and texts are exact and nothing is copied but a line that lies over two chunks. A line ends at LF; a
leading byte-order mark is dropped.
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from pipeline.landing.blocks import LINES, Block, RefusedLine, UnreadableFileError, numbered
from pipeline.landing.parsing import Refusal
from pipeline.schemas.events import Reason

CHUNK_BYTES = 32 * 2**20
LONGEST_LINE_BYTES = 128 * 2**20
_KEPT_OF_LONG_LINE = 2**16
_BOM = b"\xef\xbb\xbf"
_NEWLINE = 10
_WHITE_SPACE = np.isin(np.arange(256, dtype=np.uint8), np.frombuffer(b" \t\n\r\x0b\x0c", dtype=np.uint8))

_Offsets = np.ndarray[tuple[int], np.dtype[np.int32]]


def line_blocks(stream: BinaryIO | pa.NativeFile, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Block]:
    """Yield the lines of a stream of bytes in order.

    Raises:
        UnreadableFileError: the stream breaks off or does not decode.
    """
    number, rest, is_start = 1, b"", True
    while chunk := _read(stream, chunk_bytes):
        if is_start:
            chunk = _without_bom(stream, chunk)
            is_start = False
        start = chunk.find(b"\n") + 1 if rest else 0
        if rest and not start:
            rest += chunk
        else:
            end = chunk.rfind(b"\n") + 1
            for body in (rest + chunk[:start], memoryview(chunk)[start:end]):
                if body:
                    block, count = _block(body, number)
                    yield block
                    number += count
            rest = chunk[end:]
        if len(rest) > LONGEST_LINE_BYTES:
            long_line, rest = _skip_long_line(stream, rest, number, chunk_bytes)
            yield Block(LINES.empty_table(), len(long_line.raw), (long_line,))
            number += 1
    if rest:
        yield _block(rest, number)[0]


def _read(stream: BinaryIO | pa.NativeFile, size: int) -> bytes:
    try:
        content: bytes = stream.read(size)
    except OSError as error:
        raise UnreadableFileError(f"cannot be decoded as a whole: {error}") from None
    return content


def _without_bom(stream: BinaryIO | pa.NativeFile, chunk: bytes) -> bytes:
    while len(chunk) < len(_BOM) and (more := _read(stream, len(_BOM))):
        chunk += more
    return chunk.removeprefix(_BOM)


def _skip_long_line(
    stream: BinaryIO | pa.NativeFile, start: bytes, number: int, chunk_bytes: int
) -> tuple[RefusedLine, bytes]:
    """Read on to the line's end; return the line, cut, and the bytes after it."""
    length, rest = len(start), b""
    while chunk := _read(stream, chunk_bytes):
        end = chunk.find(b"\n")
        if end >= 0:
            length, rest = length + end, chunk[end + 1 :]
            break
        length += len(chunk)
    kept = start[:_KEPT_OF_LONG_LINE].decode("utf-8", "backslashreplace")
    message = f"the line has {length} bytes; allowed: {LONGEST_LINE_BYTES}; its first {len(kept)} are kept"
    return RefusedLine(number, kept, Refusal(Reason.LINE_TOO_LONG, message)), rest


def _block(body: bytes | memoryview, first: int) -> tuple[Block, int]:
    characters = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(characters == _NEWLINE) + 1
    if not len(ends) or ends[-1] != len(body):
        ends = np.append(ends, len(body))
    offsets: _Offsets = np.concatenate(([0], ends)).astype(np.int32)
    count = len(ends)
    raw = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(body)])
    is_blank = _blank_lines(body, characters, offsets)
    refused = _lines_without_text(raw, body, offsets, first)
    table = pa.table([numbered(first, count), raw, pa.nulls(count, pa.string())], schema=LINES)
    is_kept = ~is_blank
    is_kept[[line.source_line - first for line in refused]] = False
    if not is_kept.all():
        table = table.filter(pa.array(is_kept))
    return Block(table, len(body), refused, int(is_blank.sum())), count


def _blank_lines(
    body: bytes | memoryview, characters: np.ndarray[tuple[int], np.dtype[np.uint8]], offsets: _Offsets
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    starts = characters[offsets[:-1]]
    is_blank: np.ndarray[tuple[int], np.dtype[np.bool_]] = starts == _NEWLINE
    for line in np.flatnonzero(_WHITE_SPACE[starts] & ~is_blank):
        is_blank[line] = bytes(body[offsets[line] : offsets[line + 1]]).isspace()
    return is_blank


def _lines_without_text(
    raw: pa.Array, body: bytes | memoryview, offsets: _Offsets, first: int
) -> tuple[RefusedLine, ...]:
    try:
        raw.validate(full=True)
    except pa.ArrowInvalid:
        return tuple(_invalid_lines(body, offsets, first))
    return ()


def _invalid_lines(body: bytes | memoryview, offsets: _Offsets, first: int) -> Iterator[RefusedLine]:
    for line in range(len(offsets) - 1):
        content = bytes(body[offsets[line] : offsets[line + 1]])
        try:
            content.decode()
        except UnicodeDecodeError as error:
            message = (
                f"byte {error.start + 1} of the line, 0x{content[error.start]:02x}, is no UTF-8 "
                f"({error.reason}); allowed: UTF-8 text; save the file as UTF-8 and land it again"
            )
            text = without_line_end(content.decode("utf-8", "backslashreplace"))
            yield RefusedLine(first + line, text, Refusal(Reason.INVALID_UTF8, message))


def without_line_end(text: str) -> str:
    """Drop the LF and one CR before it."""
    return text.removesuffix("\n").removesuffix("\r")
