"""Reading untrusted ``.npz`` files, in bounded time and memory.

``numpy.load`` trusts the file: a header may ask for any amount of memory, an archive may unpack to
any size. Here sizes are checked before memory is allocated, only plain numbers and strings are
read, and every byte of the archive is accounted for.
"""

import io
import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from musebench.evaluation.plain_zip import unpack_zip
from musebench.files import why_unreadable

MAX_FILE_BYTES = 4_000_000
MAX_UNPACKED_BYTES = 64_000_000
MAX_MEMBERS = 32
MAX_HEADER_BYTES = 4096
KINDS = "iufU"  # integers, floats, strings: nothing that needs pickle

Arrays = dict[str, NDArray[Any]]


def read_npz(
    path: str | Path, *, max_bytes: int = MAX_FILE_BYTES, max_unpacked: int = MAX_UNPACKED_BYTES
) -> Arrays:
    """Read the arrays of a file.

    Args:
        path: An ``.npz``, a regular file.
        max_bytes: Its largest size.
        max_unpacked: Largest size of what it holds.

    Raises:
        ValueError: If it is not a well-formed archive of plain arrays within the limits.
        OSError: If it cannot be opened.
    """
    path = Path(path)
    if reason := why_unreadable(path) or ("it is a link" if path.is_symlink() else ""):
        raise ValueError(reason)
    with path.open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        msg = f"it is larger than the limit of {max_bytes:,} bytes"
        raise ValueError(msg)
    members = unpack_zip(content, max_members=MAX_MEMBERS, max_bytes=max_unpacked)
    return {_array_name(member): _read_member(member, data) for member, data in members.items()}


def _array_name(member: str) -> str:
    name = member.removesuffix(".npy")
    if name == member or not (name.isascii() and name.isidentifier()):
        msg = f"its member {member[:80]!r} has a name that no array can have"
        raise ValueError(msg)
    return name


def _read_member(name: str, content: bytes) -> NDArray[Any]:
    data = io.BytesIO(content)
    shape, dtype = _read_header(data, name)
    start = data.tell()
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        msg = f"its array {name!r} does not have the size that its header says"
        raise ValueError(msg)
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _read_header(data: BinaryIO, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = npy.read_magic(data)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, fortran_order, dtype = read(data, max_header_size=MAX_HEADER_BYTES)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        msg = f"its array {name!r} has no readable header"
        raise ValueError(msg) from error
    if dtype.kind not in KINDS or dtype.fields or dtype.subdtype:
        msg = f"its array {name!r} has the dtype {dtype}; integers, floats and strings are accepted"
        raise ValueError(msg)
    if fortran_order and len(shape) > 1:
        msg = f"its array {name!r} is stored in Fortran order; C order is accepted"
        raise ValueError(msg)
    if len(shape) > 2 or any(size < 0 or size > MAX_UNPACKED_BYTES for size in shape):
        msg = f"its array {name!r} has the shape {shape}; at most two dimensions are accepted"
        raise ValueError(msg)
    return shape, dtype
