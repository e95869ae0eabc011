"""Roman numerals in the vocabulary of AugmentedNet."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import AUGMENTEDNET_HEADS
from musebench.pitch import spelling_to_tpc
from musebench.score import NoteTable
from musebench.tasks.task import Place, Task, register_task


def place_of(name: str, *, is_key: bool) -> Place:
    """Place of a note, or of a key, major in upper case; ``-`` is a flat."""
    tpc = spelling_to_tpc(name[0].upper(), name.count("#") - name.count("-"))
    mode = ("minor" if name[0].islower() else "major") if is_key else ""
    return Place(tpc, mode)


def quarters_to_next_onset(notes: NoteTable) -> Mapping[str, NDArray[np.float64]]:
    """Quarters from each onset to the next; from the last one to the end of its longest note."""
    onset = np.unique(notes.onset_div)
    end = max(int((notes.onset_div + notes.duration_div).max()), int(onset[-1]))
    return {"quarters_to_next": np.diff(np.append(onset, end)) / notes.divs_pq}


AUGMENTEDNET_ROMAN_NUMERAL = Task(
    name="augmentednet-roman-numeral",
    kind="multi-head",
    heads=AUGMENTEDNET_HEADS,
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    places={
        head: tuple(place_of(name, is_key=head != "root") for name in AUGMENTEDNET_HEADS[head])
        for head in ("local_key", "tonicized_key", "root")
    },
    main_metrics=("roman_numeral_accuracy", "accuracy_without_key"),
    family="roman-numeral",
    metrics=(
        "roman_numeral_accuracy_published",
        "roman_numeral_accuracy_by_duration",
        "degree_accuracy",
        *(f"{head}_accuracy" for head in AUGMENTEDNET_HEADS),
    ),
    decoding="harmony",
    read_context=quarters_to_next_onset,
    meanings={
        "local_key": "the current key; upper case is major, lower case minor, - a flat.",
        "tonicized_key": "the key that the chord is heard in: that of degree2 if it has one, else "
        "the local key.",
        "degree1": "degree of the chord in the tonicised key; in minor 7 is the subtonic and #7 "
        "the leading note.",
        "degree2": "degree of the local key that is tonicised, None if none is.",
        "quality": "the chord, as music21 names its pitch classes.",
        "inversion": "0 root position to 3 third inversion.",
        "root": "the root as spelled, - is a flat.",
    },
    pitfalls=(
        "`roman_numeral_accuracy` requires all seven heads to be correct, including the key; "
        "`accuracy_without_key` requires degree1, degree2, quality and inversion; "
        "`roman_numeral_accuracy_published` requires local_key, degree1, degree2, quality and "
        "inversion, and is closest to the RN of ChordGNN counted by onset. AugmentedNet counts "
        "frames of a 32nd note; `roman_numeral_accuracy_by_duration`, its limit, weights an onset "
        "by the quarter notes until the next. The `alt` numbers of the literature need further "
        "outputs and are not computed.",
        "A local key is an interpretation: where one analyst changes the key, another writes a "
        "tonicisation, and all degrees in between count as wrong.",
        "Spellings, key signature and voices are hidden, but roots and keys must be spelled, so a "
        "piece predicted in the enharmonic key scores 0.",
        "59 qualities occur, many of them only a few times: accuracy says little about those.",
    ),
)

register_task(AUGMENTEDNET_ROMAN_NUMERAL)
