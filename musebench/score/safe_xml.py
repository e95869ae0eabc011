"""Bytes -> XML tree without network or bombs.

Partitura parses XML trustingly, so what it gets has gone through here.
"""

import re
from typing import Any

from lxml import etree

from musebench.score.errors import Refusal
from musebench.score.source import MAX_FILE_BYTES

MAX_TAGS = 6_000_000  # two a line of a written-out 64 MB file; libxml2 takes 150 bytes an element
MAX_ENTITIES = 100
ENTITY_MARK = "<!ENTITY"
# An entity that stands for plain text: it calls no other, and no markup comes out of it.
PLAIN_TEXT = r"(?:[^%&<{quote}]|&#(?:[xX][0-9A-Fa-f]{{1,6}}|[0-9]{{1,7}});){{0,200}}"
PLAIN_ENTITY = re.compile(
    rf"""{ENTITY_MARK}\s+([\w.:-]+)\s+(?:"({PLAIN_TEXT.format(quote='"')})\""""
    rf"""|'({PLAIN_TEXT.format(quote="'")})')\s*>"""
)
REFERENCE = re.compile(r"&([\w.:-]+);")
WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}  # by the mark at the start of a file
BEFORE_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf|\s)*")
WIDE_DECLARED = re.compile(
    rb"""(<\?xml[^>]{0,100}?)\s+encoding\s*=\s*["'](?i:utf-?16|ucs-?2)[^>"']{0,9}["']"""
)


def parse_xml(data: bytes) -> Any:
    """Parse XML; fetches nothing, and expands entities of a little plain text only.

    White space in front of the declaration is passed over, and so is a declaration of UTF-16 in a
    file that is not.

    Args:
        data: The file.

    Returns:
        The root element, without comments, processing instructions and blank text.

    Raises:
        Refusal: If it declares other entities, is too large or a PDF.
        SyntaxError: If it is not complete, well-formed XML.
    """
    if data.startswith(b"%PDF"):
        msg = "it is a PDF, whatever its name says"
        raise Refusal(msg)
    data = _from_declaration(data)
    names = _plain_entities(data)
    if data.count(b"<") > MAX_TAGS:
        msg = f"it has more than {MAX_TAGS:,} XML tags"
        raise Refusal(msg)
    parser = etree.XMLParser(
        resolve_entities="internal" if names else False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )
    root = etree.fromstring(data, parser)
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and not {entity.name for entity in dtd.entities()} <= names:
        raise _no_entities()  # declared in an encoding that is not looked into
    return root


def _from_declaration(data: bytes) -> bytes:
    """The file from its declaration on, which tells its encoding rightly."""
    if code := WIDE.get(data[:2]):
        text = data[2:].decode(code, "replace")
        return data if text[:1] == "<" else text.lstrip("\ufeff \t\r\n").encode("utf-16")
    start = BEFORE_DECLARATION.match(data)
    assert start is not None  # it matches nothing, too
    data = data[start.end() :] if start.end() else data
    declared = WIDE_DECLARED.match(data)
    return declared[1] + data[declared.end() :] if declared else data


def _plain_entities(data: bytes) -> set[str]:
    """Names of the entities that a file declares, if all are harmless.

    Raises:
        Refusal: If one is not.
    """
    code = WIDE.get(data[:2]) or next(
        (wide for wide in WIDE.values() if data.startswith("<".encode(wide))), "latin-1"
    )
    if ENTITY_MARK.encode(code) not in data:
        return set()
    text = data.decode(code, "replace")
    declared = {m[1]: m[2] or m[3] or "" for m in PLAIN_ENTITY.finditer(text)}
    if text.count(ENTITY_MARK) != len(declared) or len(declared) > MAX_ENTITIES:
        raise _no_entities()
    numbers = re.findall(r"&#([xX]?)([0-9A-Fa-f]+);", " ".join(declared.values()))
    if any(int(number, 16 if base else 10) < ord("\x7f") for base, number in numbers):
        raise _no_entities()  # it writes markup by number
    added = sum(len(declared.get(name, "")) for name in REFERENCE.findall(text))
    if len(data) + added > MAX_FILE_BYTES:
        raise _no_entities()
    return set(declared)


def _no_entities() -> Refusal:
    """The refusal of entities that could fill the memory."""
    return Refusal(
        "it declares XML entities that are no short plain text, which no score needs and which can "
        "fill the memory"
    )
