"""The card of a board as Markdown: what is in it, in words and in numbers from the data.

Needs no torch. ``docs/cards/<board>.md`` is the output of ``musebench card BOARD``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import COUNTS, IGNORE_LABEL
from musebench.boards import BOARDS, Board
from musebench.corpora import terms_of
from musebench.errors import ISSUES, counted
from musebench.evaluation import Metric, find_metric
from musebench.features import feature_names
from musebench.score import NoteTable
from musebench.splits import (
    SPLITS,
    fold_of_pieces,
    num_folds,
    read_exclusions,
    read_pieces,
    split_of_pieces,
    split_schemes,
    weight_of_pieces,
)
from musebench.store import labels_of, load_board_notes

if TYPE_CHECKING:
    import pandas as pd

Counts = NDArray[np.int64]

SMOKE_TEST = (
    "**Smoke test:** rules solve this board nearly, so it shows whether a method works, not which "
    "one is better."
)
SHORTCUTS = "shortcuts.json"  # in the package of the boards; `python tools shortcuts` writes it


@dataclass(frozen=True)
class _Data:
    """The data behind the numbers of a card.

    Attributes:
        board: The board.
        pieces: Its pieces, with columns such as ``num_notes`` and ``num_onsets``.
        tables: Note table of each piece, in order.
        counts: Head -> notes (onsets) of each class by piece, ``(num_pieces, num_classes)``.
        annotations: Counts of annotations, see ``OnsetLabels``; empty if the score has the labels.
        labels: Head -> labels of each piece.
        told: Of each piece with faults: what its reader mended or left out -> how often.
    """

    board: Board
    pieces: "pd.DataFrame"
    tables: Sequence[NoteTable]
    counts: Mapping[str, Counts]
    annotations: Mapping[str, int]
    labels: Sequence[Mapping[str, NDArray[Any]]]
    told: Sequence[Mapping[str, int]]

    @property
    def units(self) -> str:
        """What the labels belong to, as a plural."""
        return f"{_unit(self.board)}s"

    def counts_of(self, head: str, scheme: str, split: str) -> Counts:
        """Notes (onsets) of each class in a split. Shape ``(num_classes,)``."""
        chosen = (split_of_pieces(self.board.name, scheme) == split).to_numpy()
        total: Counts = self.counts[head][chosen].sum(axis=0)
        return total


def write_card(board: Board, root: str | Path | None = None) -> str:
    """Write the card of a board.

    Args:
        board: The board; its note tables are built on first access.
        root: The data home.

    Returns:
        Markdown.

    Raises:
        DownloadError: If the scores are neither cached nor downloadable.
    """
    data, pitfalls = _read(board, root), (*board.task.pitfalls, *board.pitfalls)
    sections = [
        _head(board),
        _labels(data),
        _inputs(board),
        *_shortcut(board),
        _sizes(data),
        *([_balance(data), _unseen(data)] if data.counts else []),
        *([_values(data)] if board.task.kind == "regression" else []),
        *([_counts(data)] if board.task.read_counts else []),
        *([_told(data.told)] if data.told else []),
        _exclusions(board),
        *(["## Pitfalls\n\n" + markdown_bullets(pitfalls)] if pitfalls else []),
        _datasheet(data),
        f"## Citation\n\n```bibtex\n{board.corpus.citation}\n```",
    ]
    return "\n\n".join(sections) + "\n"


def _read(board: Board, root: str | Path | None) -> _Data:
    store, pieces = load_board_notes(board, root), read_pieces(board.name)
    tables = [store.tables[piece_id] for piece_id in pieces["piece_id"]]
    labels = [labels_of(board, store, piece_id) for piece_id in pieces["piece_id"]]
    counts = {
        head: np.array([_count(piece[head], len(classes)) for piece in labels])
        for head, classes in board.task.heads.items()
        if classes  # links have no classes
    }
    pieces = pieces.assign(
        num_notes=[len(table) for table in tables],
        num_onsets=[len(np.unique(table.onset_div)) for table in tables],
        num_pieces=1,
    )
    found = [
        store.labels[i][board.annotation].counts for i in pieces["piece_id"] if board.annotation
    ]
    annotations = {name: sum(one[name] for one in found) for name in COUNTS} if found else {}
    told = [store.told[piece_id] for piece_id in pieces["piece_id"]]
    return _Data(board, pieces, tables, counts, annotations, labels, list(filter(None, told)))


def _count(labels: NDArray[np.int64], num_classes: int) -> Counts:
    return np.bincount(labels[labels != IGNORE_LABEL], minlength=num_classes)


def _head(board: Board) -> str:
    corpus, terms = board.corpus, terms_of(board.corpus.license)
    facts = {
        "dataset": f"`musebench.{board.dataset}`",
        "version": board.version,
        "task": f"{board.task.name}, one prediction per {_unit(board)}",
        "scores": f"{corpus.title}: {corpus.source}",
        "licence of the scores": f"{corpus.license}: [{terms.name}]({terms.url})",
        "ranked by": ", ".join(f"`{metric}`" for metric in board.task.main_metrics),
    }
    title = f"# {board.name}\n\n{board.title}."
    note = "`musebench card` writes this page from the data."
    note += f" {SMOKE_TEST}" if board.is_smoke_test else ""
    return f"{title} {note}\n\n{markdown_table(['', ''], facts.items())}\n\n{terms.meaning}"


def _unit(board: Board) -> str:
    return "piece" if board.task.unit == "graph" else board.task.unit


def _labels(data: _Data) -> str:
    task, total = data.board.task, int(data.pieces["num_notes"].sum())
    heads = [_meaning(data, head) for head in task.heads]
    changing = sum(len(np.unique(table.key_fifths)) > 1 for table in data.tables)
    silent = sum(int((table.duration_div == 0).sum()) for table in data.tables)
    grace = sum(int(((table.duration_div == 0) & table.is_grace).sum()) for table in data.tables)
    facts = (
        f"{changing} of {len(data.tables)} pieces have more than one key signature. {silent:,} of "
        f"{total:,} notes have duration 0, {grace:,} of them grace notes."
    )
    return f"## Labels\n\n{markdown_bullets(heads)}\n\n{facts}{_alignment(data.annotations)}"


def _meaning(data: _Data, head: str) -> str:
    task, num_classes = data.board.task, len(data.board.task.heads[head])
    number = " (a number)" if task.kind == "regression" else ""
    size = f" ({num_classes} classes)" if num_classes else number
    text = f"`{head}`{size}: {task.meaning_of(head)}"
    if not num_classes:
        return text
    without = int(data.pieces[f"num_{data.units}"].sum()) - int(data.counts[head].sum())
    return f"{text} {data.units.capitalize()} without a class: {without}."


def _alignment(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    return (
        f"\n\nOf {counts['annotated']:,} annotations in the source, {counts['unaligned']:,} could "
        f"not be aligned, {counts['overruled']:,} were overruled by another at the same place, and "
        f"{counts['unread']:,} cannot be read or have no class."
    )


def _inputs(board: Board) -> str:
    names = ", ".join(f"`{name}`" for name in feature_names(board.task.inputs))
    groups = ", ".join(group.replace("_", " ") for group in board.task.inputs)
    return f"## Inputs\n\nA model may see only {groups} of a note: {names}."


def _shortcut(board: Board) -> list[str]:
    """What metadata and layout alone give away; nothing for boards that are not audited."""
    found = json.loads(files("musebench.boards").joinpath(SHORTCUTS).read_text("utf-8"))
    known = found.get(board.name)
    if known is None or known["version"] != board.version:
        return []
    metric, column = find_metric(known["metric"]), known["column"].replace("_", " ")
    values = (_number(known[split], metric) for split in ("test", "valid"))
    test, valid = values
    return [
        "## Shortcut\n\n"
        "Of all trees of depth 1 and 3 on metadata and layout alone (length, divisions, parts, "
        "meter, twins, ends of measures and the like, also those that models may not see), the "
        f"best on the validation split of fold 0 is one of depth {known['depth']} on: {column}. "
        f"Its `{known['metric']}` is {test} on the test split, {valid} on the validation split. "
        "The entry `shortcut` of the board is found in the same way in each fold."
    ]


def _number(value: float | None, metric: Metric | None) -> str:
    if value is None:
        return "undefined"
    is_share = metric is not None and metric.unit == "%"
    return f"{100 * value:.1f} %" if is_share else f"{value:.3f}"


def _sizes(data: _Data) -> str:
    total = data.pieces["num_notes"].sum()
    rows, named = [], []
    for scheme in split_schemes(data.board.name):
        by_split = data.pieces.groupby(split_of_pieces(data.board.name, scheme))
        for split in SPLITS:
            found = by_split.get_group(split)
            notes = found["num_notes"].sum()
            distinct = [f"{found[column].nunique():,}" for column in ("work_id", "composer")]
            share = f"{100 * notes / total:.1f} %"
            onsets = [f"{found['num_onsets'].sum():,}"] if data.units == "onsets" else []
            rows.append((scheme, split, f"{len(found):,}", *distinct, *onsets, f"{notes:,}", share))
            if scheme == "composer":
                named.append(f"{split}: {', '.join(sorted(found['composer'].unique()))}")
    onsets = ["onsets"] if data.units == "onsets" else []
    columns = ["scheme", "split", "pieces", "works", "composers", *onsets]
    columns += ["notes", "share of notes"]
    composers = (
        f"\n\nComposers of the scheme `composer`:\n\n{markdown_bullets(named)}" if named else ""
    )
    sizes = f"## Sizes\n\n{markdown_table(columns, rows, numbers_from=2)}{composers}"
    return "\n\n".join(filter(None, (sizes, _folds(data))))


def _folds(data: _Data) -> str:
    """What each fold of the official scheme tests; empty if there is one fold only."""
    if num_folds(data.board.name) == 1:
        return ""
    total = data.pieces["num_notes"].sum()
    rows = [
        (
            str(fold),
            f"{len(found):,}",
            f"{found['work_id'].nunique():,}",
            f"{found['composer'].nunique():,}",
            f"{found['num_notes'].sum():,}",
            f"{100 * found['num_notes'].sum() / total:.1f} %",
        )
        for fold, found in data.pieces.groupby(fold_of_pieces(data.board.name))
    ]
    columns = ["fold", "test pieces", "works", "composers", "notes", "share of notes"]
    return (
        "Folds of the scheme `official`; the works of fold k are its test split, and each work is "
        f"in one of them:\n\n{markdown_table(columns, rows, numbers_from=1)}"
    )


def _balance(data: _Data) -> str:
    parts = ["## Class balance", f"{data.units.capitalize()} per class in the official split."]
    for head, classes in data.board.task.heads.items():
        counts = [data.counts_of(head, "official", split) for split in SPLITS]
        rows = [
            (name, *(f"{of_split[i]:,}" for of_split in counts))
            for i, name in enumerate(classes)
            if any(of_split[i] for of_split in counts)
        ]
        parts.append(markdown_table([head, *SPLITS], rows, numbers_from=1))
        absent = [name for i, name in enumerate(classes) if not any(c[i] for c in counts)]
        parts.append(f"Classes that never occur: {', '.join(absent) or 'none'}.")
    return "\n\n".join(parts)


def _values(data: _Data) -> str:
    """Statistics of labels that are numbers, not classes."""
    board, rows = data.board, []
    split_of = split_of_pieces(board.name)
    for head in board.task.heads:
        for split in SPLITS:
            chosen = zip(data.labels, split_of == split, strict=True)
            found = np.concatenate([labels[head] for labels, here in chosen if here])
            known = found[~np.isnan(found)].astype(np.float64)
            numbers = (known.mean(), known.std(), *np.quantile(known, (0, 0.01, 0.5, 0.99, 1)))
            figures = (f"{number:.3f}" for number in numbers)
            rows.append((head, split, f"{len(known):,}", f"{len(found) - len(known):,}", *figures))
    columns = ["parameter", "split", "notes", "without value", "mean", "sd"]
    columns += ["min", "1 %", "median", "99 %", "max"]
    return f"## Values\n\nIn the official split.\n\n{markdown_table(columns, rows, numbers_from=2)}"


def _unseen(data: _Data) -> str:
    lines = []
    for scheme in split_schemes(data.board.name):
        for head, classes in data.board.task.heads.items():
            train, test = (data.counts_of(head, scheme, split) for split in ("train", "test"))
            unseen = np.flatnonzero((train == 0) & (test > 0)).tolist()
            names = ", ".join(f"{classes[i]} ({test[i]} {data.units})" for i in unseen) or "none"
            lines.append(f"{scheme}, `{head}`: {names}")
    return f"## Classes in the test but not in training\n\n{markdown_bullets(lines)}"


def _counts(data: _Data) -> str:
    """The board's own counts per split, with their share of the notes where it is known."""
    read_counts = data.board.task.read_counts
    assert read_counts is not None
    split_of = split_of_pieces(data.board.name).tolist()
    totals: dict[str, dict[str, Counts]] = {}
    for split, table in zip(split_of, data.tables, strict=True):
        for name, count in read_counts(table).items():
            row = totals.setdefault(name, {one: np.zeros(2, np.int64) for one in SPLITS})
            row[split] += count
    rows = [(name, *(_share(*row[split]) for split in SPLITS)) for name, row in totals.items()]
    whole = "all notes, or of all true links" if data.board.task.kind == "link" else "all notes"
    text = f"In the official split, with the share of {whole} in brackets."
    return f"## Counts\n\n{text}\n\n{markdown_table(['', *SPLITS], rows, numbers_from=1)}"


