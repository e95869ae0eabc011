"""Melody identification."""

from musebench.annotations import MELODY_CLASSES, melody_labels
from musebench.tasks.task import Task, register_task

MELODY = Task(
    name="melody",
    kind="note",
    heads={"melody": MELODY_CLASSES},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("f1",),
    metrics=("precision", "recall", "accuracy"),
    read_labels=melody_labels,
    meanings={
        "melody": "whether a voice sings the note or the accompaniment plays it, by the parts of "
        "the score. A note of the accompaniment that doubles a sung one exactly (same onset, pitch "
        "and duration) has no class: only its part distinguishes it."
    },
    pitfalls=(
        "`f1`, `precision` and `recall` are those of the voice; `accuracy` is high for a model "
        "that never predicts it, because most notes are accompaniment.",
        "If the piano doubles the voice with another duration, both notes count: the melody is "
        "there twice, and the task is to identify the sung one.",
    ),
)

register_task(MELODY)
