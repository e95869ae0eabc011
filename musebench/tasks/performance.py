"""Expressive performance: how long, when, how connected and how loud is a note played?"""

from musebench.annotations.performance import PERFORMANCE_HEADS
from musebench.tasks.task import Task, register_task

PERFORMANCE = Task(
    name="performance",
    kind="regression",
    heads=dict.fromkeys(PERFORMANCE_HEADS, ()),
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("pearson_r",),
    metrics=tuple(f"{name}_{head}" for name in ("pearson_r", "mse") for head in PERFORMANCE_HEADS),
    meanings={
        "beat_period_log2": "log2 of the duration in seconds of a notated beat at the note's "
        "onset; the lower number of the time signature is the beat.",
        "timing": "seconds by which the note is played before the mean onset expected at this "
        "tempo; negative if after.",
        "articulation_log": "log2 of the ratio of the sounding time of the note, including the "
        "pedal, to its written length at this tempo.",
        "velocity": "MIDI velocity / 127.",
    },
    pitfalls=(
        "`pearson_r` is the mean of the correlations of the four parameters, each over all notes "
        "of the split; a constant prediction counts as 0. Tempo and loudness vary more between "
        "pieces than within a piece: `pearson_r_piece_mean` measures the correlation within "
        "pieces.",
        "Mean squared errors are in the units of the parameters (log2 units, seconds, 0 to 1): "
        "lower is better, and parameters cannot be compared with each other.",
        "If a score was played once, its labels are one pianist's choices, not a mean of several.",
        "Dynamics, tempo words, slurs and pedal marks of the score are hidden, although they "
        "explain much of what players do.",
        "Where a beat would last less than 0.02 s, a note has no beat period and no articulation. "
        "Otherwise labels are as in the encoding, without clipping: a few timings of seconds, in "
        "training up to half a minute, are gaps of the alignment and weigh heavily in squared "
        "errors.",
    ),
)

register_task(PERFORMANCE)
