"""Names in untrusted submissions: visible, and not confusable with other names.

Names of methods follow the idea of UTS 39: they are in NFKC and of one script, and their
*skeleton*, which maps letters that look alike to one letter, differs from that of every other
method on the board. Identifiers are valid names of folders on every system.

Source: Unicode Technical Standard 39, sections 4 and 5.1; UAX 31, table 5 (recommended scripts).
"""

import re
import unicodedata
from functools import cache
from string import ascii_uppercase
from urllib.parse import urlsplit

IDENTIFIER = r"^[a-z0-9][a-z0-9-]{1,62}$"
# Windows opens a device for these names, with any extension.
RESERVED = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}

# Control, format (bidirectional, invisible), surrogate, private and unassigned characters.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Default_Ignorable_Code_Point of other categories (joiners, fillers, selectors), a blank Braille.
_IGNORED = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
_MOST_MARKS = 2  # in a row, on one letter
_TOGETHER = (
    {"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"},
)
_SCRIPTS = """
    ARABIC ARMENIAN BENGALI BOPOMOFO CJK CYRILLIC DEVANAGARI ETHIOPIC GEORGIAN GREEK GUJARATI
    GURMUKHI HANGUL HEBREW HIRAGANA IDEOGRAPHIC KANNADA KATAKANA KHMER LAO LATIN MALAYALAM
    MYANMAR ORIYA SINHALA TAMIL TELUGU THAANA THAI TIBETAN
"""
# Name of a letter -> the Latin letters that its upper-case and lower-case forms look like.
_ALIKE = {
    "CYRILLIC": "A:Aa VE:Bb GHE:-r DZE:Ss IE:Ee BYELORUSSIAN-UKRAINIAN_I:Ii JE:Jj KA:Kk EM:Mm "
    "EN:Hh O:Oo PE:-n ER:Pp ES:Cc TE:Tt U:Yy HA:Xx SHHA:-h PALOCHKA:-l KOMI_DE:-d QA:-q WE:Ww "
    "IZHITSA:Vv STRAIGHT_U:Yy",
    "GREEK": "ALPHA:Aa BETA:Bb GAMMA:-y EPSILON:Ee ZETA:Z- ETA:Hn IOTA:Ii KAPPA:Kk MU:Mu NU:Nv "
    "OMICRON:Oo RHO:Pp TAU:Tt UPSILON:Yu CHI:Xx OMEGA:-w",
    "ARMENIAN": "OH:Oo VO:-n SEH:Uu HO:-h CO:-g ZA:-q TIWN:Sm",
    "LATIN": "DOTLESS_I:-i ALPHA:-a SCRIPT_G:-g IOTA:Il "
    + " ".join(f"{letter}_WITH_STROKE:{letter}{letter}" for letter in ascii_uppercase),
}
_SAME = str.maketrans("01i|\u2019\u02bc", "olll''")
# ASCII without quotes, brackets, backslash, bar and space, which could end a link.
_URL = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"({_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9](:[0-9]{{1,5}})?")
_CONTROL = re.compile(r"%([01][0-9A-F]|7F)", re.IGNORECASE)


def is_visible(character: str) -> bool:
    """Whether a character is visible or a space."""
    return unicodedata.category(character) not in _UNSEEN and ord(character) not in _IGNORED


def is_address(text: str) -> bool:
    """Whether it may be a link: https, a named host, no user name, plain characters."""
    if not _URL.fullmatch(text) or _CONTROL.search(text):
        return False
    parts = urlsplit(text)
    return bool(_HOST.fullmatch(parts.netloc)) and ".." not in parts.path.split("/")


def check_identifier(text: str) -> str:
    """Return an identifier, or refuse it.

    Raises:
        ValueError: If it is not a valid name of a folder everywhere: not lower-case letters, digits
            and hyphens, or the name of a device on Windows.
    """
    if not re.fullmatch(IDENTIFIER[:-1], text):
        msg = "must be 2 to 63 lower-case letters, digits or hyphens, not starting with a hyphen"
        raise ValueError(msg)
    return check_not_reserved(text)


def check_not_reserved(stem: str) -> str:
    """Return the name of a file without its extension, or refuse it.

    Raises:
        ValueError: If Windows opens a device of that name.
    """
    if stem in RESERVED:
        msg = f"is the name of a device on Windows ({stem}); choose another name"
        raise ValueError(msg)
    return stem


def check_name(text: str) -> str:
    """Return the name of a method, or refuse it.

    Raises:
        ValueError: If it is not in NFKC, does not begin with a letter or digit, mixes scripts, or
            has too many marks on one letter.
    """
    normal = unicodedata.normalize("NFKC", text)
    if normal != text:
        msg = f"is not in the normal form NFKC; write {normal[:80]!r}"
        raise ValueError(msg)
    if not text[:1].isalnum():
        msg = "must begin with a letter or a digit"
        raise ValueError(msg)
    scripts = {_script(character) for character in text if not character.isascii()} - {""}
    scripts |= {"LATIN"} if re.search("[A-Za-z]", text) else set()
    if unknown := scripts - set(_SCRIPTS.split()):
        msg = f"has letters of {', '.join(sorted(unknown))}, a script of limited use"
        raise ValueError(msg)
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        msg = f"mixes letters of {', '.join(sorted(scripts))}; use letters of one script"
        raise ValueError(msg)
    marks = "".join("m" if unicodedata.category(c)[0] == "M" else " " for c in text)
    if "m" * (_MOST_MARKS + 1) in marks:
        msg = f"has more than {_MOST_MARKS} marks on one letter"
        raise ValueError(msg)
    return text


def _script(character: str) -> str:
    """Script of a letter or digit, from the start of its name; empty for signs."""
    if not character.isalnum():
        return ""
    return re.split("[ -]", unicodedata.name(character, "UNKNOWN"))[0]


def skeleton(text: str) -> str:
    """A name reduced to its looks: without case, accents, spaces, and with O for 0.

    Two names with the same skeleton can be mistaken for each other.
    """
    letters = unicodedata.normalize("NFKD", text).translate(_lookalikes())
    kept = [c for c in letters if unicodedata.category(c) not in ("Mn", "Me", "Zs", "Pd", "Pc")]
    folded = unicodedata.normalize("NFKD", "".join(kept).casefold()).translate(_lookalikes())
    return folded.translate(_SAME).replace("rn", "m")


@cache
def _lookalikes() -> dict[int, str]:
    """Code point of a letter -> the Latin letter that it looks like."""
    found: dict[int, str] = {}
    for script, pairs in _ALIKE.items():
        for pair in pairs.split():
            letter, latin = pair.split(":")
            capital, small = list(latin)
            name = letter.replace("_", " ")
            _add(found, f"{script} CAPITAL LETTER {name}", capital)
            _add(found, f"{script} SMALL LETTER {name}", small)
    for letter in ascii_uppercase:
        _add(found, f"LATIN LETTER SMALL CAPITAL {letter}", letter)
    return found


def _add(found: dict[int, str], name: str, latin: str) -> None:
    try:
        character = unicodedata.lookup(name)
    except KeyError:  # not every letter has this form
        return
    if latin != "-":
        found[ord(character)] = latin.lower()
