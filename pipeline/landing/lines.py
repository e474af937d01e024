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
_LINES_AT_A_TIME = 8192
_BOM = b"\xef\xbb\xbf"
_NEWLINE = 10
_WHITE_SPACE = np.isin(np.arange(256, dtype=np.uint8), np.frombuffer(b" \t\n\r\x0b\x0c", dtype=np.uint8))

_Offsets = np.ndarray[tuple[int], np.dtype[np.int32]]


def line_blocks(stream: BinaryIO | pa.NativeFile, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Block]:
    """Yield the lines of a stream of bytes in order.

    Raises:
        UnreadableFileError: the stream breaks off or does not decode.
    """
    number, rest, length = 1, b"", 0  # of the line under way: what is kept of it, and its bytes so far
    for chunk in _chunks(stream, min(chunk_bytes, LONGEST_LINE_BYTES)):
        start = 0
        if rest:
            start = chunk.find(b"\n") + 1
            more = chunk[:start] if start else chunk
            length += len(more)
            rest += more
            if length - bool(start) > LONGEST_LINE_BYTES:
                rest = rest[:_KEPT_OF_LONG_LINE]
            if not start:
                continue
            yield _line_block(rest, length - 1, number)
            number += 1
        end = chunk.rfind(b"\n") + 1
        for block, count in _blocks(memoryview(chunk)[start:end], number):
            yield block
            number += count
        rest, length = chunk[end:], len(chunk) - end
    if rest:
        yield _line_block(rest, length, number)


def _chunks(stream: BinaryIO | pa.NativeFile, size: int) -> Iterator[bytes]:
    if chunk := _read(stream, size):
        yield _without_bom(stream, chunk)
    while chunk := _read(stream, size):
        yield chunk


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


def _line_block(content: bytes, length: int, number: int) -> Block:
    """Return one line as a block.

    Args:
        content: the line; of one that is too long its first bytes.
        length: its bytes without the LF.
    """
    if length <= LONGEST_LINE_BYTES:
        return next(_blocks(content, number))[0]
    kept = content[:_KEPT_OF_LONG_LINE].decode("utf-8", "backslashreplace")
    message = f"the line has {length} bytes; allowed: {LONGEST_LINE_BYTES}; its first {len(kept)} are kept"
    line = RefusedLine(number, kept, Refusal(Reason.LINE_TOO_LONG, message))
    return Block(LINES.empty_table(), len(kept), (line,))


def _blocks(body: bytes | memoryview, first: int) -> Iterator[tuple[Block, int]]:
    """Yield blocks of whole lines, each with how many they are: small ones where some line is no text."""
    if not body:
        return
    characters = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(characters == _NEWLINE) + 1
    if not len(ends) or ends[-1] != len(body):
        ends = np.append(ends, len(body))
    offsets: _Offsets = np.concatenate(([0], ends)).astype(np.int32)
    count = len(ends)
    raw = _texts(body, offsets)
    if _are_texts(raw):
        yield _block(raw, body, offsets, first), count
        return
    for start in range(0, count, _LINES_AT_A_TIME):
        part = offsets[start : start + _LINES_AT_A_TIME + 1]
        piece, part = memoryview(body)[part[0] : part[-1]], part - part[0]
        raw = _texts(piece, part)
        refused = () if _are_texts(raw) else tuple(_invalid_lines(piece, part, first + start))
        yield _block(raw, piece, part, first + start, refused), len(raw)


def _texts(body: bytes | memoryview, offsets: _Offsets) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(body)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


def _are_texts(raw: pa.Array) -> bool:
    try:
        raw.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _block(
    raw: pa.Array,
    body: bytes | memoryview,
    offsets: _Offsets,
    first: int,
    refused: tuple[RefusedLine, ...] = (),
) -> Block:
    is_blank = _blank_lines(body, offsets)
    table = pa.table([numbered(first, len(raw)), raw, pa.nulls(len(raw), pa.string())], schema=LINES)
    is_kept = ~is_blank
    is_kept[[line.source_line - first for line in refused]] = False
    if not is_kept.all():
        table = table.filter(pa.array(is_kept))
    return Block(table, len(body), refused, int(is_blank.sum()))


def _blank_lines(body: bytes | memoryview, offsets: _Offsets) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    starts = np.frombuffer(body, dtype=np.uint8)[offsets[:-1]]
    is_blank: np.ndarray[tuple[int], np.dtype[np.bool_]] = starts == _NEWLINE
    for line in np.flatnonzero(_WHITE_SPACE[starts] & ~is_blank):
        is_blank[line] = bytes(body[offsets[line] : offsets[line + 1]]).isspace()
    return is_blank


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
