"""Composer classification."""

from musebench.tasks.task import Task, register_task

COMPOSERS = ("Bach", "Beethoven", "Chopin", "Grieg", "Medtner", "Mozart", "Scarlatti")

COMPOSER = Task(
    name="composer",
    kind="graph",
    heads={"composer": COMPOSERS},
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("accuracy",),
    metrics=("macro_f1",),
    meanings={"composer": "who wrote the piece."},
    pitfalls=(
        "A graph carries `piece_id`, `work_id` and `composer` to tell pieces apart. They give the "
        "answer away: a model may see the features, the edges and nothing else of a graph.",
        "The result by composer is the recall of each class. There is no scheme of unseen "
        "composers: a class that training lacks cannot be predicted.",
    ),
)

register_task(COMPOSER)
