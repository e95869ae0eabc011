"""Composer classification."""

from musebench.tasks.task import Task, register_task

COMPOSERS = (
    *("Bach", "Bach-Christian", "Bach-Emanuel", "Beethoven", "Chopin"),
    *("Frescobaldi", "Grieg", "Medtner", "Mozart", "Scarlatti"),
)

COMPOSER = Task(
    name="composer",
    kind="graph",
    heads={"composer": COMPOSERS},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("accuracy",),
    metrics=("macro_f1",),
    meanings={"composer": "who wrote the piece."},
    pitfalls=(
        "A graph names its piece, by `piece_id`, and nothing else: work, composer and title are in "
        "`dataset.pieces`. The name leads to the answer: a model may use only the features and "
        "edges of a graph.",
        "The result by composer is the recall of each class. There is no scheme of unseen "
        "composers: a class without training pieces cannot be predicted.",
    ),
)

register_task(COMPOSER)
