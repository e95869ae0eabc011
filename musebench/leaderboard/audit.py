"""Audit of a board: where its entries agree with each other and not with the label.

Conventions:
    Every entry has one vote, shared by its seeds: the probability of each class where its files
    have scores, else 1 for the predicted class. *Suspicion* of a label is the mean over entries of
    the probability of the best other class, less that of the label. The other class must be
    predicted by at least ``MIN_KINDS`` kinds of method (rule, trees, learned), so that the fault of
    one is not taken for that of the label. Shortcuts, and entries that predict one value throughout
    a fold, do not look at the music and have no vote. Pitch spellings of an entry are moved by the
    shift that the metric allows it; links that differ by an exchange of notes that sound alike
    agree.

    Places of one piece in the same or the next measure are one *suspect*, as suspicious as the most
    suspicious of them. Equally suspicious ones stand in the order of the number of suspicious
    places of their pieces: where few labels are doubted, a doubted one is more likely wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.boards import Board, find_board
from musebench.errata import Erratum
from musebench.errors import InputError, SubmissionError
from musebench.evaluation import Evaluator, Pooled, Scores, settle_twins
from musebench.leaderboard.runs import EntryRuns, entries_with_runs
from musebench.leaderboard.suspects import Places, Suspect, class_name
from musebench.shown import Shown
from musebench.store import NoteStore, load_board_notes

MIN_KINDS = 2
LEAST_SUSPICION = 0.5  # of a place that is listed
SUSPICION_DIGITS = 3

Values = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Shown):
    """The suspects of a board, the most suspicious first, and who accuses them.

    Attributes:
        board: The board.
        head: Head whose labels were looked at.
        suspects: The suspects.
        voters: The entries with a vote.
    """

    board: Board
    head: str
    suspects: Sequence[Suspect]
    voters: Sequence[EntryRuns]

    def predictions_of(self, piece: str) -> dict[str, Mapping[str, Values]]:
        """Entry -> predictions for a piece, of the first run of each voter."""
        return {
            entry.submission.id: next(iter(entry.by_seed.values()))[piece] for entry in self.voters
        }

    def errata(self) -> list[Erratum]:
        """The suspects as rows of errata, for a person to fill in verdict and sentence."""
        corpus = self.board.corpus
        is_one = corpus.members == (corpus,)
        found = []
        for suspect in self.suspects:
            member, _, name = suspect.piece.partition("/")
            found.append(
                Erratum(
                    corpus=corpus.name if is_one else member,
                    piece=suspect.piece if is_one else name,
                    measures=suspect.measures,
                    onset=suspect.onset,
                    pitch=suspect.pitch,
                    head=self.head,
                    label=suspect.label,
                    correct="",
                    verdict="both possible",
                    what=f"{suspect.num_against} of {len(self.voters)} entries have "
                    f"{suspect.other}.",
                    who="musebench audit",
                )
            )
        return found


@dataclass(frozen=True, eq=False)
class _Vote:
    """What a run says of all places: its entry, its share of the vote, classes, scores if any."""

    entry: int
    kind: str
    weight: float
    value: NDArray[np.int64]
    score: NDArray[np.float64] | None

    def share_of(self, value: NDArray[np.int64]) -> NDArray[np.float64]:
        """The part of the vote that goes to a value of each place."""
        if self.score is None:
            return np.where(self.value == value, self.weight, 0.0)
        inside = np.clip(value, 0, self.score.shape[1] - 1)
        found: NDArray[np.float64] = self.weight * self.score[np.arange(len(value)), inside]
        return found


def audit_board(
    board: str,
    leaderboards: str | Path = "leaderboards",
    *,
    head: str | None = None,
    number: int = 20,
    root: str | Path | None = None,
) -> Audit:
    """List the labels of a board that its entries doubt most.

    Args:
        board: Name of the board.
        leaderboards: Folder of all boards.
        head: Head whose labels are looked at; None for the main head.
        number: Number of suspects.
        root: The data home.

    Raises:
        InputError: If the task has no such head, or predicts numbers.
        SubmissionError: If there are not at least ``MIN_KINDS`` kinds of entries with a vote.
    """
    found = find_board(board)
    head = head or found.task.main_head
    _check(found, head, number)
    evaluator = Evaluator(board, fold="all", root=root)
    entries = [
        entry
        for entry in entries_with_runs(leaderboards, evaluator, board)
        if entry.submission.kind != "shortcut" and not _is_constant(entry, head)
    ]
    kinds = {entry.submission.kind for entry in entries}
    if len(kinds) < MIN_KINDS:
        msg = (
            f"{Path(leaderboards) / board} has complete entries of {len(kinds)} kinds that look at "
            f"the music{f' ({next(iter(kinds))})' if kinds else ''}; an audit needs {MIN_KINDS} of "
            "rule, trees and learned."
        )
        raise SubmissionError(msg)
    pooled, votes = _votes(entries, evaluator, head)
    other, suspicion = _judge(pooled.target[head], votes)
    suspects = _suspects(pooled, head, load_board_notes(found, root), votes, other, suspicion)
    return Audit(found, head, suspects[:number], entries)


def _check(board: Board, head: str, number: int) -> None:
    if head not in board.task.heads:
        msg = f"{board.name} has no head {head!r}; there are {', '.join(board.task.heads)}."
        raise InputError(msg)
    if board.task.kind == "regression":
        msg = f"{board.name} predicts numbers; an audit needs classes or links."
        raise InputError(msg)
    if number < 1:
        msg = f"number is {number}; it must be at least 1."
        raise InputError(msg)


def _is_constant(entry: EntryRuns, head: str) -> bool:
    """Whether each run predicts one value throughout, or not this head."""
    return all(
        len({v for heads in run.values() for v in np.unique(heads.get(head, [])).tolist()}) < 2
        for run in entry.by_run.values()
    )


def _votes(
    entries: Sequence[EntryRuns], evaluator: Evaluator, head: str
) -> tuple[Pooled, list[_Vote]]:
    """Labels in one row, and what each run says of them."""
    votes = []
    for number, entry in enumerate(entries):
        by_seed = entry.by_seed
        for predictions in by_seed.values():
            scores = evaluator.score({"y_pred": predictions})
            pooled, weight = scores.pooled, 1 / len(by_seed) / len(entries)
            score = pooled.prediction.get(f"{head}_score")
            if pooled.task.kind == "link":
                value = _settled_links(pooled, head)
            else:
                value = pooled.prediction[head] + _shift(scores, pooled)
            kind = entry.submission.kind
            votes.append(_Vote(number, kind, weight, value, _as_probability(score)))
    return pooled, votes


def _settled_links(pooled: Pooled, head: str) -> NDArray[np.int64]:
    """Predicted links; those that differ from the labels by an exchange of twins are the labels."""
    found = pooled.prediction[head].copy()
    starts = np.searchsorted(pooled.piece, np.arange(1, len(pooled.pieces)))
    columns = (np.split(values, starts) for values in (pooled.target[head], found))
    for piece, label, value in zip(pooled.pieces, *columns, strict=True):
        twin = piece.context["twin"]
        value[:] = settle_twins(label, value, twin)
        alike = (label >= 0) & (value >= 0) & (twin[label] == twin[value])
        value[alike] = label[alike]
    return found


def _as_probability(score: Values | None) -> NDArray[np.float64] | None:
    if score is None:
        return None
    total = score.sum(axis=1, keepdims=True, dtype=np.float64)
    found: NDArray[np.float64] = np.divide(score, total, out=np.zeros(score.shape), where=total > 0)
    return found


def _shift(scores: Scores, pooled: Pooled) -> NDArray[np.int64]:
    """Shift of each prediction along the line of fifths, where a metric allows one."""
    for measure in scores.measures.values():
        if "shift" in measure.facts:
            return measure.facts["shift"][pooled.piece]
    return np.zeros(len(pooled.piece), np.int64)


def _judge(
    target: NDArray[np.int64], votes: Sequence[_Vote]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Best other value of each place, and its suspicion; -1 where no two kinds agree on one."""
    for_label = np.sum([vote.share_of(target) for vote in votes], axis=0)
    best, suspicion = target.copy(), np.full(len(target), -1.0)
    for candidate in votes:
        value = candidate.value
        margin = np.sum([vote.share_of(value) for vote in votes], axis=0) - for_label
        by_kind = {vote.kind: np.zeros(len(target), dtype=bool) for vote in votes}
        for vote in votes:
            by_kind[vote.kind] |= vote.value == value
        counts = (np.sum([*by_kind.values()], axis=0) >= MIN_KINDS) & (value != target)
        better = counts & (margin > suspicion) & (target != IGNORE_LABEL)
        best[better], suspicion[better] = value[better], margin[better]
    return best, suspicion


