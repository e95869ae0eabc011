"""Staff separation."""

from musebench.annotations import STAVES, count_staff_twins, staff_labels
from musebench.tasks.task import Task, register_task

STAFF_SEPARATION = Task(
    name="staff-separation",
    kind="note",
    heads={"staff": STAVES},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("accuracy",),
    metrics=("f1_lower", "macro_f1"),
    writes="staff",
    aliases=("staves",),
    read_labels=staff_labels,
    read_counts=count_staff_twins,
    meanings={
        "staff": "the staff of the note in the edition, of the two staves with notes; the right "
        "hand mostly, but not always, plays the upper one.",
    },
    pitfalls=(
        "A staff is a choice of notation, not of fingering: a hand may play on both, and "
        "engravers move notes to the other staff to avoid ledger lines. No model can be right "
        "everywhere.",
        "`f1_lower` is the F1 of the lower staff, which has fewer notes; `macro_f1` is the mean "
        "over both staves.",
        "A model cannot distinguish notes with the same onset, pitch and duration on both staves "
        "(twins): one of two such notes is always wrong.",
    ),
)

register_task(STAFF_SEPARATION)
