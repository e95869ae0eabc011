"""Entries as rows of tables: their cells, bars and addresses, prepared for the templates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from musebench.leaderboard.render import words
from musebench.leaderboard.render.charts import Axis, Bar, axis_of, bar_of
from musebench.leaderboard.render.numbers import MISSING, Measure, measure_of
from musebench.leaderboard.render.text import code_url, safe_url
from musebench.leaderboard.standings import Standing, Standings

HEAT_LEVELS = 7
ENSEMBLES = "#ensembles"  # the note below the table of a board
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Cell:
    """A metric of an entry.

    Attributes:
        measure: The metric.
        mean: Text of the mean.
        interval: Text of the interval; may be empty.
        deviation: Text of the deviation over seeds; may be empty.
        value: Sort key of the column; empty for a missing value.
        bar: The interval as a bar.
    """

    measure: Measure
    mean: str
    interval: str
    deviation: str
    value: str
    bar: Bar | None


@dataclass(frozen=True)
class Row:
    """An entry, prepared for the template.

    Attributes:
        entry: The entry, with clean texts.
        href: Address of its page, from a page of a board; that of the note on ensembles for one.
        kind: Family and kind, for people.
        trust: Explanation of its trust.
        cells: Its metrics.
        heat: Text and level (0 worst, None missing) by composer.
        paper: Address that may be a link.
        code: Address that may be a link.
        search: Text that the search uses.
    """

    entry: Standing
    href: str
    kind: str
    trust: str
    cells: tuple[Cell, ...]
    heat: tuple[tuple[str, int | None], ...]
    paper: str | None
    code: str | None
    search: str


def rows_of(board: Standings) -> list[Row]:
    """The entries of a board, in their order, then its ensembles."""
    columns = columns_of(board)
    return [_row(board, position, columns) for position in range(len(board.rows))]


def columns_of(board: Standings) -> list[tuple[Measure, Axis]]:
    """The metrics of a board, each with the axis that the bars of all rows share."""
    measures = [measure_of(board, metric) for metric in board.metrics]
    return [(measure, axis_of(measure, board.rows)) for measure in measures]


def page_of(board: Standings, position: int) -> str:
    """Address of the page of an entry, from the site's folder; an ensemble is on the board's."""
    if position >= len(board.entries):
        return f"boards/{board.board}.html{ENSEMBLES}"
    name = board.entries[position].id
    safe = name if _NAME.fullmatch(name) else str(position + 1)
    return f"entries/{board.board}/{safe}.html"


def _row(board: Standings, position: int, columns: Sequence[tuple[Measure, Axis]]) -> Row:
    entry, first = board.rows[position], measure_of(board, board.main_metrics[0])
    ends = ends_of(board, first)
    heat = tuple(
        (first.text(value), _heat_level(first, value, ends))
        for value in map(entry.by_composer.get, words.composer_names(board))
    )
    texts = (entry.method, entry.id, entry.family, entry.hardware, entry.external_data)
    return Row(
        entry=entry,
        href=f"../{page_of(board, position)}",
        kind=words.kind_words(entry),
        trust=words.TRUST.get(entry.trust, "unknown"),
        cells=tuple(_cell(entry, measure, axis) for measure, axis in columns),
        heat=heat,
        paper=safe_url(entry.paper_url),
        code=code_url(entry),
        search=" ".join(texts).lower(),
    )


def _cell(entry: Standing, measure: Measure, axis: Axis) -> Cell:
    estimate = entry.metrics.get(measure.name)
    shown = measure.shown(estimate.mean) if estimate else None
    if estimate is None or shown is None:
        return Cell(measure, MISSING, "", "", "", None)
    return Cell(
        measure=measure,
        mean=measure.text(estimate.mean),
        interval=measure.interval(estimate.low, estimate.high),
        deviation="" if estimate.deviation is None else measure.text(estimate.deviation),
        value=repr(estimate.mean),
        bar=bar_of(measure, axis, entry),
    )


def ends_of(board: Standings, measure: Measure) -> tuple[float, float] | None:
    """Lowest and highest value by composer, as shown; None without any."""
    values = [
        shown
        for entry in board.rows
        for value in entry.by_composer.values()
        if (shown := measure.shown(value)) is not None
    ]
    return (min(values), max(values)) if values else None


def _heat_level(
    measure: Measure, value: float | None, ends: tuple[float, float] | None
) -> int | None:
    shown = measure.shown(value)
    if shown is None or ends is None:
        return None
    low, high = ends if measure.higher_is_better else ends[::-1]
    return round(HEAT_LEVELS * (shown - low) / (high - low)) if high != low else HEAT_LEVELS
