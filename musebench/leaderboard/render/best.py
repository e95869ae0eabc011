"""Which model is best: the overall table, the matrix of boards and methods, lite, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from musebench.boards import BOARDS
from musebench.evaluation import Estimate
from musebench.leaderboard.frozen import Frozen
from musebench.leaderboard.names import skeleton
from musebench.leaderboard.overall import Overall, overall, share_of
from musebench.leaderboard.render import words
from musebench.leaderboard.render.board_page import LIMITS, choices_of
from musebench.leaderboard.render.charts import COSTS, Scatter, scatter_of
from musebench.leaderboard.render.environment import render
from musebench.leaderboard.render.numbers import Measure, measure_of
from musebench.leaderboard.render.rows import HEAT_LEVELS, page_of
from musebench.leaderboard.standings import Standing, Standings

SHARE = Measure("share of the headroom", higher_is_better=True, factor=100, unit="%")
_DIVISIONS = ("scratch", "pretrained", "system")
_TRUST = ("reported", "recomputed", "rerun")


@dataclass(frozen=True)
class BestRow:
    """A method in the overall table.

    Attributes:
        row: Its shares.
        summary: What is true of its entries together, as if it were one.
        href: Address of its row.
    """

    row: Overall
    summary: Standing
    href: str


@dataclass(frozen=True)
class MatrixCell:
    """An entry in the matrix: text, address of its page, and shade (0 worst, None unknown)."""

    text: str
    href: str
    heat: int | None


@dataclass(frozen=True)
class Matrix:
    """Methods and boards: the boards, and per method its cells, None where it has no entry."""

    boards: tuple[Standings, ...]
    rows: tuple[tuple[str, tuple[MatrixCell | None, ...]], ...]


def best_page(boards: Sequence[Standings], frozen: Mapping[str, Frozen]) -> str:
    """The text of the page; texts of entries are clean."""
    front = [board for board in boards if not board.is_smoke_test]
    found = overall(front, frozen)
    rows = [BestRow(row, _summary(row), f"#method-{k + 1}") for k, row in enumerate(found)]
    summaries = [row.summary for row in rows]
    return render(
        "best.html",
        root="",
        rows=rows,
        measure=SHARE,
        families=[*found[0].by_family] if found else [],
        boards=[board for board in front if board.board in frozen],
        without_rule=[board.board for board in front if board.board not in frozen],
        frozen=frozen,
        choices=choices_of(summaries),
        limits=LIMITS,
        figures=_figures(summaries),
        words=words.OVERALL,
        lite=lite_rows(boards, frozen),
        lite_boards=lite_boards(boards),
        lite_words=words.LITE,
    )


def _figures(summaries: Sequence[Standing]) -> list[Scatter]:
    return [scatter_of(SHARE, cost, summaries) for cost in COSTS] if summaries else []


def _summary(row: Overall) -> Standing:
    """The entries of a method as one: costs together, the weakest trust, the widest division."""
    entries = [*row.entries.values()]
    times = [entry.predict_seconds for entry in entries]
    known = [seconds for seconds in times if seconds is not None]
    return replace(
        entries[0],
        metrics={SHARE.name: Estimate(row.score, row.low, row.high)},
        num_parameters=max(entry.num_parameters for entry in entries),
        train_seconds=sum(entry.train_seconds for entry in entries),
        predict_seconds=sum(known) if len(known) == len(times) else None,
        num_seeds=min(entry.num_seeds for entry in entries),
        division=max((entry.division for entry in entries), key=_DIVISIONS.index),
        trust=min((entry.trust for entry in entries), key=_TRUST.index),
        data_licenses=tuple(sorted({name for e in entries for name in e.data_licenses})),
    )


def matrix_of(boards: Sequence[Standings], frozen: Mapping[str, Frozen]) -> Matrix:
    """Every method on every board, those on most boards first."""
    cells: dict[str, dict[str, MatrixCell]] = {}
    names: dict[str, str] = {}
    for board in boards:
        measure = measure_of(board, board.main_metrics[0])
        for position, entry in enumerate(board.entries):
            estimate = entry.metrics.get(measure.name)
            if entry.place is None or estimate is None or estimate.mean is None:
                continue
            rule = frozen.get(board.board)
            share = share_of(estimate.mean, rule) if rule else None
            heat = None if share is None else round(HEAT_LEVELS * max(0.0, share))
            key = skeleton(entry.method)
            names.setdefault(key, entry.method)
            cell = MatrixCell(measure.text(estimate.mean), page_of(board, position), heat)
            cells.setdefault(key, {})[board.board] = cell
    order = sorted(cells, key=lambda key: (-len(cells[key]), names[key]))
    rows = [(names[key], tuple(cells[key].get(b.board) for b in boards)) for key in order]
    return Matrix(tuple(boards), tuple(rows))


def lite_boards(boards: Sequence[Standings]) -> list[Standings]:
    """The boards of the lite set."""
    return [b for b in boards if b.board in BOARDS and BOARDS[b.board].is_lite]


def lite_rows(
    boards: Sequence[Standings], frozen: Mapping[str, Frozen]
) -> list[tuple[str, str, list[str]]]:
    """Method, mean share, and values on fold 0 of the lite set, of methods that have them all.

    The share is that of the headroom on fold 0, over the rule that is frozen for the board.
    """
    lite = lite_boards(boards)
    found: dict[str, list[tuple[str, str, float]]] = {}
    for board in lite:
        measure, rule = measure_of(board, board.main_metrics[0]), frozen.get(board.board)
        values = {e.id: e.official[measure.name].mean for e in board.entries
                  if measure.name in e.official}  # fmt: skip
        base = values.get(rule.rule) if rule else None
        for entry in board.entries:
            value = values.get(entry.id)
            if value is None or rule is None or base is None or base == rule.ceiling:
                continue
            share = share_of(value, replace(rule, rule_value=base))
            found.setdefault(skeleton(entry.method), []).append(
                (entry.method, measure.text(value), share)
            )
    complete = [cells for cells in found.values() if len(cells) == len(lite)]
    means = [(sum(share for *_, share in cells) / len(cells), cells) for cells in complete]
    means.sort(key=lambda row: (-row[0], row[1][0][0]))
    return [(cells[0][0], SHARE.text(mean), [text for _, text, _ in cells])
            for mean, cells in means]  # fmt: skip


def history_rows(
    boards: Sequence[Standings],
) -> list[tuple[Standings, Measure, list[tuple[str, str, str, str]]]]:
    """Board, metric, and each entry that was the best when it came: day, method, value, page."""
    found = []
    for board in boards:
        measure = measure_of(board, board.main_metrics[0])
        sign = 1 if measure.higher_is_better else -1
        best, rows = None, []
        days = sorted(range(len(board.entries)), key=lambda k: (board.entries[k].submitted, -k))
        for position in days:
            entry = board.entries[position]
            estimate = entry.metrics.get(measure.name)
            value = estimate.mean if estimate and entry.place is not None else None
            if value is not None and (best is None or sign * value > best):
                best = sign * value
                page = page_of(board, position)
                rows.append((entry.submitted, entry.method, measure.text(value), page))
        found.append((board, measure, rows))
    return found