def _share(count: int, total: int) -> str:
    return f"{count:,} ({100 * count / total:.2f} %)" if total else f"{count:,}"


def _told(told: Sequence[Mapping[str, int]]) -> str:
    """What the reader mended or left out, with how often and in how many pieces."""
    kinds = sorted({what for of_piece in told for what in of_piece})
    found = [[of_piece[what] for of_piece in told if what in of_piece] for what in kinds]
    rows = [
        (what, f"{sum(times):,}", f"{len(times):,}")
        for what, times in zip(kinds, found, strict=True)
    ]
    columns = ["what the reader of the scores mended or left out", "times", "pieces"]
    return f"## Reading\n\n{markdown_table(columns, rows, numbers_from=1)}"


def _exclusions(board: Board) -> str:
    excluded = read_exclusions(board.name)
    text = f"{len(excluded)} scores of the corpus are not on the board."
    if excluded.empty:
        return f"## Exclusions\n\n{text}"
    kinds = excluded["reason"].str.replace(r" of \S+$", "", regex=True).value_counts()
    summary = markdown_table(["reason", "pieces"], kinds.sort_index().items(), numbers_from=1)
    listed = markdown_table(["piece", "reason"], excluded.itertuples(index=False))
    return f"## Exclusions\n\n{text}\n\n{summary}\n\n{listed}"


