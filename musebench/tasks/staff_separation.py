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
        "staff": "the staff on which the edition writes the note, of the two staves with notes; "
        "usually, but not always, the right hand plays the upper one.",
    },
    pitfalls=(
        "A staff is a choice of notation, not of fingering: a hand may play on both, and engravers "
        "move notes to the other staff to avoid ledger lines. No model can be correct everywhere.",
        "`f1_lower` is that of the lower staff, which has fewer notes; `macro_f1` is the mean of "
        "both staves.",
        "Notes with the same onset, pitch and duration on both staves (twins) cannot be "
        "distinguished by the inputs of a model. They are judged as a set: whichever of the two is "
        "predicted to be on the upper staff, one on each is right.",
    ),
)

register_task(STAFF_SEPARATION)
