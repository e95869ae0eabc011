"""The archive as pages: a table per board and version, the best entry first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musebench.leaderboard.render.numbers import duration_text, parameters_text, shown_as
from musebench.leaderboard.render.text import clean, escape_cell

if TYPE_CHECKING:
    import pandas as pd

WORDS = (
    "Entries of earlier versions of the boards, with the numbers that they had. Pieces, labels, "
    "splits or metrics have changed since, so they are not comparable with today's entries, and "
    "nothing is ranked against them. All their metrics are in archive.csv."
)


@dataclass(frozen=True)
class ArchivedBoard:
    """A version of a board in the archive.

    Attributes:
        title: Name and version.
        metric: Title of the metric that ranked.
        rows: Method, value with interval, number of seeds, parameters, training time.
    """

    title: str
    metric: str
    rows: tuple[tuple[str, ...], ...]


def archived_boards(archive: "pd.DataFrame") -> Iterator[ArchivedBoard]:
    """The versions of boards in an archive, see ``read_archive``; texts are cleaned."""
    for (board, version), found in archive.groupby(["board", "version"], sort=True):
        measure = shown_as(found["metric"].iloc[0])
        main = found[found["metric"] == measure.name]
        ordered = main.sort_values("mean", ascending=not measure.higher_is_better, kind="stable")
        rows = [
            (
                clean(row["method"]),
                f"{measure.text(row['mean'])} {measure.interval(row['low'], row['high'])}".strip(),
                str(row["num_seeds"]),
                parameters_text(row["num_parameters"]),
                duration_text(row["train_seconds"]),
            )
            for row in ordered.to_dict("records")
        ]
        yield ArchivedBoard(f"{board} {version}", measure.title, tuple(rows))


HEAD = ("method", "seeds", "parameters", "training")


def render_archive(archive: "pd.DataFrame") -> str:
    """The page ``leaderboards/archive.md``."""
    parts = ["# Archive", WORDS]
    for board in archived_boards(archive):
        head = ["method", board.metric, *HEAD[1:]]
        lines = [head, ["---", *["--:"] * 4], *(map(escape_cell, row) for row in board.rows)]
        parts += [f"## {board.title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts) + "\n"