def _datasheet(data: _Data) -> str:
    """Answers to the questions of a datasheet that the other sections leave open.

    Source:
        Gebru et al., "Datasheets for Datasets", Communications of the ACM 64 (12), 2021.
    """
    board, pieces = data.board, data.pieces
    by_composer = pieces.groupby("composer")["num_notes"].sum()
    share = f"{100 * by_composer.max() / by_composer.sum():.0f} %"
    answers = {
        "Why was it made?": f"To compare methods that predict {board.about}, on the same works and "
        "by the same metrics.",
        "What is an instance, and are instances related?": "A piece, as a graph of its notes. "
        f"{_related(board)}",
        "Who wrote the labels?": _label_origin(board),
        "What is known to be wrong?": f"`musebench errata {board.name}` lists it, and what it "
        "changes in the scores of the entries.",
        "Does it identify people?": "Composers, by name"
        + ("; players, by the codes in the published file names." if board.opinions else "."),
        "How were the scores prepared?": "Tied notes become one, and nothing is quantised or "
        "augmented; what is mended is listed above. The published files stay in the data home, so "
        f"`musebench build {board.name}` repeats every step.",
        "What else can it be used for?": _other_uses(board),
        "What should it not be used for?": f"For claims about other music: {by_composer.idxmax()} "
        f"has {share} of the notes, the most of {counted(len(by_composer), 'composer')}.",
        "Who maintains it, and how does it change?": f"{_maintainers(board)} Pieces, labels and "
        "splits change with the version alone, and entries of earlier versions stay in the archive "
        "of the leaderboards.",
    }
    return "## Datasheet\n\n" + markdown_bullets(
        f"*{asked}* {text}" for asked, text in answers.items()
    )


