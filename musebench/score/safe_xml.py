"""Bytes -> XML tree without entities, network or bombs; compressed MusicXML -> bytes.

Partitura parses XML and opens archives trustingly, so what it gets has gone through here.
"""

import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from musebench.score.errors import Refusal
from musebench.score.source import MAX_FILE_BYTES, too_large

MAX_TAGS = 6_000_000  # two a line of a written-out 64 MB file; libxml2 takes 150 bytes an element
MAX_ARCHIVE_MEMBERS = 1_000  # a score, its parts and pictures
ENTITY_MARKS = tuple("<!ENTITY".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # lzma takes any memory it asks for


def parse_xml(data: bytes) -> Any:
    """Parse XML; fetches nothing, expands nothing.

    Args:
        data: The file.

    Returns:
        The root element, without comments, processing instructions and blank text.

    Raises:
        Refusal: If it declares entities, is too large or a PDF.
        SyntaxError: If it is not complete, well-formed XML.
    """
    if data.startswith(b"%PDF"):
        msg = "it is a PDF, whatever its name says"
        raise Refusal(msg)
    if any(mark in data for mark in ENTITY_MARKS):
        msg = "it declares XML entities, which no score needs and which can fill the memory"
        raise Refusal(msg)
    if data.count(b"<") > MAX_TAGS:
        msg = f"it has more than {MAX_TAGS:,} XML tags"
        raise Refusal(msg)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )
    root = etree.fromstring(data, parser)
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and dtd.entities():  # declared in an encoding that the marks do not cover
        msg = "it declares XML entities, which no score needs and which can fill the memory"
        raise Refusal(msg)
    return root


def is_archive(data: bytes) -> bool:
    """Whether a file is a zip archive, whatever its suffix."""
    return data.startswith(b"PK\x03\x04")


def unpack_mxl(data: bytes) -> bytes:
    """Take the score out of compressed MusicXML, in memory.

    Args:
        data: The archive.

    Returns:
        The MusicXML that its container names first.

    Raises:
        Refusal: If the archive is broken, encrypted, too large, leads out of itself, or holds no
            score.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members)
            container = parse_xml(_read_member(archive, "META-INF/container.xml"))
            root_file = container.find(".//{*}rootfile")
            if root_file is None or not root_file.get("full-path"):
                msg = "its META-INF/container.xml names no score"
                raise Refusal(msg)
            return _read_member(archive, root_file.get("full-path"))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        msg = f"the archive is broken ({error})"
        raise Refusal(msg) from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_ARCHIVE_MEMBERS:
        msg = f"the archive has more than {MAX_ARCHIVE_MEMBERS:,} members"
        raise Refusal(msg)
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            msg = f"the archive has a member {member.filename!r}, which leads out of it"
            raise Refusal(msg)


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        member = archive.getinfo(name)
    except KeyError:
        msg = f"the archive has no {name!r}"
        raise Refusal(msg) from None
    if member.flag_bits & 1:
        msg = "the archive is encrypted"
        raise Refusal(msg)
    if member.compress_type not in PLAIN_METHODS:
        msg = "the archive is packed in another way than MusicXML says (deflate)"
        raise Refusal(msg)
    if member.file_size > MAX_FILE_BYTES:
        raise too_large(MAX_FILE_BYTES)
    with archive.open(member) as stream:  # never more than file_size, even if that lies
        return stream.read()
