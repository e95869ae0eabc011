"""The page of an entry, and the page that compares two entries of a board."""

import json

from musebench.leaderboard.render import words
from musebench.leaderboard.render.environment import render
from musebench.leaderboard.render.numbers import MISSING, measure_of
from musebench.leaderboard.render.rows import page_of, rows_of
from musebench.leaderboard.standings import Standings


def entry_page(board: Standings, position: int) -> str:
    """The text of the page of an entry; its texts are clean."""
    entry, first = board.entries[position], measure_of(board, board.main_metrics[0])
    works = [
        (score.work_id, score.fold, first.text(score.value), score.value)
        for score in board.works.get(entry.id, ())
    ]
    others = {pair.second if pair.first == entry.id else pair.first: pair
              for pair in board.pairs if entry.id in (pair.first, pair.second)}  # fmt: skip
    names = {other.id: other.method for other in board.entries}
    return render(
        "entry.html",
        root="../../",
        board=board,
        row=rows_of(board)[position],
        first=first,
        official=[
            (measure_of(board, name), entry.official[name])
            for name in board.main_metrics
            if name in entry.official
        ],
        composers=[(name, first.text(value)) for name, value in entry.by_composer.items()],
        works=works,
        pairs=[
            (names[pair.first], names[pair.second], words.pair_cells(pair, first))
            for pair in others.values()
        ],
    )


def compare_page(board: Standings) -> str:
    """The text of the page that compares entries."""
    first = measure_of(board, board.main_metrics[0])
    return render("compare.html", root="../", board=board, first=first)


def compare_data(board: Standings) -> str:
    """What the page that compares reads: a script with one constant."""
    first = measure_of(board, board.main_metrics[0])
    works = sorted({score.work_id for scores in board.works.values() for score in scores})
    values = {
        name: {score.work_id: first.shown(score.value) for score in scores}
        for name, scores in board.works.items()
    }
    content = {
        "title": first.title,
        "columns": words.PAIR_COLUMNS,
        "missing": MISSING,
        "works": works,
        "entries": [
            {
                "id": entry.id,
                "method": entry.method,
                "page": f"../{page_of(board, position)}",
                "values": [values.get(entry.id, {}).get(work) for work in works],
            }
            for position, entry in enumerate(board.entries)
        ],
        "pairs": [[pair.first, pair.second, words.pair_cells(pair, first)] for pair in board.pairs],
    }
    text = json.dumps(content).replace("<", "\\u003c")
    return f'"use strict";\nconst BOARD = {text};\n'
