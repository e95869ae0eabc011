"""Melody identification."""

from musebench.annotations import MELODY_CLASSES, melody_labels, melody_notes
from musebench.tasks.task import Task, register_task

MELODY = Task(
    name="melody",
    kind="note",
    heads={"melody": MELODY_CLASSES},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("f1",),
    metrics=("precision", "recall", "accuracy"),
    unite=melody_notes,
    read_labels=melody_labels,
    meanings={
        "melody": "whether a voice sings the note or the accompaniment plays it, by the parts of "
        "the score. Notes with the same onset and pitch are one note, of the longest duration, "
        "which is sung if any of them is."
    },
    pitfalls=(
        "`f1`, `precision` and `recall` are those of the voice; `accuracy` is high for a model "
        "that never predicts it, because most notes are accompaniment.",
        "A piano that plays the sung notes an octave higher or lower repeats the melody: the task "
        "is to identify what is sung.",
    ),
)

register_task(MELODY)
