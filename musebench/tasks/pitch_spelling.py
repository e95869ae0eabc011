"""Pitch spelling."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import spelling_labels
from musebench.score import NoteTable
from musebench.tasks.task import Place, Task, register_task


def duration_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Duration of each note in divisions: a metric leaves out notes of duration 0."""
    return {"duration_div": notes.duration_div}


PITCH_SPELLING = Task(
    name="pitch-spelling",
    kind="note",
    heads={
        "spelling": pitch.SPELLING_CLASSES,
        "key_signature": pitch.KEY_SIGNATURE_CLASSES,
    },
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("accuracy_up_to_shift", "accuracy"),
    metrics=(
        "accuracy_altered",
        "accuracy_without_zero_duration",
        "key_signature_accuracy",
        "key_signature_accuracy_up_to_shift",
    ),
    optional_heads=("key_signature",),
    places={
        "spelling": tuple(Place(tpc) for tpc in range(pitch.MIN_TPC, pitch.MAX_TPC + 1)),
        "key_signature": tuple(
            Place(fifths, "major") for fifths in range(pitch.MIN_FIFTHS, pitch.MAX_FIFTHS + 1)
        ),
    },
    writes="spelling",
    decoding="spelling",
    read_labels=spelling_labels,
    read_context=duration_of_notes,
    meanings={
        "spelling": "letter and accidentals of the note, as the edition writes it; octaves do not "
        "count. A note with more than two accidentals has no class.",
        "key_signature": "the key signature at the note in its part, as a number of flats (b) or "
        "sharps (#). More than seven have no class.",
    },
    pitfalls=(
        "Pitch alone does not distinguish C sharp major from D flat major. A piece that is correct "
        "except for a shift of the whole by 12 fifths scores 0 in `accuracy` and 1 in "
        "`accuracy_up_to_shift`, if its commonest key signature so shifted has at most seven "
        "accidentals: C sharp major may be written in D flat, C major not in B sharp.",
        "A key signature is that of the edition, not the key: Baroque minor often lacks a flat, "
        "modulations mostly change nothing, major and relative minor share one.",
        "Labels are the decisions of editors and engravers; where theory allows two spellings, "
        "one counts as wrong.",
    ),
)

register_task(PITCH_SPELLING)
