"""Tied note heads, known only by their pitch, place and whether they go on -> sounding notes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.score.table import Ints

MAX_OPEN = 1_000  # ties of one pitch that wait at once; each continuation looks at all of them


@dataclass(frozen=True)
class Heads:
    """Note heads, one per row; times in divisions. Each column has the shape ``(num_heads,)``.

    Attributes:
        row: Row of the head in its table.
        measure: Measure of the head.
        onset_div: Onset.
        offset_div: End.
        tpc: Tonal pitch class.
        pitch: MIDI pitch.
        staff: Staff of the score, from 1.
        voice: Voice in the staff, from 1.
        is_grace: Whether it is a grace note.
    """

    row: Ints
    measure: Ints
    onset_div: Ints
    offset_div: Ints
    tpc: Ints
    pitch: Ints
    staff: Ints
    voice: Ints
    is_grace: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> "Heads":
        """Some of the heads."""
        return Heads(**{name: column[chosen] for name, column in vars(self).items()})


@dataclass
class _OpenTie:
    """A note that waits for its continuation: its first head, and where it has come to."""

    first: int
    last: int


def merge_ties(
    heads: Heads, is_continuation: NDArray[np.bool_], goes_on: NDArray[np.bool_]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Find where each note ends, tied heads included, and which heads are no notes of their own.

    A continuation belongs to the open tie of its pitch that ends where it starts, else to one that
    has come to its measure or the one before; of several to that of its staff and voice, then to
    the one that ends last. A continuation of nothing is a note of its own.

    Args:
        heads: The note heads.
        is_continuation: Whether a head continues another. Shape ``(num_heads,)``.
        goes_on: Whether a tie starts at a head. Shape ``(num_heads,)``.

    Returns:
        End of each head or, where it is the first of a tie, of the tie; whether the head goes on
        with the note of another. Each of shape ``(num_heads,)``.
    """
    offset, is_joined = heads.offset_div.copy(), np.zeros(len(heads.row), dtype=np.bool_)
    open_ties: dict[int, list[_OpenTie]] = {}
    tied = np.flatnonzero(is_continuation | goes_on)
    # A grace is before what it leans on: what ends first comes first.
    order = np.lexsort([tied, heads.offset_div[tied], heads.onset_div[tied]])
    for head in tied[order].tolist():
        waiting = open_ties.setdefault(int(heads.pitch[head]), [])
        found = _continued(heads, waiting, head) if is_continuation[head] else None
        first = head
        if found is not None:
            waiting.remove(found)
            first, is_joined[head] = found.first, True
            offset[first] = max(offset[first], heads.offset_div[head])
        if goes_on[head]:
            waiting.append(_OpenTie(first, head))
            del waiting[:-MAX_OPEN]
    return offset, is_joined


def _continued(heads: Heads, waiting: list[_OpenTie], head: int) -> _OpenTie | None:
    """The open tie that a head continues, or None."""

    def nearness(tie: _OpenTie) -> tuple[bool, bool, bool, int]:
        return (
            bool(heads.offset_div[tie.last] == heads.onset_div[head]),
            bool(heads.staff[tie.last] == heads.staff[head]),
            bool(heads.voice[tie.last] == heads.voice[head]),
            int(heads.offset_div[tie.last]),
        )

    near = [
        tie
        for tie in waiting
        if heads.offset_div[tie.last] == heads.onset_div[head]
        or heads.measure[head] - heads.measure[tie.last] <= 1
    ]
    return max(near, key=nearness, default=None)
