"""Read the Bach chorales for comparing their tunes: voices, titles and BWV numbers.

The ``.mxl`` files of music21 are read with all their parts, the ``**kern`` files of
bach-370-chorales with the soprano alone. Times are ticks of 1/96 quarter.
"""

import html
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musebench.errors import InputError
from musebench.pitch import STEPS
from musebench.score import NoteTable, read_score

MUSIC21 = "music21_chorales"
BACH_370 = "bach_370_chorales"

# Misprints and spelling variants in the titles of bach-370-chorales (as slugs).
TITLE_FIXES: dict[str, str] = {
    "ach-gott-vom-himmel-seih-darein": "ach-gott-vom-himmel-sieh-darein",
    "christus-der-uns-delig-macht": "christus-der-uns-selig-macht",
    "den-veter-dort-oben": "den-vater-dort-oben",
    "du-lebensfurst-herr-jesu-christ": "du-lebensfuerst-herr-jesu-christ",
    "es-wind-schier-der-letzte-tag": "es-sind-schier-der-letzte-tag",
    "herr-christ-der-einge-gottes-sohn": "herr-christ-der-einge-gotts-sohn",
    "herr-wie-du-willt-so-schicks-mit-mir": "herr-wie-du-willst-so-schicks-mit-mir",
    "herzliebester-jesu-was-hast-du-verbrochen": "herzliebster-jesu-was-hast-du-verbrochen",
    "ich-dank-dir-gott-fuer-all-wohlat": "ich-dank-dir-gott-fuer-all-wohltat",
    "kommt-her-zu-mir-spricht": "kommt-her-zu-mir-spricht-gottes-sohn",
    "liebester-gott-wann-werd-ich-sterben": "liebster-gott-wann-werd-ich-sterben",
    "liebester-jesu-wir-sind-hier": "liebster-jesu-wir-sind-hier",
    "mein-seele-erhebet-den-herrn": "meine-seele-erhebet-den-herrn",
    "mit-fried-und-freud-fahr-ich-dahin": "mit-fried-und-freud-ich-fahr-dahin",
    "was-mein-gott-will-das-gschen-allzeit": "was-mein-gott-will-das-gscheh-allzeit",
    "wer-nur-den-lieben-gott-lasst-walten": "wer-nur-den-lieben-gott-laesst-walten",
}

TICKS = 96
IntArray = npt.NDArray[np.int64]
Bwv = tuple[int, str, int]


@dataclass
class Part:
    """The sounding notes of one voice, sorted by onset and pitch; times in ticks."""

    name: str
    onset: IntArray
    duration: IntArray
    pitch: IntArray
    step: IntArray


@dataclass
class Piece:
    """A chorale: its parts (of a kern file only the soprano), title slug and BWV numbers."""

    corpus: str
    piece_id: str
    parts: list[Part]
    soprano: IntArray
    bwv: set[Bwv]
    title: str = ""


def natural_key(text: str) -> list[tuple[int, str]]:
    """Return a sort key that compares the numbers in ``text`` as numbers."""
    return [(int(t), "") if t.isdigit() else (-1, t) for t in re.split(r"(\d+)", text)]


def title_slug(title: str) -> str:
    """Return the ASCII kebab-case form of a German title, misprints corrected."""
    text = html.unescape(title).lower().replace("'", "")
    for umlaut, ascii_form in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, ascii_form)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    text = re.sub(r"[^a-z0-9]+", "-", text).strip("-")
    return TITLE_FIXES.get(text, text)


def bwv_of_music21(piece_id: str) -> set[Bwv]:
    """Return the BWV number in a music21 file name as (work, letter, movement).

    The movement is 0 when there is none. Suffixes other than ``-a`` name the part of a work or
    the edition and are dropped.
    """
    match = re.fullmatch(r"bwv(\d+)(?:\.(\d+))?(?:-(.*))?", piece_id)
    if match is None:
        msg = f"no BWV number in the file name {piece_id!r}"
        raise InputError(msg)
    return {(int(match[1]), "a" if match[3] == "a" else "", int(match[2] or 0))}


def bwv_of_kern(text: str) -> set[Bwv]:
    """Return the BWV numbers of an ``!!!SCT`` record, e.g. ``BWV 12/7 & 69a/16``, ``20/7,11``."""
    text = re.sub(r"BWV|\([12]\)", "", text).replace(".", "/")
    numbers: set[Bwv] = set()
    for part in re.split(r"[&()]", text):
        match = re.fullmatch(r"\s*(\d+)([a-z]?)(?:/(\d+(?:,\d+)*))?\s*", part)
        if match is None:
            if part.strip():
                msg = f"cannot read the BWV number {text!r}"
                raise InputError(msg)
            continue
        for movement in (match[3] or "0").split(","):
            numbers.add((int(match[1]), match[2], int(movement)))
    return numbers


