"""Expressive performance: how long, when, how connected and how loud is a note played?"""

from musebench.annotations import PERFORMANCE_HEADS
from musebench.tasks.task import Task, register_task

PERFORMANCE = Task(
    name="performance",
    kind="regression",
    heads=dict.fromkeys(PERFORMANCE_HEADS, ()),
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("pearson_r",),
    metrics=tuple(f"{name}_{head}" for name in ("pearson_r", "mse") for head in PERFORMANCE_HEADS),
    meanings={
        "beat_period_log2": "log2 of the seconds that a notated beat lasts at the note's onset; "
        "the lower number of the time signature is the beat.",
        "timing": "seconds by which the note is played before the mean onset given by this tempo; "
        "negative if after.",
        "articulation_log": "log2 of the ratio of the time that the note sounds, including the "
        "pedal, to its written length at this tempo.",
        "velocity": "MIDI velocity / 127.",
    },
    pitfalls=(
        "`pearson_r` is the mean of the correlations of the four parameters, each over all notes "
        "of the split; constant predictions of a parameter count as 0. Tempo and loudness differ "
        "more between pieces than within one; `pearson_r_piece_mean` measures only the variation "
        "within pieces.",
        "Mean squared errors are in the units of the parameters (log2 units, seconds, 0 to 1): "
        "lower is better, and they are not comparable between parameters.",
        "The labels of a score that is played once are the choices of one pianist, not a mean of "
        "several.",
        "Dynamics, tempo words, slurs and pedal marks of the score are hidden: much of what "
        "players do follows from them.",
        "A note has no beat period and no articulation if a beat would last less than 0.02 s. "
        "Otherwise labels are those of the encoding, without clipping: a few timings of seconds, "
        "in training of half a minute, are gaps of the alignment, and have a large effect on "
        "squared errors.",
    ),
)

register_task(PERFORMANCE)
