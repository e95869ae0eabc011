"""A song, and what the tests of staves, melody and composer share."""

from dataclasses import replace

import numpy as np
import pytest

from made_scores import table_of
from musebench.evaluation import PieceTarget
from musebench.score import PartTable

NOTES = "\n".join(
    [
        "onset pitch duration part staff",
        "0 60 2 0 1",
        "0 60 2 1 1",
        "0 64 1 1 1",
        "1 72 0 1 1",
        "1 40 3 1 2",
        "2 62 1 0 1",
        "2 64 1 1 2",
    ]
)


def notes_of(*pitches):
    """Single notes, one after the other."""
    size = len(pitches)
    return replace(table_of(np.arange(size), np.ones(size)), pitch=np.array(pitches))


@pytest.fixture
def song():
    """Seven notes of a voice and a piano on two staves; the piano doubles the first sung note."""
    columns = np.array([line.split() for line in NOTES.splitlines()[1:]], dtype=np.int64).T
    onset, pitch, duration, part, staff = columns
    return replace(
        notes_of(*pitch.tolist()),
        onset_div=onset,
        duration_div=duration,
        part=part,
        staff=staff,
        beats=np.full(7, 4),
        beat_type=np.full(7, 4),
        parts=PartTable(np.array(["Singstimme\nVoice", "Pianoforte"])),
    )


def piece(name, labels, head, composer="Bach"):
    return PieceTarget(name, name, composer, {head: np.array(labels)})
