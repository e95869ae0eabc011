"""A board of a task of its own: which notes are the highest that start together?"""

from importlib.resources import files

import numpy as np

from musebench.boards import Board, register_board
from musebench.tasks import Task
from musebench_toys.corpus import TOYS


def top_labels(notes):
    """The class of each note; notes are sorted by onset and pitch."""
    is_last = np.append(notes.onset_div[1:] != notes.onset_div[:-1], True)
    return {"top": is_last.astype(np.int64)}


TOP = Task(
    name="toy-top",
    kind="note",
    heads={"top": ("lower", "top")},
    inputs=("pitch", "duration", "metrical_position"),
    main_metrics=("accuracy", "top_accuracy"),
    metrics=("f1_lower",),
    read_labels=top_labels,
    meanings={"top": "whether no note that starts at the same time is higher."},
)

register_board(
    Board(
        name="toy-top",
        corpus=TOYS,
        task=TOP,
        version="1.0",
        about="which notes are the highest that start together, toy scores",
        settings={"num_steps": 20, "validate_every": 10, "batch_size": 2, "hidden": 16},
        table=files("musebench_toys") / "toy-top.csv",
    )
)