def _suspects(
    pooled: Pooled,
    head: str,
    store: NoteStore,
    votes: Sequence[_Vote],
    other: NDArray[np.int64],
    suspicion: NDArray[np.float64],
) -> list[Suspect]:
    """The suspects of all pieces, the most suspicious first."""
    found: list[tuple[float, int, str, int, Suspect]] = []
    doubted = np.flatnonzero(suspicion >= LEAST_SUSPICION)
    starts = np.searchsorted(pooled.piece, np.arange(len(pooled.pieces)))
    for index in np.unique(pooled.piece[doubted]).tolist():
        of_piece, start = doubted[pooled.piece[doubted] == index], starts[index]
        name = pooled.pieces[index].piece_id
        places = Places.of(pooled.task, store.tables[name])
        for group in places.joined(of_piece - start):
            worst = int(start + group[np.argmax(suspicion[start + group])])
            suspect = Suspect(
                piece=name,
                **places.named(group, worst - int(start)),
                label=class_name(pooled.task, head, pooled.target[head][worst]),
                other=class_name(pooled.task, head, other[worst]),
                suspicion=round(float(suspicion[worst]), SUSPICION_DIGITS),
                num_against=len({v.entry for v in votes if v.value[worst] == other[worst]}),
                num_places=len(group),
            )
            found.append((-suspect.suspicion, len(of_piece), name, suspect.first, suspect))
    return [suspect for *_, suspect in sorted(found, key=lambda row: row[:4])]
