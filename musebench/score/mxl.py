"""Compressed MusicXML -> the score in it, in memory.

Each notation program writes these archives its own way, so names are compared without what tells
them apart to a program only: ``./`` in front, backslashes, letter case, the encoding of accents.
"""

import unicodedata
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from musebench.score.errors import Refusal
from musebench.score.safe_xml import parse_xml
from musebench.score.source import MAX_FILE_BYTES, too_large

MAX_ARCHIVE_MEMBERS = 1_000  # a score, its parts and pictures
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # lzma takes any memory it asks for
CONTAINER = "meta-inf/container.xml"
SCORE_SUFFIXES = (".musicxml", ".xml")
MEDIA_TYPE = "application/vnd.recordare.musicxml"
Members = dict[str, zipfile.ZipInfo]


def is_archive(data: bytes) -> bool:
    """Whether a file is a zip archive, whatever its suffix."""
    return data.startswith(b"PK\x03\x04")


def unpack_mxl(data: bytes) -> bytes:
    """Take the score out of compressed MusicXML.

    Args:
        data: The archive.

    Returns:
        The first MusicXML that its container names; of an archive without a container, or whose
        container names no member, the one MusicXML in it.

    Raises:
        Refusal: If the archive is broken, encrypted, too large, leads out of itself, or holds no
            score.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = _members(archive)
            name = _named_by_container(archive, members) or _only_score(members)
            return _read_member(archive, members[name])
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        msg = f"the archive is broken ({error})"
        raise Refusal(msg) from error


def _members(archive: zipfile.ZipFile) -> Members:
    """The files of an archive by the plain form of their names, without those of macOS."""
    if len(archive.infolist()) > MAX_ARCHIVE_MEMBERS:
        msg = f"the archive has more than {MAX_ARCHIVE_MEMBERS:,} members"
        raise Refusal(msg)
    members: Members = {}
    for member in archive.infolist():
        name = member.filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
            msg = f"the archive has a member {name!r}, which leads out of it"
            raise Refusal(msg)
        if not member.flag_bits & 0x800:  # a program that writes UTF-8 and does not say so
            with suppress(UnicodeError):
                name = name.encode("cp437").decode("utf-8")
        hidden = path.name.startswith("._") or "__MACOSX" in path.parts
        if not (hidden or member.is_dir()):
            members.setdefault(_plain(name), member)
    return members


def _plain(name: str) -> str:
    """The form of a name by which members are compared."""
    path = str(PurePosixPath(name.strip().replace("\\", "/").lstrip("/")))
    return unicodedata.normalize("NFC", path).casefold()


def _named_by_container(archive: zipfile.ZipFile, members: Members) -> str | None:
    """The score that the container names, or None if there is no container."""
    found = sorted((name for name in members if f"/{name}".endswith(f"/{CONTAINER}")), key=len)
    if not found:
        return None
    try:
        container = parse_xml(_read_member(archive, members[found[0]]))
    except SyntaxError:  # it is not XML
        return None
    listed = [one for one in container.iter("{*}rootfile") if (one.get("full-path") or "").strip()]
    if not listed:
        msg = "its META-INF/container.xml names no score"
        raise Refusal(msg)
    wanted = next(filter(_is_score, listed), listed[0]).get("full-path")
    folder = found[0].removesuffix(CONTAINER)  # the whole folder of an archive may be packed
    for name in (_plain(wanted), _plain(unquote(wanted))):
        for place in (name, folder + name):
            if place in members:
                return place
    msg = f"the archive has no {wanted!r}"
    if wanted.strip().startswith(("/", "\\")):  # it means another place than the archive
        raise Refusal(msg)
    return _only_score(members, msg)


def _is_score(listed: Any) -> bool:
    """Whether a file that a container lists is MusicXML, and no picture or print of it."""
    if (listed.get("media-type") or "").strip().lower().startswith(MEDIA_TYPE):
        return True
    return _plain(listed.get("full-path")).endswith(SCORE_SUFFIXES)


def _only_score(members: Members, otherwise: str = "the archive has no MusicXML in it") -> str:
    """The one score of an archive: the one MusicXML, or the one that is less deep than others.

    Raises:
        Refusal: If there is none, or there are several.
    """
    scores = [
        name
        for name in members
        if name.endswith(SCORE_SUFFIXES) and "meta-inf" not in PurePosixPath(name).parts
    ]
    least = min((name.count("/") for name in scores), default=0)
    scores = [name for name in scores if name.count("/") == least]
    if not scores:
        raise Refusal(otherwise)
    if len(scores) > 1:
        msg = f"the archive has several scores ({', '.join(scores[:5])}) and says not which to read"
        raise Refusal(msg)
    return scores[0]


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read a member that is neither encrypted nor too large."""
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