def _related(board: Board) -> str:
    twice = int((weight_of_pieces(board.name) < 1).sum())
    text = "Pieces of a work are related, so a work is never divided between splits."
    return (
        f"{text} {twice} pieces are the same music as another, annotated twice." if twice else text
    )


def _label_origin(board: Board) -> str:
    if board.has_labels_in_table:
        return "Whoever made the table of pieces: they are columns of it."
    if not board.annotation:
        return "Nobody: they are read from the notation of the edition."
    if board.opinions:
        return "Nobody: they are measured in recordings, and are the mean over players."
    return f"People; they are published with the scores ({board.annotation.replace('_', ' ')})."


def _maintainers(board: Board) -> str:
    if board.table is None:
        return f"The authors of musebench; write to {ISSUES}."
    return "The authors of the package that declares it; it is not a board of musebench."


def _other_uses(board: Board) -> str:
    mine = _origins(board)
    others = [o.name for o in BOARDS.values() if o is not board and mine & _origins(o)]
    return f"The same scores are on {', '.join(others)}." if others else "No other board has them."


def _origins(board: Board) -> set[str]:
    return {member.repository or member.source for member in board.corpus.members}


def markdown_bullets(lines: Iterable[str]) -> str:
    """Lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


def markdown_table(
    columns: Sequence[str], rows: Iterable[Any], *, numbers_from: int | None = None
) -> str:
    """A Markdown table; columns from ``numbers_from`` on are right-aligned."""
    right = len(columns) if numbers_from is None else numbers_from
    rule = ["---:" if i >= right else "---" for i in range(len(columns))]
    lines = [columns, rule, *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
