"""Two tracks of one piano -> one part of two staves.

A MIDI file of a piano often has a track for each hand. What says so are their names, or that they
are the only two and lie as hands do.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from musebench.score.assemble import fifths_at
from musebench.score.table import Ints, KeySignatureTable, NoteTable, PartTable

WORD = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?|[^\W\d_]+|\d+")  # R.H., Right, 2
UPPER = {
    "right", "rh", "upper", "rechts", "rechte", "droite", "md", "destra", "derecha", "\u53f3\u624b",
}  # fmt: skip
LOWER = {
    "left", "lh", "lower", "links", "linke", "gauche", "mg", "ms", "sinistra", "izquierda",
    "\u5de6\u624b",
}  # fmt: skip
HAND = {"hand", "main", "mano", "staff"}
KEYBOARDS = (
    "piano", "pno", "klav", "clav", "fortepiano", "pianoforte", "harpsichord", "cembalo", "organ",
    "orgel", "orgue", "celest", "harmonium", "harp", "keyboard", "\u30d4\u30a2\u30ce",
)  # fmt: skip
NAMELESS = {"track", "staff", "channel", "part", "instrument", "midi", "spur", "piste", "traccia"}
MIDDLE_C = 60
REACH = 4  # semitones that the upper hand may lie below middle C on average, or the lower above
LEAST_DISTANCE = 4  # semitones between the average of two hands


@dataclass(frozen=True)
class _Name:
    """What the name of a track says: which hand, and of which instrument."""

    hand: str
    instrument: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Name":
        """Split the name of a track into hand and instrument."""
        words = [word.replace(".", "") for word in WORD.findall(text.lower())]
        hands = ["upper" if word in UPPER else "lower" for word in words if word in UPPER | LOWER]
        rest = tuple(word for word in words if word not in UPPER | LOWER)
        if hands:
            rest = tuple(word for word in rest if word not in HAND)
        if rest and rest[0] in NAMELESS:
            rest = ()
        return cls(hands[0] if len(hands) == 1 else "", rest)

    @property
    def is_keyboard(self) -> bool:
        """Whether the instrument is a keyboard."""
        return any(word.startswith(KEYBOARDS) for word in self.instrument)


def join_hands(notes: NoteTable) -> NoteTable:
    """Join tracks that are the two hands of one instrument to a part of two staves.

    Two tracks are joined that follow each other and are named as the right and the left hand of
    one instrument; that have the same name, of a keyboard, and no third one has it; or that are the
    only two, without names, one above the other around middle C.

    Args:
        notes: A note table without staves, as MIDI is read.

    Returns:
        The table with fewer parts; staff 1 is the upper hand, and other parts keep staff 0. The
        table itself if there are no hands.
    """
    names = [_Name.of(name) for name in notes.parts.name.tolist()]
    firsts = [part for part in range(len(names) - 1) if _are_hands(notes, names, part)]
    firsts = [part for part in firsts if part - 1 not in firsts]
    if not firsts:
        return notes
    staff = np.zeros(len(names), dtype=np.int64)
    for part in firsts:
        is_swapped = names[part].hand == "lower" or (
            not names[part].hand and _height(notes, part) < _height(notes, part + 1)
        )
        staff[part : part + 2] = (2, 1) if is_swapped else (1, 2)
    is_kept = np.array([part - 1 not in firsts for part in range(len(names))])
    row = np.cumsum(is_kept) - 1
    labels = [
        _joined_name(text) if part in firsts else text
        for part, text in enumerate(notes.parts.name.tolist())
    ]
    keys = _joined_keys(notes.key_signatures, row, staff)
    return replace(
        notes,
        part=row[notes.part],
        staff=staff[notes.part],
        parts=PartTable(name=np.array(labels)[is_kept]),
        key_signatures=keys,
        key_fifths=fifths_at(keys, row[notes.part], notes.onset_div),
    )


def keyboard_parts(notes: NoteTable) -> list[int]:
    """The parts without staves that are named as a keyboard instrument, or a harp."""
    has_staff = np.bincount(notes.part, weights=notes.staff, minlength=len(notes.parts)) > 0
    return [
        part
        for part, name in enumerate(notes.parts.name.tolist())
        if _Name.of(name).is_keyboard and not has_staff[part] and (notes.part == part).any()
    ]


def _are_hands(notes: NoteTable, names: list[_Name], part: int) -> bool:
    """Whether a part and the next one are two hands."""
    here, there = names[part : part + 2]
    if here.instrument != there.instrument:
        return False
    if here.hand or there.hand:
        plausible = here.is_keyboard or not here.instrument
        return plausible and {here.hand, there.hand} == {"upper", "lower"}
    if here.is_keyboard:
        return names.count(here) == 2
    if here.instrument or len(names) > 2:
        return False
    low, high = sorted(_height(notes, index) for index in (part, part + 1))
    return high - low >= LEAST_DISTANCE and low < MIDDLE_C + REACH and high > MIDDLE_C - REACH


def _height(notes: NoteTable, part: int) -> float:
    """Mean MIDI pitch of a part."""
    return float(notes.pitch[notes.part == part].mean())


def _joined_name(text: str) -> str:
    """The name of a track without the hand."""
    if not _Name.of(text).hand:
        return text
    of_hands = UPPER | LOWER | HAND
    return " ".join(w for w in WORD.findall(text) if w.lower().replace(".", "") not in of_hands)


def _joined_keys(keys: KeySignatureTable, row: Ints, staff: Ints) -> KeySignatureTable:
    """The key signatures of the upper hand; those of the lower one if it has none."""
    signed = set(row[keys.part[staff[keys.part] == 1]].tolist())
    is_kept = (staff[keys.part] != 2) | ~np.isin(row[keys.part], list(signed))
    return KeySignatureTable(
        row[keys.part[is_kept]], keys.onset_div[is_kept], keys.fifths[is_kept], keys.mode[is_kept]
    )
