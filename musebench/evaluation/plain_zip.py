"""Unpacking untrusted zip archives: every byte is accounted for, or the archive is refused.

A zip archive is usually read from its end, so it may have a script in front of it and anything
between its members. Here it is read from its first byte to its last: the members one after the
other, the directory that repeats them, the end. There is one way to read this file.

Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
"""

import struct
import zlib
from dataclasses import dataclass

MEMBER, DIRECTORY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
LFS_POINTER = b"version https://git-lfs"
STORED, DEFLATED = 0, 8
HARMLESS_FLAGS = 0x0806  # how hard it was compressed, names in UTF-8
ZIP64 = 0x0001
IN_ZIP64 = 0xFFFFFFFF
_LOCAL = struct.Struct("<4xHHH4xIIIHH")  # needs, flags, method, crc, packed, size, name, extra
_CENTRAL = struct.Struct("<4x2xHHH4xIIIHHHHHII")  # the same; comment, disk, two attributes, offset
_END = struct.Struct("<4xHHHHIIH")  # two disks, two counts, size, offset, comment


@dataclass(frozen=True)
class _Member:
    """What header and directory both say of a member.

    Attributes:
        name: Its name.
        flags: Flag bits of its header.
        method: How it is compressed.
        crc: CRC-32 of its content.
        packed: Bytes in the archive.
        size: Bytes of its content.
        offset: Where its header begins.
    """

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def unpack_zip(content: bytes, *, max_members: int, max_bytes: int) -> dict[str, bytes]:
    """Unpack an archive in bounded memory.

    Args:
        content: The archive.
        max_members: Maximum number of members.
        max_bytes: Maximum size when unpacked, bytes.

    Returns:
        Name -> content, in the order of the archive.

    Raises:
        ValueError: If a byte of it is not accounted for, or a limit is exceeded.
    """
    if not content.startswith((MEMBER, END)):
        is_pointer = content.startswith(LFS_POINTER)
        found = "is a pointer of Git LFS" if is_pointer else "does not begin as a zip archive does"
        msg = f"it {found}"
        raise ValueError(msg)
    members: dict[str, bytes] = {}
    known: list[_Member] = []
    at = 0
    while content.startswith(MEMBER, at):
        member, start = _read_header(content, at)
        name = member.name.decode("latin-1")
        if len(members) == max_members:
            msg = f"it has more than the limit of {max_members} members"
            raise ValueError(msg)
        if name in members:
            msg = "it contains a member twice"
            raise ValueError(msg)
        if sum(map(len, members.values())) + member.size > max_bytes:
            msg = f"it unpacks to more than the limit of {max_bytes:,} bytes"
            raise ValueError(msg)
        at = start + member.packed
        members[name] = _inflate(content[start:at], member)
        known.append(member)
    _check_directory(content, at, known)
    return members


def _read_header(content: bytes, at: int) -> tuple[_Member, int]:
    """The member whose header begins at ``at``, and where its data begin."""
    _, flags, method, crc, packed, size, name, extra = _fields(_LOCAL, content, at)
    start = at + _LOCAL.size
    member = content[start : start + name]
    sizes = _zip64(content[start + name : start + name + extra], [size, packed])
    if flags & ~HARMLESS_FLAGS or method not in (STORED, DEFLATED):
        msg = f"its member {member[:80]!r} is encrypted or packed in an unusual way"
        raise ValueError(msg)
    return _Member(member, flags, method, crc, sizes[1], sizes[0], at), start + name + extra


def _fields(form: struct.Struct, content: bytes, at: int) -> tuple[int, ...]:
    try:
        return form.unpack_from(content, at)
    except struct.error:
        msg = "it is a truncated zip archive"
        raise ValueError(msg) from None


def _zip64(extra: bytes, values: list[int]) -> list[int]:
    """The values, with 64-bit ones read from the extra field, which may contain nothing else.

    numpy writes such a field for members of any size.
    """
    large = [value == IN_ZIP64 for value in values]
    expected = 4 + 8 * sum(large)
    if not extra and not any(large):
        return values
    if len(extra) != expected or struct.unpack_from("<HH", extra) != (ZIP64, expected - 4):
        msg = "it has an extra field other than the sizes"
        raise ValueError(msg)
    long = iter(struct.unpack_from(f"<{sum(large)}Q", extra, 4))
    return [next(long) if is_long else v for v, is_long in zip(values, large, strict=True)]


def _inflate(data: bytes, member: _Member) -> bytes:
    if member.method == STORED:
        found, rest = data, b""
    else:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            found = stream.decompress(data, member.size + 1)
        except zlib.error as error:
            msg = f"its compressed data are broken ({error})"
            raise ValueError(msg) from error
        rest = stream.unused_data if stream.eof else b"?"
    if rest or len(data) != member.packed or len(found) != member.size:
        msg = f"its member {member.name[:80]!r} is longer or shorter than its header says"
        raise ValueError(msg)
    if zlib.crc32(found) != member.crc:
        msg = f"its member {member.name[:80]!r} is damaged: its CRC-32 differs"
        raise ValueError(msg)
    return found


def _check_directory(content: bytes, at: int, members: list[_Member]) -> None:
    """Refuse a directory that does not list these members, or is not followed by the end alone."""
    begin = at
    for member in members:
        if not content.startswith(DIRECTORY, at):
            msg = "there is extra data between its members and its directory"
            raise ValueError(msg)
        fields = _fields(_CENTRAL, content, at)
        _, flags, method, crc, packed, size, name, extra, comment, disk = fields[:10]
        at += _CENTRAL.size
        found, rest = content[at : at + name], content[at + name : at + name + extra]
        size, packed, offset = _zip64(rest, [size, packed, fields[12]])
        at += name + extra
        if _Member(found, flags, method, crc, packed, size, offset) != member:
            msg = "its directory does not match its members"
            raise ValueError(msg)
        if comment or disk:
            msg = "its directory has a comment"
            raise ValueError(msg)
    number = len(members)
    end = _fields(_END, content, at)
    if not content.startswith(END, at) or end != (0, 0, number, number, at - begin, begin, 0):
        msg = "its end record does not match its members"
        raise ValueError(msg)
    if len(content) != at + _END.size:
        msg = "there is extra data after its end"
        raise ValueError(msg)
