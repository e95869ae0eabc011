"""Cadences, phrases and Roman numerals: one label per onset group."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.annotations import CADENCES, PHRASE_ENDS, RANKED_CADENCES, ROMAN_NUMERAL_HEADS
from musebench.score import NoteTable
from musebench.tasks.task import Place, Task, register_task

# Properties of notes only: no group has fermatas, slurs, barlines, dynamics or annotations.
SOUNDING = ("pitch", "duration", "metrical_position", "time_signature")
TPCS = range(pitch.MIN_TPC, pitch.MAX_TPC + 1)


def beats_of_onsets(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Time of each onset group in notated beats, as integers, to measure distances.

    Returns:
        ``beat_time``, in parts of a beat from the start of the score through all written measures,
        and ``beat_length``, the number of parts per beat, the same for all onsets. Each of shape
        ``(num_onsets,)``.
    """
    first = np.unique(notes.onset_div, return_index=True)[1]
    measures, measure = notes.measures, notes.measure_index[first]
    length = (measures.end_div - measures.start_div) * measures.beat_type
    before = np.concatenate([[0], np.cumsum(length)])[measure]
    inside = (notes.onset_div[first] - measures.start_div[measure]) * measures.beat_type[measure]
    return {
        "beat_time": before + inside,
        "beat_length": np.full(len(first), 4 * notes.divs_pq, dtype=np.int64),
    }


CADENCE = Task(
    name="cadence",
    kind="onset",
    heads={"cadence": CADENCES},
    inputs=SOUNDING,
    main_metrics=("macro_f1",),
    metrics=(
        "average_precision",
        *(
            f"{metric}_{name.lower()}"
            for metric in ("f1", "average_precision")
            for name in CADENCES[1:]
        ),
        "any_cadence_f1",
        "any_cadence_f1_within_beat",
    ),
    ranked_classes=RANKED_CADENCES,
    has_events=True,
    read_context=beats_of_onsets,
    meanings={
        "cadence": "the cadence that arrives at the onset: perfect authentic (PAC), imperfect "
        "authentic (IAC), half (HC), other (evaded, deceptive or plagal), or none.",
    },
    pitfalls=(
        "`macro_f1` and `average_precision` are means over PAC, IAC and HC. `none` does not "
        "count: one onset in 56 has a cadence, and predicting `none` everywhere gives 0. `other` "
        "mixes rare cadences; it has its own F1 beside, and does not rank.",
        "A cadence is labelled where its goal arrives. A goal predicted one onset late is wrong in "
        "`macro_f1`, but correct in `any_cadence_f1_within_beat`.",
        "A beat is the lower number of the time signature: an eighth in 6/8, a half in 2/2.",
        "Both endings of a repeat are in the score, one after the other.",
        "`average_precision` uses the column `cadence_score`, a score per onset and class, which "
        "predictions may add: it does not depend on thresholds. Each class has its own threshold, "
        "chosen on the validation split; the rule `v-i-bass` has scores, too, from the number of "
        "its conditions that hold.",
    ),
)

PHRASE = Task(
    name="phrase",
    kind="onset",
    heads={"phrase_end": PHRASE_ENDS},
    inputs=SOUNDING,
    main_metrics=("boundary_f1", "boundary_f1_within_beat"),
    metrics=("boundary_precision", "boundary_recall", "average_precision"),
    has_events=True,
    read_context=beats_of_onsets,
    meanings={"phrase_end": "whether a phrase ends with the notes that start at the onset."},
    pitfalls=(
        "An end is labelled where the last sonority of the phrase starts, not where it stops.",
        "A beat is the lower number of the time signature: an eighth in 6/8, a half in 2/2.",
    ),
)

ROMAN_NUMERAL = Task(
    name="roman-numeral",
    kind="multi-head",
    heads=ROMAN_NUMERAL_HEADS,
    inputs=(*SOUNDING, "spelling"),
    places={
        "local_key": tuple(Place(tpc, mode) for tpc in TPCS for mode in pitch.MODES),
        "root": tuple(Place(tpc) for tpc in TPCS),
    },
    main_metrics=("roman_numeral_accuracy", "accuracy_without_key"),
    metrics=(
        "chord_accuracy",
        *(f"{head}_accuracy" for head in ROMAN_NUMERAL_HEADS),
    ),
    decoding="harmony",
    meanings={
        "local_key": "tonic, as spelled, and mode of the local key.",
        "degree": "scale degree of the root, in the key that the chord is applied to, else in the "
        "local key; in minor, VII is the subtonic and #VII the leading note.",
        "applied_degree": "the degree of the local key that the chord is applied to, or none.",
        "quality": "type of the chord, as DCML writes it: M, m, o, + and their sevenths; % is half "
        "diminished; It, Ger and Fr are augmented sixths.",
        "inversion": "0 is root position.",
        "root": "the root, as spelled.",
    },
    pitfalls=(
        "A chord lasts until the next one: onsets between two labels, with passing notes, have "
        "the label of the first.",
        "Keys and roots are spelled, so a model sees the spelling of the notes; for a MIDI file it "
        "must be estimated first.",
        "The annotator decides where a tonicisation ends and a modulation begins. "
        "`chord_accuracy` (quality, inversion, root) does not depend on it; `accuracy_without_key` "
        "(degree, applied degree, quality, inversion) is the numeral without the name of its key.",
        "Suspensions, added notes and pedal points of the label are not predicted.",
    ),
)

register_task(CADENCE, PHRASE, ROMAN_NUMERAL)