def skeleton(part: Part) -> IntArray:
    """Return the diatonic steps sounding on the quarter beats, without repetitions.

    The beats lie where most notes begin, which also serves files with an odd upbeat.
    """
    if not len(part.onset):
        return np.zeros(0, np.int64)
    phase = int(np.bincount(part.onset % TICKS).argmax())
    until_beat = (phase - part.onset) % TICKS
    steps = part.step[until_beat < part.duration]
    return np.array([step for step, _ in groupby(steps.tolist())], np.int64)


def part_of_table(table: NoteTable, index: int) -> Part:
    """Return the sounding notes of a part of a score; a part may have none."""
    notes = table.part == index
    onset = np.rint(table.onset_quarter[notes] * TICKS).astype(np.int64)
    duration = np.rint(table.duration_quarter[notes] * TICKS).astype(np.int64)
    letters = np.array([STEPS.index(letter) for letter in table.step[notes].tolist()], np.int64)
    step = table.octave[notes] * 7 + letters
    return Part(str(table.parts.name[index]), onset, duration, table.pitch[notes], step)


def read_music21(folder: Path) -> list[Piece]:
    """Read the ``.mxl`` files of music21's Bach corpus, in natural order of their names."""
    pieces = []
    for path in sorted(folder.glob("*.mxl"), key=lambda path: natural_key(path.stem)):
        table = read_score(path)
        parts = [part_of_table(table, index) for index in range(len(table.parts))]
        sopranos = [part for part in parts if part.name.startswith("Soprano")]
        soprano = skeleton((sopranos or parts)[0])
        pieces.append(Piece(MUSIC21, path.stem, parts, soprano, bwv_of_music21(path.stem)))
    return pieces


def kern_duration(token: str) -> int:
    """Return the duration of a kern token in ticks."""
    match = re.search(r"(\d+)(\.*)", token)
    if match is None:
        msg = f"no duration in the kern token {token!r}"
        raise InputError(msg)
    base = Fraction(4, int(match[1])) if int(match[1]) else Fraction(8)
    duration = sum((base / 2**dot for dot in range(len(match[2]) + 1)), Fraction(0))
    return int(duration * TICKS)


def kern_step(token: str) -> int:
    """Return the diatonic step of a kern token (C4 is 28)."""
    match = re.search(r"([a-gA-G])\1*", token)
    if match is None:
        msg = f"no pitch in the kern token {token!r}"
        raise InputError(msg)
    letters = match[0]
    octave = 3 + len(letters) if letters.islower() else 4 - len(letters)
    return octave * 7 + STEPS.index(letters[0].upper())


def kern_soprano(lines: Iterable[str]) -> Part:
    """Return the last spine, the soprano, of a kern file without spine splits."""
    onset: list[int] = []
    duration: list[int] = []
    step: list[int] = []
    time = 0
    for line in lines:
        token = line.split("\t")[-1]
        if not line or line[0] in "!*=" or token == ".":
            continue
        length = kern_duration(token)
        if "r" not in token and ("_" in token or "]" in token) and duration:
            duration[-1] += length
        elif "r" not in token:
            onset.append(time)
            duration.append(length)
            step.append(kern_step(token))
        time += length
    # The tunes are compared by diatonic step alone, so the chromatic pitch is not read.
    steps = np.array(step, np.int64)
    return Part("Soprano", np.array(onset, np.int64), np.array(duration, np.int64), steps, steps)


def read_bach_370(archive: Path) -> list[Piece]:
    """Read titles, BWV numbers and sopranos of ``kern/*.krn`` in the zip of bach-370-chorales."""
    pieces = []
    with zipfile.ZipFile(archive) as files:
        names = [name for name in files.namelist() if re.search(r"kern/chor\d+\.krn$", name)]
        for name in sorted(names):
            lines = files.read(name).decode("utf-8").splitlines()
            records = dict(line[3:].split(":", 1) for line in lines if re.match(r"!!![^!]+:", line))
            part = kern_soprano(lines)
            bwv = bwv_of_kern(records["SCT"])
            title = title_slug(records["OTL@@DE"])
            pieces.append(Piece(BACH_370, Path(name).stem, [part], skeleton(part), bwv, title))
    return pieces
