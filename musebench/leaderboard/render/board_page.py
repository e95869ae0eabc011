"""The page of a board."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from musebench.boards import BOARDS
from musebench.evaluation import METRICS
from musebench.leaderboard.published import Published
from musebench.leaderboard.render import words
from musebench.leaderboard.render.charts import COSTS, Scatter, scatter_of
from musebench.leaderboard.render.environment import render
from musebench.leaderboard.render.numbers import MISSING, Measure, measure_of
from musebench.leaderboard.render.rows import HEAT_LEVELS, columns_of, ends_of, rows_of
from musebench.leaderboard.render.text import safe_url
from musebench.leaderboard.standings import Standing, Standings


class Limit(NamedTuple):
    """A filter by a number: name, words, whether it is a maximum, and the choices with texts."""

    name: str
    label: str
    is_most: bool
    choices: tuple[tuple[float, str], ...]


LIMITS = (
    Limit("parameters", "Parameters", True, ((1e5, "to 100 k"), (1e6, "to 1 M"), (1e7, "to 10 M"))),
    Limit("training", "Training", True, ((60, "to 1 min"), (3600, "to 1 h"), (36000, "to 10 h"))),
    Limit("prediction", "Prediction", True, ((1, "to 1 s"), (10, "to 10 s"), (60, "to 1 min"))),
    Limit("seeds", "Seeds", False, ((2, "2 or more"), (3, "3 or more"), (5, "5 or more"))),
)
CHOICES = ("family", "kind", "division", "trust")


def board_page(board: Standings, published: Sequence[Published]) -> str:
    """The text of the page; texts of entries are clean."""
    measures = [measure_of(board, metric) for metric in board.metrics]
    first = measure_of(board, board.main_metrics[0])
    return render(
        "board.html",
        root="../",
        board=board,
        columns=columns_of(board),
        first=first,
        rows=rows_of(board),
        composers=words.composer_names(board),
        heat_ends=ends_of(board, first),
        heat_levels=range(HEAT_LEVELS + 1),
        official_columns=[measure_of(board, metric).title for metric in board.main_metrics],
        official_rows=_official_rows(board),
        official_words=words.OFFICIAL,
        pair_rows=_pair_rows(board, first),
        rank_words=words.rank_words(board.entries),
        interval_words=words.interval_words(board),
        ensemble_words=words.ENSEMBLES if board.ensembles else "",
        figures=[(m, _figures(board, m)) for m in measures],
        ceiling_words=words.ceiling_words(board, first),
        choices=choices_of(board.rows),
        limits=LIMITS,
        published=[(row, safe_url(row.address)) for row in published],
        published_words=words.PUBLISHED,
        meanings=_meanings(board),
    )


def choices_of(entries: Iterable[Standing]) -> dict[str, list[str]]:
    """Filter -> the values that it can have."""
    entries = list(entries)
    found = {name: sorted({getattr(entry, name) for entry in entries}) for name in CHOICES}
    return found | {"licence": sorted({name for entry in entries for name in entry.data_licenses})}


def _meanings(board: Standings) -> list[tuple[str, str]]:
    """What metrics and classes mean, where they are declared."""
    found = [(measure_of(board, name).label, METRICS[name].measure.__doc__ or "")
             for name in board.metrics if name in METRICS]  # fmt: skip
    lines = [(name, text.partition("\n")[0]) for name, text in found]
    task = BOARDS[board.board].task if board.board in BOARDS else None
    for head, classes in task.heads.items() if task else ():
        text = task.meanings.get(head, "") if task else ""
        listed = f"Classes: {', '.join(classes)}." if 0 < len(classes) <= 12 else ""
        lines.append((head.replace("_", " "), f"{text[:1].upper()}{text[1:]} {listed}".strip()))
    return [(name, text) for name, text in lines if text]


def _figures(board: Standings, measure: Measure) -> list[Scatter]:
    ceiling = board.ceiling if measure.name == board.main_metrics[0] else None
    return [scatter_of(measure, cost, board.entries, ceiling) for cost in COSTS]


def _official_rows(board: Standings) -> list[tuple[str, list[str], str]]:
    """Method, main metrics on fold 0, and predicted folds of each entry."""
    measures = [measure_of(board, metric) for metric in board.main_metrics]

    def text(entry: Standing, measure: Measure) -> str:
        found = entry.official.get(measure.name)
        if found is None:
            return MISSING
        return f"{measure.text(found.mean)} {measure.interval(found.low, found.high)}".strip()

    return [
        (
            entry.method,
            [text(entry, measure) for measure in measures],
            "all" if len(entry.folds) > 1 else "0",
        )
        for entry in words.in_official_order(board)
    ]


def _pair_rows(board: Standings, measure: Measure) -> list[list[str]]:
    methods = {entry.id: entry.method for entry in board.entries}
    return [
        [methods[pair.first], methods[pair.second], *words.pair_cells(pair, measure)]
        for pair in board.pairs
    ]
